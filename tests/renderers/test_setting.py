"""The placement record: nothing lost, nothing outside of the page, nothing out of order."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.many_examples import many_examples
from tests.renderers.texts import DEFAULT, LINES, NANO, PROFILES, SOURCE, anything
from vtc_r1.renderers import Renderer
from vtc_r1.renderers.atlas import UNIT
from vtc_r1.renderers.latex import linearise
from vtc_r1.renderers.setting import set_text
from vtc_r1.renderers.shape import NEWLINE, SPACE, decode

MATH500 = Path(__file__).parents[3] / "shared" / "data" / "math500.jsonl"
each_profile = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)


def read_back(setting):
    """What a reader sees: glyphs column by column, line by line, from left to right."""
    inked = np.flatnonzero(setting.glyphs >= 0)
    line_of = setting.lines.line_of[inked]
    places = setting.pagination
    order = np.lexsort(
        (setting.lines.x[inked], places.top[line_of], places.left[line_of], places.page_of[line_of])
    )
    points = setting.atlas.points[setting.glyphs[inked[order]]]
    ends = np.flatnonzero(np.diff(line_of[order], append=-1))
    read, at = [], 0
    for end in ends:
        line = int(line_of[order][end])
        read.append((line, decode(points[at : end + 1])))
        at = end + 1
    found = dict(read)
    lines = [found.get(line, "") + "\n" * bool(setting.lines.closes[line]) for line in range(len(places.top))]
    return "".join(lines)


@pytest.mark.slow
@each_profile
@many_examples(100)
@given(text=anything.filter(bool))
def test_glyphs_read_back_as_the_text(profile, text):
    setting = set_text(text, profile)
    if (np.isin(setting.shaped.points, [0x5D0, 0x5D1]) | (setting.atlas.advances[setting.glyphs] == 0)).any():
        return
    drawn = decode(setting.shaped.points)
    assert read_back(setting) == (drawn if drawn.endswith("\n") else drawn + "\n")


@pytest.mark.slow
@pytest.mark.parametrize("profile", [DEFAULT, SOURCE, LINES], ids=lambda profile: profile.name)
def test_math500_is_read_back(profile):
    if not MATH500.exists():
        pytest.skip("no MATH500 file beside the repository")
    for row in MATH500.read_text(encoding="utf-8").splitlines():
        text = json.loads(row)["solution"]
        setting = set_text(text, profile)
        read = read_back(setting).removesuffix("\n")
        expected = linearise(text) if profile.latex == "linear" else text
        if profile.layout == "reflow":
            expected = expected.replace("\n", "↵")
            assert read.replace("\n", "↵") == expected.replace("\t", " ")
        else:
            assert read == expected.replace("\t", " ").removesuffix("\n")
        assert not len(setting.shaped.missing)


@pytest.mark.slow
@each_profile
@many_examples(60)
@given(text=anything.filter(bool))
def test_ink_stays_between_the_margins(profile, text):
    setting = set_text(text, profile)
    advances = setting.atlas.advances[setting.glyphs]
    inked = (setting.glyphs >= 0) & (setting.shaped.points != SPACE)
    right = profile.text_width * UNIT
    assert (setting.lines.x >= 0).all()
    assert (setting.lines.x + advances <= right)[inked].all()
    places = setting.pagination
    assert (places.left >= profile.margin_x).all()
    assert (places.left + profile.text_width <= profile.width - profile.margin_x).all()
    assert (places.top >= profile.margin_y).all()
    assert (places.bottom <= profile.height - profile.margin_y).all()


@pytest.mark.slow
@each_profile
@many_examples(60)
@given(text=anything.filter(bool))
def test_lines_follow_one_another(profile, text):
    setting = set_text(text, profile)
    places, lines = setting.pagination, setting.lines
    assert lines.starts[0] == 0 and (np.diff(lines.starts) > 0).all()
    assert (np.diff(places.page_of) >= 0).all() and (np.diff(places.page_of) <= 1).all()
    below = (np.diff(places.page_of) == 0) & (np.diff(places.left) == 0)
    assert (places.top[1:] >= places.bottom[:-1] - 1)[below].all()
    fresh = np.diff(places.page_of) > 0
    assert (places.left[1:] == profile.margin_x)[fresh].all()


@pytest.mark.slow
@each_profile
@many_examples(60)
@given(text=anything.filter(bool))
@example(text=" \u0300" * 9)
def test_numbers_and_escapes_are_not_torn_while_they_fit(profile, text):
    setting = set_text(text, profile)
    starts = setting.lines.starts[1:]
    torn = starts[setting.shaped.tied[starts] & (setting.shaped.points[starts - 1] != NEWLINE)]
    first = setting.lines.starts[setting.lines.line_of[torn - 1]]
    for start, begin in zip(torn.tolist(), first.tolist(), strict=True):
        assert setting.shaped.tied[begin + 1 : start + 1].all()


def lines_of(text, profile):
    setting = set_text(text, profile)
    starts = [*setting.shaped.source[setting.lines.starts].tolist(), len(text)]
    return [text[start:end] for start, end in itertools.pairwise(starts)]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("aaa", ["aaa"]),
        ("aaa\nbbb", ["aaa\n", "bbb"]),
        ("aaa\n", ["aaa\n"]),
        ("\n\na", ["\n", "\n", "a"]),
        ("a" * 16 + "\n" + "b", ["a" * 16 + "\n", "b"]),
        ("a" * 16 + " \n" + "b", ["a" * 16 + " \n", "b"]),
        ("a" * 17, ["a" * 16, "a"]),
        ("aaaa bbbb cccc dddd", ["aaaa bbbb cccc ", "dddd"]),
        ("1234567890123 + 89", ["1234567890123 + ", "89"]),
        ("1234567890*1234567890+12", ["1234567890", "*1234567890+12"]),
        ("abcdefghijklmn1234", ["abcdefghijklmn", "1234"]),
        ("abcdefghijklm 3.25", ["abcdefghijklm ", "3.25"]),
        ("abcdefghijkl=1,000", ["abcdefghijkl", "=1,000"]),
        ("12345678901234567890", ["1234567890123456", "7890"]),
        (" " * 45, [" " * 17, " " * 17, " " * 11]),
    ],
)
def test_where_nano_lines_break(text, lines):
    assert lines_of(text, NANO) == lines


def test_a_packed_mark_stays_with_the_word_before_it():
    profile = SOURCE.replace(width=128)
    word = next(
        word for word in ("i" * count for count in range(99)) if len(lines_of(f"a {word}\n", profile)) > 1
    )
    assert len(lines_of(f"a {word}", profile)) == 1
    assert lines_of(f"a {word}\nq", profile) == ["a ", f"{word}\nq"]


def test_right_to_left_letters_run_from_right_to_left():
    setting = set_text("ab \u05d0\u05d1\u05d2 cd", SOURCE)
    x = setting.lines.x
    assert x[3] > x[4] > x[5] > x[1]
    assert x[7] > x[3]


def test_a_formula_is_not_torn_by_the_end_of_a_page():
    formula = r"$x_1 + x_2 + x_3 + x_4$"
    profile = DEFAULT.replace(width=128, height=512)
    for shift in range(0, 40, 3):
        pages = Renderer(profile).render("word " * 200 + "w" * shift + " " + (formula + " ") * 30)
        assert len(pages) > 1
        for page in pages:
            assert page.text.count("$") % 2 == 0


@pytest.mark.parametrize("columns", [2, 3])
def test_columns_are_filled_one_after_the_other(columns):
    profile = LINES.replace(columns=columns)
    setting = set_text("x\n" * (profile.lines_per_page + 5), profile)
    left = setting.pagination.left
    assert len(set(left.tolist())) == columns
    assert (left[: profile.lines_per_column] == profile.margin_x).all()
    assert setting.pages == 2


def test_the_columns_of_a_cut_page_are_level():
    profile = LINES.replace(columns=2)
    page = Renderer(profile).render("x\n" * 60)[0]
    assert page.height == 352


@pytest.mark.parametrize("alignment", ["centre", "right", "justify"])
def test_alignment_moves_lines_as_it_says(alignment):
    profile = LINES.replace(alignment=alignment, width=128, height=512)
    setting = set_text("one two three four five six seven eight\nnine", profile)
    inked = setting.shaped.points != SPACE
    x, ends = setting.lines.x, setting.lines.x + setting.atlas.advances[setting.glyphs]
    room = profile.text_width * UNIT
    for line in range(len(setting.lines.starts)):
        here = (setting.lines.line_of == line) & inked & (setting.shaped.points != NEWLINE)
        left, right = int(x[here].min()), int(ends[here].max())
        if alignment == "right":
            assert right == room
        elif alignment == "centre":
            assert abs(left - (room - right)) <= 1
        else:
            assert left == 0 and (right == room or setting.lines.closes[line])


def test_indents_and_spaces_between_paragraphs():
    profile = LINES.replace(first_line_indent=20, left_indent=10, space_before=6, space_after=4, width=128)
    setting = set_text("one two three four five six\nseven", profile)
    first = setting.lines.x[setting.lines.starts] // UNIT
    assert first[0] == 30 and first[1] == 10 and first[-1] == 30
    gaps = np.diff(setting.pagination.top)
    assert gaps[-1] == 11 + 6 + 4 and (gaps[:-1] == 11).all()


def test_text_is_fitted_to_one_page_with_the_largest_size_that_does():
    profile = SOURCE.replace(fit_sizes=(16, 13, 9), width=320, height=320)
    few, more, many = (set_text("word " * count, profile) for count in (80, 150, 2000))
    assert (few.profile.font_size, few.pages) == (16, 1)
    assert (more.profile.font_size, more.pages) == (13, 1)
    assert many.profile.font_size == 9 and many.pages > 1


LEAD = "So it goes on and on " * 4


def broken(text, profile=DEFAULT):
    """The lines of a text, as they are drawn."""
    setting = set_text(text, profile)
    starts = [*setting.lines.starts.tolist(), len(setting.shaped.points)]
    drawn = decode(setting.shaped.points)
    return [drawn[start:end] for start, end in itertools.pairwise(starts)]


WHOLE = [
    "1050-1150",
    "-17",
    "X-axis",
    "550e8400-e29b-41d4-a716-446655440000",
    "3f2a-9bc1",
    "well-known",
    "x86-64",
    "2026-11-29",
    "+1-202-555-0143",
    "snake_case_name",
    "a.b.c",
    "f(x)=2",
    "(12,5)",
    "25/16",
    "--flag=value",
    "C++",
    "x=2^(7/2)",
    "-1/2",
    "3.14159",
    "1,000,000",
    "10^{-3}",
    r"\boxed{25/16}",
    r"\boxed{x = 25}",
    r"$\frac{7}{2}$",
    "$2^{n+1}$",
    r"$\frac{a + b}{c - d}$",
    r"$\sqrt{x - 1}$",
    "$x^{-3}$",
]


@pytest.mark.parametrize("token", WHOLE)
def test_what_a_reader_takes_as_one_is_on_one_line(token):
    """Wherever the end of a line falls: the words before it grow letter by letter."""
    drawn = linearise(token)
    for letters in range(60):
        lines = broken(f"{LEAD}{'i' * letters} {token} and so on", DEFAULT.replace(width=320))
        assert any(drawn in line for line in lines), lines


@pytest.mark.parametrize("formula", [r"$f\left( x + 1 \right)$", r"$\sqrt{x}$", "( x + 1 )", "[ 1 ]"])
def test_no_line_ends_in_what_opens_something(formula):
    for letters in range(60):
        lines = broken(f"{LEAD}{'i' * letters} {formula} and so on", DEFAULT.replace(width=320))
        assert not any(line.rstrip(" ").endswith(("(", "[", "√")) for line in lines), lines


def test_a_blank_line_is_one_sign_and_the_next_line_keeps_its_indentation():
    for letters in range(60):
        text = f"{LEAD}{'i' * letters} end\n\n    return 1\n  and so on"
        lines = broken(text, DEFAULT.replace(width=320))
        assert not any(
            line.startswith("↵") and before.endswith("↵") for before, line in itertools.pairwise(lines)
        )
        assert not any(line.startswith(("return", "and so")) for line in lines), lines


def test_a_bracket_that_begins_a_text_holds_nothing_together_by_itself():
    lines = broken("(" + "some words in brackets " * 12 + ") and so on", DEFAULT.replace(width=320))
    assert all(line.endswith(" ") for line in lines[:-1]), lines


def test_code_that_is_longer_than_a_line_breaks_behind_its_separators():
    lines = broken("https://example.org/" + "path/" * 60, DEFAULT.replace(width=320))
    assert len(lines) > 2
    assert all(line.endswith("/") for line in lines)


@pytest.mark.slow
@many_examples(100)
@given(
    words=st.lists(
        st.from_regex(
            r"[A-Za-z_][A-Za-z_0-9]{0,11}|-?[0-9]{1,6}(\.[0-9]{1,3})?|[0-9]{1,9}-[0-9]{1,9}", fullmatch=True
        ),
        min_size=30,
    )
)
def test_numbers_and_identifiers_are_never_split(words):
    text = " ".join(words)
    assert [
        word for line in broken(text, DEFAULT.replace(width=320)) for word in line.split()
    ] == text.split()
