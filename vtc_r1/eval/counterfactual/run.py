"""A run's counterfactuals: its traces go on from changed pages, and from the same ones unchanged.

counterfactual.jsonl   a line for every continuation
counterfactual.json    the figures
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

from vtc_r1.attachments import Attachments
from vtc_r1.configuration import EncodableText, Record
from vtc_r1.disk.access import writable
from vtc_r1.disk.atomic import write_atomic
from vtc_r1.disk.claim import claim
from vtc_r1.disk.lines import append_to, pass_over, read_lines, write_line
from vtc_r1.eval.counterfactual.edits import CHANGES, Change, numbers
from vtc_r1.eval.counterfactual.figures import CounterfactualResult, Tried, groups
from vtc_r1.eval.counterfactual.followed import Follows
from vtc_r1.eval.counterfactual.trials import AffectedStep, Trial, identity, kept_until, resumed, trial
from vtc_r1.eval.grading import grader
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.runs import Key, RunFolder, Sample
from vtc_r1.eval.setup import Setup, sample_seed
from vtc_r1.interface import CONCURRENCY, Resumption
from vtc_r1.iteration import Iteration

_TOKEN = re.compile(r"(?<!\d)-?\d+|\S")  #: matches the tokens of a step: numbers and signs
LINES, RESULT = "counterfactual.jsonl", "counterfactual.json"
Watch = Callable[[int, int, int], None]
"""Called with the numbers of continuations: all, finished and failed."""


class Continued(Record):
    """One continuation: its id, its answer, and what it wrote."""

    id: str
    answer: EncodableText | None
    text: EncodableText


@dataclass(frozen=True)
class _Owed:
    """One continuation that is to be made."""

    id: str
    key: Key
    iterations: tuple[Iteration, ...]


def counterfactuals(
    setup: Setup, *, concurrency: int = CONCURRENCY, watch: Watch = lambda *_: None
) -> CounterfactualResult:
    """Change pages of a finished run's traces, one of each kind in every trace, and let the solves go on.

    Every change is compared with a control, which goes on from the same iteration with the same seed and the
    pages unchanged. Continuations are stored as they finish; those stored before are not repeated.

    Raises:
        StorageError: the folder cannot be read or written.
    """
    stored = RunFolder(setup.folder, pass_over)
    wanted = {problem.id: problem for problem in setup.problems}
    samples = [sample for sample in stored.samples() if _counts(sample, wanted, setup.run.samples)]
    untried: dict[Change, int] = {}
    trials: list[tuple[Sample, Trial]] = []
    for sample in samples:
        for change in CHANGES:
            if (made := trial(sample, change)) is None:
                untried[change] = untried.get(change, 0) + 1
            else:
                trials.append((sample, made))
    with ExitStack() as opened:
        with writable(setup.folder):
            opened.enter_context(claim(setup.folder, "vtc-r1 eval"))
        done = {one.id: one for one in _stored(setup)}
        owed = [one for one in _continuations(trials) if one.id not in done]
        failed = 0
        with append_to(setup.folder / LINES) as lines:
            watch(len(owed), 0, 0)
            for one in _continued(setup, owed, wanted, concurrency):
                if one is None:
                    failed += 1
                else:
                    done[one.id] = one
                    write_line(lines, one.model_dump_json())
                watch(len(owed), sum(each.id in done for each in owed), failed)
        with grader(setup.loaded.benchmark.grader, setup.loaded.benchmark.rules) as judge:
            same = _equal(judge.same)
            tried = [found for sample, one in trials if (found := _tried(sample, one, done, same))]
        result = CounterfactualResult(
            benchmark=setup.run.benchmark.name,
            memory=setup.run.memory,
            model=setup.run.model.name,
            samples=len(samples),
            untried=untried,
            failed=failed,
            groups=groups(tried),
            tried=tried,
        )
        with writable(setup.folder):
            write_atomic(setup.folder / RESULT, result.model_dump_json(indent=2).encode() + b"\n")
    return result


def _counts(sample: Sample, wanted: dict[str, Problem], samples: int) -> bool:
    return sample.problem in wanted and sample.sample < samples and sample.trace.answer is not None


def _stored(setup: Setup) -> Iterator[Continued]:
    for _, values in read_lines(setup.folder / LINES, pass_over):
        yield Continued.model_validate(values)


def _control(sample: Sample, at: int) -> str:
    return identity(sample.key, kept_until(sample.trace, at))


def _continuations(trials: Sequence[tuple[Sample, Trial]]) -> list[_Owed]:
    """Return what is to be made for trials, each once: a control before the changes compared with it."""
    found: dict[str, _Owed] = {}
    for sample, one in trials:
        for texts in (kept_until(sample.trace, one.at), one.texts):
            name = identity(sample.key, texts)
            found.setdefault(name, _Owed(name, sample.key, resumed(sample.trace, texts)))
    return list(found.values())


def _continued(
    setup: Setup, owed: Sequence[_Owed], problems: dict[str, Problem], concurrency: int
) -> Iterator[Continued | None]:
    """Make continuations; yields None for one that failed."""
    base = setup.run.seed

    def solve(one: _Owed) -> Resumption:
        problem, number = problems[one.key[0]], one.key[1]
        seed = None if base is None else sample_seed(base, problem.id, number)
        return Resumption(problem.question, one.iterations, seed, Attachments(documents=problem.documents))

    with closing(setup.solver.resume(map(solve, owed), concurrency=concurrency)) as traces:
        for trace in traces:
            assert trace.index is not None
            one = owed[trace.index]
            if trace.status == "failed":
                yield None
                continue
            later = trace.iterations[len(one.iterations) :]
            yield Continued(id=one.id, answer=trace.answer, text="\n".join(each.text for each in later))


def _equal(same: Callable[[str, str], bool]) -> Callable[[str | None, str | None], bool]:
    """Return a comparison of answers that asks the grader only where they are not the same string."""

    def equal(one: str | None, other: str | None) -> bool:
        return one == other or (one is not None and other is not None and same(one, other))

    return equal


def _tried(
    sample: Sample,
    one: Trial,
    done: dict[str, Continued],
    same: Callable[[str | None, str | None], bool],
) -> Tried | None:
    """Compare a change with its control; None if one of them failed."""
    control, changed = done.get(_control(sample, one.at)), done.get(one.id)
    if control is None or changed is None:
        return None
    values: dict[str, Any] = {"problem": sample.problem, "sample": sample.sample}
    return Tried(
        **values,
        change=one.change,
        at=one.at,
        back=one.page.back,
        third=one.third,
        compression=one.page.ratio,
        old=one.old,
        new=one.new,
        implied=one.implied,
        prior=sample.trace.answer,
        control=control.answer,
        answer=changed.answer,
        follows=_follows(one, changed),
        as_implied=None if one.implied is None else same(changed.answer, one.implied),
        differs=not same(changed.answer, control.answer),
        noisy=not same(control.answer, sample.trace.answer),
    )


def _follows(one: Trial, changed: Continued) -> Follows | None:
    """Tell what a continuation follows: by the first step that the change affects, else by its numbers."""
    if one.steps is not None:
        return _step_follows(one, one.steps, changed.text)
    if one.before is None or one.after is None:
        return None
    written = numbers(changed.text)
    if (one.after in written) == (one.before in written):
        return "neither"
    return "page" if one.after in written else "prior"


def _step_follows(one: Trial, steps: AffectedStep, text: str) -> Follows:
    """Tell what the first affected step follows: the whole step, or which of the two numbers it starts from.

    Only the numbers that a step starts from were read; whether its result is right does not matter.
    """
    lines = [line.strip() for line in text.splitlines() if "=" in line]
    line = lines[steps.at] if steps.at < len(lines) else ""
    if line in (steps.page, steps.prior):
        return "page" if line == steps.page else "prior"
    both = zip(*(_TOKEN.findall(step) for step in (steps.page, steps.prior)), strict=False)
    # What both steps have at one position shows nothing: an exponent may equal one of the numbers.
    common = Counter(page for page, prior in both if page == prior)
    start = Counter(_TOKEN.findall(line.rpartition("=")[0])) - common
    read, guessed = (number is not None and number in start for number in (one.after, one.before))
    if read == guessed:
        return "neither"
    return "page" if read else "prior"
