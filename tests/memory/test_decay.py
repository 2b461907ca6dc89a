import pytest

from vtc_r1.memory import Costs, Terms, memory_policy
from vtc_r1.memory.sizes import downscaled, sized
from vtc_r1.renderers import Renderer, load_profile

NANO = Renderer(load_profile("nano").replace(height=64))
"""Pages of two lines."""
LINES = "12+3=15\n15*2=30"


def levels(spec, segments=8, terms=None):
    """Vision tokens of each segment's page after every segment."""
    memory = memory_policy(spec, terms or Terms())(NANO)
    history = []
    for at in range(segments):
        memory.add(f"{at}+3={at + 3}\n15*2=30")
        history.append([part.vision_tokens for part in memory.content()])
    return history


def test_pages_shrink_step_by_step_with_age():
    assert levels("decay:after=2,block=1,by=scale,steps=0.75+0.5", 5) == [
        [8],
        [8, 8],
        [3, 8, 8],
        [2, 3, 8, 8],
        [2, 2, 3, 8, 8],
    ]


def test_pages_age_in_blocks_and_between_them_the_prefix_stays():
    memory = memory_policy("decay:after=1,block=3,by=scale")(NANO)
    kept, before = [], ()
    for at in range(9):
        memory.add(f"{at}+3={at + 3}")
        now = tuple(memory.content())
        kept.append(now[: len(before)] == before)
        before = now
    assert kept == [True, True, False, True, True, False, True, True, False]


def test_re_prefill_is_what_a_block_cost():
    memory, costs = memory_policy("decay:after=1,block=2,by=scale,steps=0.5+0.4")(NANO), Costs()
    before, cost = (), []
    for at in range(4):
        segment = f"{at}+3={at + 3}"
        memory.add(segment)
        now = tuple(memory.content())
        cost.append(costs.re_prefill(before, now, segment))
        before = now
    assert cost == [0, 2, 0, 1 + 2 + 2]


def test_what_shrank_is_on_record_and_among_the_new_pages():
    memory = memory_policy("decay:after=1,block=1,by=redraw,steps=0.5")(NANO)
    (first,) = memory.add(LINES)
    added = memory.add("29+1=30")
    shrunk = memory.changes().shrunk
    assert [page.sha256 for page in added][:1] == shrunk != [first.sha256]
    assert (added[0].text, added[0].vision_tokens) == (LINES, 4)
    assert list(memory.content()) == added


@pytest.mark.parametrize("by", ["redraw", "scale"])
def test_over_a_budget_the_oldest_shrink_before_any_page_is_given_up(by):
    terms = Terms(24)
    history = levels(f"decay:after=9,block=1,by={by},steps=0.5", 5, terms)
    small = 2 if by == "scale" else 4
    assert history[3] == [small, small, 8, 8]
    assert all(sum(tokens) <= 24 for tokens in history)


def test_under_pressure_a_block_shrinks_at_once():
    history = levels("decay:after=9,block=2,by=scale,steps=0.5", 4, Terms(24))
    assert history[2:] == [[8, 8, 8], [2, 2, 8, 8]]


def test_a_page_that_would_cost_no_less_stays_as_it_is():
    memory = memory_policy("decay:after=1,block=1,steps=0.9")(NANO)
    (first,) = memory.add(LINES)
    memory.add("29+1=30")
    assert memory.content()[0] is first
    assert memory.changes().shrunk == []


def test_redrawn_pages_still_carry_the_whole_text():
    text = "Let $x = 3$. Then it follows that nothing else is left to prove here. " * 200
    memory = memory_policy("decay:after=1,block=1,steps=0.6")(Renderer("default"))
    memory.add(text)
    memory.add("And so on.")
    assert "".join(page.text for page in memory.content()) == text + "And so on."
    assert sum(page.vision_tokens for page in memory.pages) < 0.6 * sum(
        page.vision_tokens for page in Renderer("default").render(text)
    )


def test_what_is_given_up_takes_its_text_along():
    text = "Nothing else is left to prove here, and so on. " * 1_200
    memory = memory_policy("decay:steps=0.8", Terms(1200))(Renderer("default"))
    memory.add(text)
    left = "".join(page.text for page in memory.content())
    assert text.endswith(left) and 0 < len(left) < len(text)
    assert memory.changes().dropped > 0


def test_downscaled_pages_stand_on_the_grid():
    page = NANO.render(LINES)[0]
    small = downscaled(page, 0.6, NANO.profile.vision)
    assert (small.width, small.height, small.vision_tokens, small.text) == (64, 32, 2, LINES)
    assert small.pixels.shape == (32, 64) and small.pixels.min() < 128


def test_sized_type_is_larger_or_smaller_on_pages_as_wide():
    profile = load_profile("default")
    for factor in (0.5, 2.0):
        made = sized(profile, factor).profile
        assert (made.width, made.font_size) == (profile.width, profile.font_size * factor)
