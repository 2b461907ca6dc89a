"""Needles are read from the pixels of real pages, by a program that knows nothing of them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from vtc_r1.documents import show
from vtc_r1.eval.longcontext import LongContext, problems
from vtc_r1.renderers import Page, Renderer

pytestmark = pytest.mark.process


def read(page: Page, folder: Path) -> str:
    """Read a page with tesseract, at three times its size."""
    picture = Image.fromarray(page.pixels)
    path = folder / "page.png"
    picture.resize((3 * page.width, 3 * page.height), Image.Resampling.LANCZOS).save(path)
    words = ["tesseract", str(path), "-", "--psm", "6"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_tesseract_finds_the_needle(tmp_path: Path) -> None:
    wanted = LongContext(kind="long-context", tasks=("niah-single",), lengths=(4096,), depths=(25, 75))
    for problem in problems(wanted):
        shown = show(problem.documents[0], "pages", Renderer("default"))
        text = " ".join(read(page, tmp_path) for page in shown.pages)
        assert re.findall(r"secret\s+number\s+of\s+the[^.]*?(\d{7})", text) == [problem.answer]
