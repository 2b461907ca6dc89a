"""An evaluation: a run is completed, graded and summarised; stored runs can be graded again."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from vtc_r1.counted import count
from vtc_r1.disk.lines import pass_over
from vtc_r1.eval.equal import limits_of
from vtc_r1.eval.grading import Grader, grader
from vtc_r1.eval.grading.provenance import Grading, golds_of
from vtc_r1.eval.measured import Measured
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.runner import Runner, answer_text
from vtc_r1.eval.runs import Graded, Key, RunFolder
from vtc_r1.eval.runs.folder import SUMMARY
from vtc_r1.eval.runs.writer import RunWriter, stored_run
from vtc_r1.eval.setup import Setup
from vtc_r1.eval.summary import Summary, Throughput, summarise
from vtc_r1.eval.tally import Tally, Watch, unwatched
from vtc_r1.interface import CONCURRENCY

_AT_ONCE = 256  #: samples held in memory at once while they are graded again


@dataclass(frozen=True)
class Result:
    """The result of a run."""

    folder: Path  #: the folder of the run
    summary: Summary  #: the figures of the selected problems
    measured: list[Measured]  #: their solves
    #: how many verdicts changed, if stored ones were outdated and graded again; otherwise None
    regraded: int | None = None
    stopped: bool = False  #: whether the run stopped early because the server failed one solve after another
    notes: tuple[str, ...] = ()  #: damage found in the folder, one sentence each


def has_work_left(setup: Setup, *, retry_failed: bool = False, keep_failed: bool = False) -> bool:
    """Tell whether a run has anything left to solve; the arguments are those of `evaluate`."""
    there: set[Key] = set()
    if stored_run(setup.folder):
        folder = RunFolder(setup.folder, pass_over)
        there = folder.keys()
        if not keep_failed:
            there -= _failed(folder, setup.problems, all_of_them=retry_failed)
    return any(key not in there for key in _wanted(setup))


def _wanted(setup: Setup) -> list[Key]:
    """Return the selected samples."""
    return [(problem.id, at) for problem in setup.problems for at in range(setup.run.samples)]


def evaluate(
    setup: Setup,
    *,
    concurrency: int = CONCURRENCY,
    retry_failed: bool = False,
    keep_failed: bool = False,
    watch: Watch = unwatched,
) -> Result:
    """Complete a run. An interrupt is re-raised once the finished samples are stored.

    Solves that failed for a reason unrelated to the problem, such as an unreachable server, are repeated.

    Args:
        setup: the run.
        concurrency: the maximum number of solves in flight.
        retry_failed: repeat every failed solve.
        keep_failed: repeat no failed solve.
        watch: called after every solve and every grade.

    Raises:
        UsageError: the folder holds a run with another configuration.
        StorageError: the folder cannot be read or written.
        GradingError: nothing can be graded; the solves are kept.
    """
    benchmark, problems, samples = setup.loaded.benchmark, setup.problems, setup.run.samples
    run = setup.run.model_copy(update={"model": setup.solver.skeleton("").model})
    order = [problem.id for problem in setup.loaded.problems]
    golds = _current_golds(setup)
    with (
        RunWriter(setup.folder, run, problems, order) as folder,
        grader(benchmark.grader, benchmark.rules) as judge,
    ):
        if not keep_failed and (failed := _failed(folder, problems, all_of_them=retry_failed)):
            folder.forget(failed)
        before = _stored_throughput(folder)
        changed = _regrade_if_outdated(folder, golds, judge, watch)
        # From here on the stored figures would be outdated; their absence shows that a run was interrupted.
        folder.delete_summary()
        limits = limits_of(setup.reference, setup.solver.renderer.profile) if setup.reference else None
        runner = Runner(folder, problems, samples, setup.solver, judge, concurrency, watch, limits)
        try:
            tally = runner.run()
        except KeyboardInterrupt:
            _conclude(folder, problems, samples, judge, before)
            raise
        result = _conclude(folder, problems, samples, judge, Throughput.of(tally) or before)
        if limits is not None and (missing := [key for key in _wanted(setup) if key not in limits]):
            solves, reference = count(len(missing), "solve"), setup.reference and setup.reference.name
            note = f"{setup.folder}: {solves} left out, as {reference} has no tokens to equal: its own failed"
            result = replace(result, notes=(*result.notes, note))
        return replace(result, regraded=changed, stopped=tally.stopped)


def regrade(path: Path, watch: Watch = unwatched) -> tuple[Result, int]:
    """Grade the stored traces of a run again, without a model; also return how many verdicts changed.

    Raises:
        StorageError: the folder cannot be read or written.
        GradingError: nothing can be graded; the old grades are kept.
    """
    stored = RunFolder(path, pass_over)
    problems = stored.problems()
    benchmark = stored.run.benchmark
    with (
        RunWriter(path, stored.run, problems, [problem.id for problem in problems]) as folder,
        grader(benchmark.grader, benchmark.rules) as judge,
    ):
        throughput = _stored_throughput(folder)
        changed = _regraded(folder, judge, watch)
        result = _conclude(folder, problems, stored.run.samples, judge, throughput)
        return result, changed


def _current_golds(setup: Setup) -> str | None:
    """Return the hash of the current gold answers to a stored run's problems; None if nothing is stored."""
    if stored_run(setup.folder) is None:
        return None
    stored = {problem.id for problem in RunFolder(setup.folder, pass_over).problems()}
    return golds_of(problem for problem in setup.loaded.problems if problem.id in stored)


def _regrade_if_outdated(folder: RunWriter, golds: str | None, judge: Grader, watch: Watch) -> int | None:
    """Grade again if stored grades were made with other code or gold answers; count changed verdicts.

    None if there are no grades, or they are current.
    """
    made, now = folder.run.grading, Grading.of(folder.problems(), judge)
    is_current = made is not None and made.difference(now, golds=False) is None and made.golds == golds
    if folder.grades() and not is_current:
        return _regraded(folder, judge, watch)
    if made != now:
        folder.record_grading(now)
    return None


def _regraded(folder: RunWriter, judge: Grader, watch: Watch) -> int:
    """Grade all stored samples, record the versions used, and return how many verdicts changed."""
    problems = folder.problems()
    before = {key: graded.grade.correct for key, graded in folder.grades().items()}
    after = list(_graded(folder, problems, judge, watch))
    folder.delete_summary()
    folder.replace_grades(after)
    folder.record_grading(Grading.of(problems, judge))
    return sum(before.get(one.key, one.grade.correct) != one.grade.correct for one in after)


def _graded(folder: RunFolder, problems: Sequence[Problem], judge: Grader, watch: Watch) -> Iterator[Graded]:
    """Grade every stored sample, in the order of the file."""
    known = {problem.id: problem for problem in problems}
    tally = Tally(total=len(folder.keys()))
    samples = (sample for sample in folder.samples() if sample.problem in known)
    while block := list(islice(samples, _AT_ONCE)):
        keys = [sample.key for sample in block]
        asked = [(known[one.problem], one.trace.answer, answer_text(one.trace)) for one in block]
        for (problem, sample), grade in zip(keys, judge.grade_many(asked), strict=True):
            tally.before += 1
            tally.grade(grade.correct)
            yield Graded(problem=problem, sample=sample, grade=grade)
        watch(tally)


def _conclude(
    folder: RunWriter,
    problems: Sequence[Problem],
    samples: int,
    judge: Grader,
    throughput: Throughput | None,
) -> Result:
    """Store the figures of the whole run, and return those of the selected problems."""
    run = folder.run
    everything = measure(folder)
    whole = summarise(run, folder.problems(), run.samples, everything, judge.same, throughput)
    folder.summarise(whole)
    wanted = {(problem.id, at) for problem in problems for at in range(samples)}
    chosen = [one for one in everything if one.key in wanted]
    summary = (
        whole
        if len(wanted) == run.problems * run.samples
        else summarise(run, problems, samples, chosen, judge.same, throughput)
    )
    return Result(folder.path, summary, chosen, notes=tuple(folder.notes))


def measure(folder: RunFolder) -> list[Measured]:
    """Measure the graded samples of a run, in the benchmark's order."""
    grades = folder.grades()
    place = {problem.id: at for at, problem in enumerate(folder.problems())}
    found: dict[Key, Measured] = {}
    for sample in folder.samples():
        graded = grades.get(sample.key)
        if graded is not None and sample.problem in place:
            found.setdefault(sample.key, Measured.of(sample, graded.grade))
    return sorted(found.values(), key=lambda one: (place[one.key[0]], one.key[1]))


def _failed(folder: RunFolder, problems: Collection[Problem], *, all_of_them: bool) -> set[Key]:
    """Return the failed samples: all of them, or those whose failure is unrelated to the problem."""
    wanted = {problem.id for problem in problems}
    return {
        sample.key
        for sample in folder.samples()
        if sample.problem in wanted
        and (sample.trace.is_owed or (all_of_them and sample.trace.status == "failed"))
    }


def _stored_throughput(folder: RunFolder) -> Throughput | None:
    try:
        return Summary.model_validate_json((folder.path / SUMMARY).read_bytes()).throughput
    except (OSError, ValueError):
        return None
