"""A canary's line on a page, and what comes back of it."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtc_r1.memory.sizes import sized
from vtc_r1.renderers import Page, Renderer
from vtc_r1.verification.canary import code_of, compared, marked

LINES = "The sum of the first ten numbers is 55, and of the first hundred 5050.\n"


def page(profile: str, lines: int = 12) -> Page:
    return Renderer(profile).render(LINES * lines)[0]


@pytest.mark.parametrize(
    ("text", "outcomes"),
    [
        ("<think><canary>k7q4 m3x9 w2r5</canary>", ["right", "right", "right"]),
        ("<canary>K7Q4, m3x9; w2r5.</canary> more", ["right", "right", "right"]),
        ("<canary>k7q4 m3z9 w2r5</canary>", ["right", "wrong", "right"]),
        ("<canary>k7q4 w2r5</canary>", ["right", "missing", "right"]),
        ("<canary>zzzz</canary>", ["wrong", "missing", "missing"]),
        ("<canary></canary>", ["missing", "missing", "missing"]),
        ("no tag", ["missing", "missing", "missing"]),
        ("<canary>k7q4 m3x9 w2r5", ["missing", "missing", "missing"]),
        ("<canary>k7q4 extra m3x9 w2r5</canary>", ["right", "right", "right"]),
        ("<canary>m3x9 k7q4 w2r5</canary>", None),
    ],
)
def test_codes_are_compared_in_their_places(text: str, outcomes: list[str] | None) -> None:
    read = compared(["k7q4", "m3x9", "w2r5"], text)
    assert len(read) == 3
    assert read == outcomes if outcomes else "right" in read and set(read) != {"right"}


@given(
    st.lists(st.text(alphabet="23456789bcdfg", min_size=4, max_size=4), max_size=12), st.text(max_size=200)
)
def test_every_code_has_one_outcome(codes: list[str], said: str) -> None:
    assert len(compared(codes, f"<canary>{said}</canary>")) == len(codes)
    assert compared(codes, f"<canary>{' '.join(codes)}</canary>") == ["right"] * len(codes)


def test_a_code_follows_from_the_seed_and_the_page() -> None:
    one, other = page("default"), page("default", 13)
    assert code_of(one, 1) == code_of(one, 1)
    assert len({code_of(one, 1), code_of(one, 2), code_of(other, 1), code_of(one, None)}) == 4


@pytest.mark.parametrize("profile", ["default", "paper", "glyph-en", "qwen2.5-vl", "typeset", "internvl"])
@pytest.mark.parametrize("lines", [1, 3, 40, 400])
def test_the_line_adds_ink_and_covers_none(profile: str, lines: int) -> None:
    plain = page(profile, lines)
    made = marked(plain, "k7q4", Renderer(profile).profile)
    if made is None:
        assert not Renderer(profile).profile.crop
        return
    assert (made.text, made.lines is plain.lines) == (plain.text, True)
    height, width = plain.pixels.shape[:2]
    changed = np.flatnonzero(
        (made.pixels[:height, :width] != plain.pixels).reshape(height * width, -1).any(axis=1)
    )
    paper = plain.pixels[-1, -1]
    before = plain.pixels.reshape(height * width, -1)[changed]
    assert (before == paper).all(), "the line covers ink"
    # A page that is not on the grid is resized to it, and may cost less once it has grown.
    assert made.vision_tokens >= plain.vision_tokens or not Renderer(profile).profile.on_grid
    vision = Renderer(profile).profile.vision
    assert made.vision_tokens == vision.tokens(made.width, made.height)
    assert made.sha256 != plain.sha256


def test_a_page_of_fixed_size_without_room_has_none() -> None:
    fixed = Renderer(Renderer("default").profile.replace(crop=False, crop_width=False))
    inked = np.zeros((fixed.profile.height, fixed.profile.width), np.uint8)
    inked[-1, -1] = 255
    full = replace(fixed.render("x")[0], pixels=inked)
    assert marked(full, "k7q4", fixed.profile) is None


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="needs tesseract-ocr")
@pytest.mark.slow
def test_another_reader_reads_the_code() -> None:
    from vtc_r1.eval.probe.tesseract import recognise

    profile = Renderer("default").profile
    (large,) = sized(profile, 2.0).render(LINES * 3)
    made = marked(large, "k7q4", profile)
    assert made is not None
    read = recognise(made.png)
    assert "check: k7q4" in read and "5050" in read
