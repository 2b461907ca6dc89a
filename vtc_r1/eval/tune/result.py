"""The result of a search, and the files that hold it."""

from collections import Counter
from datetime import UTC, datetime

from pydantic import Field

from vtc_r1.configuration import EncodableText, Record
from vtc_r1.errors import MissingExtra
from vtc_r1.eval.tune.axis import Value
from vtc_r1.eval.tune.plot import figures
from vtc_r1.eval.tune.search import Search
from vtc_r1.eval.tune.strategies import Tried
from vtc_r1.renderers import Profile
from vtc_r1.renderers.profile_toml import profile_toml
from vtc_r1.trace import versions

RESULT, PROFILE = "result.json", "profile.toml"
_REASONS = 5


class Found(Record):
    """Settings, what they are worth, and the file of their profile.

    Attributes:
        profile: path in the folder, None of what is not on the front.
        sha256: of the profile.
        size: how much was looked at.
        error: a share.
        cost: in vision tokens.
        parts: the error by kind of text, or by benchmark.
        values: the settings.
    """

    profile: str | None
    sha256: str
    size: int
    error: float
    cost: float
    parts: dict[str, float]
    values: dict[str, Value]


class TuneResult(Record):
    """What a search came to.

    Attributes:
        version: of this record.
        strategy: that proposed.
        seed: of the search.
        target: the highest error that was wanted.
        units: what error and cost are.
        tried: proposals that were measured.
        finished: of them, in full.
        repaired: proposals that were made usable.
        repeated: proposals that had been tried before.
        dropped: proposals that were not usable, by reason, the commonest few.
        dropped_in_all: how many those and all others are.
        front: the Pareto front, cheapest first.
        best: the cheapest that meets the target, else the one of the least error.
        met: whether the best meets the target.
        complete: whether as many were tried as were wanted.
        created: when, in UTC.
        versions: of what can change a result.
    """

    version: int = 1
    strategy: str
    seed: int
    target: float
    units: tuple[str, str]
    tried: int
    finished: int
    repaired: int
    repeated: int
    dropped: dict[EncodableText, int]
    dropped_in_all: int
    front: list[Found]
    best: Found | None
    met: bool
    complete: bool
    created: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    versions: dict[str, str] = Field(default_factory=versions)

    @classmethod
    def of(cls, search: Search) -> "TuneResult":
        """Sum a search up."""
        base, best = search.terms.base, search.best
        dropped = Counter(reason for one in search.rounds for reason in one.dropped)
        return cls(
            strategy=search.strategy.name,
            seed=search.setup.seed,
            target=search.terms.target,
            units=search.terms.units,
            tried=len(search.tried),
            finished=len(search.finished),
            repaired=sum(one.repaired for one in search.rounds),
            repeated=sum(one.repeated for one in search.rounds),
            dropped=dict(dropped.most_common(_REASONS)),
            dropped_in_all=dropped.total(),
            front=[_found(one, base, name) for one, name in _front(search)],
            best=_found(best, base, PROFILE) if best else None,
            met=best is not None and best.error <= search.terms.target,
            complete=not search.gave_up,
        )


def conclude(search: Search) -> tuple[TuneResult, str | None]:
    """Store what a search came to; return it, and why there is no picture of it, where there is none."""
    result, best, missing = TuneResult.of(search), search.best, None
    files = {name: _toml(search, one).encode() for one, name in _front(search)}
    if best is not None:
        files[PROFILE] = _toml(search, best).encode()
    try:
        files |= figures(search)
    except MissingExtra as error:
        missing = str(error)
    search.folder.write({**files, RESULT: f"{result.model_dump_json(indent=2)}\n".encode()})
    return result, missing


def _front(search: Search) -> list[tuple[Tried, str]]:
    return [(one, f"front/{at:02}.toml") for at, one in enumerate(search.front, 1)]


def _found(one: Tried, base: Profile, name: str | None) -> Found:
    profile = one.proposal.profile(base)
    evaluation = one.evaluation
    return Found(
        profile=name,
        sha256=profile.sha256,
        size=evaluation.size,
        error=one.error,
        cost=one.cost,
        parts=evaluation.parts,
        values=one.proposal.values,
    )


def _toml(search: Search, one: Tried) -> str:
    error, cost = search.terms.units
    how = f"{search.strategy.name}, seed {search.setup.seed}, from {search.terms.base.name}"
    worth = f"{100 * one.error:.2f} % {error}, {one.cost:.2f} {cost}"
    return profile_toml(one.proposal.profile(search.terms.base), (f"Found by vtc-r1 tune ({how}).", worth))
