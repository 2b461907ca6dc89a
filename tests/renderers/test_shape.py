import re
import unicodedata

import numpy as np
import pytest
from hypothesis import given

from tests.renderers.texts import anything
from vtc_r1.renderers.shape import Piece, decode, encode, shape


def everything(points):
    return np.ones(len(points), bool)


def ascii_only(points):
    return points < 0x80


def shaped(text, mark="⏎", known=everything, formulas=()):
    return shape(text, formulas=formulas, mark=mark, known=known)


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("a\nb", "a⏎b"),
        ("a\n\nb", "a⏎⏎b"),
        ("a\r\nb\rc", "a⏎b⏎c"),
        ("a\r\r\nb", "a⏎⏎b"),
        ("a\tb", "a b"),
        ("\ta\tb\n \tc\n\t\td", "    a b⏎     c⏎        d"),
        ("e\u0301", "é"),
        ("x\u0301\u0302", "x\u0301\u0302"),
        ("\u0301", "\u0301"),
        ("a⏎b", "a⟨U+23CE⟩b"),
        ("⟨U+0041⟩", "⟨U+27E8⟩U+0041⟩"),
        ("⟨x, y⟩", "⟨x, y⟩"),
        ("a\n```\n\tif x:\n```\nb", "a\n```\n    if x:\n```\nb"),
        ("~~~\nx\n", "~~~\nx\n"),
        ("t\n| a | b |\n|---|---|\n| 1 | 2 |\nend\nx", "t\n| a | b |\n|---|---|\n| 1 | 2 |\nend⏎x"),
        ("a | b\n--- no table", "a | b⏎--- no table"),
    ],
)
def test_what_stands_on_a_page(text, drawn):
    assert decode(shaped(text).points) == drawn


@pytest.mark.parametrize(
    ("text", "drawn", "missing"),
    [
        ("a😀b", "a<U+1F600>b", [1]),
        ("\ud800", "<U+D800>", [0]),
        ("é1é", "<U+00E9>1<U+00E9>", [0, 2]),
        ("a\nb", "a<U+000A>b", [1]),
    ],
)
def test_what_a_font_lacks_becomes_an_escape(text, drawn, missing):
    found = shaped(text, known=ascii_only)
    assert decode(found.points) == drawn
    assert found.missing.tolist() == missing


def test_lines_keep_every_newline():
    assert decode(shaped("a\n\nb⏎\n", mark=None).points) == "a\n\nb⏎\n"


def test_a_mark_of_several_characters():
    found = shaped("a\nb", mark=" \\n ")
    assert decode(found.points) == "a \\n b"
    assert found.source.tolist() == [0, 1, 1, 1, 1, 2]
    assert found.marks.tolist() == [False, True, True, True, True, False]
    assert found.tied.tolist() == [False, False, True, True, True, False]


def test_a_formula_stands_for_its_source():
    found = shaped("if $x^2$ then", formulas=[Piece(3, 8, "x²!")])
    assert decode(found.points) == "if x²! then"
    assert found.source[3:6].tolist() == [3, 4, 6]
    assert found.whole[3:7].tolist() == [3, 3, 3, 6]


def test_a_picture_is_one_character():
    found = shaped("a $x$ b", formulas=[Piece(2, 5, "\ufffc", 0x110000)])
    assert found.points.tolist() == [*encode("a "), 0x110000, *encode(" b")]


@pytest.mark.parametrize(
    ("text", "piece", "drawn"),
    [
        ("a $x$ b", Piece(2, 5, "\ufffc", 0x110000, block=True), "a \n\ufffc\n b"),
        ("a\n$x$\nb\nc", Piece(2, 5, "\ufffc", 0x110000, block=True), "a\n\ufffc\nb⏎c"),
        ("$x$", Piece(0, 3, "\ufffc", 0x110000, block=True), "\ufffc"),
    ],
)
def test_a_formula_set_apart_has_lines_of_its_own(text, piece, drawn):
    assert decode(shaped(text, formulas=[piece]).points) == drawn


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("12", [1]),
        ("1.5", [1, 2]),
        ("1,000.25", [1, 2, 3, 4, 5, 6, 7]),
        ("1. 2", []),
        ("a1", []),
        ("x\u0301", [1]),
    ],
)
def test_what_holds_together(text, held):
    assert np.flatnonzero(shaped(text).tied).tolist() == held


@given(text=anything)
def test_sources_ascend_and_reach_every_character(text):
    found = shaped(text, known=ascii_only)
    assert (np.diff(found.source) >= 0).all()
    assert (found.whole <= np.arange(len(found.points))).all()
    skipped = set(range(len(text))) - set(found.source.tolist())
    assert all(text[at - 1 : at + 1] == "\r\n" or unicodedata.combining(text[at]) for at in skipped)


@given(text=anything)
def test_two_texts_never_look_alike_but_for_newlines_tabs_and_composition(text):
    """Undo the mapping: what is read from the page is the text again."""
    drawn = decode(shaped(text, known=lambda points: (points != 0) & (points != 0x1F600)).points)
    back = drawn.replace("⏎", "\n")
    back = re.sub("⟨U\\+([0-9A-F]{4,6})⟩", lambda found: chr(int(found[1], 16)), back)
    expected = text.replace("\r\n", "\n").replace("\r", "\n")

    def plain(one):
        return unicodedata.normalize(
            "NFC", re.sub(r"[\t ]+", " ", one).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        )

    assert plain(back) == plain(expected)
