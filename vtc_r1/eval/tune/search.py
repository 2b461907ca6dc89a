"""The search: rounds of proposals, measured cheaply first, until so many were evaluated."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random

from vtc_r1.errors import UsageError
from vtc_r1.eval.tune.front import best, front, ranked
from vtc_r1.eval.tune.history import Round, TuneFolder, TuneSetup
from vtc_r1.eval.tune.objective import Evaluation, Objective
from vtc_r1.eval.tune.proposal import Proposal, drawable, start
from vtc_r1.eval.tune.strategies import Offer, RandomSearch, Strategy, Terms, Tried

EVALUATIONS, ROUND = 40, 5
PATIENCE = 5
"""Rounds in a row without a usable proposal, after which a search is given up."""


@dataclass
class Progress:
    """How far a search is.

    Attributes:
        wanted: evaluations in all.
        tried: proposals that were measured.
        done: how much of the present measurement is done.
        total: how much there is.
        measured: what was looked at since the search went on, in pages of a kind, or in problems.
        rest: what is still to be looked at, an estimate in the same unit.
        proposing: the strategy is asked for proposals.
    """

    wanted: int
    tried: int = 0
    done: int = 0
    total: int = 0
    measured: float = 0.0
    rest: float = 0.0
    proposing: bool = False


Watch = Callable[[Progress], None]


@dataclass
class Search:
    """Looks for settings of little error and little cost.

    Attributes:
        terms: the space, the profile that varies, the target.
        strategy: proposes.
        objective: measures.
        folder: keeps what was found, and has what is gone on with.
        setup: as the folder has it: seed, size of a round, sizes of measurements.
        evaluations: proposals that are measured.
        watch: is told how far it is.
    """

    terms: Terms
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
        """Search until enough was evaluated, or nothing new is proposed any more.

        Every round follows from what earlier rounds found and from a chance of its own, so a search that was
        interrupted goes on as if it had not been. Raises VtcError where something cannot be measured.
        """
        if self.evaluations < 1 or self.setup.round < 1:
            raise UsageError("a search needs at least one evaluation, and one proposal a round")
        self.tried, self.rounds = [], []
        empty = 0
        for number in count():
            wanted = min(self.setup.round, self.evaluations - len(self.tried))
            if wanted <= 0 or empty >= PATIENCE:
                return
            stored = number < len(self.folder.rounds)
            if not stored:
                self._tell(proposing=True)
            one = self.folder.rounds[number] if stored else self._proposed(number, wanted)
            self.rounds.append(one)
            if one.proposals:
                self._measure(one.proposals[:wanted])
            empty = 0 if one.proposals or stored else empty + 1

    @property
    def gave_up(self) -> bool:
        """Whether fewer proposals came than were wanted."""
        return len(self.tried) < self.evaluations

    @property
    def finished(self) -> list[Tried]:
        """What was measured in full."""
        return [one for one in self.tried if one.evaluation.size == self.setup.sizes[-1]]

    @property
    def front(self) -> list[Tried]:
        """The Pareto front of what was measured in full, cheapest first."""
        return front(self.finished)

    @property
    def best(self) -> Tried | None:
        """The cheapest that meets the target, else the one of the least error."""
        return best(self.finished, self.terms.target)

    def _proposed(self, number: int, wanted: int) -> Round:
        """Ask for the proposals of a round, and store them; the first is the same under every strategy."""
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
        """Offer the base profile as it stands in the space, and others by chance."""
        own = start(self.terms.space, self.terms.base)
        others = RandomSearch(self.terms).propose([], wanted, rng).proposals
        ours = [own] if drawable(own, self.terms.base) else []
        return Offer([*ours, *(one for one in others if one != own)][:wanted])

    def _measure(self, proposals: Sequence[Proposal]) -> None:
        """Measure a round: all of it a little, its better half in full."""
        before, chosen = list(self.tried), list(proposals)
        found: dict[str, Tried] = {}
        later = self._work_after(len(before) + len(proposals))
        left = of_round(len(proposals), self.setup.sizes)
        for at, size in enumerate(self.setup.sizes):
            if at:
                order = [one.proposal for _, one in ranked([*before, *found.values()], self.terms.target)]
                standing = {proposal.key: place for place, proposal in enumerate(order)}
                chosen.sort(key=lambda one: standing[one.key])
                chosen = chosen[: -(-len(chosen) // 2)]
            step = size - (self.setup.sizes[at - 1] if at else 0)
            left -= step * len(chosen)
            evaluated = self._evaluated(chosen, size, step, left + later)
            for proposal, evaluation in zip(chosen, evaluated, strict=True):
                found[proposal.key] = Tried(proposal, evaluation)
            self.tried = [*before, *(found[one.key] for one in proposals)]
        self._tell()

    def _evaluated(self, proposals: Sequence[Proposal], size: int, step: int, later: int) -> list[Evaluation]:
        """Return what proposals are worth; what the folder knows is not measured again.

        Args:
            proposals: what is measured.
            size: how much is looked at for each.
            step: how much of that was not looked at for a smaller size.
            later: what there is to measure afterwards.
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
                self.watch(Progress(self.evaluations, tried, done, total, self._measured, rest))

            self.folder.add(self.objective.measure([*owed.values()], size, watch))
            self._measured = before + whole
        return [self.folder.evaluations[profile.sha256, size] for profile in profiles]

    def _tell(self, *, proposing: bool = False) -> None:
        """Tell how far the search is, between two measurements."""
        tried = len(self.tried)
        rest = self._work_after(tried)
        told = Progress(self.evaluations, tried, measured=self._measured, rest=rest, proposing=proposing)
        self.watch(told)

    def _work_after(self, tried: int) -> int:
        """What there is to measure once so many were tried."""
        return of_rounds(self.evaluations - tried, self.setup.round, self.setup.sizes)


def of_round(proposals: int, sizes: Sequence[int]) -> int:
    """Count what measuring a round takes: all of it at the first size, its better half at the next.

    What was looked at for a size is not looked at again for the next.
    """
    work, before = 0, 0
    for at, size in enumerate(sizes):
        proposals = -(-proposals // 2) if at else proposals
        work += proposals * (size - before)
        before = size
    return work


def of_rounds(proposals: int, per_round: int, sizes: Sequence[int]) -> int:
    """Count what measuring so many proposals takes, so many of them a round."""
    rounds, rest = divmod(max(0, proposals), per_round)
    return rounds * of_round(per_round, sizes) + of_round(rest, sizes)
