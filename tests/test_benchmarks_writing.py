"""The parts of `benchmarks/reinforced_writing.py`: damaged pages, and what a solve wrote for its reader."""

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from vtc_r1.errors import UnknownName
from vtc_r1.memory import memory_policy
from vtc_r1.memory.base import MemoryFactory
from vtc_r1.renderers import Page, Renderer

ROOT = Path(__file__).parents[1]
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(ROOT / "benchmarks")
    noise, writing = import_module("noise"), import_module("writing")

SEGMENTS = ("12*7=84", "84-30=54\n54+9=63")


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer("nano")


@pytest.fixture
def policy(monkeypatch: pytest.MonkeyPatch) -> MemoryFactory:
    """Half of the characters are covered."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return memory_policy("noise:Noisy:share=0.5", trusted=True)


def pages(factory: MemoryFactory, renderer: Renderer, *segments: str) -> list[Page]:
    memory = factory(renderer)
    for segment in segments:
        memory.add(segment)
    return [part for part in memory.content() if isinstance(part, Page)]


def test_whole_characters_are_covered_and_nothing_else(policy: MemoryFactory, renderer: Renderer) -> None:
    damaged = pages(policy, renderer, *SEGMENTS)
    whole = pages(memory_policy("optical"), renderer, *SEGMENTS)
    covered = kept = 0
    for one, other in zip(damaged, whole, strict=True):
        assert (one.text, one.vision_tokens) == (other.text, other.vision_tokens)
        for at in range(0, one.width, 8):
            cell, before = one.pixels[:, at : at + 8], other.pixels[:, at : at + 8]
            if (before < 255).any():
                is_kept = np.array_equal(cell, before)
                assert is_kept or (cell == 255).all()
                kept, covered = kept + is_kept, covered + (not is_kept)
    assert kept > 3 and covered > 3


def test_damage_is_the_same_in_a_replay_and_another_after_other_segments(
    policy: MemoryFactory, renderer: Renderer
) -> None:
    first = pages(policy, renderer, *SEGMENTS)
    assert [page.sha256 for page in pages(policy, renderer, *SEGMENTS)] == [page.sha256 for page in first]
    twice = pages(policy, renderer, *[SEGMENTS[0]] * 4)
    assert len({page.sha256 for page in twice}) > 1 and {page.text for page in twice} == {SEGMENTS[0]}


def test_specks_invert_a_share_of_the_pixels(monkeypatch: pytest.MonkeyPatch, renderer: Renderer) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    factory = memory_policy("noise:Noisy:harm=specks,share=0.1", trusted=True)
    (page,), (whole,) = (pages(each, renderer, "1+1=2") for each in (factory, memory_policy("optical")))
    assert 0.05 < (page.pixels != whole.pixels).mean() < 0.15
    with pytest.raises(UnknownName, match="did you mean 'share'"):
        memory_policy("noise:Noisy:shre=0.1", trusted=True)


@pytest.mark.parametrize(
    ("segments", "found"),
    [
        (["<think>\n7*10=70\n", "<think>\n70-95=-25\n", "<think>\n-25+8=-17\n</think>"], (3, 3, 0, 2, 2)),
        (["<think>\n7*10=70\n", "<think>\n79-95=-16\n</think>"], (2, 2, 0, 1, 0)),  # misread
        (["7*10=70\n70-95=-25\n", "-25+8=-17"], (2, 3, 0, 1, 1)),  # 70 is used where it stands
        (["7*10=70\n7*10=70\n", "70+8=78"], (2, 3, 1, 1, 1)),  # written twice
        (["26-25=1", "6*9=54", "54-1=53"], (3, 3, 0, 2, 2)),
        (["nothing", "</think>\n<answer>3</answer>"], (2, 0, 0, 0, 0)),
    ],
)
def test_what_was_written_and_what_of_it_a_later_segment_takes_up(
    segments: list[str], found: tuple[int, ...]
) -> None:
    said = writing.written(segments)
    assert (said.segments, said.lines, said.again, said.results, said.survived) == found
