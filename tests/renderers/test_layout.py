import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtc_r1.renderers import Profile, load_profile
from vtc_r1.renderers.atlas import UNIT, load_atlas
from vtc_r1.renderers.layout import NEWLINE_MARK, lay_out

DEFAULT, NANO = load_profile("default"), load_profile("nano")
PROFILES = {
    "default": DEFAULT,
    "nano": NANO,
    "lines": Profile(**{**DEFAULT.model_dump(), "name": "lines", "layout": "lines"}),
    "narrow": Profile(**{**DEFAULT.model_dump(), "name": "narrow", "width": 32}),
    "packed nano": Profile(**{**NANO.model_dump(), "name": "packed nano", "layout": "reflow"}),
}
each_profile = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)

TRICKY = " \t\n\r\0\x7f+=({[aé中😀⏎⟨\ud800\udfff\u0301"
pieces = st.lists(st.characters() | st.sampled_from(TRICKY)).map("".join)
anything = st.builds(str.__mul__, pieces, st.integers(1, 30))


def atlas_of(profile):
    return load_atlas(profile.font, profile.font_size, profile.cell)


def placed(text, profile):
    return lay_out(text, profile, atlas_of(profile))


def shown(layout, profile):
    return "".join(map(chr, atlas_of(profile).points[layout.glyphs]))


def expected(text, profile):
    index = atlas_of(profile).index
    left, right = "⟨⟩" if index[ord("⟨")] >= 0 else "<>"

    def drawn(character):
        if character == "\n" and profile.layout == "lines":
            return ""
        glyph = {"\t": " ", "\n": NEWLINE_MARK}.get(character, character)
        return glyph if index[ord(glyph)] >= 0 else f"{left}U+{ord(character):04X}{right}"

    return "".join(map(drawn, text))


@each_profile
@settings(deadline=None, max_examples=150)
@given(text=anything)
def test_glyphs_read_back_as_the_input(profile, text):
    assert shown(placed(text, profile), profile) == expected(text, profile)


@each_profile
@settings(deadline=None, max_examples=100)
@given(text=anything)
def test_no_line_is_wider_than_the_text(profile, text):
    layout, atlas = placed(text, profile), atlas_of(profile)
    limit = profile.text_width * UNIT
    blank = atlas.points[layout.glyphs] == ord(" ")
    assert (layout.x <= limit).all()
    assert (layout.x + atlas.advances[layout.glyphs] <= limit)[~blank].all()


@each_profile
@settings(deadline=None, max_examples=60)
@given(text=anything)
def test_glyphs_stand_in_reading_order(profile, text):
    layout = placed(text, profile)
    same_line = np.diff(layout.line_of) == 0
    assert (np.diff(layout.line_of) >= 0).all()
    assert (np.diff(layout.x)[same_line] >= 0).all()
    assert (layout.x >= 0).all()


@each_profile
@settings(deadline=None, max_examples=60)
@given(text=anything)
def test_line_starts_ascend_from_zero(profile, text):
    starts = placed(text, profile).starts
    assert (len(starts) > 0) == bool(text)
    assert starts[:1].tolist() in ([], [0])
    assert (np.diff(starts) >= 0).all()
    assert (starts < max(1, len(text))).all()


@each_profile
@settings(deadline=None, max_examples=60)
@given(text=anything)
def test_missing_are_the_characters_drawn_as_escapes(profile, text):
    missing = placed(text, profile).missing.tolist()
    alone = [at for at, character in enumerate(text) if len(expected(character, profile)) > 1]
    assert missing == alone


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("aaa", ["aaa"]),
        ("aaa\nbbb", ["aaa\n", "bbb"]),
        ("aaa\n", ["aaa\n"]),
        ("\n\na", ["\n", "\n", "a"]),
        ("a" * 16 + "\n" + "b", ["a" * 16 + "\n", "b"]),
        ("a" * 17, ["a" * 16, "a"]),
        ("aaaa bbbb cccc dddd", ["aaaa bbbb cccc ", "dddd"]),
        ("1234567890123 + 89", ["1234567890123 + ", "89"]),
        ("1234567890*1234567890+12", ["1234567890", "*1234567890+12"]),
        (" " * 45, [" " * 17, " " * 17, " " * 11]),
    ],
)
def test_where_nano_lines_break(text, lines):
    starts = [*placed(text, NANO).starts.tolist(), len(text)]
    assert [text[start:end] for start, end in itertools.pairwise(starts)] == lines


def test_newlines_are_packed_as_marks():
    layout = placed("a\nb\n\nc", DEFAULT)
    assert shown(layout, DEFAULT) == "a⏎b⏎⏎c"
    assert layout.starts.tolist() == [0]


def test_a_font_without_the_mark_still_shows_newlines():
    profile = PROFILES["packed nano"]
    layout = placed("1\n2", profile)
    assert shown(layout, profile) == "1<U+000A>2"
    assert layout.missing.tolist() == [1]


def test_pages_of_a_fixed_cell_stand_on_its_columns():
    assert (placed("12 + 3 = 15\n" * 3, NANO).x % (8 * UNIT) == 0).all()
