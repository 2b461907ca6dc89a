import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtc_r1.exercises import OutOfRange
from vtc_r1.exercises.lookups import MOST_PAIRS, check_trained_range, draw, read, read_pairs

draws = st.builds(draw, st.integers().map(random.Random), st.integers(1, MOST_PAIRS))
blanks = st.text(" \t", max_size=3)


@given(draws)
def test_what_is_drawn_reads_as_itself_and_has_its_answer(lookup):
    assert read(lookup.question) == lookup.question
    assert read_pairs("\n".join(lookup.pairs)) == lookup.pairs
    check_trained_range(lookup.question, lookup.pairs)
    assert lookup.line == f"{lookup.question[:-1]}={lookup.answer}"
    assert dict(pair.split("=") for pair in lookup.pairs)[lookup.question[:-1]] == lookup.answer
    assert max(map(len, lookup.pairs)) <= 16


@given(draws, blanks, st.sampled_from(["\n", "\r\n", "\n\n", " \n\t\n"]))
def test_blanks_and_capitals_change_nothing(lookup, blank, end):
    lines = [blank.join([blank, *pair.upper().partition("="), blank]) for pair in lookup.pairs]
    assert read_pairs(end.join([*lines, ""])) == lookup.pairs
    name = lookup.question[:-1]
    for spelling in (name, f"{name.upper()}{blank}?", f"{name}{blank}=", f"\n{name} = ?", f"{name}=?"):
        assert read(spelling) == lookup.question


def test_draws_follow_the_seed_and_any_line_is_asked_for():
    assert [draw(random.Random(seed), 5) for seed in range(9)] == [
        draw(random.Random(seed), 5) for seed in range(9)
    ]
    assert {draw(random.Random(seed), 4).at for seed in range(40)} == {0, 1, 2, 3}
    assert draw(random.Random(1), 4, at=2).at == 2


@pytest.mark.parametrize(
    "question", ["", "?", "k", "7", "kk7", "k77", "7k", "k7=4", "k7 + 1", "k7??", "é7", "k٣", "k7" * 90]
)
def test_anything_else_is_no_lookup(question):
    assert read(question) is None


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        *(
            (line, repr(line))
            for line in ("k7", "k7=", "k7=0", "k7=007", "k7=1000", "k7=4 2", "kk=1", "k7==1")
        ),
        *((line, repr(line)) for line in ("k7=-4", "k7=1.5", "k7: 4", "# pairs", "k7=1 m0=2", "k7=٣")),
        ("k7=" + "9" * 90, "…"),
    ],
)
def test_the_first_line_that_is_no_pair_is_named(line, shown):
    with pytest.raises(OutOfRange, match="line 3, ") as raised:
        read_pairs(f"c2=15\n\n{line}\nalso none")
    assert shown in str(raised.value) and len(str(raised.value)) < 150


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ((), "it has 0 pairs, not 1 to 24"),
        (tuple(f"a{at % 10}=1" for at in range(25)), "it has 25 pairs, not 1 to 24"),
        (("k7=1", "m0=2", "m0=2"), "m0 occurs twice"),
        (("m0=2",), "k7 does not occur"),
    ],
)
def test_documents_that_are_not_taught(pairs, said):
    with pytest.raises(OutOfRange, match=said):
        check_trained_range("k7?", pairs)
