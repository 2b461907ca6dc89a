import itertools

import pytest

from vtc_r1.errors import UnknownName
from vtc_r1.memory import POLICIES, memory_policy
from vtc_r1.renderers import Page, Renderer

SEGMENTS = ["12+3=15\n15*2=30", "30-4=26\n26+8=34\n34-5=29", "29+1=30"]
PAGES_OF = [[page.sha256 for page in Renderer("nano").render(segment)] for segment in SEGMENTS]


def history(name):
    """Added pages and content after each of three segments."""
    memory = memory_policy(name)(Renderer("nano"))
    assert list(memory.content()) == []
    added, contents = [], []
    for segment in SEGMENTS:
        added.append(memory.add(segment))
        contents.append(list(memory.content()))
    return added, contents


def identity(part):
    return part.sha256 if isinstance(part, Page) else part


def identities(parts):
    """What identifies the parts of a content; how to ask for a page again stands behind all else."""
    return [identity(part) for part in parts if not str(part).startswith("To see part of a page again")]


def test_optical_carries_every_segment_as_pages():
    added, contents = history("optical")
    assert [identities(pages) for pages in added] == PAGES_OF
    assert identities(contents[-1]) == [page for pages in PAGES_OF for page in pages]


def test_optical_pages_carry_the_segments_text():
    _, contents = history("optical")
    assert "".join(page.text for page in contents[-1]) == "".join(SEGMENTS)


def test_text_carries_every_segment_as_text():
    added, contents = history("text")
    assert added == [[], [], []]
    assert contents == [SEGMENTS[:1], SEGMENTS[:2], SEGMENTS]


def test_hybrid_carries_the_last_segment_as_text_and_older_ones_as_pages():
    added, contents = history("hybrid")
    assert [identities(pages) for pages in added] == [[], *PAGES_OF[:2]]
    assert [identities(content) for content in contents] == [
        [SEGMENTS[0]],
        [*PAGES_OF[0], SEGMENTS[1]],
        [*PAGES_OF[0], *PAGES_OF[1], SEGMENTS[2]],
    ]


def test_blank_pages_cost_what_the_optical_ones_would():
    (added, contents), (_, optical) = history("blank"), history("optical")
    size = [(page.width, page.height, page.vision_tokens) for page in optical[-1]]
    assert [(page.width, page.height, page.vision_tokens) for page in contents[-1]] == size
    assert [len(pages) for pages in added] == [len(pages) for pages in PAGES_OF]


def test_blank_pages_show_and_carry_nothing():
    for page in history("blank")[1][-1]:
        assert (page.pixels == 255).all()
        assert page.text == ""


@pytest.mark.parametrize("name", ["forget", "single"])
def test_without_memory_nothing_is_carried(name):
    assert history(name) == ([[], [], []], [[], [], []])


@pytest.mark.parametrize("name", [name for name, policy in POLICIES.items() if policy.append_only])
def test_append_only_content_is_a_prefix_of_what_comes_later(name):
    _, contents = history(name)
    for earlier, later in itertools.pairwise(contents):
        assert identities(later)[: len(earlier)] == identities(earlier)


@pytest.mark.parametrize("name", POLICIES)
def test_added_pages_are_in_the_content(name):
    added, contents = history(name)
    for pages, content in zip(added, contents, strict=True):
        assert set(identities(pages)) <= set(identities(content))


@pytest.mark.parametrize("name", POLICIES)
def test_every_solve_has_a_memory_of_its_own(name):
    factory = memory_policy(name)
    first, second = factory(Renderer("nano")), factory(Renderer("nano"))
    first.add(SEGMENTS[0])
    assert list(second.content()) == []


@pytest.mark.parametrize("name", POLICIES)
def test_policies_go_by_their_name(name):
    assert memory_policy(name)(Renderer("nano")).name == name


def test_single_is_one_iteration_and_no_other_policy_has_a_bound():
    bounds = {name: policy(Renderer("nano")).max_iterations for name, policy in POLICIES.items()}
    assert bounds.pop("single") == 1
    assert set(bounds.values()) == {None}


def test_unknown_policy_suggests_the_nearest():
    with pytest.raises(UnknownName, match="did you mean 'optical'"):
        memory_policy("optic")


@pytest.mark.parametrize("name", [name for name in POLICIES if name != "summary"])
def test_shedding_gives_up_the_oldest_until_nothing_is_left(name):
    memory = memory_policy(name)(Renderer("nano"))
    for segment in SEGMENTS:
        memory.add(segment)
    before = identities(memory.content())
    while memory.shed():
        after = identities(memory.content())
        assert len(after) < len(before)
        assert len(after) >= len(before) // 2
        assert after == before[len(before) - len(after) :]
        before = after
    assert before == []
    memory.add(SEGMENTS[0])
    assert bool(memory.content()) == (name not in ("forget", "single"))
