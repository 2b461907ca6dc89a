"""`vtc-r1 view`: a stored trace again."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.cli.command import Result, vtc, vtc_each
from tests.eval.report.made import Solve, made
from tests.scripted import Scripted
from vtc_r1 import Solver, Trace
from vtc_r1.storage import save_trace

pytestmark = pytest.mark.process

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
    assert done.code == 2
    assert "trace.json" in done.error and says in done.error


def test_a_page_that_changed_is_refused(tmp_path: Path) -> None:
    trace = stored(tmp_path / "run")
    (sha256,) = trace.pages
    page = tmp_path / "run" / "pages" / f"{sha256}.png"
    page.write_bytes(trace.pages[sha256].blank().png)
    done = vtc("view", "run", cwd=tmp_path)
    assert done.code == 1
    assert "does not match the record" in done.error
    page.unlink()
    assert "cannot be read" in vtc("view", "run", cwd=tmp_path).error


def test_a_run_lists_its_samples_failures_first(tmp_path: Path) -> None:
    made(tmp_path / "runs", [Solve("one"), Solve("two", right=False, answer="\x1b[8m5")])
    done = vtc("view", "runs", cwd=tmp_path)
    assert done.code == 0 and "\x1b" not in done.out
    header, first, second, *notes = done.out.splitlines()
    assert header.startswith("MATH-500 · optical · scripted · 2 samples: ")
    assert first.startswith("✗ wrong") and "≠ 2" in first and second.startswith("✓ right")
    assert "1 of 3 samples are still to be solved" in notes[0]
    listed = json.loads(vtc("view", "runs", "--json", cwd=tmp_path).out)
    assert [(one["problem"], one["sample"], one["outcome"]) for one in listed] == [
        ("two", 0, "wrong"),
        ("one", 0, "right"),
    ]


def test_a_sample_of_a_run_is_shown_and_written_as_a_page(tmp_path: Path) -> None:
    made(tmp_path / "runs", [Solve("one", 0), Solve("one", 1, right=False)], samples=2)
    shown = vtc("view", "runs", "--problem", "one", "--sample", "1", cwd=tmp_path)
    assert shown.code == 0 and "What is $3+4$?" in shown.out and shown.out.endswith("\n7\n")
    values = json.loads(vtc("view", "runs", "--problem", "one", "--sample", "1", "--json", cwd=tmp_path).out)
    assert values["question"] == "What is $3+4$?"
    done = vtc("view", "runs", "--problem", "one", "--sample", "1", "--html", "one.html", cwd=tmp_path)
    assert (done.code, done.out, done.err) == (0, "one.html\n", "")
    page = (tmp_path / "one.html").read_text()
    (sha256,) = {page["sha256"] for one in values["iterations"] for page in one["pages"]}
    assert f'id="page-{sha256}"' in page and '"correct":false' in page


def test_a_stored_trace_is_written_as_a_page(tmp_path: Path) -> None:
    trace = stored(tmp_path / "run")
    assert vtc("view", "run/trace.json", "--html", "page.html", cwd=tmp_path).code == 0
    page = (tmp_path / "page.html").read_text()
    assert all(f'id="page-{sha256}"' in page for sha256 in trace.pages) and '"single":true' in page


def test_what_a_run_does_not_have_is_one_line(tmp_path: Path) -> None:
    stored(tmp_path / "run")
    made(tmp_path / "runs", [Solve("one")])
    made(tmp_path / "two", [Solve("one")])
    made(tmp_path / "two", [Solve("one")], "text")
    done = vtc_each(
        {
            "trace": ["view", "run", "--problem", "one"],
            "several": ["view", "two"],
            "problem": ["view", "runs", "--problem", "on"],
            "sample": ["view", "runs", "--problem", "one", "--sample", "4"],
            "which": ["view", "runs", "--sample", "0"],
            "html": ["view", "runs", "--html", "a.html"],
            "folder": ["view", "run", "--html", "no/where.html"],
        },
        cwd=tmp_path,
    )
    assert {name: result.code for name, result in done.items()} == {
        "trace": 2, "several": 2, "problem": 2, "sample": 2, "which": 2, "html": 2, "folder": 1,
    }  # fmt: skip
    assert "is not a run" in done["trace"].error and "holds 2 runs" in done["several"].error
    assert "did you mean 'one'?" in done["problem"].error and "there are 0" in done["sample"].error
    assert "--sample needs --problem" in done["which"].error and "cannot be written" in done["folder"].error


def batched(folder: Path) -> list[Trace]:
    """A file as --batch leaves it: solves in the order of their ends, the last line torn."""
    first = asyncio.run(Solver(backend=Scripted(WORK)).asolve("What is 6 times 7?"))
    failed = {
        "status": "failed",
        "answer": None,
        "iterations": [],
        "cause": "away",
        "error": "nobody is there",
    }
    traces = [
        first.model_copy(update={"index": 2, "question": "Six\x1b[2J times seven?"}),
        first.model_copy(update={"index": 0}),
        first.model_copy(update={"index": 1, "question": "Who knows?", "iterations": [], **failed}),
        first.model_copy(update={"index": 11, "status": "exhausted", "answer": None}),
    ]
    lines = [trace.model_dump_json() for trace in traces]
    (folder / "traces.jsonl").write_text("\n".join([*lines, lines[0][:300]]), encoding="utf-8")
    return traces


def listed(done: Result) -> list[int]:
    assert done.code == 0, done.err
    return [one["index"] for one in json.loads(done.out)]


def test_a_batch_lists_its_solves_failures_first(tmp_path: Path) -> None:
    batched(tmp_path)
    done = vtc("view", "traces.jsonl", cwd=tmp_path)
    assert (done.code, done.err) == (0, "") and "\x1b" not in done.out
    head, failed, exhausted, *answered = done.out.splitlines()
    assert head == "traces.jsonl · 4 solves: 1 failed (1 server away), 1 exhausted, 2 answered"
    assert failed.split()[:3] == ["!", "failed", "1"] and failed.endswith("Who knows?  (server away)")
    assert exhausted.split()[:3] == ["∅", "exhausted", "11"]
    assert [line.split()[2] for line in answered] == ["0", "2"] and " 42  What is 6" in answered[0]


def test_a_batch_is_filtered(tmp_path: Path) -> None:
    batched(tmp_path)
    filters = {
        "status": (["--status", "answered"], [0, 2]),
        "cause": (["--status", "away"], [1]),
        "answer": (["--answer", " 42 "], [0, 2]),
        "question": (["--text", "SEVEN?"], [2]),
        "segment": (["--text", "times 7 is"], [11, 0, 2]),
        "error": (["--text", "nobody"], [1]),
        "both": (["--text", "times 7 is", "--status", "exhausted"], [11]),
    }
    commands = {name: ["view", "traces.jsonl", "--json", *words] for name, (words, _) in filters.items()}
    done = vtc_each(commands, cwd=tmp_path)
    assert {name: listed(result) for name, result in done.items()} == {
        name: indices for name, (_, indices) in filters.items()
    }


def test_a_solve_of_a_batch_is_shown_and_written_as_a_page(tmp_path: Path) -> None:
    traces = batched(tmp_path)
    shown = vtc("view", "traces.jsonl", "--index", "0", cwd=tmp_path)
    assert shown.code == 0 and "6 times 7 is 42." in shown.out and shown.out.endswith("\n42\n")
    values = json.loads(vtc("view", "traces.jsonl", "--index", "2", "--json", cwd=tmp_path).out)
    assert values == json.loads(traces[0].model_dump_json())
    failed = vtc("view", "traces.jsonl", "--index", "1", cwd=tmp_path)
    assert failed.code == 0 and "nobody is there" in failed.out
    done = vtc("view", "traces.jsonl", "--index", "0", "--html", "one.html", cwd=tmp_path)
    assert (done.code, done.out, done.err) == (0, "one.html\n", "")
    assert "6 times 7 is 42." in (tmp_path / "one.html").read_text()


def test_what_a_batch_does_not_have_is_one_line(tmp_path: Path) -> None:
    batched(tmp_path)
    stored(tmp_path / "run")
    (tmp_path / "bad.jsonl").write_text((tmp_path / "traces.jsonl").read_text() + "\n{}\n")
    (tmp_path / "empty.jsonl").write_text("")
    done = vtc_each(
        {
            "index": ["view", "traces.jsonl", "--index", "7"],
            "answer": ["view", "traces.jsonl", "--answer", "43"],
            "status": ["view", "traces.jsonl", "--status", "fialed"],
            "html": ["view", "traces.jsonl", "--html", "a.html"],
            "problem": ["view", "traces.jsonl", "--problem", "one"],
            "trace": ["view", "run", "--index", "0"],
            "damaged": ["view", "bad.jsonl"],
            "empty": ["view", "empty.jsonl"],
        },
        cwd=tmp_path,
    )
    assert {name: (result.code, result.error) for name, result in done.items()}.keys() == done.keys()
    assert {name: result.code for name, result in done.items()} == {
        "index": 2, "answer": 2, "status": 2, "html": 2, "problem": 2, "trace": 2, "damaged": 1, "empty": 2,
    }  # fmt: skip
    assert "4 solves, none of them with --index 7" in done["index"].error
    assert "none of them with --answer 43" in done["answer"].error
    assert "did you mean 'failed'?" in done["status"].error and "by --index" in done["html"].error
    assert "bad.jsonl:5: is not a trace" in done["damaged"].error and "holds no solve" in done["empty"].error
