"""Key lines in larger type: which they are, and what their pages carry and cost."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.many_examples import many_examples
from vtc_r1.errors import UsageError
from vtc_r1.memory import density, memory_policy
from vtc_r1.memory.salience import essence, key_parts, parts, score
from vtc_r1.renderers import Renderer, load_profile
from vtc_r1.renderers.mixed import mixes, render_mixed

PAPER = load_profile("paper")
ROUTINE = "Then the two sides are compared with each other once more, term by term, as was done before. " * 3
KEYS = ["Let $x$ be the number of rows, so $x = 17$.", "Hence the sum is \\(17 \\cdot 4 = 68\\)."]
TEXT = "\n".join(f"{ROUTINE}\n{KEYS[at % 2]}" for at in range(14)) + "\nSo it is \\boxed{68}."
LINES = st.lists(
    st.sampled_from([ROUTINE, *KEYS, "", "a | b\n---|---\n1 | 2", "```\nx = 3\n```", "$$\na = 1\n$$", "\t7"]),
    min_size=1,
    max_size=12,
).map("\n".join)


def cost(pages):
    return sum(page.vision_tokens for page in pages)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("It is \\boxed{4}.", "Therefore it is 4."),
        ("Therefore n = 4.", "Let n be a number."),
        ("Let n = 4.", "17 + 4 = 21"),
        ("Define f(x) = x.", "The value is = 3"),
        ("17 + 4 = 21", "There are 21 of them."),
        ("The area is 3.5.", "Let me see, or let us see."),
        ("We get 12 in total.", "We get there."),
        ("k := 0x1f", "Wait, is that right?"),
    ],
)
def test_what_more_depends_on_scores_higher(better, worse):
    assert score(better) >= score(worse) and score(better) > 0
    if "get" not in worse:
        assert score(better) > score(worse)


@given(LINES, st.floats(0.05, 0.9), st.integers(0, 2))
def test_runs_join_to_the_text_and_alternate(text, share, ends):
    runs = key_parts(text, share, ends)
    assert "".join(run for run, _ in runs) == text == "".join(parts(text))
    assert all(one[1] is not other[1] for one, other in itertools.pairwise(runs))


def test_key_parts_keep_to_their_share_and_to_the_most_valuable():
    runs = key_parts(TEXT, 0.2)
    keys = "".join(run for run, is_key in runs if is_key)
    assert "\\boxed{68}" in keys and "Hence the sum" in keys and "term by term" not in keys
    assert len(keys) <= 0.2 * len(TEXT)
    first, *_, last = key_parts(TEXT, 0.5, ends=1)
    assert first[1] and last[1]


@many_examples(25)
@given(LINES, st.integers(20, 400))
def test_the_essence_of_a_text_is_lines_of_it(text, most):
    found = essence(text, most)
    assert len(found) <= most
    assert all(line in text for line in found.split("\n"))


@pytest.mark.parametrize("name", ["paper", "default"])
def test_key_lines_are_larger_at_no_more_tokens(name):
    profile = load_profile(name)
    if not mixes(profile):
        pytest.skip("a profile of several columns")
    fixed, drawn = density("fixed", profile).render(TEXT), density("salience", profile).render(TEXT)
    assert cost(drawn) <= cost(fixed)
    assert "".join(page.text for page in drawn) == TEXT
    heights = {int(bottom - top) for page in drawn for _, top, _, bottom in page.lines}
    assert len(heights) > 1 and max(heights) > profile.line_height


@many_examples(15)
@given(LINES, st.sampled_from([0.8, 1.0, 1.3]), st.sampled_from(["paper", "default"]))
def test_pages_of_two_sizes_carry_the_text_and_their_ink_is_within_their_lines(text, factor, name):
    profile = load_profile(name).replace(height=224)
    runs = [(run, factor if is_key else 0.9) for run, is_key in key_parts(text, 0.4, 1)]
    pages = render_mixed(runs, profile)
    assert "".join(page.text for page in pages) == text
    for page in pages:
        rows = np.flatnonzero((page.pixels < 255).any(axis=1))
        lines = page.lines
        assert (lines[1:, 1] >= lines[:-1, 3]).all() and lines[-1, 3] <= page.height <= 224
        assert not len(rows) or (lines[0, 1] <= rows[0] and rows[-1] < lines[-1, 3] + 2)
        assert page.vision_tokens == profile.vision.tokens(page.width, page.height)


def test_one_run_of_the_profiles_size_is_what_the_renderer_draws():
    plain, mixed = Renderer(PAPER).render(TEXT), render_mixed([(TEXT, 1)], PAPER)
    assert [page.sha256 for page in mixed] == [page.sha256 for page in plain]
    assert [(page.text, page.drawn) for page in mixed] == [(page.text, page.drawn) for page in plain]
    assert all((one.lines == other.lines).all() for one, other in zip(mixed, plain, strict=True))


def test_what_has_no_glyph_is_counted_as_the_renderer_counts_it():
    text = f"{KEYS[0]}\n{ROUTINE}\n\ue123 and \ue124 stand here.\n{KEYS[1]}\n"
    runs = [(run, 1.2 if is_key else 0.9) for run, is_key in key_parts(text, 0.4, 1)]
    found = [page.missing_glyphs for page in render_mixed(runs, PAPER)]
    assert sum(found) == sum(page.missing_glyphs for page in Renderer(PAPER).render(text)) == 2


def test_where_two_sizes_cannot_be_drawn_it_is_as_fixed_or_refused():
    nano = load_profile("nano")
    work = "12+3=15\n15*2=30\n30-4=26"
    for profile, text in ((nano, work), (PAPER, ROUTINE.split(". ")[0])):
        drawn = density("salience", profile).render(text)
        assert [page.sha256 for page in drawn] == [page.sha256 for page in Renderer(profile).render(text)]
    with pytest.raises(UsageError, match="has several columns"):
        density("salience", PAPER.replace(columns=2))


def test_both_ends_of_a_memory_stay_sharp_and_its_middle_shrinks():
    memory = memory_policy("decay:after=1,block=1,first=1,steps=0.7")(Renderer(PAPER))
    drawn = [memory.add(f"{at} {ROUTINE * 4}")[0] for at in range(5)]
    tokens = [page.vision_tokens for page in memory.content()]
    assert memory.content()[0] is drawn[0] and tokens[0] == tokens[-1] > max(tokens[1:-1])
    budgeted = memory_policy("decay:after=9,first=1,budget=1300,steps=0.7")(Renderer(PAPER))
    for at in range(9):
        budgeted.add(f"{at} {ROUTINE * 4}")
        assert cost(budgeted.content()) <= 1300
    first, *_, last = budgeted.content()
    assert first.text.startswith("0 ") and last.text.startswith("8 ")
