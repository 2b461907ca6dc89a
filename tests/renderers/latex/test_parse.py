"""The parser's short ways read what its long ways read, and tokens stand where they are said to stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtc_r1.renderers.latex.parse import LatexParser, parse
from vtc_r1.renderers.latex.parser import DEEPEST
from vtc_r1.renderers.latex.tree import Row, Unsound

_SINGLE = [
    *"xdnA17+-=*,.;([)]|!°√′é~",
    *[r"\alpha", r"\prime", r"\circ", r"\le", r"\sin", r"\sum", r"\,", r"\%"],
]
_OTHER = ["12", "1.5", ".5", ", 000", *"{}^_'&%$", *[r"\frac", r"\sqrt", r"\text", r"\\"]]
_singles = st.sampled_from(_SINGLE)
_anything = st.sampled_from(_SINGLE + _OTHER)


def _read(source: str) -> Row | None:
    try:
        return parse(source)
    except Unsound:
        return None


@given(_singles, st.sampled_from("^_"), st.one_of(_singles, st.sampled_from(["12", "1.5"])), _anything)
def test_a_group_of_one_reads_like_any_group(base: str, mark: str, script: str, after: str) -> None:
    short, long = f"{base}{mark}{{{script}}} {after}", rf"{base}{mark}{{\!{script}}} {after}"
    assert _read(short) == _read(long)
    assert _read(rf"\frac{{{script}}}{{{base}}} {after}") == _read(
        rf"\frac{{\!{script}}}{{\!{base}}} {after}"
    )


@given(_singles, st.sampled_from("^_"), _singles, _anything)
def test_braces_around_one_sign_change_nothing(base: str, mark: str, script: str, after: str) -> None:
    assert _read(f"{base}{mark} {script} {after}") == _read(f"{base}{mark}{{{script}}} {after}")


@given(_singles, st.integers(DEEPEST - 3, DEEPEST + 1))
def test_the_short_ways_go_as_deep_as_the_long_ones(script: str, depth: int) -> None:
    def read(source: str) -> Row | None:
        try:
            return parse(source, depth)
        except Unsound:
            return None

    assert (read(f"x^{script}") is None) == (depth + 2 > DEEPEST)
    assert read(f"x^{{{script}}}") == read(rf"x^{{\!{script}}}")
    assert read(rf"\sqrt{{{script}}}") == read(rf"\sqrt{{\!{script}}}")


@given(st.lists(_anything, max_size=12), st.sampled_from(["", " ", "\n "]))
def test_tokens_stand_where_they_are_said_to(tokens: list[str], between: str) -> None:
    source = between.join(tokens)
    parser, at = LatexParser(source), 0
    for number, token in enumerate(parser.texts[:-1]):
        start = parser.start(number)
        assert source.startswith(token, start) and not source[at:start].strip()
        at = start + len(token)
    assert not source[at:].strip() and parser.start(len(parser.texts) - 1) == len(source)


@pytest.mark.parametrize("source", ["x^{12}", r"\frac{12}{5}", "x_{n}^{2}"])
def test_reading_leaves_the_depth_as_it_was(source: str) -> None:
    parser = LatexParser(source)
    parser.row()
    assert parser.depth == 0
