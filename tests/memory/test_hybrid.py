import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.many_examples import many_examples
from vtc_r1.memory import Costs, Terms, memory_policy
from vtc_r1.renderers import Page, Renderer, load_profile
from vtc_r1.segments import tail

NANO = Renderer(load_profile("nano").replace(height=64))
"""Pages of two lines."""
LINES = ["1+1=2", "2+1=3", "3+1=4"]


def after(spec, segments):
    memory = memory_policy(spec, Terms(None, 1.0))(NANO)
    for segment in segments:
        memory.add(segment)
    return [part.text if isinstance(part, Page) else f"text {part}" for part in memory.content()]


def test_as_many_segments_stay_text_as_the_window_holds():
    assert after("hybrid:tokens=10", LINES) == ["1+1=2", "text 2+1=3", "text 3+1=4"]
    assert after("hybrid:tokens=9", LINES)[-1] == "text 3+1=4"


def test_a_segment_longer_than_the_window_is_divided_at_the_start_of_a_line():
    assert after("hybrid:tokens=12", ["\n".join(LINES)]) == ["1+1=2", "text 2+1=3\n3+1=4"]


@many_examples(25)
@given(st.lists(st.text("12+= \n", min_size=1, max_size=40), max_size=5), st.integers(1, 30))
def test_the_window_is_never_exceeded_and_nothing_but_ends_of_lines_is_lost(segments, tokens):
    segments = [segment.strip() for segment in segments if segment.strip()]
    memory = memory_policy(f"hybrid:tokens={tokens}", Terms(None, 1.0))(NANO)
    for segment in segments:
        memory.add(segment)
    parts = list(memory.content())
    texts = [part for part in parts if isinstance(part, str)]
    assert Costs(1.0).of(texts) <= tokens
    carried = "".join(part if isinstance(part, str) else part.text for part in parts)
    assert carried.replace("\n", "") == "".join(segments).replace("\n", "")


@many_examples(40)
@given(st.text("ab \n", max_size=60), st.integers(0, 70))
def test_tail_is_the_end_and_no_longer_than_it_may_be(text, most):
    kept = tail(text, most)
    assert text.endswith(kept) and len(kept) <= most
    assert len(kept) >= min(len(text), most - most // 2 - 1)


@pytest.mark.parametrize("word", ["0", "-3", "many"])
def test_a_window_that_is_no_number_of_tokens_is_refused(word):
    from vtc_r1.errors import UsageError

    with pytest.raises(UsageError, match=f"memory policy hybrid: tokens = '{word}'"):
        memory_policy(f"hybrid:tokens={word}")
