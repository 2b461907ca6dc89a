"""What a model was trained for, according to its checkpoint, and where a solve goes beyond it."""

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ConfigDict, Field, ValidationError

from vtc_r1.configuration import Named, Record
from vtc_r1.errors import CheckpointError
from vtc_r1.iteration import Iteration
from vtc_r1.spec import without
from vtc_r1.trace import Trace

KEY = "vtc_r1"
"""Key of a checkpoint's `config.json` that holds the statement, as `trained_for`."""


class TrainedFor(Record):
    """What a model was trained for; an empty list or absent number means that nothing is known.

    Attributes:
        preset: preset whose sampling and budget belong to it.
        memory: memory policies, with the options that differ from the default.
        profiles: render profiles.
        densities: how dense pages were.
        segment_ends: where segments ended.
        prompts: prompt sets.
        segment_tokens: maximum tokens of a segment.
        iterations: maximum segments of a trace.
        budgeted: whether the training included memories from which a budget had dropped parts.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")  # later versions may have more fields

    preset: str | None = None
    memory: tuple[str, ...] = ()
    profiles: tuple[Named, ...] = ()
    densities: tuple[str, ...] = ()
    segment_ends: tuple[str, ...] = ()
    prompts: tuple[Named, ...] = ()
    segment_tokens: int | None = Field(None, ge=1)
    iterations: int | None = Field(None, ge=1)
    budgeted: bool = False

    def outside(self, trace: Trace) -> list[str]:
        """List where a solve went beyond the training, a sentence each; one for all settings."""
        model = trace.model.name
        settings = list(self._settings(trace))
        sentences = [f"{model} was not trained for {'; '.join(settings)}"] if settings else []
        sentences += [f"{model} was not trained for this: {what}" for what in self._events(trace)]
        return [f"{sentence}: its answers may be wrong" for sentence in sentences]

    def _settings(self, trace: Trace) -> Iterator[str]:
        """Yield the settings that it was not trained for, each with those that it was trained for."""
        named = (
            ("memory", _unbounded(trace.memory), [_unbounded(one) for one in self.memory]),
            ("density", trace.density, self.densities),
            ("segment end", trace.segment_end, self.segment_ends),
        )
        for what, value, known in named:
            if known and value not in known:
                yield f"{what} {value} (only {', '.join(dict.fromkeys(known))})"
        for what, found, trained in (
            ("profile", trace.profile, self.profiles),
            ("prompt set", trace.prompts, self.prompts),
        ):
            if trained and found.sha256 not in {one.sha256 for one in trained}:
                names = dict.fromkeys(one.name for one in trained)
                changed = " as it is here" if found.name in names else ""
                yield f"{what} {found.name}{changed} (only {_few(list(names))})"
        if self.segment_tokens and trace.budget.segment_tokens < self.segment_tokens:
            most, own = trace.budget.segment_tokens, self.segment_tokens
            yield f"segments of {most} tokens (its own take up to {own})"

    def _events(self, trace: Trace) -> Iterator[str]:
        """Yield events that did not occur in training, in the same words for every solve."""
        least, own = trace.budget.segment_tokens, self.segment_tokens
        iterations = trace.iterations
        if not self.budgeted and any(each.changes.dropped for each in iterations):
            yield "parts of its memory were dropped for the budget"
        if not self.budgeted and any(each.shed for each in iterations):
            yield "the older half of its memory was dropped, as the context was full"
        if own and least >= own and any(_is_cut_below(each, own) for each in iterations):
            yield f"a segment was cut at fewer tokens than its own take ({own})"
        if self.iterations and len(iterations) > self.iterations:
            yield f"it took more iterations than its traces had ({self.iterations})"
        if trace.answer is not None and any(each.forced for each in iterations):
            yield "the answer was forced before the reasoning was done, as the budget was spent"

    @classmethod
    def read(cls, config: dict[str, Any], where: str) -> "TrainedFor | None":
        """Read the statement in a checkpoint's configuration; None if there is none.

        Raises CheckpointError if it is invalid.
        """
        stated = config.get(KEY)
        if not isinstance(stated, dict) or stated.get("trained_for") is None:
            return None
        try:
            return cls.model_validate(stated["trained_for"])
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, (KEY, "trained_for", *first["loc"])))
            raise CheckpointError(
                f"{where}: {key}: {first['msg']}; correct it, or remove {KEY} for no warnings"
            ) from error

    def written(self) -> dict[str, Any]:
        """Return the value of `KEY` in a checkpoint's configuration."""
        return {"trained_for": self.model_dump(mode="json", exclude_none=True)}


def suited(default: str, known: Sequence[str]) -> str:
    """Return `default`, or the first value that a model was trained for if `default` is not among them."""
    return default if not known or default in known else known[0]


def _unbounded(memory: str) -> str:
    """Return the canonical form of a policy without its limits."""
    return without(without(memory, "budget"), "equal")


def _is_cut_below(iteration: Iteration, tokens: int) -> bool:
    return iteration.finish_reason == "length" and (iteration.max_tokens or tokens) < tokens


def _few(names: list[str]) -> str:
    """Name the first of many."""
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
