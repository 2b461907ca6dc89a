"""What pages compress, counted in words and numbers."""

from importlib import import_module
from pathlib import Path

import pytest

with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(Path(__file__).parents[1] / "benchmarks")
    words = import_module("words")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("a=17+15=32", 8),
        ("a=17+15=32\n", 8),
        ("e=d+c=14+58=72\nf=e-a=72-18=54", 24),
        ("Then the total is 105.", 7),
    ],
)
def test_a_number_a_word_and_a_line_end_are_one_each(text: str, count: int) -> None:
    assert words.words(text) == count
