"""`vtc-r1 view`: a stored trace again."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.cli.command import vtc
from tests.scripted import Scripted
from vtc_r1 import Solver, Trace
from vtc_r1.storage import save_trace

WORK = ["First, 6 times 7 is 42.\n", "So it is \\boxed{42}."]


def stored(folder: Path, segments: list[str] = WORK, model: str = "scripted") -> Trace:
    solver = Solver(backend=Scripted(segments, model=model))
    trace = asyncio.run(solver.asolve("What is 6 times 7?"))
    save_trace(trace, folder)
    return trace


def test_view_shows_the_whole_solve(tmp_path: Path) -> None:
    stored(tmp_path / "run")
    done = vtc("view", "run", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert "What is 6 times 7?" in done.out and "6 times 7 is 42." in done.out
    assert "iteration 2 · reads 1 page" in done.out and "▣ page" in done.out
    assert done.out.endswith("\n42\n")


def test_view_takes_the_file_and_prints_json(tmp_path: Path) -> None:
    trace = stored(tmp_path / "run")
    done = vtc("view", "run/trace.json", "--json", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out) == json.loads(trace.model_dump_json())


def test_a_hostile_trace_is_not_printed_raw(tmp_path: Path) -> None:
    stored(tmp_path / "run", ["\x1b[2J\x9b31m\u202e \\boxed{\x1b[8m}"], model="model\x1b[2J\x9b31m")
    done = vtc("view", "run", cwd=tmp_path)
    assert done.code == 0
    assert not set("\x1b\x9b\u202e") & set(done.out + done.err)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read"),
        ('{"version": 99}', "version 99"),
    ],
)
def test_what_is_no_trace_is_refused_in_one_line(tmp_path: Path, content: str | None, says: str) -> None:
    (tmp_path / "run").mkdir()
    if content is not None:
        (tmp_path / "run" / "trace.json").write_text(content, encoding="utf-8")
    done = vtc("view", "run", cwd=tmp_path)
    assert done.code == 1
    assert "trace.json" in done.error and says in done.error


def test_a_page_that_changed_is_refused(tmp_path: Path) -> None:
    trace = stored(tmp_path / "run")
    (sha256,) = trace.pages
    page = tmp_path / "run" / "pages" / f"{sha256}.png"
    page.write_bytes(trace.pages[sha256].blank().png)
    done = vtc("view", "run", cwd=tmp_path)
    assert done.code == 1
    assert "not the page on record" in done.error
    page.unlink()
    assert "cannot be read" in vtc("view", "run", cwd=tmp_path).error
