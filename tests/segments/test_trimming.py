import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.many_examples import many_examples
from vtc_r1.segments import is_looping, keep, tokens_per_character, trim

TAGS = ("<think>", "</think>", "<answer>", "</answer>")
WORDS = ("So", "x", "3.14", "2+2=4", "e.g.", "end.", "what?", "done!", '"yes."', "句。", "é", "\ud800")
pieces = st.sampled_from([*TAGS, *WORDS, " ", " ", "\n", "\n\n", "\t"])
written = st.lists(pieces, max_size=40).map("".join)
anything = st.lists(st.characters() | st.sampled_from("\ud800\udfff\0\u2028")).map("".join)


def squeezed(text):
    return "".join(re.sub("|".join(TAGS), "", text).split())


def ends_soundly(text):
    return bool(re.search(r"(?:\n|[.!?。！？][\"')\]]*|[ \t])\Z", text))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("<think>\n2+2=4\n", "2+2=4"),
        ("<think>2+2=4</think>\n<answer>4</answer>", "2+2=4\n4"),
        ("2+2=4", "2+2=4"),
        ("  a  b\n", "a  b"),
        ("a < b and b > c", "a < b and b > c"),
        ("<thinking>a</thinking>", "<thinking>a</thinking>"),
        ("", ""),
        (" \n", ""),
        ("<think></think>", ""),
    ],
)
def test_keep(text, kept):
    assert keep(text, cut=False) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("first line\nsecond line\nthi", "first line\nsecond line\n"),
        ("One sentence here. Another one. And a thi", "One sentence here. Another one."),
        ('He said "this is it." And the', 'He said "this is it."'),
        ("第一句话写完了。 第二", "第一句话写完了。"),
        ("the value is 3.14159 and then it gro", "the value is 3.14159 and then it "),
        ("1+2+3+4+5+6", "1+2+3+4+5+6"),
        ("early\nbut then a very long line without a stop", "early\nbut then a very long line without a "),
        ("whole line\n", "whole line\n"),
        ("", ""),
        ("x", "x"),
    ],
)
def test_trim(text, kept):
    assert trim(text) == kept


def test_a_whole_line_is_sounder_than_a_later_sentence():
    assert trim("one line that is long\nShort. Then a wo") == "one line that is long\n"


def test_cut_text_is_trimmed_before_it_is_kept():
    assert keep("<think>\n1+2=3\n3+4=7\n7+", cut=True) == "1+2=3\n3+4=7"


def test_whole_text_is_not_trimmed():
    assert keep("1+2=3\n3+4=7\n7+", cut=False) == "1+2=3\n3+4=7\n7+"


@many_examples(300)
@given(st.one_of(written, anything))
def test_trimmed_text_is_at_least_half_of_the_start(text):
    trimmed = trim(text)
    assert text.startswith(trimmed)
    assert 2 * len(trimmed) >= len(text)


@many_examples(300)
@given(st.one_of(written, anything))
def test_trimmed_text_ends_soundly_or_is_whole(text):
    trimmed = trim(text)
    assert trimmed == text or ends_soundly(trimmed)


@many_examples(300)
@given(written)
def test_uncut_text_is_kept_whole(text):
    assert squeezed(keep(text, cut=False)) == squeezed(text)


@many_examples(300)
@given(written)
def test_cut_text_keeps_its_start(text):
    assert squeezed(text).startswith(squeezed(keep(text, cut=True)))


@many_examples(300)
@given(written, st.booleans())
def test_kept_text_has_neither_tags_nor_blank_ends(text, cut):
    kept = keep(text, cut=cut)
    assert kept == kept.strip()
    assert not any(tag in kept for tag in TAGS)


@many_examples(300)
@given(anything)
def test_arbitrary_text_is_never_lost(text):
    assert bool(keep(text, cut=False)) == bool(squeezed(text))


@pytest.mark.parametrize("text", ["." * 1_000_000, ".'" * 500_000, "." + "'" * 1_000_000, "<think" * 160_000])
def test_a_million_hostile_characters_have_no_boundary(text):
    assert trim(text) == text


def unrepeated(length):
    return "".join(random.Random(7).choices("abcdefgh ", k=length))


@pytest.mark.parametrize(
    "text",
    [
        "x" * 2_000,
        "ab" * 1_000,
        "Wait, let me check. " * 100,
        unrepeated(250) * 8,
        unrepeated(50_000) + "no " * 700,
        "\n" * 5_000,
        "\ud800" * 2_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_looping(text):
    assert is_looping(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x" * 1_999,
        "ab" * 500,
        unrepeated(2_000),
        unrepeated(251) * 8,
        unrepeated(1_000) * 2,
        "x" * 1_999 + "y",
        "no " * 5_000 + unrepeated(500),
        " ".join(map(str, range(2_000))),
    ],
    ids=lambda text: repr(text[:12]),
)
def test_not_looping(text):
    assert not is_looping(text)


@pytest.mark.parametrize(
    ("text", "tokens", "rate"),
    [
        ("<think>\n37+85=122\n", 12, 1.0),
        ("12 + 3", 3, 0.5),
        ("<think></think>", 2, 0.0),
        ("", 0, 0.0),
        ("<think>" * 9, 1, 0.0),
    ],
)
def test_tags_are_tokens_of_their_own(text: str, tokens: int, rate: float) -> None:
    assert tokens_per_character(text, tokens) == rate
