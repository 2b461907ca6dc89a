"""Whatever a span was taken for: the words of a text stand on the page, whole and in order."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.many_examples import many_examples
from tests.renderers.texts import DEFAULT
from vtc_r1.renderers import Renderer
from vtc_r1.renderers.latex import linear_formula, linearise

WORD = re.compile(r"[A-Za-z]+")
COMMAND = re.compile(r"\\[A-Za-z]+")

WORDS = ["of", "them", "costs", "Total", "bin", "sin", "gcd", "ABC", "path", "dx", "abc", "the", "and", "in"]
MARKS = [
    *("$", "$", "$", "$$", r"\(", r"\)", r"\[", r"\]", "`", "```\n", "\\$", "$$$", "<code>", "</code>"),
    *(
        "5",
        "20",
        "3.5",
        "1,000",
        "x",
        "y",
        "a",
        "=",
        "+",
        "-",
        "*",
        "/",
        "<",
        ">",
        ",",
        ".",
        ";",
        ":",
        "!",
        "?",
    ),
    *("(", ")", "[", "]", "|", "'", '"', "^2", "_1", "%", "&", "#", "@", "~"),
]
BLANKS = ["", " ", " ", " ", "\n", "\n\n", "  "]
words = st.sampled_from(WORDS) | st.from_regex(r"[A-Za-z]{2,6}", fullmatch=True)
pieces = st.tuples(words | st.sampled_from(MARKS), st.sampled_from(BLANKS))
texts = st.lists(pieces, max_size=30).map(lambda parts: "".join(piece + blank for piece, blank in parts))


def long_words(text: str) -> list[str]:
    return [word for word in WORD.findall(COMMAND.sub(" ", text)) if len(word) > 1]


def stands_in(wanted: list[str], found: list[str]) -> bool:
    """Whether the wanted ones are among those found, in order."""
    rest = iter(found)
    return all(word in rest for word in wanted)


@many_examples(1500)
@given(texts)
@example("a chair costs 20$, so 135 of them cost 135*20 = 2700$")
@example("$of them$ and $Total cost = 5 x$")
@example("$$of them$$ costs $$")
@example(r"\(of them; and the path\)")
@pytest.mark.slow
def test_words_stay_whole_and_in_order(text: str) -> None:
    assert stands_in(long_words(text), WORD.findall(linearise(text)))


@many_examples(500)
@given(texts)
@pytest.mark.slow
def test_words_stay_in_a_formula(text: str) -> None:
    source = text.replace("$", " ").replace("`", " ")
    assert stands_in(long_words(source), WORD.findall(linear_formula(source)))


@many_examples(150)
@given(texts)
def test_words_stand_on_the_page(text: str) -> None:
    pages = Renderer(DEFAULT, cache=None).render(text)
    drawn = "".join(page.drawn for page in pages)
    assert stands_in(long_words(text), WORD.findall(drawn.replace("⏎", " ")))
