"""One token budget: never exceeded, whatever the segments, and exact where it can be used up."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.many_examples import many_examples
from vtc_r1.errors import UsageError
from vtc_r1.memory import POLICIES, Costs, Terms, memory_policy
from vtc_r1.prompts.prompt import Note
from vtc_r1.renderers import Page, Renderer, load_profile

NANO = Renderer(load_profile("nano").replace(height=64))
"""Pages of two lines."""
PAGE = 8
SPECS = [
    "optical",
    "blank",
    "text",
    "hybrid",
    "hybrid:tokens=7",
    "decay",
    "decay:after=1,block=1,by=scale",
    "decay:after=1,block=3,steps=0.9+0.6+0.5",
    "facts",
    "facts:tokens=9,share=0.2",
    "auto",
    "auto:gain=0.2",
    "forget",
    "tail",
    "tail:tokens=9",
    "delethink",
    "delethink:head=4,tokens=11",
    "decay:after=1,block=1,first=1",
]
PIECES = st.sampled_from(["12+3=15\n", "x = 7.25\n", "So it is so. ", "0xdeadbeef ", "\n\n", "30*41=1230\n"])
SEGMENTS = st.lists(
    st.lists(PIECES | st.text(max_size=12), min_size=1, max_size=8).map(lambda found: "".join(found).strip()),
    max_size=7,
).map(lambda found: [segment for segment in found if segment])


def test_every_policy_is_held_to_its_budget():
    assert {spec.partition(":")[0] for spec in SPECS} == POLICIES.keys() - {"single", "reread", "summary"}


@many_examples(60)
@given(st.sampled_from(SPECS), SEGMENTS, st.integers(PAGE, 60), st.sampled_from([1.0, 3.2, None]))
def test_no_sequence_of_segments_exceeds_the_budget(spec, segments, tokens, characters):
    memory = memory_policy(spec, Terms(tokens, characters))(NANO)
    costs = Costs(characters)
    for segment in segments:
        added = memory.add(segment)
        content = list(memory.content())
        assert costs.of(content) <= tokens
        assert {id(page) for page in added} <= {id(part) for part in content}
    while memory.shed():
        assert costs.of(memory.content()) <= tokens


@many_examples(12)
@given(SEGMENTS, st.integers(420, 600), st.integers(1, 9))
def test_answers_to_the_model_stay_within_the_budget_too(segments, tokens, page):
    memory = memory_policy("reread:iteration=4", Terms(tokens, 1.0))(NANO)
    for at, segment in enumerate(segments):
        form = ("text", "page", "nonsense")[at % 3]
        memory.add(f'{segment}\n<reread page="{page}" as="{form}"/><reread page="1"/><reread/>')
        assert Costs(1.0).of(memory.content()) <= tokens


@many_examples(15)
@given(st.sampled_from([name for name, policy in POLICIES.items() if policy.append_only]), SEGMENTS)
def test_append_only_policies_never_touch_what_they_carried(name, segments):
    memory = memory_policy(name)(NANO)
    before: tuple[str | Page, ...] = ()
    for segment in segments:
        memory.add(segment)
        now = tuple(memory.content())
        assert now[: len(before)] == before
        assert Costs().re_prefill(before, now, segment) == 0
        before = now


@many_examples(40)
@given(SEGMENTS, st.integers(1, 60))
def test_a_summary_is_within_the_budget_and_what_it_is_made_of_is_read_once(segments, tokens):
    memory = memory_policy("summary", Terms(tokens, 1.0))(NANO)
    for segment in segments:
        was_asked = memory.asked
        memory.add(segment)
        summary = [part for part in memory.parts if isinstance(part, Note)]
        assert Costs(1.0).of(summary) <= tokens
        assert memory.asked is not was_asked and memory.parts[len(summary) :] == [segment] * memory.asked


def test_a_budget_takes_the_promise_of_an_untouched_prefix_back():
    assert memory_policy("optical")(NANO).append_only
    assert not memory_policy("optical", Terms(80))(NANO).append_only


def test_text_uses_its_budget_up_to_the_last_token():
    memory = memory_policy("text", Terms(10, 1.0))(NANO)
    memory.add("abcdefghijklmnopqrst")
    assert list(memory.content()) == ["klmnopqrst"]


def test_text_gives_up_its_beginning_at_the_start_of_a_line():
    memory = memory_policy("text", Terms(16, 1.0))(NANO)
    memory.add("12+3=15\n15*2=30\n30-4=26")
    assert list(memory.content()) == ["15*2=30\n30-4=26"]


def test_optical_gives_up_its_oldest_pages_and_no_more_than_needed():
    memory = memory_policy("optical", Terms(3 * PAGE))(NANO)
    pages = list(itertools.chain.from_iterable(memory.add(f"{at}+1={at + 1}") for at in range(5)))
    assert list(memory.content()) == pages[-3:]
    assert memory.changes().dropped == 1


def test_a_budget_of_its_own_counts_before_the_common_one():
    memory = memory_policy("optical:budget=16", Terms(80))(NANO)
    for at in range(5):
        memory.add(f"{at}+1={at + 1}")
    assert len(memory.content()) == 2


@pytest.mark.parametrize("spec", ["optical", "hybrid", "decay", "facts", "auto", "blank"])
def test_a_budget_too_small_for_one_page_is_refused(spec):
    with pytest.raises(UsageError, match="7 tokens is too small for one page of profile nano, which costs 8"):
        memory_policy(spec, Terms(7))(NANO)
    assert memory_policy("text", Terms(7))(NANO).tokens == 7


def test_what_re_reading_keeps_aside_is_said():
    with pytest.raises(UsageError, match=r"too small for one page .* reread reserves \d+ of 200"):
        memory_policy("reread", Terms(200, 1.0))(NANO)


@pytest.mark.parametrize(("parts", "left"), [(1, 0), (2, 1), (3, 1), (4, 2), (5, 2), (7, 3)])
def test_the_older_half_and_the_odd_one_are_given_up(parts, left):
    memory = memory_policy("optical", Terms())(Renderer(load_profile("nano")))
    for at in range(parts):
        memory.add(f"{at}+1={at + 1}")
    texts = [page.text for page in memory.content()]
    assert len(texts) == parts and memory.shed()
    assert [page.text for page in memory.content()] == texts[parts - left :]


def test_nothing_is_given_up_where_there_is_nothing():
    memory = memory_policy("optical", Terms())(NANO)
    assert not memory.shed()
