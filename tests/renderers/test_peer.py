"""The profile `paper` against the pages that it stands for: reportlab's, made a picture by poppler."""

import itertools
import json
import re
import shutil
from collections import Counter
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import pytest

from vtc_r1.renderers import Renderer, load_profile
from vtc_r1.renderers.setting import set_text
from vtc_r1.renderers.shape import decode

pytest.importorskip("reportlab")

from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph, SimpleDocTemplate

ROOT = Path(__file__).parents[2]
MATH500 = ROOT.parent / "shared" / "data" / "math500.jsonl"
FONT = ROOT / "vtc_r1" / "renderers" / "fonts" / "DejaVuSans.ttf"
PAPER = load_profile("paper")
WIDTH, HEIGHT, MARGIN, PADDING = 595, 842, 10, 6
LINES = 30
"""Lines of the text that are one paragraph there."""


def paragraphs(text):
    if "Peer" not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont("Peer", str(FONT)))
    style = ParagraphStyle("peer", fontName="Peer", fontSize=9, leading=10)
    lines = [re.sub("  +", lambda run: "\u00a0" * len(run[0]), escape(line)) for line in text.split("\n")]
    parts = (lines[at : at + LINES] for at in range(0, len(lines), LINES))
    return [Paragraph("<br/>".join(part), style) for part in parts]


def their_lines(text):
    found = []
    for paragraph in paragraphs(text):
        paragraph.wrap(WIDTH - 2 * (MARGIN + PADDING), 1e6)
        parts = paragraph.blPara
        if parts.kind == 0:
            found += [" ".join(words) for _, words in parts.lines]
        else:
            found += ["".join(part.text for part in line.words) for line in parts.lines]
    return [" ".join(line.split()) for line in found]


def our_lines(text):
    setting = set_text(text, PAPER)
    starts = [*setting.lines.starts.tolist(), len(setting.shaped.points)]
    drawn = decode(setting.shaped.points)
    return [" ".join(drawn[start:end].split()) for start, end in itertools.pairwise(starts)]


def agreement(texts):
    """Share of the peer's lines that are ours, too."""
    same = total = 0
    for text in texts:
        theirs, ours = Counter(their_lines(text)), Counter(our_lines(text))
        same, total = same + (theirs & ours).total(), total + theirs.total()
    return same / total


@pytest.mark.slow
def test_lines_of_math500_agree():
    if not MATH500.exists():
        pytest.skip("no MATH500 file beside the repository")
    rows = map(json.loads, MATH500.read_text(encoding="utf-8").splitlines())
    assert agreement([row["solution"] for row in rows]) >= 0.99


def test_lines_of_prose_agree():
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))]
    prose = [" ".join(part.split()) for text in texts for part in text.split("\n\n") if part[:1].isalpha()]
    assert len(prose) > 100
    assert agreement(prose) >= 0.97


def test_lines_without_blanks_agree():
    assert our_lines("word " * 3 + "x" * 300 + " word") == their_lines("word " * 3 + "x" * 300 + " word")


def test_blanks_shrink_and_never_leave_the_page():
    for count in range(80, 140):
        text = "a" * count + " bb ccc dddd" * 12
        setting = set_text(text, PAPER)
        inked = (setting.glyphs >= 0) & (setting.shaped.points != 0x20)
        right = (setting.lines.x + setting.atlas.advances[setting.glyphs])[inked].max() / 64
        assert right <= PAPER.text_width


@pytest.mark.parametrize(
    "text", ["gEpx Hamburg\nAbc (xyz) 12/34", "x" * 40 + "\n" + "H" * 30, "Tokyo\n" * 90]
)
def test_the_baseline_is_in_the_same_row(text):
    if shutil.which("pdftoppm") is None:
        pytest.skip("poppler-utils is not installed")
    pdf2image = pytest.importorskip("pdf2image")
    file = BytesIO()
    margins = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), MARGIN)
    SimpleDocTemplate(file, pagesize=(WIDTH, HEIGHT), **margins).build(paragraphs(text))
    theirs = [
        255.0 - np.asarray(page.convert("L"))
        for page in pdf2image.convert_from_bytes(file.getvalue(), dpi=72)
    ]
    uncut = PAPER.replace(crop=False, crop_width=False)
    ours = [255.0 - page.pixels for page in Renderer(uncut).render(text)]
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        fits = {
            (down, right): float((np.roll(one, (down, right), (0, 1)) * other).sum())
            for down in range(-3, 4)
            for right in range(-3, 4)
        }
        assert max(fits, key=fits.get) == (0, 0)
