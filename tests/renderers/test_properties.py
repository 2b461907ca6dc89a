"""What holds for any text: its words stand on the pages in their order, and what fits a line is not torn."""

import itertools
import json
import random
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.many_examples import many_examples
from tests.renderers.texts import DEFAULT, FORMULAS, LINES
from vtc_r1.renderers import Renderer
from vtc_r1.renderers.setting import set_text
from vtc_r1.renderers.shape import decode

MATH500 = Path(__file__).parents[3] / "shared" / "data" / "math500.jsonl"
WORDS = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}")
VARIABLES = re.compile(r"(?<![\\A-Za-z])[A-Za-z](?:\s+[A-Za-z](?![A-Za-z]))+")
"""Single letters with nothing but space between them."""
WHOLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|\d+(?:[.,]\d+)*")
"""Identifiers and numbers."""

WHOLE_FORMULAS = [formula for formula in FORMULAS if formula not in ("$$", "$\\frac")]
words = st.sampled_from(
    [
        "the",
        "cost",
        "of",
        "apples",
        "is",
        "about",
        "and",
        "so",
        "we",
        "have",
        "it",
        "twice",
        "over",
        "in",
        "total",
        "when",
        "they",
        "pay",
        "Ann",
        "Bob",
        "if",
        "then",
        "for",
    ]
)
numbers = st.integers(0, 10**12).map(str) | st.decimals(0, 10**6, places=3).map(str)
identifiers = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,30}", fullmatch=True)
money = st.sampled_from(
    ["$5", "20$", "$1,000.50", "US$30", "$.05", "$$", "$", "5 $", "${HOME}", "$PATH", "$x", "y$"]
)
code = st.sampled_from(
    [
        "`$a`",
        "<<12/60=0.2>>",
        "awk '{print $1}'",
        "A$1:B$2",
        "a[i]",
        "f(x, y)",
        "x_1",
        "\\n",
        "^a|b$",
        "#",
        "%",
        "&",
    ]
)
signs = st.sampled_from(
    ["=", "+", "-", "*", "/", "(", ")", ".", ",", ":", "\n", "\n\n", "|", "\t", "→", "<", ">"]
)
prose = st.lists(words | numbers | identifiers | money | code | signs, min_size=1, max_size=80).map(" ".join)
mixed = st.lists(
    words | numbers | money | code | signs | st.sampled_from(WHOLE_FORMULAS), min_size=1, max_size=60
).map(" ".join)


def drawn(text, profile=DEFAULT):
    return "".join(page.drawn for page in Renderer(profile, cache=None).render(text))


def is_subsequence(few, many):
    rest = iter(many)
    return all(word in rest for word in few)


@pytest.mark.slow
@many_examples(300)
@given(text=prose)
def test_words_of_prose_stand_there_in_their_order(text):
    """All of them, none joined to another one, whatever was taken for a formula.

    Variables of a formula are joined: `$x y$` is the product xy, which is not a word of the text.
    """
    words = WORDS.findall(text)
    products = {"".join(run.split()) for run in VARIABLES.findall(text)}
    assert [word for word in WORDS.findall(drawn(text)) if word in words or word not in products] == words


@pytest.mark.slow
@many_examples(300)
@given(text=mixed)
def test_words_beside_formulas_stand_there_in_their_order(text):
    commands = re.sub(r"\\[A-Za-z]+|\\(?:begin|end)\{[a-z]+\}", " ", text)
    assert is_subsequence(WORDS.findall(commands.replace("align", " ")), WORDS.findall(drawn(text)))


@many_examples(200)
@given(text=st.text())
def test_words_of_any_text_are_those_of_the_page(text):
    if "$" not in text and "\\" not in text:
        shown = re.sub(r"[⟨<]U\+[0-9A-F]{4,6}[⟩>]", "�", drawn(text, DEFAULT.replace(fallback="none")))
        found = re.sub(r"[^\x00-\x7f]", "�", shown)
        assert WORDS.findall(found) == WORDS.findall(re.sub(r"[^\x00-\x7f]", "�", text))


@pytest.mark.slow
def test_words_of_math500_stand_there_in_their_order():
    if not MATH500.exists():
        pytest.skip("no MATH500 file beside the repository")
    for row in map(json.loads, MATH500.read_text(encoding="utf-8").splitlines()):
        for text in (row["problem"], row["solution"]):
            formula = r"\\\[.*?\\\]|\\\(.*?\\\)|\$\$.*?\$\$|\$[^$]*\$"  # with letters that touch it
            outside = re.sub(rf"[A-Za-z]*(?:{formula})[A-Za-z]*", " ", text, flags=re.DOTALL)
            outside = re.sub(r"\\(?:begin|end)\{[^}]*\}|\\[A-Za-z]+|\[/?asy\]", " ", outside)
            assert is_subsequence(WORDS.findall(outside), WORDS.findall(drawn(text))), text


def torn(text, profile):
    """Identifiers and numbers that a line break splits, though they fit a line."""
    setting = set_text(text, profile)
    shown, starts = decode(setting.shaped.points), setting.lines.starts
    pens = np.append(0, np.cumsum(setting.atlas.advances[setting.glyphs] * (setting.glyphs >= 0)))
    room = profile.line_width * 64
    return [
        match[0]
        for match in WHOLE.finditer(shown)
        if ((starts > match.start()) & (starts < match.end())).any()
        and pens[match.end()] - pens[match.start()] <= room
    ]


@pytest.mark.slow
@pytest.mark.parametrize("width", [256, 672])
@pytest.mark.parametrize("profile", [DEFAULT, LINES], ids=["default", "lines"])
@many_examples(100)
@given(data=st.data())
def test_numbers_and_identifiers_are_never_split_where_they_fit(profile, width, data):
    text = data.draw(st.lists(prose | mixed, min_size=1, max_size=6).map(" ".join))
    assert torn(text, profile.replace(width=width)) == []


def test_numbers_and_identifiers_of_dense_text_are_never_split():
    rng = random.Random(0)
    for joint in (
        ",",
        ";",
        "=",
        "+",
        "-",
        "/",
        "|",
        ":",
        ".",
        "->",
        "::",
        "(",
        "&",
        "\\",
        " ",
        "\n",
        "∪",
        "·",
    ):
        parts = [
            rng.choice([f"{rng.randrange(10**9)}", f"name_{rng.randrange(999)}", f"{rng.random():.6f}", "xy"])
            for _ in range(400)
        ]
        assert torn(joint.join(parts), DEFAULT) == [], joint


def test_lines_join_to_what_is_drawn():
    for text in ("a b " * 500, "x=1,y=2;" * 400, "$x^2$ and " * 300):
        setting = set_text(text, DEFAULT)
        starts = [*setting.lines.starts.tolist(), len(setting.shaped.points)]
        shown = decode(setting.shaped.points)
        assert "".join(shown[start:end] for start, end in itertools.pairwise(starts)) == drawn(text)
