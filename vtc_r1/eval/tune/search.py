"""The search: rounds of proposals, measured cheaply first, until enough are evaluated."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random

from vtc_r1.errors import UsageError
from vtc_r1.eval.tune.front import best, front, ranked
from vtc_r1.eval.tune.history import Round, TuneFolder, TuneSetup
from vtc_r1.eval.tune.objective import Evaluation, Objective
from vtc_r1.eval.tune.proposal import Proposal, drawable, start
from vtc_r1.eval.tune.strategies import Offer, RandomSearch, SearchTerms, Strategy, Tried

EVALUATIONS, ROUND = 40, 5
EMPTY_ROUNDS = 5
"""Rounds in a row without a usable proposal after which the search gives up."""


@dataclass
class SearchProgress:
    """Progress of a search.

    Attributes:
        wanted: number of evaluations in all.
        tried: number of measured proposals.
        done: progress of the current measurement.
        total: its total.
        measured: work done in this session, in pages of a kind, or in problems.
        rest: estimate of the remaining work, in the same unit.
        proposing: whether the strategy is being asked for proposals.
    """

    wanted: int
    tried: int = 0
    done: int = 0
    total: int = 0
    measured: float = 0.0
    rest: float = 0.0
    proposing: bool = False


Watch = Callable[[SearchProgress], None]


@dataclass
class Search:
    """Searches for settings with low error and low cost.

    Attributes:
        terms: the space, the base profile and the target.
        strategy: makes proposals.
        objective: measures them.
        folder: stores the findings; an unfinished search is resumed from it.
        setup: the folder's setup: seed, size of a round, sizes of measurements.
        evaluations: number of proposals to measure.
        watch: called with the progress.
    """

    terms: SearchTerms
    strategy: Strategy
    objective: Objective
    folder: TuneFolder
    setup: TuneSetup
    evaluations: int = EVALUATIONS
    watch: Watch = lambda _: None
    tried: list[Tried] = field(default_factory=list)
    rounds: list[Round] = field(default_factory=list)
    _measured: float = 0.0

    def run(self) -> None:
        """Search until enough proposals are evaluated, or no new ones are made.

        Every round depends only on the results of earlier rounds and on its own seed, so an interrupted
        search continues as if it had not been interrupted. Raises VtcError if something cannot be measured.
        """
        if self.evaluations < 1 or self.setup.round < 1:
            raise UsageError("a search needs at least one evaluation, and one proposal a round")
        self.tried, self.rounds = [], []
        empty = 0
        for number in count():
            wanted = min(self.setup.round, self.evaluations - len(self.tried))
            if wanted <= 0 or empty >= EMPTY_ROUNDS:
                return
            stored = number < len(self.folder.rounds)
            if not stored:
                self._report(proposing=True)
            one = self.folder.rounds[number] if stored else self._proposed(number, wanted)
            self.rounds.append(one)
            if one.proposals:
                self._measure(one.proposals[:wanted])
            empty = 0 if one.proposals or stored else empty + 1

    @property
    def gave_up(self) -> bool:
        """Whether fewer proposals were made than requested."""
        return len(self.tried) < self.evaluations

    @property
    def finished(self) -> list[Tried]:
        """The proposals measured at full size."""
        return [one for one in self.tried if one.evaluation.size == self.setup.sizes[-1]]

    @property
    def front(self) -> list[Tried]:
        """The Pareto front of the proposals measured at full size, cheapest first."""
        return front(self.finished)

    @property
    def best(self) -> Tried | None:
        """The cheapest that meets the target, or else the one with the least error."""
        return best(self.finished, self.terms.target)

    def _proposed(self, number: int, wanted: int) -> Round:
        """Get the proposals of a round and store them; the first round is the same under every strategy."""
        rng = Random(f"tune:{self.setup.seed}:{number}")
        offer = self._first(wanted, rng) if number == 0 else self.strategy.propose(self.tried, wanted, rng)
        known = {one.proposal.key for one in self.tried}
        fresh = {one.key: one for one in offer.proposals if one.key not in known}
        one = Round(
            number=number,
            proposals=[*fresh.values()][:wanted],
            repaired=offer.repaired,
            repeated=len(offer.proposals) - len(fresh),
            dropped=offer.dropped,
        )
        self.folder.add_round(one)
        return one

    def _first(self, wanted: int, rng: Random) -> Offer:
        """Offer the base profile, as far as the space contains it, and random others."""
        own = start(self.terms.space, self.terms.base)
        others = RandomSearch(self.terms).propose([], wanted, rng).proposals
        ours = [own] if drawable(own, self.terms.base) else []
        return Offer([*ours, *(one for one in others if one != own)][:wanted])

    def _measure(self, proposals: Sequence[Proposal]) -> None:
        """Measure a round: all proposals at the first size, the better half at each next size."""
        before, chosen = list(self.tried), list(proposals)
        found: dict[str, Tried] = {}
        later = self._work_after(len(before) + len(proposals))
        left = work_of_round(len(proposals), self.setup.sizes)
        for at, size in enumerate(self.setup.sizes):
            if at:
                order = [one.proposal for _, one in ranked([*before, *found.values()], self.terms.target)]
                # The better half, judged among everything tried so far, moves on to the next size.
                standing = {proposal.key: place for place, proposal in enumerate(order)}
                chosen.sort(key=lambda one: standing[one.key])
                chosen = chosen[: -(-len(chosen) // 2)]
            step = size - (self.setup.sizes[at - 1] if at else 0)
            left -= step * len(chosen)
            evaluated = self._evaluated(chosen, size, step, left + later)
            for proposal, evaluation in zip(chosen, evaluated, strict=True):
                found[proposal.key] = Tried(proposal, evaluation)
            self.tried = [*before, *(found[one.key] for one in proposals)]
        self._report()

    def _evaluated(self, proposals: Sequence[Proposal], size: int, step: int, later: int) -> list[Evaluation]:
        """Evaluate proposals; evaluations stored in the folder are reused.

        Args:
            proposals: the proposals.
            size: size of the measurement.
            step: the part of it that a smaller size did not cover.
            later: the work that follows.
        """
        profiles = [proposal.profile(self.terms.base) for proposal in proposals]
        owed = {
            profile.sha256: profile
            for profile in profiles
            if (profile.sha256, size) not in self.folder.evaluations
        }
        if owed:
            tried, before, whole = len(self.tried), self._measured, step * len(owed)

            def watch(done: int, total: int) -> None:
                self._measured = before + (whole * done / total if total else 0)
                rest = before + whole - self._measured + later
                self.watch(SearchProgress(self.evaluations, tried, done, total, self._measured, rest))

            self.folder.add(self.objective.measure([*owed.values()], size, watch))
            self._measured = before + whole
        return [self.folder.evaluations[profile.sha256, size] for profile in profiles]

    def _report(self, *, proposing: bool = False) -> None:
        """Report the progress between two measurements."""
        tried = len(self.tried)
        rest = self._work_after(tried)
        self.watch(
            SearchProgress(self.evaluations, tried, measured=self._measured, rest=rest, proposing=proposing)
        )

    def _work_after(self, tried: int) -> int:
        """Return the remaining work once `tried` proposals are measured."""
        return work_of_rounds(self.evaluations - tried, self.setup.round, self.setup.sizes)


def work_of_round(proposals: int, sizes: Sequence[int]) -> int:
    """Return the work of one round: all proposals at the first size, the better half at each next size.

    A larger size includes the work of the smaller ones.
    """
    work, before = 0, 0
    for at, size in enumerate(sizes):
        proposals = -(-proposals // 2) if at else proposals
        work += proposals * (size - before)
        before = size
    return work


def work_of_rounds(proposals: int, per_round: int, sizes: Sequence[int]) -> int:
    """Return the work of `proposals` proposals, `per_round` of them in each round."""
    rounds, rest = divmod(max(0, proposals), per_round)
    return rounds * work_of_round(per_round, sizes) + work_of_round(rest, sizes)
