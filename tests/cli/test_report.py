"""`vtc-r1 report`: runs as a page, and what cannot be one."""

import json
from pathlib import Path

import pytest

from tests.cli.command import vtc, vtc_each
from tests.eval.report.made import Solve, made

pytestmark = pytest.mark.process


def test_a_report_is_written_and_named(tmp_path: Path) -> None:
    made(tmp_path / "runs", [Solve("one"), Solve("two", right=False)])
    done = vtc("report", "runs", "--out", "report", "--no-figures", "--title", "First", cwd=tmp_path)
    assert (done.code, done.out) == (0, "report/index.html\n")
    assert "1 of 3 samples are still to be solved" in done.err and "1 run, 2 samples" in done.err
    assert "<title>First</title>" in (tmp_path / "report" / "index.html").read_text()
    again = vtc("report", "runs", "--out", "report", "--no-figures", "--json", cwd=tmp_path)
    found = json.loads(again.out)
    assert (found["samples"], found["in_page"], found["missing_pages"]) == (2, 2, 0)


def test_what_was_put_beside_a_report_is_not_lost(tmp_path: Path) -> None:
    made(tmp_path / "runs", [Solve("one")])
    words = ["report", "runs", "--out", "report", "--no-figures"]
    assert vtc(*words, cwd=tmp_path).code == 0
    (tmp_path / "report" / "notes.md").write_text("mine")
    assert vtc(*words, cwd=tmp_path).code == 0
    assert (tmp_path / "report" / "notes.md").read_text() == "mine"


def test_what_cannot_be_reported_is_one_line(tmp_path: Path) -> None:
    path = made(tmp_path / "runs", [Solve("one")])
    (tmp_path / "empty").mkdir()
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()
    (tmp_path / "other" / "b").mkdir(parents=True)
    (tmp_path / "other" / "b" / "run.json").write_text('{"version": 1}')
    done = vtc_each(
        {
            "empty": ["report", "empty", "--out", "a"],
            "absent": ["report", "absent", "--out", "a"],
            "foreign": ["report", "other", "--out", "a"],
            "taken": ["report", "runs", "--out", "taken"],
            "itself": ["report", "runs", "--out", str(path)],
        },
        cwd=tmp_path,
    )
    assert {name: result.code for name, result in done.items()} == {
        "empty": 2, "absent": 2, "foreign": 1, "taken": 2, "itself": 2,
    }  # fmt: skip
    assert "holds no run" in done["empty"].error and "is not a folder" in done["absent"].error
    assert "run.json: is not a run of this version" in done["foreign"].error
    assert "neither empty nor a report" in done["taken"].error and "nor a report" in done["itself"].error
    assert not (tmp_path / "a").exists()


def test_two_runs_are_compared(tmp_path: Path) -> None:
    made(tmp_path / "runs", [Solve("one"), Solve("two", right=False, answer="9"), Solve("three")])
    others = [Solve("one"), Solve("two"), Solve("three", right=False, answer=None, status="exhausted")]
    made(tmp_path / "runs", others, "text")
    made(tmp_path / "again", [Solve("one", right=False, answer="1"), Solve("two")])
    pair = ["runs/math500/optical", "runs/math500/text"]
    done = vtc("report", "--diff", *pair, "--no-figures", cwd=tmp_path)
    assert (done.code, done.out) == (0, "report/index.html\n")
    assert "MATH-500: optical better on 1, text on 1, alike on 1 problems" in done.err
    written = (tmp_path / "report" / "report.md").read_text()
    assert "### optical is better: 1" in written and "### text is better: 1" in written
    assert "| two | 2 | wrong: 9 | right: 7 | -100 |" in written
    found = json.loads(vtc("report", "--diff", *pair, "--no-figures", "--json", cwd=tmp_path).out)
    assert found["differences"][0] | {"common": 3} == {
        "benchmark": "MATH-500", "first": "optical", "second": "text", "common": 3,
        "better": ["three"], "worse": ["two"],
    }  # fmt: skip
    folders = vtc("report", "--diff", "runs", "again", "--no-figures", "--json", cwd=tmp_path)
    (one,) = json.loads(folders.out)["differences"]
    assert (one["better"], one["worse"], one["common"]) == (["one"], ["two"], 2)


def test_runs_that_cannot_be_compared_are_one_line(tmp_path: Path) -> None:
    made(tmp_path / "runs", [Solve("one")])
    made(tmp_path / "runs", [Solve("one")], "text")
    other = made(tmp_path / "other", [Solve("one")])
    record = json.loads((other / "run.json").read_text())
    record["benchmark"]["name"], record["fingerprint"] = "mine", "e" * 64
    (other / "run.json").write_text(json.dumps(record))
    done = vtc_each(
        {
            "itself": ["report", "--diff", "runs/math500/text", "runs/math500/text"],
            "several": ["report", "--diff", "runs", "runs"],
            "foreign": ["report", "--diff", "runs", "other"],
            "absent": ["report", "--diff", "runs", "nothing"],
            "one": ["report", "--diff", "runs"],
            "none": ["report"],
        },
        cwd=tmp_path,
    )
    assert {name: result.code for name, result in done.items()} == {
        "itself": 2, "several": 2, "foreign": 2, "absent": 2, "one": 2, "none": 2,
    }  # fmt: skip
    assert "give the folders of two runs" in done["itself"].error
    assert "no benchmark in common: math500 there, mine here" in done["foreign"].error
    assert not (tmp_path / "report").exists()
