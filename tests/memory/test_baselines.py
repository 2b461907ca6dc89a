"""Truncation, Delethink's beginning and end, and summaries: what each carries, exactly."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.many_examples import many_examples
from vtc_r1.errors import UsageError
from vtc_r1.memory import Costs, Terms, memory_policy, summarised
from vtc_r1.prompts.prompt import Note
from vtc_r1.renderers import Renderer

BYTES = Terms(characters_per_token=1.0)
NANO = Renderer("nano")
WORDS = st.lists(st.sampled_from(["alpha", "12+3=15", "x = 7", "βγδ", "\n", "0xff"]), min_size=1, max_size=9)
SEGMENTS = st.lists(WORDS.map(" ".join).map(str.strip).filter(bool), min_size=1, max_size=8)


def carried(spec, segments, terms=BYTES):
    memory = memory_policy(spec, terms)(NANO)
    for segment in segments:
        assert memory.add(segment) == []
    return memory


@many_examples(60)
@given(SEGMENTS, st.integers(1, 60))
def test_the_tail_is_the_end_of_everything_and_never_more(segments, tokens):
    memory = carried(f"tail:tokens={tokens}", segments)
    content = list(memory.content())
    assert Costs(1.0).of(content) <= tokens
    *whole, first = reversed(content) if content else [""]
    last = segments[len(segments) - len(whole) :]
    assert whole[::-1] == last and segments[len(segments) - len(whole) - 1].endswith(first)


def test_the_tail_is_text_within_a_budget_of_as_many_tokens():
    segments = ["one two three", "four five six", "seven eight"]
    for tokens in (1, 7, 12, 20, 100):
        tail = carried(f"tail:tokens={tokens}", segments).content()
        assert list(tail) == list(carried("text", segments, Terms(tokens, 1.0)).content())


@many_examples(60)
@given(SEGMENTS, st.integers(1, 20), st.integers(1, 40))
def test_delethink_carries_the_beginning_and_the_end_and_no_more(segments, head, tokens):
    memory = carried(f"delethink:head={head},tokens={tokens}", segments)
    content, text = list(memory.content()), "".join(segments)
    assert Costs(1.0).of(content) <= head + tokens
    if len(text) <= head + tokens:
        assert content == segments
    elif content and memory.head:
        assert segments[0].startswith(content[0]) and len(content[0]) <= head
        assert text.endswith("".join(content[2:]))


def test_delethink_has_the_published_sizes():
    memory = carried("delethink", [f"{at} " * 400 for at in range(30)])
    first, *rest = memory.content()
    assert first == "0 " * 50 and 3_900 < Costs(1.0).of(rest) <= 4_096
    assert rest[-1] == "29 " * 400


def test_a_small_budget_leaves_most_of_it_to_the_end():
    memory = carried("delethink:budget=40", ["abcde fghij klmno", "pqrst uvwxy", "first second third fourth"])
    assert list(memory.content()) == ["abcde ", "uvwxy", "first second third fourth"]
    assert memory.changes().dropped == 1


def test_the_beginning_is_the_last_thing_that_a_full_context_takes():
    memory = carried(
        "delethink:head=6,tokens=24", ["abcde fghij", "klmno pqrst", "uvwxy zabcd", "efghi jklmn"]
    )
    lengths = [len(memory.content())]
    while memory.shed():
        content = list(memory.content())
        assert not content or content[0] == "abcde "
        lengths.append(len(content))
    assert lengths[-1] == 0 and all(one > other for one, other in itertools.pairwise(lengths))
    memory.add("Go on.")
    assert list(memory.content()) == ["Go on."]


@pytest.mark.parametrize(
    ("segment", "summary"),
    [
        ("Work.\n<summary>x = 3</summary>", "x = 3"),
        ("Work.<summary>\n\nx = 3\n", "x = 3"),
        ("<summary>old</summary> then <summary>x = 3</summary>", "x = 3"),
        ("I shall write <summary> soon.\n<summary>x = 3</summary>", "x = 3"),
        ("<summary>x = 3</summary><summary>  </summary>", "x = 3"),
        ("<summary>x < 3, y > 2</summary>", "x < 3, y > 2"),
    ],
)
def test_only_the_summary_in_a_segment_is_carried(segment, summary):
    (note,) = carried("summary", ["Earlier work.\n<summary>nothing yet</summary>", segment]).content()
    assert isinstance(note, Note) and (note, note.kind) == (summary, "summary")


def test_a_segment_without_a_summary_is_shown_again_with_the_request_for_one():
    memory = memory_policy("summary:tokens=50", BYTES)(NANO)
    memory.add("First: x = 3.\n<summary>x = 3</summary>")
    memory.add("Then y = 4.")
    kinds = [(str(part), getattr(part, "kind", None)) for part in memory.content()]
    assert kinds == [("x = 3", "summary"), ("Then y = 4.", None), ("50", "summarise")]
    memory.add("x = 3 and y = 4")  # the model left the tags out
    assert [(str(part), part.kind) for part in memory.content()] == [("x = 3 and y = 4", "summary")]


@pytest.mark.parametrize("spec", ["summary:tokens=12", "summary:budget=12"])
def test_of_a_summary_over_its_limit_the_end_is_kept_and_that_is_said(spec):
    memory = carried(spec, ["<summary>one two three four five</summary>"])
    assert list(memory.content()) == ["four five"] and memory.changes().dropped == 1


def test_a_full_context_shortens_what_is_to_be_summarised_before_the_summary():
    memory = carried("summary", ["<summary>x = 3</summary>", "word " * 40])
    sizes = [len(memory.texts[-1])]
    while memory.shed() and memory.asked:
        assert memory.content()[0] == "x = 3"
        sizes.append(len(memory.texts[-1]))
    assert all(one > other for one, other in itertools.pairwise(sizes))
    assert list(memory.content()) == ["x = 3"]
    assert memory.shed() and not memory.content() and not memory.shed()


def test_openings_of_a_summary_without_an_end_are_no_summary():
    memory = carried("summary", ["<summary>" * 50_000])
    assert memory.asked and memory.parts == ["<summary>" * 50_000]


def test_what_equals_other_tokens_needs_to_know_them():
    for spec in ("text:equal=optical", "optical:equal=optical", "reread:equal=optical"):
        with pytest.raises(UsageError, match="known only to `vtc-r1 eval --equal-tokens`"):
            memory_policy(spec)(NANO)
    with pytest.raises(UsageError, match="budget and equal are both given"):
        memory_policy("text:budget=9,equal=optical", Terms(limits=(0, 9)))(NANO)


@pytest.mark.parametrize("spec", ["text", "tail", "delethink", "hybrid", "decay", "facts", "auto", "reread"])
def test_limits_by_iteration_hold_after_every_segment(spec):
    limits = (0, 8, 9, 40, 44)
    memory = memory_policy(f"{spec}:equal=optical", BYTES)
    assert memory.name == f"{spec}:equal=optical"
    made = memory.within(limits)(NANO)
    for at, segment in enumerate(
        ["12+3=15\n15*2=30", "30-4=26", "26+8=34\n34-5=29", "29+1=30", "9=9"] * 2, 1
    ):
        made.add(segment)
        assert Costs(1.0).of(made.content()) <= limits[min(at, len(limits) - 1)]
    assert not made.append_only


def test_a_summary_by_rules_keeps_results_within_its_limit():
    segments = ["Let x = 3 here.\nSome words.\nSo x + 4 = 7.", "Nothing.\nThus y = 21.\nGo on."]
    first, second = summarised(segments, 80)
    assert "x = 3" in first and "y = 21" in second and max(len(first), len(second)) <= 80
