"""What a model quotes from its pages: exact, probably misread, one of several, or new."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtc_r1.verification.quotes import Quote, quotes
from vtc_r1.verification.sources import Sources
from vtc_r1.verification.words import words

PAGE = (
    "The order of shipment QX7-41B was packed on day 118 with a total weight of 2,374.5 kg.\n"
    "Substituting $x = 17$ into the second equation gives $3x + 4y = 95$, so $y = 11$.\n"
    "The session key 7f3a9c21 belongs to user_id_88 and expires after 3600 seconds.\n"
    "Each of the 24 boxes holds 36 bottles, which makes 864 bottles in all.\n"
    r"Hence \frac{5}{12} of the students, that is 215 of them, passed the exam." + "\n"
    "The path goes through (12, 45), (13, 48) and (14, 53) before it leaves the grid."
)


def found(text: str, page: str = PAGE, beside: str = "") -> list[Quote]:
    sources = Sources()
    pages, texts = [sources.add(page)], [sources.add(beside)] if beside else []
    return quotes(text, sources, pages, texts)


def flagged(text: str, page: str = PAGE, beside: str = "") -> list[str]:
    """The values that are not borne out."""
    return [
        text[one.start : one.end]
        for one in found(text, page, beside)
        if one.finding in ("misread", "ambiguous")
    ]


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("From before: packed on day 113 with a total weight of 2,374.5 kg.", ["113"]),
        ("it was packed on day 118 with a total weight of 2,874.5 kg, as noted.", ["2,874.5"]),
        ("it was packed on day 118 with a total weight of 2374.5 kg, as noted.", []),
        ("The order of shipment QX7-47B was packed", ["QX7-47B"]),
        (r"Substituting \(x = 11\) into the second equation gives \(3x + 4y = 95\).", ["11"]),
        ("Substituting x = 17 into the second equation gives 3x + 4y = 35, hence", ["35"]),
        ("Substituting x = 17 into the second equation gives 3x + 4y = 95, so y = 11.", []),
        ("The session key 7f3a9e21 was used.", ["7f3a9e21"]),
        ("The key is 7f3a9c2 I think.", ["7f3a9c2"]),
        ("The key is 7f3ac921 I think.", ["7f3ac921"]),
        ("which belongs to user_id_83 as above", ["user_id_83"]),
        ("belongs to user_id_88 and expires after 8600 seconds.", ["8600"]),
        ("Recall: each of the 24 boxes holds 86 bottles, which makes 864 bottles in all.", ["86"]),
        ("Recall: each of the 24 boxes holds 36 bottles, which makes 854 bottles in all.", ["854"]),
        (r"As \frac{5}{12} of the students, that is 275 of them, passed the exam,", ["275"]),
        (r"As \dfrac{5}{13} of the students, that is 215 of them, passed", ["13"]),
        ("The path goes through (12, 45), (13, 43) and (14, 53)", ["43"]),
    ],
)
def test_a_quote_with_another_digit_is_flagged_and_nothing_beside_it(said: str, wrong: list[str]) -> None:
    assert flagged(said) == wrong


@pytest.mark.parametrize(
    "said",
    [
        "Now 864 - 36 = 828, so 828 bottles are left when one box is taken away.",
        "If there were 25 boxes of 36 bottles, there would be 900.",
        "Then x = 18 leads to 3x + 4y = 98 instead.",
        "y = 12 is too large, and y = 10 too small; 4y = 44.",
        "The next point would be (15, 60).",
        "Doubling 118 gives 236, and 119 is its successor.",
        "On day 119 a second shipment arrived, and on day 120 a third.",
        "1. 2. 3. 4. 5. 6. 7. 8. 9. 10.",
        "",
        "No value at all.",
    ],
)
def test_new_results_are_not_misread(said: str) -> None:
    assert not [one for one in found(said) if one.finding == "misread"]


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("So $3x + 4y = 98$.", "98"),
        ("We have $4y = 97$.", "97"),
        ("Recall that (13, 43) is next.", "43"),
        (r"It is \frac{5}{13} of them.", "13"),
    ],
)
def test_what_a_formula_alone_says_may_be_misread_or_new(said: str, value: str) -> None:
    assert {one.value: one.finding for one in found(said)}[value] == "ambiguous"


def test_findings_tell_what_the_page_has() -> None:
    sources = Sources()
    number = sources.add(PAGE)
    said = "Each of the 24 boxes holds 86 bottles, which makes 864 bottles in all, or 432 pairs."
    by_value = {one.value: one for one in quotes(said, sources, [number])}
    findings = {value: one.finding for value, one in by_value.items()}
    assert findings == {"24": "exact", "86": "misread", "864": "exact", "432": "absent"}
    place = by_value["86"].place
    assert place is not None
    assert sources.keys[place] == "36"
    assert sources.excerpt(place) == "Each of the 24 boxes holds 36 bottles, which makes 864 bottles"


def test_what_stands_in_the_question_is_no_misreading() -> None:
    question = "Each of the 24 boxes holds 86 bottles, which makes 2064 bottles in all?"
    said = "Each of the 24 boxes holds 86 bottles, which makes 2064"
    assert flagged(said, beside=question) == []
    assert "86" in flagged(said)


def test_a_page_that_is_no_longer_in_the_prompt_does_not_count() -> None:
    sources = Sources()
    old = sources.add("The first sum of all the entries was 4711 in the end.")
    new = sources.add("The first sum of all the entries was 4712 in the end.")
    said = "The first sum of all the entries was 4712 in the end."
    assert [one.finding for one in quotes(said, sources, [new])] == ["exact"]
    assert [one.finding for one in quotes(said, sources, [old])] == ["misread"]


def test_two_pages_that_differ_make_a_third_value_ambiguous() -> None:
    lines = [
        "the number of red balls in the urn is 31 today",
        "the number of red balls in the urn is 37 today",
    ]
    sources = Sources()
    pages = [sources.add(line) for line in lines]
    (one,) = quotes("the number of red balls in the urn is 34 today", sources, pages)
    assert one.finding == "ambiguous"


@given(st.text(max_size=300))
def test_any_text_quoted_unchanged_is_never_flagged(text: str) -> None:
    assert flagged(text, text) == []


@given(
    st.text(alphabet=r"0123456789abAB,.-_\{}$= ", max_size=400), st.text(alphabet="019ab,-_ =", max_size=200)
)
def test_offsets_lie_in_the_text_and_in_order(page: str, said: str) -> None:
    at = 0
    for one in found(said, page):
        assert at <= one.start < one.end <= len(said)
        at = one.end


def test_values_are_recognised() -> None:
    text = (
        r"$1{,}234$ 0.75 x_1 AB12-77Q deadbeef 0x3fa9 user_id 2x 10cm maxRetries HELLO a--b \alpha_{12} 3-4"
    )
    read = [word.key for word in words(text) if word.is_value]
    expected = ["1234", "0.75", "1", "AB12-77Q", "0x3fa9", "user_id", "2", "10", "maxRetries", "HELLO", "12"]
    assert read == [*expected, "3", "4"]


def test_one_digit_of_many_long_values_is_found() -> None:
    drawn = random.Random(3)
    rows = [
        f"{drawn.choice(['invoice', 'parcel', 'ticket'])} {drawn.randrange(10**7, 10**8)}" for _ in range(40)
    ]
    page, missed, false = "\n".join(rows), 0, 0
    for row in rows:
        digits = list(row)
        at = drawn.randrange(len(row) - 8, len(row))
        digits[at] = drawn.choice([digit for digit in "0123456789" if digit != digits[at]])
        missed += not flagged(f"I look at {''.join(digits)} now.", page)
        false += bool(flagged(f"I look at {row} now.", page))
    assert (missed, false) == (0, 0)
