"""That an answer may be wrong is said wherever the answer is shown."""

import json
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.cli.command import Result, arguments, environment

pytest.importorskip("torch")

from vtc_r1.cli.main import app

pytestmark = pytest.mark.model

SAID = "was not trained for memory facts (only optical, text, hybrid, single): its answers may be wrong"
QUESTION = "4 * 5 + 6 - 7 * 8"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def vtc(*words: str, **variables: str) -> Result:
    """Run `vtc-r1` in this process, which has torch at hand after the first time."""
    done = CliRunner().invoke(app, words, env=variables)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return Result(done.exit_code, done.stdout, done.stderr)


def warnings(done: Result) -> list[str]:
    return [line for line in done.err.splitlines() if "warning:" in line]


def test_a_solve_says_it_on_standard_error_and_in_its_trace(tmp_path: Path) -> None:
    done = vtc("solve", QUESTION, "--memory", "facts", "--save", "wrong")
    assert (done.code, done.out) == (0, "0\n")
    assert warnings(done) == [f"warning: vtc-r1-nano {SAID}"]
    trace = json.loads((tmp_path / "wrong" / "trace.json").read_text("utf-8"))
    assert trace["warnings"] == [f"vtc-r1-nano {SAID}"]

    viewed = vtc("view", "wrong")
    assert viewed.out.count(SAID) == 1
    assert vtc("view", "wrong", "--html", "wrong.html").code == 0
    assert SAID in (tmp_path / "wrong.html").read_text("utf-8")


def test_quiet_is_not_silent_about_it(tmp_path: Path) -> None:
    done = vtc("solve", QUESTION, "--memory", "facts", "--json", "--quiet")
    assert warnings(done) == [f"vtc-r1: warning: vtc-r1-nano {SAID}"]
    assert json.loads(done.out)["warnings"] == [f"vtc-r1-nano {SAID}"]


def test_what_only_happens_on_the_way_is_said_at_the_end(tmp_path: Path) -> None:
    done = vtc("solve", "45 in base 2", "--memory-tokens", "8")
    assert (done.code, done.out) == (0, "10101\n")
    (line,) = warnings(done)
    assert "parts of its memory were dropped for the budget" in line
    assert done.err.index(line) > done.err.index("iteration 2")


def test_a_batch_says_it_before_and_counts_it_after(tmp_path: Path) -> None:
    (tmp_path / "questions.txt").write_text("1+2*3\n1+2+3+4+5+6+7\n24*9-43*5\n", "utf-8")
    words = ["solve", "--batch", "questions.txt", "--out", "traces.jsonl", "--quiet"]
    done = vtc(*words, "--memory", "auto")
    first, last = warnings(done)
    assert "memory auto" in first
    assert last.count("1 of 3 solves: ") == 2 and "memory auto" not in last
    assert "6 operations" in last and "three-digit" in last
    told = [json.loads(line)["warnings"] for line in (tmp_path / "traces.jsonl").read_text().splitlines()]
    assert sorted(map(len, told)) == [1, 2, 2]


def test_eval_and_report_count_it(tmp_path: Path) -> None:
    words = ["eval", "arithmetic", "--limit", "4", "--memory", "optical,facts", "--out", "runs", "--quiet"]
    done = vtc(*words, COLUMNS="400")
    assert done.code == 0
    assert [SAID in line for line in warnings(done)] == [True]
    assert f"facts: 4 of 4 solves: vtc-r1-nano {SAID}." in done.out
    figures = json.loads(vtc(*words, "--json").out)
    assert [run["warnings"] for run in figures["runs"]] == [{}, {f"vtc-r1-nano {SAID}": 4}]

    assert vtc("report", "runs", "--out", "report").code == 0
    assert "4 of 4 samples: vtc-r1-nano was not trained" in (tmp_path / "report/report.md").read_text("utf-8")
    page = (tmp_path / "report/index.html").read_text("utf-8")
    assert page.count(SAID) == 5  # one note, and one in each trace

    listed = vtc("view", "runs/arithmetic/facts")
    assert "4 of 4 samples: " in listed.out and SAID in listed.out


def test_serve_says_it_when_it_starts(tmp_path: Path) -> None:
    pytest.importorskip("fastapi")
    words = arguments("serve", "--port", "0", "--memory", "facts")
    with subprocess.Popen(words, cwd=tmp_path, env=environment(), stdout=-1, stderr=-1, text=True) as running:
        assert running.stdout is not None and running.stderr is not None
        assert running.stdout.readline().startswith("http://")
        running.terminate()
        told = running.stderr.read()
    assert [line for line in told.splitlines() if "warning" in line and SAID in line]
