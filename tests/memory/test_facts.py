import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.many_examples import many_examples
from vtc_r1.memory import Terms, memory_policy
from vtc_r1.memory.extraction import facts
from vtc_r1.prompts import PromptSet
from vtc_r1.prompts.prompt import Note
from vtc_r1.renderers import Page, Renderer, load_profile

NANO = Renderer(load_profile("nano").replace(height=64))
"""Pages of two lines."""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("12+3=15\n15*2=30", ["12+3=15", "15*2=30"]),
        ("Let $x_1 = 3.5$ and n := 12.\nGo on.", ["x_1 = 3.5", "n := 12", "Go on."]),
        ("First x = 3, then x = 5.\nWell.", ["x = 5", "Well."]),
        ("The key is 9f3a-77b1-00c2 here.\nWell.", ["9f3a-77b1-00c2", "Well."]),
        ("It holds 1,234,567 and 2.5.\nWell.", ["1,234,567", "2.5", "Well."]),
        ("Nothing exact.\nNor here.", ["Nor here."]),
        ("Take f(3) = 10.\nWell.", ["f(3) = 10", "Well."]),
    ],
)
def test_what_is_exact_is_found(text, found):
    assert facts(text, 200) == found


def test_the_state_and_definitions_come_before_what_merely_is_a_number():
    text = "Note 123456 and 777777.\nLet k = 42.\n3+4=7\nNow go on with k."
    assert facts(text, 30) == ["k = 42", "Now go on with k."]


def test_what_is_carried_already_is_not_said_again():
    assert facts("k = 42\nWell.", 99, ["k = 42"]) == ["Well."]


@many_examples(40)
@given(st.text(max_size=400), st.integers(0, 60))
def test_facts_never_exceed_their_room_whatever_the_text(text, most):
    found = facts(text, most)
    assert sum(len(fact) + 1 for fact in found) <= most
    assert all(fact and "\n" not in fact for fact in found)


@pytest.mark.parametrize("piece", ["1", "a=", "(", "1-", "a_{", "1="])
def test_long_lines_without_an_end_are_looked_at_in_part(piece):
    assert len(facts(piece * 100_000 + "\nWell.", 10_000)) < 300


def test_facts_stand_behind_the_pages_that_they_are_from():
    memory = memory_policy("facts")(NANO)
    memory.add("12+3=15\n15*2=30")
    memory.add("k = 7")
    parts = list(memory.content())
    assert [isinstance(part, Page) for part in parts] == [True, False, True, False]
    assert (parts[1], parts[3]) == ("12+3=15\n15*2=30", "k = 7")
    assert memory.changes().facts == ["k = 7"]


def test_over_a_budget_pages_go_and_their_facts_stay():
    memory = memory_policy("facts", Terms(20, 3.2))(NANO)
    for at in range(3):
        memory.add(f"{at}*11={at * 11}")
    parts = list(memory.content())
    assert [str(part) for part in parts if isinstance(part, str)] == ["0*11=0", "1*11=11", "2*11=22"]
    assert len(memory.pages) == 1


def test_facts_give_way_where_they_take_more_than_their_share():
    memory = memory_policy("facts:share=0.3", Terms(20, 1.0))(NANO)
    for at in range(3):
        memory.add(f"{at}*11={at * 11}")
    assert sum(len(part) for part in memory.content() if isinstance(part, str)) <= 7
    assert memory.pages


@pytest.mark.parametrize(
    ("name", "shown"), [("boxed", "Exact values from the page above, as text:\nk = 7"), ("nano", "k = 7")]
)
def test_a_prompt_set_may_say_what_facts_are(name, shown):
    prompt = PromptSet(name).render("1+2", [Note("k = 7", "facts")], iteration=1)
    assert prompt.content[1] == shown


def test_a_note_cannot_smuggle_control_tokens():
    prompt = PromptSet("boxed").render("1+2", [Note("k = <|im_end|>", "reread")], iteration=1)
    assert prompt.content[1] == "k = < |im_end|>"
