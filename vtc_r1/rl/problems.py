"""The problems of a run, for training and held out: drawn exercises, or rows of a file."""

import hashlib
import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vtc_r1.disk.access import readable
from vtc_r1.errors import RecipeError
from vtc_r1.eval.grading import Grader, grader
from vtc_r1.eval.load import load
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.runner import answer_text
from vtc_r1.exercises import OutOfRange, beyond
from vtc_r1.rl.recipe import ProblemSet
from vtc_r1.trace import Trace

_MAX_DRAWS = 50  #: per wanted problem; a set that takes more draws than that stays smaller


@dataclass(frozen=True)
class Problems:
    """The problems of one set."""

    name: str  #: of the set
    share: float  #: how often it is drawn from, relative to others
    problems: tuple[Problem, ...]  #: all different; their ids are unique within a run
    grader: Grader  #: decides what is right

    def is_correct(self, problem: Problem, trace: Trace) -> bool:
        """Return whether a solve of one of the problems has its answer; a failed solve has not."""
        return self.grader.grade(problem, trace.answer, answer_text(trace)).correct


def read_sets(sets: Sequence[ProblemSet], seed: str, without: Collection[str] = ()) -> list[Problems]:
    """Draw or read the problems of sets.

    Args:
        sets: the sets.
        seed: determines the exercises.
        without: questions that must not be among them.

    Raises:
        RecipeError: a set has no problem left.
        BenchmarkError: a file cannot be read.
        UsageError: a grader is unknown.
    """
    return [_read(problem_set, str(index), seed, without) for index, problem_set in enumerate(sets)]


def identity(sets: Sequence[ProblemSet]) -> dict[str, str]:
    """Return the SHA-256 of every file that the sets name, by its path."""
    hashes = {}
    for path in (Path(problem_set.file) for problem_set in sets if problem_set.file is not None):
        with readable(path, RecipeError):
            hashes[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return hashes


def _read(wanted: ProblemSet, key: str, seed: str, without: Collection[str]) -> Problems:
    set_grader = grader(wanted.grader, trusted=True)
    if wanted.file is not None:
        rows = load(file=Path(wanted.file)).problems[: wanted.count]
        found = [row for row in rows if row.question not in without]
    else:
        found = list(_drawn(wanted, random.Random(f"{seed}:{wanted.name}"), {*without}))
    if not found:
        raise RecipeError(f"problems {wanted.name}: there is none that is not held out; give another range")
    set_grader.check(found)
    named = tuple(problem.model_copy(update={"id": f"{key}/{problem.id}"}) for problem in found)
    return Problems(wanted.name, wanted.share, named, set_grader)


def _drawn(wanted: ProblemSet, rng: random.Random, seen: set[str]) -> Iterator[Problem]:
    """Yield different exercises that are not in `seen`; fewer than wanted if there are no more."""
    assert wanted.kind is not None
    first, last = wanted.lines
    kind, count = beyond(wanted.kind, last), 0
    for _ in range(_MAX_DRAWS * wanted.count):
        lines = rng.randint(first, last)
        try:
            exercise = kind.draw(rng, lines)
        except (OutOfRange, LookupError) as error:
            raise RecipeError(
                f"problems {wanted.name}: none takes {lines} steps; give fewer lines"
            ) from error
        if exercise.question not in seen:
            seen.add(exercise.question)
            yield Problem(
                id=str(count),
                question=exercise.question,
                answer=exercise.answer,
                level=str(lines),
                subject=kind.name,
            )
            count += 1
        if count == wanted.count:
            return
