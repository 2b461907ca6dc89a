import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.many_examples import many_examples
from vtc_r1.errors import UnknownName, UsageError
from vtc_r1.segments import ENDS, segment_end, trim
from vtc_r1.segments.boundaries import Boundaries

STEPS = "First, two and two are four.\n\nThen four and four are eight.\n\nAt last, eight and"


def test_limit_keeps_what_it_always_kept():
    end = segment_end("limit")
    assert end.trim(STEPS) == trim(STEPS) and end.cut(STEPS, 10) is None
    assert (end.limit(100, 60), end.limit(100, 160)) == (60, 100)


def test_own_leaves_the_model_all_that_the_solve_may_write():
    assert segment_end("own").limit(100, 160) == 160


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (STEPS, "First, two and two are four.\n\nThen four and four are eight.\n\n"),
        ("One is done. Two is done. Three is", "One is done. Two is done. "),
        ("One line\nTwo lines\nthr", "One line\nTwo lines\n"),
        ("nothingthatcouldendhere", "nothingthatcouldendhere"),
    ],
)
def test_boundary_keeps_up_to_the_soundest_end_nearby(text, kept):
    assert segment_end("boundary:near=0.4").trim(text) == kept


def test_a_boundary_that_is_far_away_does_not_count():
    assert segment_end("boundary:near=0.05").trim(STEPS) == trim(STEPS)


def grown(end, text, most):
    """Let a segment grow letter by letter; what it has become when the policy ends it."""
    for at in range(1, len(text) + 1):
        if (cut := end.cut(text[:at], most)) is not None:
            return text[:cut]
    return None


def test_streamed_ends_at_the_first_step_behind_its_share():
    assert grown(segment_end("streamed:after=0.5"), STEPS, 100) == STEPS[: STEPS.index("At last")]
    assert grown(segment_end("streamed:after=0.2"), STEPS, 100) == STEPS[: STEPS.index("Then")]
    assert grown(segment_end("streamed:after=0.9"), STEPS, 100) is None


def test_streamed_takes_a_sentence_or_a_line_when_the_limit_is_near():
    text = "One is done. Two is done. Three is done. Four is done. Five"
    assert grown(segment_end("streamed:after=0.5"), text, 50) == "One is done. Two is done. Three is done. "
    assert grown(segment_end("streamed:after=0.5"), "one line\n" * 9, 60) == "one line\n" * 5


@pytest.mark.parametrize("begun", ["</think>", "<answer>", "so \\boxed"])
def test_streamed_leaves_a_segment_that_concludes_to_its_end(begun):
    assert grown(segment_end("streamed:after=0.1"), f"{begun}{STEPS}", 60) is None


def test_streamed_tears_no_formula():
    text = "We have $$x\n= 3\n= 4$$ and more\nthen"
    assert grown(segment_end("streamed:after=0.2"), text, 30) == "We have $$x\n= 3\n= 4$$ and more\n"


WHOLE = [
    "Words stand here. And there.\n\n",
    "It costs $5, so $x = 3$ holds!\nNext ",
    "words go on.\n",
    "$$x\n\n= 3. Yes\n$$\n",
    "\\[\n a. B\n\n\\]\n\n",
    "\\begin{align}\n1. X\n\n2\n\\end{align}\n",
    "```\nx = 3\n\n# Then. So\n```\n",
    "~~~~\n```\n\n~~~~\n\n",
    "| a | b |\n|---|---|\n| 1. A | 2 |\n| 3 | 4 |\n",
]


@many_examples(200)
@given(
    st.lists(st.sampled_from(WHOLE), min_size=1, max_size=8).map("\n".join),
    st.sampled_from([0.05, 0.3, 0.75]),
    st.integers(1, 200),
)
def test_streamed_tears_nothing_that_is_not_yet_closed(text, after, most):
    kept = grown(segment_end(f"streamed:after={after}"), text, most)
    assert kept is None or Boundaries(text).around(len(kept)) is None


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("One.\n\nTwo.\n\n```\nx\n\ny = ", "One.\n\nTwo.\n\n"),
        ("One.\n\nTwo: $$x\n\n= ", "One.\n\n"),
        ("One.\nTwo.\n| a | b |\n", "One.\nTwo.\n"),
    ],
)
def test_boundary_leaves_out_what_the_limit_cut_open(text, kept):
    assert segment_end("boundary:near=0.9").trim(text) == kept


@many_examples(60)
@given(st.sampled_from(sorted(ENDS)), st.text("ab. \n$\\<", max_size=80), st.floats(1, 100))
def test_cuts_and_trims_are_beginnings(name, text, most):
    end = segment_end(name)
    cut = end.cut(text, most)
    assert cut is None or 0 < cut <= len(text)
    assert text.startswith(end.trim(text))


PARTS = [
    *'ab A1.!,:-|~*`$\\{})]"。…”】\n ',
    ". A",
    "word ",
    "word,\n\n",
    "\n\n",
    "\n| a |\n|--",
    "|-|\n",
    "```",
    "$$",
]
PARTS += [
    r"\[",
    r"\]",
    r"\(",
    r"\)",
    r"\begin{align}",
    r"\end{align}",
    "[asy]",
    "[/asy]",
    r"\boxed",
    "</think>",
    *("<code>", "</code>", "<pre>", "$x$", "x.\nY", "axis", "`a", r"\1", r"\d"),
]


@many_examples(400)
@given(st.data(), st.lists(st.sampled_from(PARTS), max_size=40).map("".join), st.integers(1, 60))
def test_what_has_come_since_decides_as_the_whole_segment_does(data, text, most):
    end = segment_end(f"streamed:after={data.draw(st.sampled_from([0.05, 0.3, 0.75]))}")
    seen = 0
    while seen < len(text):
        at = data.draw(st.integers(seen + 1, min(len(text), seen + 6)))
        cut = end.cut(text[:at], most)
        assert end.cut(text[:at], most, seen) == cut
        if cut is not None:
            break
        seen = at


@pytest.mark.parametrize(
    ("spec", "error", "says"),
    [
        ("boundry", UnknownName, "unknown segment end 'boundry': did you mean 'boundary'"),
        ("boundary:nears=1", UnknownName, "did you mean 'near'"),
        ("streamed:after=1", UsageError, "segment end streamed: after = '1': Input should be less than 1"),
        (
            "limit:after=1",
            UnknownName,
            "unknown option of segment end limit 'after': there is none to choose",
        ),
    ],
)
def test_what_is_no_segment_end_is_named(spec, error, says):
    with pytest.raises(error, match=says):
        segment_end(spec)
