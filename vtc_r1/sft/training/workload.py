"""The examples of an epoch by their lengths: those of built data, or assumed ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtc_r1 import estimates
from vtc_r1.errors import DataError, UsageError
from vtc_r1.prompts import PromptSet
from vtc_r1.prompts.prompt import AROUND

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vtc_r1.sft.training.recipe import Recipe

PAGE = 588  #: vision tokens of a full page of the profile `default`
_TEMPLATE = 12  #: tokens of a chat template around a prompt of two messages
PAPER_TRACES, PAPER_EXAMPLES = 60_688, 106_000
"""Traces and examples of the VTC-R1 paper (arXiv 2601.22069)."""
PAPER_COMPRESSION, PAPER_SEGMENT = 3.4, 4_096
"""Text tokens a vision token, and of a segment that is closed, in the paper."""
PAPER_HOURS = 18.93
"""Hours that its training took, on GPUs of unknown kind and number."""
OWN_COMPRESSION = 9.6  #: of the profile `default`, counted by Qwen3 (docs/benchmarks.md)
_QUESTION, _LAST, _MOST = 120, PAPER_SEGMENT // 2, 8
"""Assumed: tokens of a question, of a last segment, and the segments of the longest trace."""


@dataclass(frozen=True)
class Workload:
    """The examples of an epoch, without those over the cutoff."""

    tokens: "NDArray[Any]"  #: of each example: prompt, pages and target
    targets: "NDArray[Any]"  #: those that have a loss
    vision: "NDArray[Any]"  #: those that are pages
    left_out: int  #: examples over the cutoff
    #: share of all tokens that repeat a trace's question or pages; packed, a trace would have each once
    repeated: float
    source: str  #: where the lengths come from, in words

    def __len__(self) -> int:
        return len(self.tokens)


def workload_of(recipe: "Recipe", data: Sequence[str | Path] | None = None) -> Workload:
    """Return the examples of a recipe's data, or assumed ones where it names none or it is not there.

    Args:
        recipe: names the data, the cutoff and the prompt set.
        data: folders in place of the recipe's.

    Raises:
        UsageError: it names no data, and its cutoff is below the lengths that would be assumed.
        DataError: a data set is damaged, or no example is within the cutoff.
        MissingExtra: pyarrow is not installed.
    """
    folders = [Path(folder) for folder in (recipe.data if data is None else data)]
    if not folders and recipe.cutoff < PAPER_SEGMENT:
        raise UsageError(
            f"recipe {recipe.name}: without data nothing is known of its examples, which have at most its "
            f"cutoff of {recipe.cutoff:,} tokens; --set data=FOLDER of `vtc-r1 data build`"
        )
    if not folders:
        return assumed(recipe, OWN_COMPRESSION)
    absent = [str(folder) for folder in folders if not folder.exists()]
    if absent:
        found = assumed(recipe, OWN_COMPRESSION)
        return Workload(
            found.tokens,
            found.targets,
            found.vision,
            found.left_out,
            found.repeated,
            f"{', '.join(absent)}: not built yet; {found.source}",
        )
    return _counted(recipe, folders)


def assumed(recipe: "Recipe", compression: float) -> Workload:
    """Return as many examples as the VTC-R1 paper had, with segments as long as those, at a compression.

    Traces end after each segment with the probability that gives their number of examples.
    """
    import numpy as np

    ends = PAPER_TRACES / PAPER_EXAMPLES
    left = PAPER_TRACES * (1 - ends) ** np.arange(_MOST)  # traces that have a segment of this index
    left *= PAPER_EXAMPLES / left.sum()
    going = np.append(left[1:], 0.0)  # of those, traces that have another
    pages = np.arange(_MOST) * PAPER_SEGMENT / compression
    kinds = [(count, PAPER_SEGMENT, page) for count, page in zip(going, pages, strict=True)]
    kinds += [(count, _LAST, page) for count, page in zip(left - going, pages, strict=True)]
    counts = np.array([round(count) for count, _, _ in kinds])
    targets = np.repeat([target for _, target, _ in kinds], counts)
    vision = np.repeat([round(page) for _, _, page in kinds], counts)
    source = (
        f"assumed: {counts.sum():,} examples as in the VTC-R1 paper, segments of {PAPER_SEGMENT:,} tokens, "
        f"the last half as long, {compression:g} text tokens a vision token"
    )
    begun = _around(recipe) + _QUESTION
    packed = targets.sum() + begun * PAPER_TRACES + going.sum() * PAPER_SEGMENT / compression
    return _within(recipe, targets + vision + begun, targets, vision, packed, source)


def _counted(recipe: "Recipe", folders: Sequence[Path]) -> Workload:
    import numpy as np

    from vtc_r1.sft.built.dataset import BuiltDataset, read_columns

    names = ("question_tokens", "text_tokens", "vision_tokens", "target_tokens", "segment", "segments")
    sets = [BuiltDataset(folder) for folder in folders]
    columns = [read_columns(data.shards, names) for data in sets]
    question, text, vision, target, segment, segments = (
        np.concatenate([each[name] for each in columns]) for name in names
    )
    around = _around(recipe) + AROUND * np.ceil(vision / PAGE)
    counted = ", ".join(f"{data.folder} ({data.config.tokens})" for data in sets)
    prompts = (question + text + vision + around).astype(np.int64)
    # the last prompt of a trace has all that those before it have
    packed = prompts[segment == segments - 1].sum() + target.sum()
    return _within(recipe, prompts + target, target, vision, packed, f"counted in {counted}")


def _within(
    recipe: "Recipe",
    tokens: "NDArray[Any]",
    targets: "NDArray[Any]",
    vision: "NDArray[Any]",
    packed: float,
    source: str,
) -> Workload:
    kept = tokens <= recipe.cutoff
    if not kept.any():
        raise DataError(f"{source}: all {len(kept):,} examples are over the cutoff of {recipe.cutoff:,}")
    repeated = 1 - float(packed) / int(tokens.sum())
    return Workload(tokens[kept], targets[kept], vision[kept], int((~kept).sum()), repeated, source)


def _around(recipe: "Recipe") -> int:
    """Tokens of the prompt set's own texts and of the chat template."""
    prompt = PromptSet(recipe.prompts).render("", [], iteration=0)
    texts = [prompt.system or "", *(part for part in prompt.content if isinstance(part, str))]
    return _TEMPLATE + round(sum(estimates.tokens(text) for text in texts if text))
