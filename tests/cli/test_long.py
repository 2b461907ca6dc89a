"""What takes over two seconds says what it does, without a terminal and on one."""

import re
from pathlib import Path

import pytest

from tests.cli.command import vtc
from tests.cli.terminal.emulated import on_terminal

pytestmark = pytest.mark.process


def test_a_long_text_that_is_drawn(tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text("Let $f(x) = x^2$ and $\\frac{a}{b}$ be.\n" * 90_000, encoding="utf-8")
    words = ("render", "long.txt", "--out", "pages")
    done = vtc(*words, cwd=tmp_path)
    assert done.code == 0 and re.search(r"^vtc-r1: drawing long\.txt, \d+ s so far$", done.err, re.MULTILINE)
    shown = on_terminal(*words, cwd=tmp_path, size=(24, 80))
    assert shown.code == 0 and b"drawing long.txt, " in shown.raw
