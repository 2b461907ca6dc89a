"""What counts as saying that one cannot read, and what does not."""

import pytest

from vtc_r1.eval.probe.abstention import abstains, says_nothing_there
from vtc_r1.eval.probe.misreads import compare

pytest.importorskip("rapidfuzz", reason="the extra `probe` is not installed")

CANNOT = (
    "illegible",
    "Illegible.",
    "**Illegible**",
    "[illegible]",
    "\\boxed{\\text{illegible}}",
    "v17 = [illegible]",
    "The value of v17 is not legible.",
    "I cannot read it.",
    "I can't read the value of v17 in this image.",
    "I can’t make it out",
    "I couldn't quite make out the number",
    "I cannot confidently decipher the third digit",
    "I could not find v17 in the image.",
    "I don't see a value for v17.",
    "I am not able to determine the value.",
    "Sorry, I'm unable to read the text.",
    "It is impossible to tell from the picture.",
    "It isn't clearly visible",
    "The image is too blurry.",
    "the text is too small to make out",
    "The resolution is too low.",
    "The digits are indecipherable.",
    "unreadable",
    "Unclear.",
    "unknown",
    "N/A",
    "???",
    "无法辨认",
    "Unleserlich",
)
READS = (
    "40911",
    "v17 = 40911",
    "The value is 40911.",
    "I can read it: 40911",
    "It is not illegible: 40911",
    "Nothing is illegible. 40911",
    "No part was unreadable; 7",
    "The value can be read as 12",
    "the small stone",
    "clear water",
    "river unknown",
    "a3f9-00",
    "-17",
)


@pytest.mark.parametrize("text", CANNOT)
def test_who_cannot_read_abstains_in_whatever_words(text: str) -> None:
    assert abstains(text)


@pytest.mark.parametrize("text", READS)
def test_who_reads_does_not_abstain(text: str) -> None:
    assert not abstains(text)


@pytest.mark.parametrize("text", ["", "none", "It is blank.", "No result is given.", "not stated", "Nothing"])
def test_what_is_said_of_an_empty_place(text: str) -> None:
    assert says_nothing_there(text) and not says_nothing_there("69")


@pytest.mark.parametrize(
    ("read", "abstained", "silent"),
    [
        ("123456 789 222333", 0, 0),
        ("123[illegible] 789 222333", 3, 0),
        ("[illegible] 789 [unreadable]", 12, 0),
        ("123456 [?] 222333", 3, 0),
        ("173456 789 [illegible: too small]", 6, 1),
        ("I cannot read this page.", 15, 0),
        ("", 0, 15),
        ("123456 789", 0, 6),
    ],
)
def test_marks_stand_for_what_was_not_read_around_them(read: str, abstained: int, silent: int) -> None:
    found = compare("123456 789 222333", read)
    assert (found.abstained, found.silent) == (abstained, silent)


def test_a_page_that_speaks_of_illegible_things_is_read_right() -> None:
    text = "the word [illegible] is unreadable"
    found = compare(text, text)
    assert (found.edits, found.abstained, found.silent) == (0, 0, 0)
