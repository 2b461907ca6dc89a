"""A plot of a search's front: error against cost."""

import io
from typing import Any

from vtc_r1.errors import MissingExtra
from vtc_r1.eval.probe.plot import COLOURS, GREY
from vtc_r1.eval.tune.search import Search
from vtc_r1.eval.tune.strategies import Tried

_SETTINGS = {"svg.fonttype": "none", "svg.hashsalt": "vtc-r1", "font.family": "DejaVu Sans"}
_LEAST = 1e-4
"""Below this error the axis is linear."""


def figures(search: Search) -> dict[str, bytes]:
    """Draw all tried settings and the front, as `front.png` and `front.svg`.

    Raises MissingExtra if matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("matplotlib", "probe", "the plot of the front") from error
    with mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=(6.4, 4.2), layout="constrained", facecolor="white")
        panel = figure.subplots()
        _points(panel, search)
        panel.set_xlabel(search.terms.units[1])
        panel.set_ylabel(f"{search.terms.units[0]}, %")
        panel.set_yscale("symlog", linthresh=100 * _LEAST)
        panel.set_ylim(bottom=0)
        panel.grid(color="#e4e6ea", linewidth=0.8)
        panel.set_axisbelow(True)
        panel.spines[["top", "right"]].set_visible(False)
        panel.set_title(f"{search.strategy.name}: {len(search.tried)} settings tried", fontsize=11)
        panel.legend(fontsize="small", frameon=False)
        return {f"front.{kind}": _saved(figure, kind) for kind in ("png", "svg")}


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


def _saved(figure: Any, kind: str) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format=kind, dpi=110, metadata={"Date": None} if kind == "svg" else None)
    return file.getvalue()
