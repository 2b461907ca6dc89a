"""Input that is meant to break a renderer: no exception, no page over the limits, nothing lost."""

import random
import unicodedata

import pytest

from tests.renderers.texts import DEFAULT, SOURCE
from vtc_r1.renderers import Renderer

pytestmark = pytest.mark.slow

MEGABYTE = 1_000_000


def _planes(seed):
    """Assigned characters from all over Unicode."""
    rng = random.Random(seed)
    found = []
    while len(found) < 2_000:
        character = chr(rng.randrange(0x110000))
        if unicodedata.category(character) != "Cn":
            found.append(character)
    return "".join(found)


def _noise(seed):
    rng = random.Random(seed)
    return "".join(rng.choice("\\{}$^_&[]()a1 \n`|~-%#\"'<>\t\r") for _ in range(3_000))


def _soup(seed):
    rng = random.Random(seed)
    return " ".join(rng.choice(SOUP) for _ in range(1_500))


SOUP = [
    *("\\frac", "\\sqrt", "{", "}", "^", "_", "$", "$$", "\\[", "\\]", "\\(", "\\)", "&", "\\\\"),
    *("\\begin{align}", "\\end{align}", "\\left(", "\\right)", "\\text", "\\boxed", "1", "x"),
]
OPENING = [
    "$",
    "$$",
    "\\[",
    "\\(",
    "{",
    "\\left(",
    "\\begin{align}",
    "\\frac",
    "\\sqrt",
    "^",
    "_",
    "```",
    "~~~\n",
    "|",
]
HOSTILE = {
    "one line of a megabyte": "x" * MEGABYTE,
    "one number of a megabyte": "7" * MEGABYTE,
    "a megabyte of blanks": " " * MEGABYTE,
    "a megabyte of tabs": "\t" * MEGABYTE,
    "newlines": "\n" * 100_000,
    "carriage returns": "\r" * 100_000,
    "both": "\r\n" * 50_000,
    "fractions 500 deep": "$" + r"\frac{1}{" * 500 + "x" + "}" * 500 + "$",
    "roots 500 deep": "$" + r"\sqrt{" * 500 + "x" + "}" * 500 + "$",
    "powers 5,000 deep": "$" + "x^{" * 5_000 + "x" + "}" * 5_000 + "$",
    "braces only": "$" + "{" * 20_000 + "}" * 20_000 + "$",
    "one long formula": "$" + "a+" * 100_000 + "b$",
    "many formulas": r"$\frac{x_1}{2}$ " * 20_000,
    "dollars": "$" * 50_000,
    "lone surrogates": "\ud800\udfff" * 2_000,
    "swapped surrogates": "\udc00\ud800" * 2_000,
    "combining marks on one letter": "e" + "\u0301" * 50_000,
    "a mark on every letter": "e\u0301" * 20_000,
    "controls": "".join(map(chr, range(0x20))) * 500,
    "zero widths": "a\u200b\u200c\u200d\ufeff\u2060" * 2_000,
    "emoji": "👨‍👩‍👧‍👦🏳️‍🌈" * 2_000,
    "right to left": "שלום עולם 123 " * 3_000,
    "both ways": "\u202eabc\u202c \u2067אבג\u2069 " * 2_000,
    "escapes that are none": "⟨U+0041⟩⟨U+⟩⟨" * 5_000,
    "marks that are none": "↵" * 20_000,
    "noncharacters": "\ufffe\uffff\U0010ffff" * 1_000,
    "a table without an end": "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 10_000,
    "fences": "```\n~~~\n" * 10_000,
    "environments that do not end": r"\begin{align}" * 5_000,
    "ends that do not begin": r"\end{align}" * 5_000,
    "cells": r"\begin{matrix}" + "&" * 20_000 + r"\end{matrix}",
    "rows": r"\begin{align}" + "\\\\" * 20_000 + r"\end{align}",
    "asy": "[asy]" * 10_000,
    "braces and dollars": "${$}" * 10_000,
    **{f"{part!r} 5,000 times": part * 5_000 for part in OPENING},
    **{f"planes {seed}": _planes(seed) for seed in range(40)},
    **{f"noise {seed}": _noise(seed) for seed in range(60)},
    **{f"soup {seed}": _soup(seed) for seed in range(60)},
}


def test_there_are_two_hundred():
    assert len(HOSTILE) >= 200


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_nothing_breaks(text):
    profile = DEFAULT if len(text) < MEGABYTE // 2 else SOURCE
    pages = Renderer(profile, cache=None).render(text)
    assert "".join(page.text for page in pages) == text
    vision = profile.vision
    for page in pages:
        assert (page.width, page.height) == vision.resized(page.width, page.height)
        assert page.width <= profile.width and page.height <= profile.height
