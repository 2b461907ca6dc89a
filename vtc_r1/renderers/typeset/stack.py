"""Pictures above one another: fractions, scripts, limits, roots, bars."""

import numpy as np

from vtc_r1.renderers.typeset.fence import brace
from vtc_r1.renderers.typeset.picture import Picture, Placed, blank, filled, place
from vtc_r1.renderers.typeset.stroke import strokes, weight

_AXIS = 0.31  #: height of the minus sign above the baseline, in em (DejaVu Sans)


def axis(size: float) -> int:
    """Rows between the baseline and the lower edge of a fraction's rule."""
    return round(_AXIS * size)


def fraction(top: Picture, bottom: Picture, size: float, ruled: bool = True) -> Picture:
    """One picture over another, a rule between them at the height of the minus sign."""
    gap, line = max(1, round(size / 8)), axis(size)
    width = max(top.width, bottom.width)
    parts = [
        Placed(top, 1 + (width - top.width) // 2, -line - 1 - gap - top.descent),
        Placed(bottom, 1 + (width - bottom.width) // 2, -line + gap + bottom.ascent),
    ]
    if ruled:
        parts.append(Placed(filled(1, width), 1, -line))
    return place(parts, width + 2)


def scripts(base: Picture, below: Picture | None, above: Picture | None, size: float) -> Picture:
    """Scripts at the right of `base`; they are drawn at their own size already."""
    parts, pen = [Placed(base)], base.width
    up = max(base.ascent - round(0.15 * size), round(0.4 * size))
    down = max(base.descent, round(0.2 * size))
    if above is not None and below is not None:
        up = max(up, above.descent + 1 - (down - below.ascent))
    widths = [0]
    if above is not None:
        parts.append(Placed(above, pen, -up))
        widths.append(above.width)
    if below is not None:
        parts.append(Placed(below, pen, down))
        widths.append(below.width)
    return place(parts, pen + max(widths) + 1)


def limits(base: Picture, below: Picture | None, above: Picture | None) -> Picture:
    """Pictures centred above and below `base`."""
    width = max(picture.width for picture in (base, below, above) if picture is not None)
    parts = [Placed(base, (width - base.width) // 2)]
    if above is not None:
        parts.append(Placed(above, (width - above.width) // 2, -base.ascent - 1 - above.descent))
    if below is not None:
        parts.append(Placed(below, (width - below.width) // 2, base.descent + 1 + below.ascent))
    return place(parts, width + 2)


def root(body: Picture, degree: Picture | None, size: float) -> Picture:
    """A radical sign around `body`."""
    ascent, descent = max(body.ascent, round(0.7 * size)) + 2, max(body.descent, 1)
    height, hook = ascent + descent, max(5, round(0.6 * size))
    rise = min(height * 0.45, size * 0.5)
    tick = [
        (0.0, height - rise),
        (hook * 0.3, height - rise - 1),
        (hook * 0.55, height - 0.5),
        (hook - 0.5, 0.5),
    ]
    sign = Picture(strokes(hook, height, [tick], weight(size)), ascent, hook)
    start = 0 if degree is None else max(1, degree.width + 1 - hook // 2)
    parts = [
        Placed(sign, start),
        Placed(filled(1, body.width + 1), start + hook - 1, 1 - ascent),
        Placed(body, start + hook),
    ]
    if degree is not None:
        parts.append(Placed(degree, 1, round(descent - rise - 1) - degree.descent))
    return place(parts, start + hook + body.width + 1)


def lined(body: Picture, above: bool) -> Picture:
    """A line over the whole of `body`, or under it."""
    row = -body.ascent - 1 if above else body.descent + 2
    return place([Placed(body), Placed(filled(1, body.width), 0, row)], body.width + 1)


def arrow(width: int, size: float, *, left: bool, right: bool) -> Picture:
    """An arrow of that many columns, with a head at the ends asked for; five rows on the baseline."""
    lines = [[(0.5, 2.5), (width - 0.5, 2.5)]]
    if right:
        lines.append([(width - 2.5, 0.5), (width - 0.5, 2.5), (width - 2.5, 4.5)])
    if left:
        lines.append([(2.5, 0.5), (0.5, 2.5), (2.5, 4.5)])
    return Picture(strokes(width, 5, lines, weight(size)), 5, width)


def arrowed(body: Picture, size: float, *, left: bool, right: bool) -> Picture:
    """An arrow over the whole of `body`, with a head at the ends asked for."""
    return limits(body, None, arrow(max(body.width, round(0.7 * size)), size, left=left, right=right))


def arced(body: Picture, size: float) -> Picture:
    """An arc over the whole of `body`."""
    width, height = max(body.width, round(0.7 * size)), 3
    steps = [step / 16 for step in range(17)]
    line = [(0.5 + at * (width - 1), 0.5 + 2 * (2 * at - 1) ** 2) for at in steps]
    return limits(body, None, Picture(strokes(width, height, [line], weight(size)), height, width))


def braced(body: Picture, size: float, above: bool) -> Picture:
    """A lying brace over `body`, or under it."""
    ink = brace(max(body.width, round(size)), size)
    if not above:
        ink = ink[::-1]
    sign = Picture(np.ascontiguousarray(ink), ink.shape[0], ink.shape[1])
    return limits(body, None, sign) if above else limits(body, sign, None)


def struck(body: Picture, size: float) -> Picture:
    """A diagonal through `body`, from its lower left to its upper right."""
    if body.is_blank:
        return body
    columns, rows = body.width + 2, body.ink.shape[0] + 4
    line = strokes(columns, rows, [[(0.5, rows - 0.5), (columns - 0.5, 0.5)]], weight(size))
    return place([Placed(body, 1), Placed(Picture(line, body.ascent + 2, columns))], columns)


def boxed(body: Picture, size: float) -> Picture:
    """A frame around `body`."""
    pad = max(2, round(size / 5))
    ascent = max(body.ascent, round(0.73 * size)) + pad
    descent = body.descent + pad
    width = body.width + 2 * pad
    ink = np.zeros((ascent + descent, width), np.uint8)
    ink[[0, -1], :] = 255
    ink[:, [0, -1]] = 255
    frame = Picture(ink, ascent, width)
    return place([Placed(blank(0)), Placed(frame, 1), Placed(body, 1 + pad)], width + 2)
