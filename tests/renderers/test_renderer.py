import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given

from tests.many_examples import many_examples
from tests.renderers.texts import LINES, NANO, PROFILES, SOURCE, anything
from vtc_r1.errors import UnknownName
from vtc_r1.renderers import Profile, Renderer, load_profile

NARROW = Profile(name="narrow", family="nano", width=32, height=4096, margin_x=0, margin_y=0, layout="lines")
PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
NANO_PAGES = [
    "176683ec5f5998c5ac1808193c7f9e2e85f3aa2992ae5a3204d413c0d589a503",
    "06c6bc7b06718b76f6274b94e52fe751890f86c49214a6c4ba2f42942bea5126",
    "b02d0d998a854b7b7e5307482d80ddd0093e85196a6287475bd7217b5a76ae1c",
    "d8f719aeb742fb216315eaa77928051829d932775d21eb3607d5fd610b419cde",
    "333142bd611a3c1843315ac5d682a3d22829f7b785fea788b7f13cf604ec71dc",
    "2cc0c08f5ea640867fb8b09cd84751399f74c5ad8b1a3f60b41cc9393cb31d66",
    "fd7eb51d83f13582329c028ba660e2009bc9abca2ad24ec0a417221a81861906",
]

each_profile = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)


@each_profile
@many_examples(60)
@given(text=anything)
def test_page_slices_join_to_the_input(profile, text):
    assert "".join(page.text for page in Renderer(profile).render(text)) == text


@each_profile
@many_examples(20)
@given(text=anything)
def test_same_text_gives_the_same_pages(profile, text):
    first, second = ([page.sha256 for page in Renderer(profile).render(text)] for _ in range(2))
    assert first == second


@pytest.mark.parametrize("profile", [SOURCE, LINES, NANO], ids=["source", "lines", "nano"])
@many_examples(20)
@given(text=anything)
def test_missing_glyphs_are_counted_on_the_page_that_carries_them(profile, text):
    for page in Renderer(profile).render(text):
        alone = Renderer(profile).render(page.text)
        assert page.missing_glyphs == sum(part.missing_glyphs for part in alone)


@each_profile
def test_empty_text_gives_no_page(profile):
    assert Renderer(profile).render("") == []


@pytest.mark.parametrize("text", [" ", "\n", "\t\n \n"])
@pytest.mark.parametrize("name", ["default", "nano"])
def test_blank_text_still_has_a_page(name, text):
    pages = Renderer(name).render(text)
    assert pages and "".join(page.text for page in pages) == text


def test_text_that_differs_in_one_digit_gives_another_page():
    one, other = (Renderer("nano").render(text)[0] for text in ("17+4=21", "11+4=21"))
    assert one.sha256 != other.sha256


def test_long_text_fills_pages_and_crops_only_the_last():
    profile = load_profile("default")
    pages = Renderer(profile).render("one two three 4 " * 3000)
    assert len(pages) > 2
    assert {page.height for page in pages[:-1]} == {profile.height}
    assert {page.width for page in pages} == {profile.width}


@pytest.mark.parametrize("lines", range(1, 90))
def test_last_page_stays_on_the_grid_and_over_the_least_area(lines):
    vision = LINES.vision
    page = Renderer(LINES).render("x\n" * lines)[-1]
    assert page.height % vision.grid == 0
    assert page.width * page.height >= vision.min_pixels
    assert vision.resized(page.width, page.height) == (page.width, page.height)
    assert page.vision_tokens == page.width * page.height // vision.grid**2


def test_last_page_holds_every_line_that_it_carries():
    wide = LINES.replace(crop_width=False)
    cut, full = Renderer(wide), Renderer(wide.replace(crop=False))
    for lines in range(1, LINES.lines_per_page + 1):
        cropped, whole = (each.render("gÅ\n" * lines)[0].pixels for each in (cut, full))
        assert (whole[len(cropped) :] == 255).all()
        assert np.array_equal(cropped, whole[: len(cropped)])


def test_a_fuller_page_costs_more():
    short, long = (Renderer("default").render("word " * words)[0] for words in (10, 1000))
    assert short.vision_tokens < long.vision_tokens


def test_nano_pages_never_change():
    pages = Renderer("nano").render(PRINTABLE)
    assert "".join(page.text for page in pages) == PRINTABLE
    assert [page.sha256 for page in pages] == NANO_PAGES


def test_default_page_is_the_same_on_every_machine():
    page = Renderer("default").render(PRINTABLE)[0]
    assert page.sha256 == "17f50b3b8a822e23a0fd5d4f0df1a24f47b9c407e86560a26bc8125fefdbf12a"


def test_margins_move_the_text():
    close, apart = (
        Renderer(Profile(name="margin", margin_x=margin, margin_y=margin)).render("1 + 1 = 2")[0].pixels
        for margin in (0, 20)
    )
    assert (apart[:20] == 255).all()
    assert (apart[:, :20] == 255).all()
    assert np.array_equal(apart[20:40, 20:220], close[:20, :200])


def test_nano_page_has_two_characters_in_a_patch():
    (page,) = Renderer("nano").render("0" * 16)
    rows = page.pixels.reshape(2, 16, 16, 8)
    cells = rows[0].swapaxes(0, 1).reshape(16, -1)
    assert page.vision_tokens == 4
    assert (cells == cells[0]).all()
    assert (cells[0] < 255).any()
    assert (rows[1] == 255).all()


@pytest.mark.parametrize("name", ["default", "nano"])
def test_missing_glyphs_are_counted_and_drawn(name):
    pages = Renderer(name).render("a\U00010000\x00b\ud800")
    without = Renderer(name).render("ab")[0]
    assert sum(page.missing_glyphs for page in pages) == 3
    ink = sum(np.count_nonzero(page.pixels < 255) for page in pages)
    assert ink > np.count_nonzero(without.pixels < 255)


@pytest.mark.parametrize("invisible", "\u200b\u200d\ufeff\u202e\u2028\u3164\ufe0f\x07")
def test_what_shows_nothing_is_drawn_as_an_escape(invisible):
    page = Renderer("default").render(f"a{invisible}b")[0]
    assert page.drawn == f"a⟨U+{ord(invisible):04X}⟩b"
    assert page.missing_glyphs == 1


def test_known_glyphs_are_not_missing():
    text = PRINTABLE + "\n\tαβγ∑√≤∞é⟨⟩↵"
    assert sum(page.missing_glyphs for page in Renderer("default").render(text)) == 0


def test_two_missing_characters_look_different():
    one, other = (Renderer("default").render(text)[0] for text in "😀😁")
    assert one.sha256 != other.sha256


def test_blank_page_keeps_size_and_cost_only():
    page = Renderer("default").render("1 + 1 = 2 😀")[0]
    blank = page.blank()
    assert (blank.width, blank.height, blank.vision_tokens) == (page.width, page.height, page.vision_tokens)
    assert (blank.pixels == 255).all()
    assert (blank.text, blank.missing_glyphs) == ("", 0)


def test_hash_tells_geometry_apart():
    page = Renderer("nano").render(" ")[0]
    other = Renderer(NARROW.model_copy(update={"height": 128, "crop": False})).render(" ")[0]
    assert page.pixels.tobytes() == other.pixels.tobytes()
    assert page.sha256 != other.sha256


@pytest.mark.process
def test_shipped_profiles_rasterise_nothing():
    code = (
        "import sys\n"
        "from vtc_r1.renderers import Renderer, profile_names\n"
        "for name in profile_names():\n"
        "    assert Renderer(name).render('1 + 1 = 2')[0].png\n"
        "print(*(name for name in ('PIL', 'vtc_r1.renderers.rasterise') if name in sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_font_size_without_shipped_atlas_is_drawn():
    profile = Profile(name="small", font="DejaVuSansMono", font_size=8)
    page = Renderer(profile).render("1 + 1 = 2")[0]
    assert (page.pixels < 128).any()


def test_unknown_profile_suggests_the_nearest():
    with pytest.raises(UnknownName, match=r"'defualt'.*did you mean 'default'"):
        Renderer("defualt")


def test_one_million_characters_in_one_line():
    text = "x = 12345 " * 100_000
    pages = Renderer("default").render(text)
    assert "".join(page.text for page in pages) == text
    assert 50 < len(pages) < 150


def test_one_million_characters_without_a_blank():
    text = "7" * 1_000_000
    pages = Renderer("default").render(text)
    assert "".join(page.text for page in pages) == text
    assert 50 < len(pages) < 150


def test_a_hundred_thousand_newlines_packed_as_marks():
    pages = Renderer("default").render("\n" * 100_000)
    assert sum(len(page.text) for page in pages) == 100_000
    assert len(pages) < 20


def test_a_hundred_thousand_newlines_as_lines():
    pages = Renderer(NARROW).render("\n" * 100_000)
    assert len(pages) == -(-100_000 // NARROW.lines_per_page)
    assert all(len(page.text) == NARROW.lines_per_page for page in pages[:-1])


def test_colours_are_those_of_the_profile():
    profile = SOURCE.replace(ink="#204060", background="#fffff0", newline_ink="#ff0000")
    pixels = Renderer(profile).render("███\nWWW")[0].pixels
    assert pixels.shape[2] == 3
    assert (pixels[-1, -1] == (255, 255, 240)).all()
    assert (pixels.reshape(-1, 3) == (32, 64, 96)).all(axis=1).any()
    red = (pixels[:, :, 0] > 240) & (pixels[:, :, 1] < 200)
    assert red.any()
    assert not red[:, :20].any()


def test_dark_pages_are_the_light_ones_turned_over():
    dark = SOURCE.replace(ink="#ffffff", background="#000000")
    light, turned = (
        Renderer(profile).render("1 + 1 = 2\nso")[0].pixels
        for profile in (SOURCE.replace(newline_ink=None), dark.replace(newline_ink=None))
    )
    assert np.abs(light.astype(int) - (255 - turned.astype(int))).max() <= 1


def test_grey_marks_change_nothing_but_the_marks():
    plain, grey = (
        Renderer(SOURCE.replace(newline_ink=ink)).render("one\ntwo")[0].pixels for ink in (None, "#b0b0b0")
    )
    assert (plain[:, :20] == grey[:, :20]).all()
    assert (grey >= plain).all()
    assert plain.min() == 0


def test_paragraphs_have_their_box():
    profile = LINES.replace(
        paragraph_background="#eeeeee", border_color="#ff0000", border_width=1, space_after=8
    )
    pixels = Renderer(profile).render("one\ntwo")[0].pixels
    assert (pixels[profile.margin_y + 1, -8] == 238).all()
    assert (pixels[profile.margin_y - 1, 100] == (255, 0, 0)).all()
    assert (pixels[-1, 100] == 255).all()


def test_the_page_of_the_paper_has_the_geometry_of_its_peers():
    """81 lines: a frame of 842 - 2·10 - 2·6 points; a cut leaves 10 px right of the ink and 9 below."""
    pages = Renderer("paper").render("x = 1\n" * 100)
    assert [page.text.count("\n") for page in pages] == [81, 19]
    assert pages[0].height == 842
    for page, rows in zip(pages, (842, None), strict=True):
        inked = np.argwhere(page.pixels < 255)
        bottom, right = inked.max(axis=0)
        assert page.width == right + 1 + 10
        assert page.height == (rows or bottom + 1 + 9)


@pytest.mark.parametrize(
    ("name", "side", "tokens"),
    [("tiny", 512, 64), ("small", 640, 100), ("base", 1024, 256), ("large", 1280, 400)],
)
def test_the_modes_of_deepseek_are_square_and_cost_what_they_cost(name, side, tokens):
    for text in ("short", "word " * 400, "word " * 20_000):
        for page in Renderer(f"deepseek-{name}").render(text):
            assert (page.width, page.height, page.vision_tokens) == (side, side, tokens)


def test_gundam_pages_are_tiled():
    assert [page.vision_tokens for page in Renderer("deepseek-gundam").render("word " * 900)] == [856]


@pytest.mark.parametrize("display", ["inline", "centred"])
def test_formulas_are_drawn_and_their_source_is_carried(display):
    pytest.importorskip("matplotlib", reason="the extra `typeset` is not installed")
    profile = load_profile("typeset").replace(display=display)
    text = r"so $\frac{a+b}{2}$ and $$\sum_{i=1}^n i^2$$ hold, $\unknown{x}$ too." * 40
    pages = Renderer(profile).render(text)
    assert "".join(page.text for page in pages) == text
    assert "\ufffc" in pages[0].drawn and "frac" not in pages[0].drawn
    assert r"\unknown{x}" in pages[0].drawn
    linear = Renderer(profile.replace(latex="linear")).render(text)
    assert sum(page.vision_tokens for page in pages) > sum(page.vision_tokens for page in linear)


def test_more_different_formulas_than_there_are_points_for_stay_linear(monkeypatch):
    pytest.importorskip("matplotlib", reason="the extra `typeset` is not installed")
    monkeypatch.setattr("vtc_r1.renderers.mathematics.PICTURES", 2)
    pages = Renderer("typeset", cache=None).render(r"$\frac{1}{2}$ $\frac{1}{3}$ $\frac{1}{4}$ $\frac{1}{2}$")
    drawn = "".join(page.drawn for page in pages)
    assert drawn.count("\ufffc") == 3 and "4" in drawn and "2" not in drawn
