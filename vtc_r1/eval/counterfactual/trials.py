"""Trials: a finished trace with one page changed, and what the change implies for what follows."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random

from vtc_r1 import exercises
from vtc_r1.eval.counterfactual.edits import Change, Edit, edits, numbers
from vtc_r1.eval.runs import Key, Sample
from vtc_r1.exercises import Exercise
from vtc_r1.exercises.named import states_value
from vtc_r1.iteration import Iteration, PageRecord
from vtc_r1.trace import Trace

_CANDIDATES = 400  #: edits of one page that are looked at


@dataclass(frozen=True)
class PlacedPage:
    """A page of a prompt, and where its text stands in the kept segments."""

    record: PageRecord
    iteration: int  #: whose kept segment it carries
    start: int  #: of its text in that segment
    back: int  #: 1 for the last page of the prompt, 2 for the one before it, and so on
    ratio: float | None  #: text tokens ÷ vision tokens


@dataclass(frozen=True)
class AffectedStep:
    """The first step after a change that differs because of it."""

    at: int  #: its place among the steps that follow, from 0
    page: str  #: what follows from the changed page
    prior: str  #: what followed before the change


@dataclass(frozen=True)
class Trial:
    """One change of one page, after which the solve goes on.

    Attributes:
        key: the sample.
        change: kind of change.
        at: index of the iteration that is continued.
        page: the changed page; of two, the earlier one.
        third: third of its text that was changed, from 0; None for a swap.
        old: what was changed.
        new: what stands there now.
        implied: the answer that the changed page implies, None if that cannot be worked out.
        steps: with an implied answer: the first step that the change affects.
        before: the number that was changed, None if no single number changes.
        after: the number that stands there now, likewise.
        texts: the kept segments that the memory takes in.
    """

    key: Key
    change: Change
    at: int
    page: PlacedPage
    third: int | None
    old: str
    new: str
    implied: str | None
    steps: AffectedStep | None
    before: str | None
    after: str | None
    texts: tuple[str, ...]

    @property
    def id(self) -> str:
        """Identifies the continued solve and the segments it continues from."""
        return identity(self.key, self.texts)

    def iterations(self, trace: Trace) -> tuple[Iteration, ...]:
        """Return the iterations after which the solve goes on."""
        return resumed(trace, self.texts)


def identity(key: Key, texts: Sequence[str]) -> str:
    """Identify a solve that goes on after these kept segments."""
    return hashlib.sha256(repr((key, tuple(texts))).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def resumed(trace: Trace, texts: Sequence[str]) -> tuple[Iteration, ...]:
    """Return the first iterations of a trace with these kept segments."""
    return tuple(
        record.model_copy(update={"kept": text})
        for record, text in zip(trace.iterations, texts, strict=False)
    )


def kept_until(trace: Trace, at: int) -> tuple[str, ...]:
    """Return the segments that the memory had kept before an iteration."""
    return tuple(record.kept or "" for record in trace.iterations[:at])


def trial(sample: Sample, change: Change) -> Trial | None:
    """Change one page of a sample's trace, drawn from its problem, sample and change; None if none can be.

    A change is chosen whose effect can be told. The changed number stands nowhere else in the question and
    the kept segments, or is the value of a name. It implies another answer; or else the trace used it
    afterwards.
    """
    trace = sample.trace
    rng = Random(f"{sample.problem}:{sample.sample}:{change}")
    if trace.answer is None:
        return None
    ats = [at for at, each in enumerate(trace.iterations) if at and not each.forced]
    rng.shuffle(ats)
    return next((found for at in ats for found in _at(sample, change, at, rng)), None)


def _at(sample: Sample, change: Change, at: int, rng: Random) -> Iterator[Trial]:
    pages = placed(sample.trace, at)
    rng.shuffle(pages)
    if change == "swap":
        yield from _swaps(sample, at, pages)
        return
    worked = _is_worked(sample.trace, at)
    for page in pages:
        for edit in islice(edits(change, page.record.text, rng), _CANDIDATES):
            if (found := _edited(sample, change, at, page, edit, worked=worked)) is not None:
                yield found


def placed(trace: Trace, at: int) -> list[PlacedPage]:
    """Return the pages in the prompt of an iteration whose text stands in a kept segment."""
    records: dict[str, tuple[PageRecord, Iteration]] = {}
    for iteration in trace.iterations[:at]:
        for record in iteration.pages:
            records.setdefault(record.sha256, (record, iteration))
    texts, sent = kept_until(trace, at), trace.iterations[at].pages_sent
    found = []
    for place, name in enumerate(sent):
        if name not in records or not records[name][0].text.strip():
            continue
        record, iteration = records[name]
        where = next(
            ((j, start) for j, text in enumerate(texts) if (start := text.find(record.text)) >= 0), None
        )
        if where is not None:
            ratio = iteration.compression_of(record).ratio if trace.counts_vision else None
            found.append(PlacedPage(record, *where, len(sent) - place, ratio))
    return found


def _edited(
    sample: Sample, change: Change, at: int, page: PlacedPage, edit: Edit, *, worked: bool
) -> Trial | None:
    """Return the trial of an edit, None if its effect could not be told."""
    trace, texts = sample.trace, list(kept_until(sample.trace, at))
    own = texts[page.iteration]
    changed = edit.of(page.record.text)
    texts[page.iteration] = own[: page.start] + changed + own[page.start + len(page.record.text) :]
    implied = steps = None
    before, after = edit.before, edit.after
    if change != "blank" and before is not None:
        named = worked and is_of_a_name(page.record.text, edit)
        if not named and not _is_only_here(trace, at, before):
            return None
        if worked:
            right, wrong = (_worked(trace.question, lines) for lines in (kept_until(trace, at), texts))
            if right is None or wrong is None or wrong.answer == trace.answer:
                return None
            given = sum(len(text.splitlines()) for text in texts)
            implied, steps = wrong.answer, _first_affected(wrong, right, given)
            if steps is None:
                return None
        elif after is None or not _tells(trace, at, before, after):
            return None
    third = min(2, 3 * edit.start // len(page.record.text))
    return Trial(
        sample.key, change, at, page, third, edit.old, edit.new, implied, steps, before, after, tuple(texts)
    )


def _swaps(sample: Sample, at: int, pages: Sequence[PlacedPage]) -> Iterator[Trial]:
    """Yield two pages in each other's place; what that implies depends on how the model reads."""
    for one in pages:
        for other in pages:
            if (one.iteration, one.start) >= (other.iteration, other.start):
                continue
            texts = list(kept_until(sample.trace, at))
            # The later one first, so that the place of the earlier one still holds.
            for page, text in ((other, one.record.text), (one, other.record.text)):
                own = texts[page.iteration]
                texts[page.iteration] = own[: page.start] + text + own[page.start + len(page.record.text) :]
            old, new = one.record.text, other.record.text
            if old != new:
                yield Trial(sample.key, "swap", at, one, None, old, new, None, None, None, None, tuple(texts))


def _is_worked(trace: Trace, at: int) -> bool:
    """Tell whether the lines kept before an iteration are those of an exercise that can be worked out."""
    lines = [line for text in kept_until(trace, at) for line in text.splitlines()]
    try:
        right = exercises.read(trace.question, kinds=exercises.ALL)
    except exercises.OutOfRange:
        return False
    return right is not None and list(right.lines[: len(lines)]) == lines


def _worked(question: str, texts: Sequence[str]) -> Exercise | None:
    """Work an exercise out from kept segments, None if that is impossible."""
    try:
        lines = [line for text in texts for line in text.splitlines()]
        return exercises.read(question, lines, exercises.ALL)
    except exercises.OutOfRange:
        return None


def _first_affected(changed: Exercise, before: Exercise, given: int) -> AffectedStep | None:
    """Return the first step after the given ones that a change affects."""
    both = enumerate(zip(changed.lines[given:], before.lines[given:], strict=False))
    return next((AffectedStep(at, one, other) for at, (one, other) in both if one != other), None)


def is_of_a_name(text: str, edit: Edit) -> bool:
    """Tell whether an edit changes the value of a name, as in `e=d-b=4-2=2`.

    Others may have that value too: where the lines of an exercise name values, the name tells which is meant.
    """
    end = edit.start + len(edit.old)
    line = text[text.rfind("\n", 0, end) + 1 :].partition("\n")[0]
    return states_value(line) and text[end : end + 1] in ("", "\n")


def _is_only_here(trace: Trace, at: int, number: str) -> bool:
    """Tell whether a number stands only once in the question and the kept segments: on the changed page."""
    return _shown(trace, at).count(number.lstrip("-")) == 1


def _shown(trace: Trace, at: int) -> list[str]:
    """Return the numbers in the question and the kept segments, without their signs."""
    texts = (trace.question, *kept_until(trace, at))
    return [number for text in texts for number in re.findall(r"\d+(?:\.\d+)?", text)]


def _tells(trace: Trace, at: int, before: str, after: str) -> bool:
    """Tell whether later segments show which number was read: the old one was used, the new one is new."""
    if before.lstrip("-") != after.lstrip("-") and after.lstrip("-") in _shown(trace, at):
        return False
    later = [number for record in trace.iterations[at:] for number in numbers(record.text)]
    return len(re.sub(r"\D", "", before)) > 1 and before in later and after not in later
