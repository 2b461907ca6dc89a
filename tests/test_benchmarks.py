import argparse
import importlib
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from vtc_r1.eval.probe.misreads import compare
from vtc_r1.eval.probe.tesseract import recognise
from vtc_r1.extras import remedy
from vtc_r1.tokens import TokenCounter

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(ROOT / "benchmarks")
    bootstrap, corpus, legibility, needs, pipelines, variants = (
        importlib.import_module(name)
        for name in ("bootstrap", "corpus", "legibility", "needs", "pipelines", "variants")
    )

needs_poppler = pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="poppler-utils is not installed")
needs_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")


@pytest.fixture
def data(tmp_path):
    figure = "[asy]\ndraw((0,0)--(1,1));\n[/asy]"
    rows = [
        {
            "problem": f"Ann has {n} apples and gives two away. How many of the apples are left? $x={n}$.",
            "solution": f"Step {n}.\n\n{figure}\n\nSo \\frac{{{n}}}{{2}} is left. " * 5,
        }
        for n in (*range(40), 0)
    ]
    path = tmp_path / "data.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return path


def run(script, *arguments):
    return subprocess.run(
        [sys.executable, ROOT / "benchmarks" / script, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@given(st.text(max_size=300), st.integers(1, 20), st.integers(0, 12))
def test_segments_are_consecutive_and_of_so_many_tokens(text, tokens, most):
    counter = TokenCounter(rate=3.2)
    found = corpus.segments(text, tokens, most, counter)
    assert text.startswith("".join(found))
    assert all(abs(len(segment) - tokens * 3.2) <= 3.2 for segment in found)
    assert len(found) == min(most, counter.count(text) // tokens)


def test_data_is_read_once_a_text_and_without_figures(data):
    found = corpus.load(data)
    assert len(found.problems) == len(found.solutions) == 40
    assert "asy" not in found.mathematics
    assert "draw" not in found.mathematics
    assert found.mathematics.startswith("Step 0.\n\nSo \\frac{0}{2} is left.")


def test_segments_of_data_do_not_repeat(data):
    found = corpus.segments(corpus.load(data).mathematics, 64, 20)
    assert len(set(found)) == len(found) == 20


def test_prose_is_whole_sentences_without_formulas(data):
    prose = corpus.load(data).prose
    assert "Ann has 7 apples and gives two away." in prose
    assert prose.count("How many of the apples are left?") == 1
    assert not set(prose) & set("$\\{}_^")


@pytest.mark.parametrize("text", ["not json", '{"problem": "only"}', '{"problem": 1, "solution": 2}', "[]"])
def test_data_of_another_shape_is_refused(tmp_path, text):
    (tmp_path / "data.jsonl").write_text(text, "utf-8")
    with pytest.raises(argparse.ArgumentTypeError, match="problem"):
        corpus.load(tmp_path / "data.jsonl")


def test_what_is_absent_is_named_with_its_package():
    needs.require(["json"], {})
    with pytest.raises(argparse.ArgumentTypeError, match=re.escape(f"no_such_module: {remedy('bench')}")):
        needs.require(["json", "no_such_module"], {})
    with pytest.raises(argparse.ArgumentTypeError, match="no-such-program: apt install its-package"):
        needs.require([], {"no-such-program": "its-package"})


def test_absent_data_says_how_to_give_it(tmp_path):
    with pytest.raises(argparse.ArgumentTypeError, match="--data FILE"):
        corpus.load(tmp_path / "none.jsonl")


@pytest.mark.process
@pytest.mark.parametrize("script", ["render.py", "legibility.py"])
def test_bad_usage_is_a_line_and_no_traceback(script):
    done = run(script, "--profiles", "none such")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("make", [corpus.digits, corpus.strings])
def test_random_text_is_long_enough_and_grows_at_its_end(make):
    assert len(make(5000)) == 5000
    assert make(5000).startswith(make(700))
    assert make(700, seed=1) != make(700)


def test_digits_are_digits_and_strings_hold_uuids():
    assert set(corpus.digits(5000)) == set("0123456789 ")
    assert re.search(r" [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12} ", corpus.strings(500))


@given(st.lists(st.tuples(st.floats(1, 10), st.floats(1, 10)), min_size=2, max_size=8))
@pytest.mark.slow
def test_the_interval_holds_ratios_that_can_be_drawn(rows):
    measured = np.array(rows)
    low, high = bootstrap.interval(measured, bootstrap.ratio_of_medians)
    each = measured[:, 0] / measured[:, 1]
    assert min(each) - 1e-9 <= low <= high <= max(each) + 1e-9


def test_the_interval_of_a_constant_ratio_is_a_point():
    measured = np.array([[2.0, 1.0], [6.0, 3.0], [10.0, 5.0]])
    assert bootstrap.interval(measured, bootstrap.ratio_of_medians) == (2, 2)
    assert bootstrap.ratio_of_medians(measured) == 2


def test_profiles_with_changes():
    plain, changed = variants.parse_profiles("default,default:layout=lines,font_size=8", "line_height=12")
    assert (plain.layout, plain.line_height) == ("reflow", 12)
    assert (changed.layout, changed.font_size, changed.line_height) == ("lines", 8, 12)
    assert changed.name == "default:layout=lines,font_size=8,line_height=12"
    assert "nano" not in [profile.name for profile in variants.parse_profiles(None)]


@pytest.mark.parametrize(
    "listed",
    [
        "no such",
        "default:colour=red",
        "default:font_size=x",
        "default:font_size",
        "font_size=8",
        ":font_size=8",
    ],
)
def test_bad_profiles_are_refused_in_a_line(listed):
    with pytest.raises(argparse.ArgumentTypeError):
        variants.parse_profiles(listed)


@needs_poppler
def test_baseline_pages_have_the_geometry_of_the_paper():
    pytest.importorskip("reportlab", reason="the extra `bench` is not installed")
    pytest.importorskip("pdf2image", reason="the extra `bench` is not installed")
    sizes = [page.size for page in pipelines.baseline("\n".join(["a short line"] * 200))]
    assert len(sizes) == 3
    assert [height for _, height in sizes[:2]] == [842, 842]
    assert 300 < sizes[2][1] < 500
    assert all(width < 120 for width, _ in sizes)
    wide = pipelines.baseline("word " * 4000)
    assert 560 < wide[0].size[0] <= 595


@pytest.mark.process
@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not installed")
def test_baseline_keeps_markup_and_spaces_as_they_are():
    pytest.importorskip("reportlab", reason="the extra `bench` is not installed")
    text = "1 < 2 & <b>x</b>\n\nleft    right\n$\\frac{1}{2}$"
    done = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pipelines._pdf(text), capture_output=True, check=True
    )
    lines = [" ".join(line.split()) for line in done.stdout.decode().splitlines() if line.strip()]
    assert lines == ["1 < 2 & <b>x</b>", "left right", "$\\frac{1}{2}$"]


@needs_poppler
def test_baseline_keeps_runs_of_spaces():
    pytest.importorskip("reportlab", reason="the extra `bench` is not installed")
    pytest.importorskip("pdf2image", reason="the extra `bench` is not installed")
    one, many = (pipelines.baseline(f"left{' ' * spaces}right")[0].size[0] for spaces in (1, 21))
    assert many - one == pytest.approx(20 * pipelines._width(" "), abs=10)


@given(st.lists(st.text("abcM ", max_size=400), max_size=5).map("".join))
def test_pillow_wraps_without_loss_and_within_the_margins(line):
    lines = pipelines._wrapped(line, pipelines._width)
    limit = pipelines.PILLOW_WIDTH - 2 * pipelines.PILLOW_MARGIN
    assert "".join("".join(lines).split()) == "".join(line.split())
    assert all(pipelines._width(part) <= limit + 1 for part in lines if part.strip())


def test_pillow_fills_pages_and_crops_the_last():
    sizes = [page.size for page in pipelines.pillow("\n".join("abc" for _ in range(100)))]
    assert sizes == [(672, 896), (672, 8 + 12 * 10)]


def test_pages_are_full_where_the_text_lasts():
    profile = variants.parse_profiles("default:width=256,height=256")[0]
    pages = legibility.full_pages(profile, corpus.digits, 3)
    assert [page.height for page in pages] == [256] * 3
    pages = legibility.full_pages(profile, lambda characters: "short"[:characters], 3)
    assert [page.text for page in pages] == ["short"]


@needs_tesseract
def test_tesseract_reads_large_text():
    pytest.importorskip("rapidfuzz", reason="the extra `bench` is not installed")
    line = "The quick brown fox counts 1729 sheep"
    image = Image.new("L", (640, 60), 255)
    ImageDraw.Draw(image).text((20, 16), line, 0, ImageFont.truetype(pipelines.FONT, 24))
    assert compare(line, recognise(pipelines._png(image))).edits == 0


@needs_tesseract
@pytest.mark.process
def test_legibility_of_a_small_page(tmp_path):
    pytest.importorskip("rapidfuzz", reason="the extra `bench` is not installed")
    pytest.importorskip("matplotlib", reason="the extra `bench` is not installed")
    change = "width=256,height=256,font_size=14,line_height=18"
    asked = ["--kinds", "digits", "--set", change, "--profiles", "default"]
    done = run("legibility.py", "--quick", "--json", "--out", tmp_path, *asked)
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)["rows"]
    assert (row["kind"], row["pages"], row["error_interval"]) == ("digits", 1, None)
    assert row["known_error"] == row["error"] < 0.2
    assert row["compression_ratio"] == pytest.approx(row["characters"] / 64 / 1.2)
    assert (tmp_path / "legibility.png").stat().st_size > 1000
    assert json.loads((tmp_path / "legibility.json").read_text("utf-8")) == json.loads(done.stdout)


@needs_poppler
@pytest.mark.process
def test_render_measures_every_pipeline_on_the_same_segments(data):
    pytest.importorskip("reportlab", reason="the extra `bench` is not installed")
    pytest.importorskip("pdf2image", reason="the extra `bench` is not installed")
    asked = ["--tokens", "256,512", "--segments", 2, "--profiles", "default"]
    done = run("render.py", "--data", data, "--json", *asked)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["complete"]
    rows = {(row["tokens"], row["pipeline"]): row for row in found["segments"]}
    others = [name for name, module in (("skia", "skia"), ("cairo", "cairocffi")) if find_spec(module)]
    expected = ("baseline", "lean", "pillow", *others, "default")
    assert set(rows) == set(itertools.product((256, 512), expected))
    for (tokens, pipeline), row in rows.items():
        assert row["segments"] == 2
        assert row["text_tokens_are"] == "estimated at 2.4 characters a token"
        assert {round(timing["characters"] / 2.4) for timing in row["timings"]} == {tokens}
        assert (row["own_family_tokens"] is None) == (pipeline != "default")
        assert (row["speed_up"] == 1) == (pipeline == "baseline")
    assert {page["pages_timed"] for page in found["pages"].values()} != {0}
