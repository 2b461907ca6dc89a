"""Ways to drive a server through the same problems, and what each cost."""

import heapq
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from replica import Counts, Parameters, Replica, Request
from workload import Problem

Memory = Literal["optical", "text"]
Arrival = tuple[float, Request]


@dataclass(frozen=True)
class Outcome:
    """What driving all problems took, in simulated seconds.

    Attributes:
        seconds: from the first submission to the last answer.
        waited: per problem, from the submission of all of them to its answer.
        took: per problem, from when the server began with it to its answer.
        counts: what the server did.
        segments: segments generated.
    """

    seconds: float
    waited: list[float]
    took: list[float]
    counts: Counts
    segments: int


@dataclass
class Solves:
    """Where each problem stands, and what its next request is."""

    problems: Sequence[Problem]
    memory: Memory
    parameters: Parameters

    def __post_init__(self) -> None:
        self.at = [0] * len(self.problems)
        self.carried = [0] * len(self.problems)

    def request(self, problem: int) -> Request:
        """Return the request for the problem's next segment."""
        question, carried = self.parameters.question, self.carried[problem]
        text = question + (carried if self.memory == "text" else 0)
        return Request(
            problem, question + carried, text, self.parameters.tail, self.problems[problem][self.at[problem]]
        )

    def advance(self, problem: int) -> bool:
        """Remember the segment that ended; tell whether another follows."""
        length = self.problems[problem][self.at[problem]]
        ratio = self.parameters.compression if self.memory == "optical" else 1
        self.carried[problem] += math.ceil(length / ratio)
        self.at[problem] += 1
        return self.at[problem] < len(self.problems[problem])


class Continuous:
    """Each problem advances on its own; a bounded number are under way."""

    def __init__(self, solves: Solves, concurrency: int) -> None:
        self.solves, self.concurrency = solves, concurrency
        self.left = iter(range(len(solves.problems)))

    def start(self) -> list[Arrival]:
        """Return the first requests."""
        first = [problem for _, problem in zip(range(self.concurrency), self.left, strict=False)]
        return [(0.0, self.solves.request(problem)) for problem in first]

    def ended(self, problem: int, now: float) -> tuple[list[int], list[Arrival]]:
        """Return the problems answered and the requests that follow."""
        if self.solves.advance(problem):
            later = now + self.solves.parameters.roofline.turnaround_seconds
            return [], [(later, self.solves.request(problem))]
        return [problem], [(now, self.solves.request(following)) for following in _one(self.left)]


class LockStep:
    """Rounds: all problems of a batch generate a segment, and the round lasts as long as its longest.

    Answers are handed out when their round is over.
    """

    def __init__(self, solves: Solves, batch: int) -> None:
        self.solves = solves
        numbers = range(len(solves.problems))
        self.batches = iter([numbers[at : at + batch] for at in range(0, len(numbers), batch)])
        self.outstanding: set[int] = set()
        self.next: list[int] = []
        self.answered: list[int] = []

    def start(self) -> list[Arrival]:
        """Return the requests of the first round."""
        return self._round(next(self.batches, ()), 0.0)

    def ended(self, problem: int, now: float) -> tuple[list[int], list[Arrival]]:
        """Return the problems answered and, once a round is over, the requests of the next."""
        self.outstanding.remove(problem)
        (self.next if self.solves.advance(problem) else self.answered).append(problem)
        if self.outstanding:
            return [], []
        answered, following, self.answered, self.next = self.answered, sorted(self.next), [], []
        if following:
            return answered, self._round(following, now + self.solves.parameters.roofline.turnaround_seconds)
        return answered, self._round(next(self.batches, ()), now)

    def _round(self, problems: Iterable[int], when: float) -> list[Arrival]:
        self.outstanding = set(problems)
        return [(when, self.solves.request(problem)) for problem in sorted(self.outstanding)]


def drive(schedule: Continuous | LockStep, replica: Replica) -> Outcome:
    """Run all problems of a schedule through a replica."""
    arrivals: list[tuple[float, int, Request]] = []
    began: dict[int, float] = {}
    ended: dict[int, float] = {}
    order = segments = 0
    for order, (when, request) in enumerate(schedule.start()):
        arrivals.append((when, order, request))
    heapq.heapify(arrivals)
    while arrivals or replica.busy:
        while arrivals and arrivals[0][0] <= replica.clock:
            replica.submit(heapq.heappop(arrivals)[2])
        if not replica.busy:
            replica.wait(arrivals[0][0])
            continue
        for request in replica.step(arrivals[0][0] if arrivals else math.inf):
            segments += 1
            assert request.admitted is not None
            began.setdefault(request.problem, request.admitted)
            answered, following = schedule.ended(request.problem, replica.clock)
            ended.update(dict.fromkeys(answered, replica.clock))
            for when, later in following:
                order += 1
                heapq.heappush(arrivals, (when, order, later))
    numbers = sorted(ended)
    waited, took = [ended[at] for at in numbers], [ended[at] - began[at] for at in numbers]
    return Outcome(replica.clock, waited, took, replica.counts, segments)


def _one(items: Iterator[int]) -> list[int]:
    return [item for _, item in zip(range(1), items, strict=False)]


def run(name: str, problems: Sequence[Problem], parameters: Parameters) -> Outcome:
    """Drive the problems by the schedule of that name, as many at once as the server has slots."""
    memory: Memory = "text" if name == "continuous, text" else "optical"
    if name == "single":
        problems = [(sum(problem),) for problem in problems]
    solves = Solves(problems, memory, parameters)
    replica = Replica(parameters)
    if name == "lock-step":
        return drive(LockStep(solves, max(1, len(problems))), replica)
    if name == "lock-step, batches":
        return drive(LockStep(solves, parameters.slots), replica)
    return drive(Continuous(solves, parameters.slots), replica)


SCHEDULES = ("continuous", "lock-step", "lock-step, batches", "single", "continuous, text")
