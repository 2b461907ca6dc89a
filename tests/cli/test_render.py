"""`vtc-r1 render`: text to pages."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.command import vtc
from vtc_r1.renderers import Renderer

pytestmark = pytest.mark.process

TEXT = "Let x = 7.\nThen 6x = 42, so the sum is 49.\n" * 30
FIELDS = (
    "pages chars text_tokens text_tokens_estimated text_tokens_are vision_tokens compression_ratio profile "
    "missing_glyphs warnings"
)


def test_json_says_what_was_drawn(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text(TEXT, encoding="utf-8")
    done = vtc("render", "notes.md", "--out", "pages", "--json", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    result = json.loads(done.out)
    assert set(result) == set(FIELDS.split())
    assert (result["chars"], result["profile"], result["missing_glyphs"]) == (len(TEXT), "default", 0)
    assert result["text_tokens_estimated"] is True
    assert re.fullmatch(r"estimated at \d\.\d characters a token", result["text_tokens_are"])
    assert result["vision_tokens"] == sum(page["vision_tokens"] for page in result["pages"])
    assert result["compression_ratio"] == round(result["text_tokens"] / result["vision_tokens"], 2)
    expected = Renderer("default").render(TEXT)
    for record, page in zip(result["pages"], expected, strict=True):
        assert set(record) == {"path", "width", "height", "vision_tokens"}
        with Image.open(tmp_path / record["path"]) as picture:
            assert picture.size == (record["width"], record["height"])
            assert np.array_equal(np.asarray(picture.convert("L")), page.pixels)


def test_standard_input_another_profile_and_plain_output(tmp_path: Path) -> None:
    done = vtc("render", "-", "--out", "pages", "--profile", "nano", cwd=tmp_path, stdin="12+30=42\n")
    assert (done.code, done.err) == (0, "")
    assert "page-0001.png" in done.out and "9 characters" in done.out
    assert (tmp_path / "pages" / "page-0001.png").read_bytes().startswith(b"\x89PNG")


def test_empty_text_gives_no_page(tmp_path: Path) -> None:
    done = vtc("render", "-", "--out", "pages", "--json", cwd=tmp_path)
    result = json.loads(done.out)
    assert (done.code, result["pages"], result["compression_ratio"]) == (0, [], None)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["absent.md", "--out", "pages"], 2, "absent.md: cannot be read"),
        (["binary", "--out", "pages"], 2, "is not UTF-8"),
        (["notes.md", "--out", "pages", "--profile", "defualt"], 2, "did you mean 'default'?"),
        (["notes.md", "--out", "binary"], 1, "cannot be written"),
    ],
)
def test_bad_input_is_one_line(tmp_path: Path, words: list[str], code: int, says: str) -> None:
    (tmp_path / "notes.md").write_text(TEXT, encoding="utf-8")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    done = vtc("render", *words, cwd=tmp_path)
    assert done.code == code
    assert says in done.error


def test_settings_change_the_profile(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text(TEXT, encoding="utf-8")
    words = [
        "render",
        "notes.md",
        "--out",
        "pages",
        "--json",
        "--set",
        "layout=lines",
        "--set",
        "ink=#ff0000",
    ]
    done = vtc(*words, cwd=tmp_path)
    result = json.loads(done.out)
    assert done.code == 0
    with Image.open(tmp_path / result["pages"][0]["path"]) as picture:
        assert picture.mode == "RGB"


def test_a_glyph_configuration_is_a_profile(tmp_path: Path) -> None:
    (tmp_path / "config_en.json").write_text(
        '{"page-size": "595,842", "auto-crop-width": true}', encoding="utf-8"
    )
    done = vtc(
        "render", "-", "--out", "pages", "--json", "--profile", "config_en.json", cwd=tmp_path, stdin="x = 1"
    )
    result = json.loads(done.out)
    assert (result["profile"], result["pages"][0]["height"]) == ("config_en", 842)


def test_variants_stand_on_one_sheet(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text(TEXT, encoding="utf-8")
    words = [
        "render",
        "notes.md",
        "--out",
        "sheet",
        "--compare",
        "paper,lines, reflow+source ,columns=2",
        "--json",
    ]
    done = vtc(*words, cwd=tmp_path)
    result = json.loads(done.out)
    assert done.code == 0
    assert [one["name"] for one in result["variants"]] == ["paper", "lines", "reflow+source", "columns=2"]
    assert result["variants"][2]["vision_tokens"] < result["variants"][1]["vision_tokens"]
    with Image.open(tmp_path / result["sheet"]) as picture:
        assert picture.width > 4 * 400


def test_missing_glyphs_are_said(tmp_path: Path) -> None:
    done = vtc("render", "-", "--out", "pages", cwd=tmp_path, stdin="a \x00 b")
    assert done.code == 0
    assert "1 character stands there as escapes" in done.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--set", "colums=2"], "did you mean 'columns'"),
        (["--set", "columns"], "write key=value"),
        (["--set", "width=100"], "off the 32-px grid"),
        (["--set", "height=32", "--set", "margin_y=16"], "too small for one line"),
        (["--set", "font=absent.ttf"], "absent.ttf"),
        (["--set", "font=notes.ttf"], "notes.ttf"),
        (["--set", "ink=red"], "ink"),
        (["--compare", "paper,linse"], "did you mean 'lines'"),
        (["--compare", ","], "names no variant"),
        (["--profile", "bad.json"], "unknown key 'font-sise'"),
    ],
)
def test_bad_settings_are_one_line(tmp_path: Path, words: list[str], says: str) -> None:
    (tmp_path / "notes.md").write_text(TEXT, encoding="utf-8")
    (tmp_path / "notes.ttf").write_text("no font", encoding="utf-8")
    (tmp_path / "bad.json").write_text('{"font-sise": 9}', encoding="utf-8")
    done = vtc("render", "notes.md", "--out", "pages", *words, cwd=tmp_path)
    assert done.code == 2
    assert says in done.error
    assert not (tmp_path / "pages").exists()
