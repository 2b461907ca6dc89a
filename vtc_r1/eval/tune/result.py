"""The result of a search and its files, among them a plot of its front."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from vtc_r1.configuration import EncodableText, Record
from vtc_r1.errors import MissingExtra
from vtc_r1.eval.probe.plot import COLOURS, GREY, drawn, unboxed
from vtc_r1.eval.tune.search import Search
from vtc_r1.eval.tune.space import Value
from vtc_r1.eval.tune.strategies import Tried
from vtc_r1.renderers import Profile
from vtc_r1.renderers.profile_toml import profile_toml
from vtc_r1.trace import versions

RESULT, PROFILE = "result.json", "profile.toml"
_REASONS = 5


class FoundSettings(Record):
    """Settings with their evaluation and the file of their profile."""

    profile: str | None = Field(description="path in the folder, None if not on the front.")
    sha256: str = Field(description="hash of the profile.")
    size: int = Field(description="size of the measurement.")
    error: float = Field(description="the error, as a share.")
    cost: float = Field(description="the cost in vision tokens.")
    parts: dict[str, float] = Field(description="the error by kind of text, or by benchmark.")
    values: dict[str, Value] = Field(description="the settings.")


class TuneResult(Record):
    """The result of a search."""

    version: int = Field(default=1, description="version of this record.")
    strategy: str = Field(description="name of the strategy.")
    seed: int = Field(description="seed of the search.")
    target: float = Field(description="the highest acceptable error.")
    units: tuple[str, str] = Field(description="names of error and cost.")
    tried: int = Field(description="number of measured proposals.")
    finished: int = Field(description="number measured at full size.")
    repaired: int = Field(description="number of proposals that had to be repaired.")
    repeated: int = Field(description="number of proposals that had been tried before.")
    dropped: dict[EncodableText, int] = Field(
        description="unusable proposals by reason, the most frequent reasons only."
    )
    dropped_in_all: int = Field(description="number of all unusable proposals.")
    front: list[FoundSettings] = Field(description="the Pareto front, cheapest first.")
    best: FoundSettings | None = Field(
        description="the cheapest that meets the target, or else the one with the least error."
    )
    met: bool = Field(description="whether the best meets the target.")
    complete: bool = Field(description="whether as many were tried as requested.")
    created: str = Field(
        default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"),
        description="time of creation, in UTC.",
    )
    versions: dict[str, str] = Field(
        default_factory=versions, description="versions of everything that can change a result."
    )

    @classmethod
    def of(cls, search: Search) -> "TuneResult":
        """Summarise a search."""
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
    """Store the result of a search; return it, and the reason if the plot could not be drawn."""
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


def _found(one: Tried, base: Profile, name: str | None) -> FoundSettings:
    profile = one.proposal.profile(base)
    evaluation = one.evaluation
    return FoundSettings(
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


_LEAST = 1e-4  #: below this error the axis is linear


def figures(search: Search) -> dict[str, bytes]:
    """Draw all tried settings and the front, as `front.png` and `front.svg`.

    Raises MissingExtra if matplotlib is not installed.
    """

    def draw(figure: Any) -> None:
        panel = figure.subplots()
        _points(panel, search)
        panel.set_xlabel(search.terms.units[1])
        panel.set_ylabel(f"{search.terms.units[0]}, %")
        panel.set_yscale("symlog", linthresh=100 * _LEAST)
        panel.set_ylim(bottom=0)
        unboxed(panel)
        panel.set_title(f"{search.strategy.name}: {len(search.tried)} settings tried", fontsize=11)
        panel.legend(fontsize="small", frameon=False)

    return dict(drawn("front", (6.4, 4.2), "the plot of the front", draw))


def _points(panel: Any, search: Search) -> None:
    front = {id(one) for one in search.front}
    others = [one for one in search.tried if id(one) not in front]
    panel.plot(*_places(others), "o", markersize=4, color=GREY, alpha=0.6, label="tried")
    panel.plot(
        *_places(search.front),
        "o-",
        drawstyle="steps-post",
        markersize=5,
        linewidth=1.4,
        color=COLOURS[0],
        label="front",
    )
    if search.tried:
        panel.plot(*_places(search.tried[:1]), "D", markersize=6, color=COLOURS[2], label="start")
    if search.best:
        panel.plot(*_places([search.best]), "*", markersize=13, color=COLOURS[1], label="profile.toml")
    panel.axhline(100 * search.terms.target, color=GREY, linewidth=1, linestyle="--", label="target")


def _places(points: list[Tried]) -> tuple[list[float], list[float]]:
    return [one.cost for one in points], [100 * one.error for one in points]
