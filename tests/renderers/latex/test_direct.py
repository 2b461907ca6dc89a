"""The short way from source to line ends where the tree does, or says that it does not know."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.renderers.latex.formulas import EXPECTED, KEPT
from vtc_r1.renderers.latex.direct import print_sources
from vtc_r1.renderers.latex.linear import print_row
from vtc_r1.renderers.latex.parse import parse
from vtc_r1.renderers.latex.shapes import Line
from vtc_r1.renderers.latex.spans import find
from vtc_r1.renderers.latex.tree import Unsound

MATH500 = Path(__file__).parents[3].parent / "shared" / "data" / "math500.jsonl"

SIGNS = [
    *"xdnA17+-=*/,.;:([)]|!<>~°√′é∑‖'", "12", "1.5", ".5", ", 000", " ", r"\ ", r"\,", r"\!", r"\quad",
    r"\;", r"\alpha", r"\prime", r"\circ", r"\le", r"\cdot", r"\sin", r"\sum", r"\%", r"\{", r"\}",
    r"\|", r"\dots",
    r"\partial", r"\pm", r"\lim", r"\mid", r"\displaystyle",
]  # fmt: skip
STRAY = [
    *"{}^_'&%$#\0\\", r"\frac", r"\sqrt", r"\left", r"\right", r"\\", r"\hline", r"\tag{1}", r"\over",
    r"\foo", r"\limits", r"\begin{align}", r"\end{align}", r"\not", r"\middle|", r"\mathbb", r"\cr", r"\big",
    r"\left(", r"\right)", "[2pt]", r"\text", r"\choose",
]  # fmt: skip
WRAPS = [
    r"\frac{%s}{%s}", r"\dfrac{%s}{%s}", r"\frac%s%s", r"\sqrt{%s}%s", r"\sqrt[%s]{%s}", r"%s^{%s}",
    r"%s_{%s}",
    r"x^{%s}_{%s}", r"x^%s_%s", r"\left(%s\right)%s", r"\left[%s, %s\right)", r"\left|%s\right|^%s",
    r"\left\{%s\right.%s", r"\boxed{%s}%s", r"\overline{%s}%s", r"\vec{%s}^%s", r"\mathbf{%s}%s", r"{%s}%s",
    r"\text{%s}%s", r"\text{ if $%s$}%s", r"\mathrm{%s}%s", r"\binom{%s}{%s}", r"%s\pmod{%s}",
    r"\mathbb{%s}%s",
    r"\begin{pmatrix}%s&%s\end{pmatrix}", r"\begin{align*}%s&=%s\\&=1\end{align*}",
    r"\begin{cases}%s&\text{if }%s\\0\end{cases}", r"\begin{array}{cc}%s&%s\\\hline 1\end{array}",
    r"\left(\begin{array}{c}%s\\%s\end{array}\right)", r"\begin{gathered}[t]%s\\[2pt]%s\\\end{gathered}",
    r"\sum_{%s}^{%s}", r"\sum\limits_%s^%s", r"%s{,}%s", r"\foo{%s}{%s}", r"\overset{%s}{%s}", r"%s ^ {%s}",
    r"\left(%s\right)^{%s}", r"\left.%s\right|_{%s}", r"\text{%s}_{%s}", r"\mathbf{%s}^{%s}",
    r"\sqrt[3]{%s}_{%s}", r"\sqrt %s^{%s}", r"\frac %s{%s}", r"\frac{%s} %s", r"\cfrac{%s}{%s}^2",
    r"\bold{%s}%s", r"\operatorname{ab}_{%s}%s", r"\mathop{%s}_{%s}", r"\pmod{%s}^{%s}",
    r"\overline{%s}_{%s}",
]  # fmt: skip


def wrapped(inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def fill(wrap: str, first: str, second: str) -> str:
        return wrap % (first, second)

    row = st.lists(inside, min_size=1, max_size=4).map("".join)
    return st.builds(fill, st.sampled_from(WRAPS), row, row)


SOUND = st.recursive(st.sampled_from(SIGNS), wrapped, max_leaves=12)
ANYTHING = st.recursive(st.sampled_from(SIGNS + STRAY), wrapped, max_leaves=12)
FORMULAS = st.one_of(*(st.lists(part, max_size=8).map("".join) for part in (SOUND, ANYTHING)))


def by_tree(source: str) -> Line | None:
    try:
        return print_row(parse(source))
    except Unsound:
        return None


def is_same(source: str, line: Line | None) -> bool:
    if line is None:
        return True
    tree = by_tree(source)
    return tree is not None and (tree.text, [*tree.parts]) == (line.text, [*line.parts])


@settings(max_examples=400)
@given(st.lists(FORMULAS, max_size=6))
def test_formulas_print_as_through_the_tree(sources: list[str]) -> None:
    for source, line in zip(sources, print_sources(sources), strict=True):
        assert is_same(source, line), source


def test_tricky_formulas_print_as_through_the_tree() -> None:
    sources = [*EXPECTED, *KEPT]
    lines = print_sources(sources)
    assert [source for source, line in zip(sources, lines, strict=True) if not is_same(source, line)] == []
    assert sum(line is not None for line in lines) > len(sources) / 2


@pytest.mark.parametrize("left", SIGNS)
def test_neighbours_print_as_through_the_tree(left: str) -> None:
    parts = [*SIGNS, "x_n", "x^2", "2^x", r"\frac12", r"\frac{-1}{x}", r"\sqrt2", r"\sqrt{2x}", r"\text{a}"]
    parts += [r"\text{ a }", r"\boxed{1}", r"\overline{AB}", r"\sin^2", r"\sum_n", r"x^+", r"\left(1\right)"]
    sources = [
        between.join(pair) for right in parts for pair in [(left, right), (right, left)] for between in " 1"
    ]
    assert [s for s, line in zip(sources, print_sources(sources), strict=True) if not is_same(s, line)] == []


@pytest.mark.parametrize("source", [r"\foo{x}", r"2\frac13", "{n}", "x^2^3", "a\0b", r"x\tag{1}", r"a & b"])
def test_what_only_the_tree_can_tell_is_left_to_it(source: str) -> None:
    assert print_sources(["x", source, "y"])[1] is None
    assert [line and line.text for line in print_sources(["x", source, "y"])[::2]] == ["x", "y"]


@pytest.mark.parametrize("source", [r"\left\{x\right.1.5", r"\left.1.5\right|^2", "\\\0", r"\mathop{√}_x"])
def test_odd_formulas_print_as_through_the_tree(source: str) -> None:
    assert is_same(source, print_sources([source])[0])


@pytest.mark.parametrize("source", [r"%s^2", r"\frac12%s", r"%s\frac12", r"%s\ x", r"x\ %s", r"\left(%s^2"])
def test_an_environment_that_is_empty_is_no_error(source: str) -> None:
    source %= r"\begin{aligned}\end{aligned}"
    assert is_same(source, print_sources([source])[0])


@pytest.mark.skipif(not MATH500.exists(), reason="MATH500 is not beside the repository")
def test_nearly_all_of_math500_prints_directly() -> None:
    rows = map(json.loads, MATH500.read_text(encoding="utf-8").splitlines())
    texts = [row[key] for row in rows for key in ("problem", "solution")]
    sources = [text[span.inner : span.outer] for text in texts for span in find(text)]
    lines = print_sources(sources)
    assert all(map(is_same, sources, lines))
    assert sum(line is None for line in lines) < 0.03 * len(lines)
