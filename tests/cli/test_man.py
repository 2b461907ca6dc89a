"""`vtc-r1 man`: help in the language of `man`."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import vtc
from tests.cli.test_main import APP, LEAVES
from vtc_r1.cli.man import manual_page

PAGES = {"": APP, **LEAVES}


def read(page: str) -> str:
    """What a reader of the page sees; fails where roff warns."""
    groff = ["groff", "-K", "utf8", "-man", "-T", "utf8", "-w", "all", "-P-cbou"]
    done = subprocess.run(groff, input=page, capture_output=True, text=True, check=True)
    assert done.stderr == "", done.stderr
    return done.stdout


@pytest.mark.parametrize("name", PAGES)
def test_every_command_has_a_page(name: str) -> None:
    page = manual_page(PAGES[name], ["vtc-r1", *name.split()])
    for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS"):
        assert page.count(f"\n.SH {section}\n") == 1
    shown = [one for one in PAGES[name].params if not getattr(one, "hidden", False)]
    flags = [option for one in shown for option in one.opts if option.startswith("--")]
    assert all(flag.replace("-", "\\-") in page for flag in flags)


@pytest.mark.process
@pytest.mark.skipif(shutil.which("groff") is None, reason="needs groff")
@pytest.mark.parametrize("name", ["", "solve", "launch", "data build"])
def test_roff_reads_it(name: str) -> None:
    shown = read(manual_page(PAGES[name], ["vtc-r1", *name.split()]))
    assert "EXIT CODES" in shown and "\n       130  " in shown
    assert f"vtc-r1{' ' * bool(name)}{name} [OPTIONS]" in " ".join(shown.split())
    if name == "solve":
        assert '\n       vtc-r1 solve "37 + 85 - 19 * 2 + 46"\n' in shown and "--max-iterations" in shown


@pytest.mark.process
def test_it_is_printed(tmp_path: Path) -> None:
    done = vtc("man", "solve", cwd=tmp_path)
    assert (done.code, done.err) == (0, "") and done.out.startswith('.TH "VTC\\-R1\\-SOLVE" 1')
    assert "did you mean 'solve'?" in vtc("man", "slove", cwd=tmp_path).error
