"""What answers about changed pages follow: counted by kind of change and by place."""

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from vtc_r1.configuration import Record
from vtc_r1.eval.metrics import wilson
from vtc_r1.eval.summary import Figure

Follows = Literal["page", "prior", "neither", "abstained"]
"""What the changed page implies; what the original implied; another answer; the reader cannot read it."""


class Followed(Record):
    """What the answers of one group follow, as shares with their intervals.

    Attributes:
        change: kind of change; None for all kinds.
        place: where it was; None for all places.
        asked: number of answers.
        page: follow the changed page.
        prior: follow what was there before.
        neither: follow neither.
        abstained: say that it cannot be read.
    """

    change: str | None = None
    place: str | None = None
    asked: int
    page: Figure
    prior: Figure
    neither: Figure
    abstained: Figure


def followed(found: Iterable[tuple[str, str, Follows]]) -> list[Followed]:
    """Count answers by change, then by place, then all of them; empty if there are none.

    Args:
        found: kind of change, place, and what the answer follows.
    """
    every = list(found)
    changes = dict.fromkeys(change for change, _, _ in every)
    places = sorted({place for _, place, _ in every})
    groups = [(change, None) for change in changes] + [(None, place) for place in places]
    return [
        _counted(
            change, place, [one for kind, at, one in every if change in (None, kind) and place in (None, at)]
        )
        for change, place in ([*groups, (None, None)] if every else [])
    ]


def _counted(change: str | None, place: str | None, found: list[Follows]) -> Followed:
    counts = Counter(found)

    def share(what: Follows) -> Figure:
        return Figure.of(wilson(counts[what], len(found)))

    return Followed(
        change=change,
        place=place,
        asked=len(found),
        page=share("page"),
        prior=share("prior"),
        neither=share("neither"),
        abstained=share("abstained"),
    )
