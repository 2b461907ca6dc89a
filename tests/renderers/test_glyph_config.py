import json
import re
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtc_r1.errors import ProfileError
from vtc_r1.renderers import Renderer
from vtc_r1.renderers.glyph_config import read_glyph_config
from vtc_r1.renderers.profile import load_profile
from vtc_r1.renderers.typeface import FONTS

FIELDS = {
    *("width", "height", "margin_x", "margin_y", "font", "font_size", "line_height", "ink", "background"),
    *("paragraph_background", "border_color", "border_width", "border_padding", "alignment", "crop"),
    *("horizontal_scale", "first_line_indent", "left_indent", "right_indent", "space_before"),
    *("space_after", "crop_width", "layout", "on_grid", "family", "latex"),
    *("crop_margin_x", "crop_margin_y", "line_breaks"),
}
VTC_R1 = {
    "page-size": "595,842",
    "dpi": 72,
    "margin-x": 10,
    "margin-y": 10,
    "font-path": "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "font-size": 9,
    "line-height": 10,
    "font-color": "#000000",
    "alignment": "LEFT",
    "horizontal-scale": 1.0,
    "first-line-indent": 0,
    "left-indent": 0,
    "right-indent": 0,
    "space-before": 0,
    "space-after": 0,
    "border-width": 0,
    "border-padding": 0,
    "page-bg-color": "#FFFFFF",
    "para-bg-color": "#FFFFFF",
    "auto-crop-width": True,
    "auto-crop-last-page": True,
}
RED_MARK = '<font color="#FF0000"> \\n </font>'

lengths = st.integers(0, 500) | st.floats(0, 500)
sides = st.integers(1, 2_000) | st.floats(1, 2_000)
positive = st.integers(1, 40) | st.floats(0.5, 40)
colours = st.from_regex(r"#[0-9A-Fa-f]{6}", fullmatch=True)
KEYS = {
    "page-size": st.tuples(sides, sides).map(list) | st.just("595,842") | st.just("612, 792.5"),
    "dpi": st.integers(30, 400) | st.floats(30, 400),
    "margin-x": lengths,
    "margin-y": lengths,
    "font-path": st.sampled_from(["DejaVuSans.ttf", "a/DejaVuSansMono.ttf", "C:\\f\\other.otf"]),
    "font-size": positive,
    "line-height": positive,
    "font-color": colours,
    "alignment": st.sampled_from(["LEFT", "CENTER", "RIGHT", "JUSTIFY"]),
    "horizontal-scale": st.floats(0.5, 2),
    "first-line-indent": st.integers(-50, 50),
    "left-indent": lengths,
    "right-indent": lengths,
    "space-before": lengths,
    "space-after": lengths,
    "border-width": lengths,
    "border-padding": lengths,
    "page-bg-color": colours,
    "para-bg-color": colours,
    "para-border-color": colours,
    "auto-crop-width": st.booleans(),
    "auto-crop-last-page": st.booleans(),
    "newline-markup": st.sampled_from(["<br/>", "<br />", RED_MARK, " | "]),
}


def read(**changes):
    return read_glyph_config(
        json.dumps({name.replace("_", "-"): v for name, v in changes.items()}), "it.json"
    )


def refused(text):
    with pytest.raises(ProfileError) as caught:
        read_glyph_config(text, "it.json")
    message = str(caught.value)
    assert message.startswith("it.json: ")
    assert "\n" not in message
    return message


def test_the_evaluation_pages_of_vtc_r1():
    assert read_glyph_config(json.dumps(VTC_R1), "it.json") == {
        "family": "glm-4.1v",
        "on_grid": False,
        "latex": "source",
        "layout": "lines",
        "width": 595,
        "height": 842,
        "margin_x": 16,
        "margin_y": 16,
        "font": "DejaVuSans",
        "font_size": 9.0,
        "line_height": 10,
        "ink": "#000000",
        "background": "#ffffff",
        "paragraph_background": None,
        "border_color": None,
        "border_width": 0.0,
        "border_padding": 0.0,
        "alignment": "left",
        "horizontal_scale": 1.0,
        "first_line_indent": 0.0,
        "left_indent": 0.0,
        "right_indent": 0.0,
        "space_before": 0.0,
        "space_after": 0.0,
        "crop": True,
        "crop_width": True,
        "crop_margin_x": 10,
        "crop_margin_y": 9,
        "line_breaks": "blanks",
        "baseline": 9,
    }


def test_an_empty_object_means_the_defaults():
    fields = read()
    assert set(fields) == FIELDS | {"baseline"}
    assert (fields["width"], fields["height"]) == (596, 842)
    assert (fields["margin_x"], fields["margin_y"]) == (26, 26)
    assert (fields["font"], fields["font_size"], fields["line_height"]) == ("DejaVuSans", 9.0, 10)
    assert (fields["ink"], fields["background"]) == ("#000000", "#ffffff")
    assert (fields["alignment"], fields["layout"]) == ("justify", "lines")
    assert (fields["crop"], fields["crop_width"]) == (False, False)


@given(config=st.fixed_dictionaries({}, optional=KEYS))
def test_any_subset_of_keys_loads_and_says_what_it_asks_for(config):
    fields = read_glyph_config(json.dumps(config), "it.json")
    marks = {"newline_mark", "newline_ink"} if fields["layout"] == "reflow" else set()
    rows = {"baseline"} if fields["font"] in FONTS else set()
    assert set(fields) == FIELDS | marks | rows
    scale = config.get("dpi", 72) / 72
    size = config.get("font-size", 9)
    assert fields["font_size"] == pytest.approx(size * scale)
    assert fields["line_height"] == pytest.approx(config.get("line-height", size + 1) * scale)
    across = scale * config.get("horizontal-scale", 1)
    for side, factor in (("x", across), ("y", scale)):
        margin = (config.get(f"margin-{side}", 20) + 6) * factor
        assert abs(fields[f"margin_{side}"] - margin) <= 0.5 + 1e-6
    for key in ("left-indent", "right-indent", "first-line-indent"):
        assert fields[key.replace("-", "_")] == pytest.approx(config.get(key, 0) * across)
    for key in ("space-before", "space-after"):
        assert fields[key.replace("-", "_")] == pytest.approx(config.get(key, 0) * scale)
    assert fields["ink"] == config.get("font-color", "#000000").lower()
    assert fields["background"] == config.get("page-bg-color", "#FFFFFF").lower()
    shown = fields["paragraph_background"] or fields["background"]
    assert shown == config.get("para-bg-color", "#FFFFFF").lower()
    assert (fields["border_color"] is None) == (not config.get("border-width"))
    assert all(type(fields[name]) is int for name in ("width", "height", "margin_x", "crop_margin_x"))


@given(key=st.text().filter(lambda key: key not in KEYS and not re.search("[\ud800-\udfff]", key)))
def test_any_unknown_key_is_refused_by_name(key):
    assert f"unknown key {key!r}" in refused(json.dumps({**VTC_R1, key: 1}))


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("font-sise", "font-size"),
        ("page_size", "page-size"),
        ("auto-crop", "auto-crop-width"),
        ("DPI", "dpi"),
    ],
)
def test_an_unknown_key_suggests_the_nearest(key, nearest):
    message = refused(json.dumps({key: 1}))
    assert f"{key!r}" in message
    assert nearest in message


def test_the_suggestion_is_one_key():
    assert "did you mean 'line-height'?" in refused('{"lineheight": 10}')


@pytest.mark.parametrize(
    ("size", "dpi", "picture"),
    [
        ("595.2755905511812,841.8897637795277", 150, (1_241, 1_754)),
        ("595.2755905511812,841.8897637795277", 200, (1_654, 2_339)),
        ([595, 842], 72, (595, 842)),
        ([612, 792], 300, (2_550, 3_300)),
        ("595, 842", 96, (794, 1_123)),
    ],
)
def test_the_page_is_the_picture_that_poppler_makes(size, dpi, picture):
    fields = read(page_size=size, dpi=dpi)
    assert (fields["width"], fields["height"]) == picture


def test_lengths_are_points():
    fields = read(dpi=144, margin_x=10, font_size=8, border_width=1.5, para_border_color="#AA00BB")
    assert (fields["margin_x"], fields["margin_y"]) == (32, 52)
    assert (fields["font_size"], fields["line_height"]) == (16.0, 18)
    assert (fields["border_width"], fields["border_color"]) == (3.0, "#aa00bb")


@pytest.mark.parametrize(
    ("path", "font"),
    [
        ("/usr/share/fonts/DejaVuSans.ttf", "DejaVuSans"),
        ("../config/DejaVuSansMono.ttf", "DejaVuSansMono"),
        ("C:\\Fonts\\DejaVuSans.ttf", "DejaVuSans"),
        ("../config/Verdana.ttf", "../config/Verdana.ttf"),
        ("fonts/DejaVuSans-Bold.ttf", "fonts/DejaVuSans-Bold.ttf"),
    ],
)
def test_a_shipped_font_is_taken_by_name(path, font):
    assert read(font_path=path)["font"] == font


@pytest.mark.parametrize(
    ("markup", "mark", "ink"),
    [
        (RED_MARK, " \\n ", "#ff0000"),
        ("<font color='#00ff00'>¶</font>", "¶", "#00ff00"),
        ('<FONT COLOR="#FF0000">&lt;br&gt;</FONT>', "<br>", "#ff0000"),
        (" \\n ", " \\n ", None),
        ("&amp;", "&", None),
    ],
)
def test_a_mark_means_reflow(markup, mark, ink):
    fields = read(newline_markup=markup)
    assert (fields["layout"], fields["newline_mark"], fields["newline_ink"]) == ("reflow", mark, ink)


@pytest.mark.parametrize("markup", ["<br/>", "<br>", "<br />", "<BR/>"])
def test_a_break_means_lines(markup):
    fields = read(newline_markup=markup)
    assert fields["layout"] == "lines"
    assert "newline_mark" not in fields


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("page-size", "595", 'as "595,842"'),
        ("page-size", "wide,high", 'as "595,842"'),
        ("page-size", [1, 2, 3], 'as "595,842"'),
        ("page-size", 595, 'as "595,842"'),
        ("page-size", [0, 842], "greater than 0"),
        ("page-size", ["595", 842], "valid number"),
        ("dpi", 0, "greater than 0"),
        ("dpi", True, "valid number"),
        ("dpi", float("nan"), "finite"),
        ("font-size", "nine", "valid number"),
        ("line-height", -1, "greater than 0"),
        ("margin-x", -1, "greater than or equal to 0"),
        ("left-indent", float("inf"), "finite"),
        ("alignment", "MIDDLE", "'LEFT', 'CENTER', 'RIGHT' or 'JUSTIFY'"),
        ("font-color", "red", '"#rrggbb"'),
        ("font-color", "#12345", '"#rrggbb"'),
        ("page-bg-color", "#12345G", '"#rrggbb"'),
        ("para-border-color", None, "valid string"),
        ("auto-crop-width", 1, "valid boolean"),
        ("font-path", 3, "valid string"),
        ("font-path", "", "at least 1 character"),
        ("newline-markup", 3, '"<br/>" or a mark'),
        ("newline-markup", "", '"<br/>" or a mark'),
        ("newline-markup", "&nbsp;", '"<br/>" or a mark'),
        ("newline-markup", "<b>x</b>", '"<br/>" or a mark'),
        ("newline-markup", '<font color="red">x</font>', '"<br/>" or a mark'),
        ("newline-markup", '<font color="#FF0000"> \n </font>', '"<br/>" or a mark'),
        ("newline-markup", RED_MARK + "<br/>", '"<br/>" or a mark'),
    ],
)
def test_a_bad_value_names_key_value_and_remedy(key, value, said):
    message = refused(json.dumps({**VTC_R1, key: value}))
    named = [value, *value] if isinstance(value, list) else [value]
    assert any(f"{key} is {one!r}: " in message for one in named)
    assert said in message


@pytest.mark.parametrize("text", ["", "{", "page-size: 595", "[]", "3", "null", '"{}"', "[" * 5_000])
def test_what_is_no_json_object_is_refused(text):
    assert "is not a JSON object" in refused(text)


def test_the_horizontal_scale_squeezes_the_page():
    fields = read(horizontal_scale=0.8, page_size="595,842", left_indent=10)
    assert (fields["width"], fields["height"], fields["left_indent"]) == (476, 842, 8)


def test_a_font_may_lie_beside_the_configuration(tmp_path, monkeypatch):
    font = resources.files("vtc_r1.renderers") / "fonts" / "DejaVuSansMono.ttf"
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "Other.ttf").write_bytes(font.read_bytes())
    (tmp_path / "given" / "glyph.json").write_text('{"font-path": "Other.ttf"}')
    monkeypatch.chdir(tmp_path)
    profile = load_profile("given/glyph.json")
    assert Renderer(profile).render("a page")
    assert profile.font == str(Path("given") / "Other.ttf")
