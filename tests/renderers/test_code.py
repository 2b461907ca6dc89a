"""Code and tables on pages: their indentation, their rows, and the room that they take."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.many_examples import many_examples
from tests.renderers.texts import DEFAULT, LINES
from vtc_r1.renderers import Renderer, load_profile
from vtc_r1.renderers.setting import set_text
from vtc_r1.renderers.shape import decode

ROOT = Path(__file__).parents[2]
SOURCES = [ROOT / "vtc_r1" / "loop.py", ROOT / "vtc_r1" / "renderers" / "crop.py", ROOT / ".ci" / "run"]
PROSE = "So we write a program that counts them all, one after another, and says how many there are. " * 9


def lines_of(text, profile=DEFAULT):
    setting = set_text(text, profile)
    starts = [*setting.lines.starts.tolist(), len(setting.shaped.points)]
    drawn = decode(setting.shaped.points)
    return [drawn[start:end] for start, end in itertools.pairwise(starts)]


def joined(lines):
    """Rows of the source: a line that begins with the mark belongs to the one before."""
    rows = []
    for line in lines:
        if line.startswith("↪"):
            rows[-1] += line[1:]
        else:
            rows.append(line)
    return rows


def fenced(code):
    return f"```\n{code}\n```\n"


def long_row(words):
    return "| " + " | ".join(f"cell number {number}" for number in range(words)) + " |"


@pytest.mark.parametrize("indent", ["    ", "  ", "\t", "\t\t", " \t"])
@pytest.mark.parametrize("fence", [True, False])
def test_indentation_of_code_survives(indent, fence):
    rows = [f"{indent * depth}step({depth}, {at})" for at in range(40) for depth in (0, 1, 2)]
    code = "\n".join(rows)
    setting = set_text(fenced(code) if fence else code, DEFAULT)
    drawn = decode(setting.shaped.points).replace("↵", "\n")
    assert code.replace("\t", "    ") in drawn
    starts = setting.lines.starts
    before, blank = setting.shaped.points[starts[1:] - 1], setting.shaped.points[starts[1:]] == 0x20
    assert np.isin(before[blank], [0x0A, ord("↵")]).all()  # indentation begins a line with what it indents


@pytest.mark.parametrize(
    "row",
    [
        "value = " + " + ".join(f"term_{number}" for number in range(60)),
        "x" * 500,
        "curl -X POST " + " ".join(f"--header {number}" for number in range(60)),
        "0x" + "0123456789abcdef" * 30,
        "// " + "中文注释" * 60,
    ],
)
def test_a_wrapped_row_of_code_says_so(row):
    lines = lines_of(fenced(f"a\n{row}\nb"))
    assert joined(lines) == ["```\n", "a\n", f"{row}\n", "b\n", "```\n"]
    assert len(lines) > 5


def test_a_wrapped_row_of_a_table_says_so():
    table = f"{long_row(20)}\n|{'---|' * 20}\n{long_row(20)}\n| a | b |\n"
    lines = lines_of(table)
    assert joined(lines) == table.splitlines(keepends=True)
    assert any(line.startswith("↪") for line in lines)


def test_a_mark_that_the_code_holds_is_told_apart():
    lines = lines_of(fenced("↪ a\n" + "word " * 90))
    assert lines[1] == "⟨U+21AA⟩ a\n"
    assert lines[3].startswith("↪word")
    assert "↪" in "".join(lines_of("a ↪ b"))  # prose has no rows


def test_prose_and_the_pages_of_others_have_no_such_marks():
    text = fenced("word " * 200)
    for profile in (load_profile("paper"), LINES, DEFAULT.replace(wrap_mark="")):
        assert "↪" not in "".join(lines_of(text, profile))
    assert "↪" not in "".join(lines_of("word " * 999))


@many_examples(60)
@given(
    rows=st.lists(st.text("ab ↪(1.\t", max_size=150), min_size=1, max_size=6),
    width=st.sampled_from([96, 672]),
)
def test_rows_can_be_put_together_again(rows, width):
    profile = DEFAULT.replace(width=width, height=896)
    code = "\n".join(f"r{row}" for row in rows)
    expected = fenced(code).replace("↪", "⟨U+21AA⟩").replace("\t", "    ")
    assert "".join(joined(lines_of(fenced(code), profile))) == expected
    pages = Renderer(profile, cache=None).render(fenced(code))
    assert "".join(page.text for page in pages) == fenced(code)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
@pytest.mark.parametrize("before", ["", PROSE], ids=["alone", "behind prose"])
def test_code_does_not_leave_half_of_the_page_white(path, before):
    text = f"{before}\n{fenced(path.read_text(encoding='utf-8'))}"
    narrow, wide = (
        sum(page.vision_tokens for page in Renderer(profile).render(text))
        for profile in (DEFAULT, DEFAULT.replace(crop_width=False))
    )
    assert narrow < 0.8 * wide


def test_pages_are_only_as_narrow_as_rows_allow():
    widths = {
        length: Renderer("default").render(fenced(("x" * length + "\n") * 60))[0].width
        for length in (20, 60, 120)
    }
    assert widths[20] < widths[60] < widths[120] == 672


def test_prose_keeps_the_width_of_the_page():
    assert {page.width for page in Renderer("default").render(PROSE * 30)} == {672}


def test_a_row_inside_a_formula_narrows_no_page() -> None:
    text = "0$x^2$\\begin{align}a&=b\\\\c&=d\\end{align}| a | b |\n|---|---|\n| 1 | 2 |\n|$x^2$" * 2
    assert "".join(page.text for page in Renderer("default").render(text)) == text
