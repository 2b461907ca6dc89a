import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtc_r1.renderers.latex.tree import Unsound
from vtc_r1.renderers.typeset import stack
from vtc_r1.renderers.typeset.fence import fenced
from vtc_r1.renderers.typeset.grid import Columns, grid
from vtc_r1.renderers.typeset.picture import Picture, Placed, blank, filled, place, side_by_side, trimmed


@st.composite
def pictures(draw):
    rows, columns = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    ascent = draw(st.integers(0, rows))
    return Picture(np.full((rows, columns), 255, np.uint8), ascent, columns + draw(st.integers(0, 3)))


def area(picture):
    return int(np.count_nonzero(picture.ink))


@given(st.lists(pictures(), min_size=1, max_size=5))
def test_beside_keeps_ink_and_baseline(parts):
    whole = side_by_side(parts)
    assert area(whole) == sum(map(area, parts))
    assert whole.ascent == max(part.ascent for part in parts)
    assert whole.descent == max(part.descent for part in parts)
    assert whole.advance == sum(part.advance for part in parts)


@given(pictures(), st.integers(-20, 20), st.integers(-20, 20))
def test_place_keeps_ink_and_a_canvas_that_holds_the_baseline(part, column, row):
    whole = place([Placed(part, column, row)], 5)
    assert area(whole) == area(part)
    assert 0 <= whole.ascent <= whole.ink.shape[0]
    assert whole.advance == 5 + max(0, -column)


@given(pictures(), pictures())
def test_a_fraction_holds_both_and_a_rule(top, bottom):
    whole = stack.fraction(top, bottom, 9)
    assert area(whole) == area(top) + area(bottom) + max(top.width, bottom.width)
    assert area(stack.fraction(top, bottom, 9, ruled=False)) == area(top) + area(bottom)


@given(pictures(), pictures(), pictures())
def test_scripts_and_limits_do_not_touch(base, below, above):
    parts = area(base) + area(below) + area(above)
    assert area(stack.scripts(base, below, above, 9)) == parts
    assert area(stack.limits(base, below, above)) == parts


@given(pictures())
def test_boxes_roots_bars_and_arrows_hold_all_of_their_inside(body):
    for drawn in (
        stack.boxed(body, 9),
        stack.root(body, None, 9),
        stack.root(body, filled(3, 3), 9),
        stack.lined(body, True),
        stack.lined(body, False),
        stack.arrowed(body, 9, left=True, right=True),
        stack.braced(body, 9, True),
        stack.braced(body, 9, False),
        stack.arced(body, 9),
        fenced(body, "(", "]", 9),
        fenced(body, "{", "", 9),
        fenced(body, "‖", "⟩", 9),
    ):
        assert area(drawn) > area(body)
        assert drawn.advance >= body.width


@given(st.lists(st.lists(pictures(), min_size=1, max_size=4), min_size=1, max_size=4))
def test_cells_of_a_grid_never_overlap(rows):
    whole = grid(rows, Columns("lcr", (3, 0)), 9)
    assert area(whole) == sum(area(cell) for row in rows for cell in row)
    assert 0 <= whole.ascent <= whole.ink.shape[0]


def test_trimming_keeps_the_pen_position_and_the_baseline():
    ink = np.zeros((9, 9), np.uint8)
    ink[3, 4] = 7
    kept = trimmed(Picture(ink, 6, 8.5))
    assert (kept.ink.shape, kept.ascent, kept.advance) == ((3, 5), 3, 8.5)
    assert kept.ink[0, 4] == 7


def test_nothing_stays_nothing():
    assert place([Placed(blank(3))], 4).is_blank
    assert trimmed(Picture(np.zeros((2, 2), np.uint8), 1, 4)).ink.size == 0


def test_an_unknown_fence_is_refused():
    with pytest.raises(Unsound):
        fenced(filled(5, 5), "↑", "", 9)
