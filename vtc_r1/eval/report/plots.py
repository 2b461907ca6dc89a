"""Figures as SVG for the page; colours and fonts come from its style sheet."""

import re
from collections.abc import Sequence
from functools import singledispatch

from markupsafe import Markup, escape

from vtc_r1.counted import count
from vtc_r1.eval.metrics import Interval
from vtc_r1.eval.report import figure as figures

_WIDTH = 480.0
_LABELS = 150.0
_RIGHT = 16.0
_BESIDE = 28  #: longest name drawn next to its mark; if one is longer, names appear only in the legend


@singledispatch
def plot(figure: figures.Figure) -> Markup:
    """Draw a figure."""
    raise TypeError(type(figure))


@plot.register
def _(figure: figures.Forest) -> Markup:
    scale = _Scale(*figures.accuracy_range([mark.y for mark in figure.marks]), _LABELS, _WIDTH - _RIGHT - 44)
    names = [_broken(mark.label, 21) for mark in figure.marks]
    height = sum(map(_tall, names)) + 34
    parts = [_percent_axis(scale, 8, height - 24)]
    top = 8.0
    for mark, name in zip(figure.marks, names, strict=True):
        y = top + _tall(name) / 2
        parts += [
            _name(_LABELS - 10, y, name),
            _whisker(mark, scale, y),
            text(_WIDTH - 8, y + 4, f"{mark.y.mean:.1f}", text_anchor="end", class_="value"),
        ]
        top += _tall(name)
    return drawing(_WIDTH, height, figure.title, *parts)


@plot.register
def _(figure: figures.Scatter) -> Markup:
    top, bottom = 12.0, 222.0
    xs = _Scale(0.0, max((mark.x for mark in figure.marks), default=1.0) * 1.25 or 1.0, 44, _WIDTH - _RIGHT)
    ys = _Scale(*figures.accuracy_range([mark.y for mark in figure.marks]), bottom, top)
    parts = [
        _grid(xs, ys),
        text((xs.start + xs.end) / 2, 258, figure.x_label, text_anchor="middle", class_="axis"),
    ]
    places = [(xs(mark.x), ys(mark.y.mean)) for mark in figure.marks]
    fits = all(len(mark.label) <= _BESIDE for mark in figure.marks)
    names = [mark.label if fits else "" for mark in figure.marks]
    labels = _label_places(places, names)
    for mark, name, (x, y), (label_x, label_y) in zip(figure.marks, names, places, labels, strict=True):
        parts += [
            line(x, ys(mark.y.low), x, ys(mark.y.high), f"whisker {_colour(mark)}"),
            element("circle", _tip(mark), cx=x, cy=y, r=5.0, class_=_colour(mark)),
            text(label_x, label_y, name),
        ]
    return drawing(_WIDTH, 266, figure.title, *parts)


@plot.register
def _(figure: figures.Distribution) -> Markup:
    most = max((at for strip in figure.strips for at in strip.samples), default=1)
    height = 58.0 * len(figure.strips) + 34
    width = (_WIDTH - _RIGHT - 120) / max(most, 1)
    parts = []
    for at, strip in enumerate(figure.strips):
        base = 58.0 * at + 52
        parts += [
            _name(110, base - 20, _broken(strip.label, 16)),
            _bars(strip, base, width),
        ]
        parts.append(line(120, base, _WIDTH - _RIGHT, base, "axis-line"))
    every = max(1, round(most / 12))
    parts += [
        text(120 + width * (at - 0.5), height - 16, str(at), text_anchor="middle", class_="axis")
        for at in range(1, most + 1)
        if (at - 1) % every == 0
    ]
    parts.append(text(110, height - 16, "iterations", text_anchor="end", class_="axis"))
    return drawing(_WIDTH, height, figure.title, *parts)


@plot.register
def _(figure: figures.Breakdown) -> Markup:
    marks = [mark for _, _, part in figure.parts for mark in part]
    scale = _Scale(*figures.accuracy_range([mark.y for mark in marks]), _LABELS, _WIDTH - _RIGHT)
    tallest = max((len(part) for _, _, part in figure.parts), default=1)
    step = max(36.0, 9.0 * tallest + 14)
    height = step * len(figure.parts) + 34
    parts = [_percent_axis(scale, 6, height - 24)]
    for at, (name, problems, part) in enumerate(figure.parts):
        top = step * at + 12
        middle = top + 4.5 * len(part) - 1
        lines = _broken(name, 21)
        parts.append(_name(_LABELS - 10, middle - 4 - 6.5 * (len(lines) - 1), lines))
        parts.append(
            text(_LABELS - 10, middle + 11, count(problems, "problem"), text_anchor="end", class_="axis")
        )
        parts += [_whisker(mark, scale, top + 9.0 * place + 4, 3.5) for place, mark in enumerate(part)]
        if at:
            parts.append(line(0, top - 5, _WIDTH, top - 5, "rule"))
    return drawing(_WIDTH, height, figure.title, *parts)


class _Scale:
    """A linear scale that maps `low` to `start` and `high` to `end`."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self.low, self.high, self.start, self.end = low, max(high, low + 1e-9), start, end

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def _percent_axis(scale: _Scale, top: float, bottom: float) -> Markup:
    parts = []
    for value in figures.ticks(scale.low, scale.high):
        x = scale(value)
        parts += [
            line(x, top, x, bottom, "grid"),
            text(x, bottom + 14, f"{value:g} %", text_anchor="middle", class_="axis"),
        ]
    return joined(*parts)


def _grid(xs: _Scale, ys: _Scale) -> Markup:
    parts = []
    for value in figures.ticks(ys.low, ys.high):
        parts.append(line(xs.start, ys(value), xs.end, ys(value), "grid"))
        parts.append(text(xs.start - 6, ys(value) + 4, f"{value:g} %", text_anchor="end", class_="axis"))
    for value in figures.ticks(xs.low, xs.high):
        parts.append(
            text(xs(value), ys.start + 16, figures.short(value), text_anchor="middle", class_="axis")
        )
    parts.append(line(xs.start, ys.start, xs.end, ys.start, "axis-line"))
    return joined(*parts)


def _whisker(mark: figures.Mark, scale: _Scale, y: float, radius: float = 4.5) -> Markup:
    x = scale(mark.y.mean)
    if mark.colour is None:
        side = radius * 1.5
        shape = element(
            "rect", _tip(mark), x=x - side / 2, y=y - side / 2, width=side, height=side,
            transform=f"rotate(45 {x:.2f} {y:.2f})", class_="published",
        )  # fmt: skip
    else:
        shape = element("circle", _tip(mark), cx=x, cy=y, r=radius, class_=_colour(mark))
    return joined(line(scale(mark.y.low), y, scale(mark.y.high), y, f"whisker {_colour(mark)}"), shape)


def _bars(strip: figures.Strip, base: float, width: float) -> Markup:
    total = max(1, sum(strip.samples.values()))
    tallest = max(strip.samples.values(), default=1) / total
    parts = []
    for at, samples in sorted(strip.samples.items()):
        right = strip.right.get(at, 0)
        tip = element("title", f"{at} iterations: {samples} samples, {right} right")
        x, wide = 120 + width * (at - 1) + 1, max(1.0, width - 2)
        for number, kind in ((samples, "all"), (right, "right")):
            high = 38 * number / total / tallest
            shape = {"x": x, "y": base - high, "width": wide, "height": high}
            parts.append(element("rect", tip, **shape, class_=f"bar {kind} colour-{strip.colour}"))
    return joined(*parts)


def _label_places(places: Sequence[tuple[float, float]], labels: Sequence[str]) -> list[tuple[float, float]]:
    """Place each label next to, above or below its mark, where it overlaps least with others."""
    boxes = [(x - 6, y - 6, x + 6, y + 6) for x, y in places]
    found = []
    for (x, y), label in zip(places, labels, strict=True):
        wide = 6.2 * len(label)
        spots = [
            (x + 9, y + 4),
            (x - 9 - wide, y + 4),
            (x + 6, y - 9),
            (x + 6, y + 17),
            (x - wide - 6, y - 9),
        ]
        inside = [spot for spot in spots if spot[0] >= 44 and spot[0] + wide <= _WIDTH] or spots[:1]
        best = min(inside, key=lambda spot: sum(_covers((*spot, wide), box) for box in boxes))
        boxes.append((best[0], best[1] - 10, best[0] + wide, best[1] + 2))
        found.append(best)
    return found


def _covers(label: tuple[float, float, float], box: tuple[float, float, float, float]) -> bool:
    x, y, wide = label
    return x < box[2] and box[0] < x + wide and y - 10 < box[3] and box[1] < y + 2


def _tip(mark: figures.Mark) -> Markup:
    return element("title", f"{mark.label}: {written(mark.y)}")


def written(estimate: Interval) -> str:
    """Format an accuracy with its interval."""
    if estimate.low == estimate.high:
        return f"{estimate.mean:.1f} %"
    return f"{estimate.mean:.1f} % [{estimate.low:.1f}, {estimate.high:.1f}]"


def _colour(mark: figures.Mark) -> str:
    return "published" if mark.colour is None else f"colour-{mark.colour % len(figures.COLOURS)}"


def _broken(words: str, most: int) -> list[str]:
    """Break a name into lines, preferably at blanks and punctuation, without shortening it."""
    lines = [""]
    for part in re.findall(r"[^\s,:/_=-]*[\s,:/_=-]?", words):
        for start in range(0, max(1, len(part)), most):
            piece = part[start : start + most]
            if lines[-1] and len(lines[-1]) + len(piece.rstrip()) > most:
                lines.append("")
            lines[-1] += piece
    return [line.strip() for line in lines if line.strip()] or [""]


def _tall(lines: Sequence[str]) -> float:
    return 7.0 + 13.0 * len(lines)


def _name(x: float, y: float, lines: Sequence[str]) -> Markup:
    """Draw a name of several lines to the left of `x`, vertically centred on `y`."""
    first = y + 4 - 6.5 * (len(lines) - 1)
    return joined(*(text(x, first + 13 * at, line, text_anchor="end") for at, line in enumerate(lines)))


def legend(marks: Sequence[tuple[str, int]]) -> Markup:
    """Return the legend: the colour of each run."""
    return joined(
        *(
            element(
                "span",
                joined(
                    element("i", class_=f"swatch colour-{colour % len(figures.COLOURS)}"),
                    Markup(element("span", label)),
                ),
            )
            for label, colour in marks
        )
    )


def element(tag: str, content: Markup | str = "", **attributes: object) -> Markup:
    """Return an element; `_` in an attribute's name stands for `-`, and `class_` for `class`."""
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(_number(value))}"'
        for name, value in attributes.items()
    )
    return Markup(f"<{tag}{written}>{escape(content)}</{tag}>")


def joined(*parts: Markup) -> Markup:
    """Concatenate elements."""
    return Markup("").join(parts)


def drawing(width: float, height: float, title: str, *parts: Markup) -> Markup:
    """Return a picture that scales with the page; `title` is its text alternative."""
    return element(
        "svg",
        joined(element("title", title), *parts),
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        class_="plot",
    )


def text(x: float, y: float, words: str, **attributes: object) -> Markup:
    """Return a text element."""
    return element("text", words, x=x, y=y, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """Return a line element."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def _number(value: object) -> object:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value
