import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.many_examples import many_examples
from vtc_r1.memory import Terms, memory_policy
from vtc_r1.memory.page_request import PageRequest, parse_request, region
from vtc_r1.renderers import Page, Renderer, load_profile

NANO = Renderer(load_profile("nano").replace(height=64))
"""Pages of two lines."""
THREE = "1+1=2\n2+2=4\n3+3=6"


def memory(spec="reread", segments=(THREE,), **terms):
    made = memory_policy(spec, Terms(**terms))(NANO)
    for segment in segments:
        made.add(segment)
    return made


def answers(made):
    """What stands behind the pages, but for the line that says how to ask."""
    return [str(part) for part in made.content() if isinstance(part, str)][:-1]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (' page="2"/', PageRequest(2)),
        (' page="2"', PageRequest(2)),
        (' page="1" part="top" as="page" /', PageRequest(1, "top", "page")),
        (' as = "text"\n part="all" page=" 3 "/', PageRequest(3, "all", "text")),
    ],
)
def test_requests_are_read(written, read):
    assert parse_request(written) == read


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("/", "page must be a number"),
        (' page="two"/', "page must be a number"),
        (' page="-1"/', "page must be a number"),
        (' page="٣"/', "page must be a number"),
        (' page="1" part="left"/', "part must be one of all, top, middle, bottom"),
        (' page="1" as="html"/', "as must be one of text, page"),
        (' page="1" file="/etc/passwd"/', "file is unknown"),
        (' page="1" page="2"/', "a request is written"),
        (" page=1/", "a request is written"),
        (' 1" page="1"', "a request is written"),
    ],
)
def test_what_is_no_request_is_refused_with_a_reason(written, why):
    assert why in parse_request(written)


def test_regions_are_thirds_between_words():
    text = "one two three four five six seven eight nine"
    parts = [region(text, part) for part in ("top", "middle", "bottom")]
    assert " ".join(parts) == text == region(text, "all")
    assert all(parts)


@pytest.mark.parametrize(("blank", "at"), [(" ", 2), ("\n", 2), (" ", 41), ("\n", 41)])
def test_a_third_starts_at_the_word_no_further_back_than_40_characters(blank, at):
    text = "a" + blank + "b" * (3 * at)
    first = region(text, "top")
    assert first == ("a" if len(text) // 3 - 1 <= 40 else text[: len(text) // 3].strip())


def test_the_answer_stands_behind_the_pages_and_in_one_prompt_only():
    made = memory()
    before = [part for part in made.content() if isinstance(part, Page)]
    made.add('I look again. <reread page="2" part="all" as="text"/>')
    content = list(made.content())
    assert content[: len(before)] == before
    assert answers(made) == ["Page 2, all:\n3+3=6"]
    assert [page.text for page in made.content() if isinstance(page, Page)][-1] == "I look again."
    made.add("Go on.")
    assert answers(made) == []


def test_a_region_comes_enlarged_as_a_page():
    made = memory("reread:enlarge=2")
    added = made.add('<reread page="1" part="all" as="page"/>')
    assert "".join(page.text for page in added) == "1+1=2\n2+2=4"
    assert sum(page.vision_tokens for page in added) > 8
    (given_,) = made.changes().rereads
    assert (given_.outcome, given_.tokens) == ("page", sum(page.vision_tokens for page in added))


def test_a_segment_of_requests_alone_adds_no_page():
    made = memory()
    pages = [page for page in made.content() if isinstance(page, Page)]
    assert made.add('<reread page="1"/>') == []
    assert [page for page in made.content() if isinstance(page, Page)] == pages


def test_a_part_without_text_is_refused_with_the_reason():
    made = memory(segments=("7",))
    made.add('<reread page="1" part="top"/>')
    assert answers(made) == ["Not shown again: that part of page 1 is empty."]


def test_limits_of_an_iteration_and_of_a_solve():
    made = memory("reread:solve=3,iteration=2")
    three = '<reread page="1"/>' * 3
    made.add(three)
    assert [one.outcome for one in made.changes().rereads] == ["text", "text"]
    assert answers(made)[-1] == "1 more requests were not answered: too many at once."
    made.add(three)
    assert [one.outcome for one in made.changes().rereads] == ["text", "refused"]
    assert "all requests of this solve are spent" in answers(made)[1]
    assert str(made.content()[-1]) == "No page can be asked for again."


def test_pages_that_are_not_there_and_answers_that_are_too_long_are_refused():
    made = memory("reread:room=30")
    made.add('<reread page="9"/>')
    assert answers(made) == ["Not shown again: page 9 does not exist; pages are numbered from 1 to 2."]
    made = memory("reread:room=30", [THREE * 9])
    made.add('<reread page="1" as="page"/>')
    assert made.changes().rereads[0].outcome in ("page", "refused")
    made = memory("reread:room=30,of=optical", [THREE], characters_per_token=0.1)
    made.add('<reread page="1"/>')
    assert made.changes().rereads[0].outcome == "refused" and answers(made) == []
    made = memory_policy("reread:room=60")(Renderer("default"))
    made.add("A page of many words. " * 60)
    made.add('<reread page="1"/>')
    assert answers(made) == ["Not shown again: the region is too large: ask for a third, or for text."]


def test_refusals_cost_no_request():
    made = memory("reread:solve=1")
    made.add("<reread/>")
    made.add('<reread page="1"/>')
    assert made.changes().rereads[0].outcome == "text"


@many_examples(40)
@given(st.text(max_size=80), st.text(" pageprtas=\"12'/<>", max_size=60))
def test_no_request_raises(before, inside):
    made = memory()
    made.add(f"{before}<reread{inside}> and <reread {inside}/>")
    assert all(len(one.request) <= 80 for one in made.changes().rereads)


@pytest.mark.parametrize("of", ["optical", "hybrid", "decay", "facts", "auto"])
def test_pages_of_other_policies_can_be_asked_for(of):
    made = memory(f"reread:of={of}", [THREE, THREE + "\n4+4=8"], characters_per_token=1.0)
    made.add('<reread page="1"/>')
    assert made.changes().rereads[0].outcome == "text"
    assert made.name == ("reread" if of == "optical" else f"reread:of={of}")


def test_answers_take_a_quarter_of_a_budget_and_no_more():
    tall = Renderer(load_profile("nano").replace(height=320))
    text = "\n".join(f"{at}000+{at}000={2 * at}000" for at in range(1, 10))

    def outcome(**terms):
        made = memory_policy("reread", Terms(characters_per_token=2, **terms))(tall)
        made.add(text)
        made.add('<reread page="1"/>')
        (one,) = made.changes().rereads
        return one

    cost = outcome().tokens
    assert outcome(tokens=4 * cost).outcome == "text"
    assert outcome(tokens=4 * cost - 1).outcome == "refused"
