"""The folder of a report, read back."""

import csv
import json
import re
from pathlib import Path

import pytest

from tests.eval.report.made import PROBLEMS, Solve, made
from tests.eval.report.opened import Opened
from vtc_r1.errors import StorageError, UsageError
from vtc_r1.eval.report import write_report

pytestmark = pytest.mark.slow

LONG = "It follows that $x = 1$. " * 400
SOLVES = [
    Solve("one"),
    Solve("two", right=False, answer="5"),
    Solve("three", right=False, answer=None, status="exhausted", segments=(LONG, LONG)),
]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    made(tmp_path / "runs", SOLVES)
    made(tmp_path / "runs", [Solve("one"), Solve("two", right=False, status="failed", answer=None)], "text")
    return tmp_path / "runs"


def report(runs: Path, **options: object) -> Opened:
    out = runs.parent / "report"
    write_report([runs], out, figures=False, **options)
    return Opened.of(out)


def test_a_small_report_is_one_page_with_everything_in_it(runs: Path) -> None:
    opened = report(runs)
    assert opened.size == 5 and set(opened.index["chunk"]) == {0}
    assert not (opened.folder / "data").exists() and not (opened.folder / "pages").exists()
    for at in range(opened.size):
        stored = opened.trace(at)
        assert all(opened.has_page(sha256) for sha256, *_ in stored["pages"])
    assert sorted(opened.outcomes()) == ["failed", "no answer", "right", "right", "wrong"]


def test_the_trace_shows_the_pages_as_the_model_saw_them(runs: Path) -> None:
    opened = report(runs)
    first, second = opened.trace(0)["iterations"]
    assert (first["sent"], first["added"]) == ([], [0]) and second["sent"] == [0]
    (sha256, width, height, tokens, is_missing), *_ = opened.trace(0)["pages"]
    stored = runs / "math500" / "optical" / "pages" / sha256[:2] / f"{sha256}.png"
    assert stored.is_file() and width > 0 and height > 0 and tokens > 0 and not is_missing


def test_what_does_not_fit_lies_beside_and_failures_come_first(runs: Path) -> None:
    whole = report(runs)
    empty = len(whole.html) - sum(
        len(text) for name, text in whole.blocks.items() if name[:5] in ("trace", "page-")
    )
    opened = report(runs, page_bytes=empty + 4_000)
    assert (opened.folder / "index.html").stat().st_size <= empty + 4_000
    inside = [
        outcome for outcome, chunk in zip(opened.outcomes(), opened.index["chunk"], strict=True) if not chunk
    ]
    beside = [
        outcome for outcome, chunk in zip(opened.outcomes(), opened.index["chunk"], strict=True) if chunk
    ]
    assert "failed" in inside and "right" in beside
    for at in range(opened.size):
        assert opened.trace(at) == whole.trace(at)
        assert all(opened.has_page(sha256) for sha256, *_ in opened.trace(at)["pages"])


def test_the_tables_stand_beside_the_published_figures(runs: Path) -> None:
    opened = report(runs)
    text = (opened.folder / "report.md").read_text()
    for shown in (opened.html, text):
        assert "90.00 %" in shown and "arXiv 2601.22069" in shown and "33.3 %" in shown
    assert "optical − text" in opened.html and "<svg" in opened.html
    assert opened.html.index(">optical<") < opened.html.index(">text<")
    assert "Accuracy by level" in opened.html and "Accuracy by subject" in opened.html


def test_the_csv_has_a_row_a_sample(runs: Path) -> None:
    opened = report(runs)
    with (opened.folder / "report.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["outcome"] for row in rows] == opened.outcomes()
    assert (
        rows[0] | {"problem": "one", "right": "1", "answer": "7", "gold": "7", "memory": "optical"} == rows[0]
    )


def test_figures_are_drawn(runs: Path) -> None:
    written = write_report([runs], runs.parent / "report")
    drawn = sorted(path.name for path in (written.folder / "figures").iterdir())
    names = ("accuracy", "iterations", "latency", "level", "subject", "tokens")
    assert drawn == [f"math500-{name}.png" for name in names]
    assert all((written.folder / "figures" / name).read_bytes()[:4] == b"\x89PNG" for name in drawn)
    assert "figures/math500-level.png" in (written.folder / "report.md").read_text()


def test_a_stored_summary_is_what_the_table_shows(runs: Path) -> None:
    from vtc_r1.eval.evaluation import regrade

    result, _ = regrade(runs / "math500" / "optical")
    stored = json.loads((result.folder / "summary.json").read_text())
    assert stored["solved"] == 3
    opened = report(runs)
    assert f"{100 * stored['accuracy']['mean']:.1f} %" in opened.html


def test_a_report_is_replaced_and_nothing_else_is(runs: Path) -> None:
    out = runs.parent / "report"
    report(runs)
    (out / "data").mkdir(exist_ok=True)
    (out / "data" / "stale.js").write_text("")
    (out / "remarks").mkdir()
    (out / "remarks" / "mine.txt").write_text("to be kept")
    report(runs)
    assert not (out / "data" / "stale.js").exists()
    assert (out / "remarks" / "mine.txt").read_text() == "to be kept"
    assert [path.name for path in runs.parent.iterdir() if path.name.startswith(".")] == []
    foreign = runs.parent / "foreign"
    foreign.mkdir()
    (foreign / "thesis.tex").write_text("")
    for taken in (foreign, foreign / "thesis.tex"):
        with pytest.raises(UsageError, match="choose another --out"):
            write_report([runs], taken)
    assert (foreign / "thesis.tex").exists()


def test_a_torn_file_is_reported_and_the_whole_lines_are_shown(runs: Path) -> None:
    path = runs / "math500" / "optical" / "samples.jsonl"
    path.write_bytes(path.read_bytes()[:-40])
    written = write_report([runs], runs.parent / "report", figures=False)
    assert written.samples == 4
    assert any("samples.jsonl: its last line is torn" in note for note in written.notes)
    assert any("1 of 3 samples are still to be solved" in note for note in written.notes)
    assert "its last line is torn" in Opened.of(written.folder).html


@pytest.mark.parametrize("damage", [b"{]\n", b"\xff\n", b'{"problem": "p1", "sample": 0, "trace": 3}\n'])
def test_a_damaged_line_costs_that_sample_and_not_the_report(runs: Path, damage: bytes) -> None:
    path = runs / "math500" / "optical" / "samples.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], damage, *lines[2:]]))
    written = write_report([runs], runs.parent / "report", figures=False)
    assert written.samples == 4
    (note,) = [note for note in written.notes if "left out" in note]
    assert "samples.jsonl" in note
    assert any("1 of 3 samples are still to be solved" in note for note in written.notes)
    assert "left out" in Opened.of(written.folder).html
    grades = runs / "math500" / "optical" / "grades.jsonl"
    grades.write_bytes(damage + grades.read_bytes().split(b"\n", 1)[1])
    again = write_report([runs], runs.parent / "again", figures=False)
    assert any("grades.jsonl" in note and "left out" in note for note in again.notes)


def test_a_folder_without_runs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="holds no run"):
        write_report([tmp_path], tmp_path / "report")
    made(tmp_path / "runs", [])
    with pytest.raises(StorageError, match="no sample is solved yet"):
        write_report([tmp_path / "runs"], tmp_path / "report")


def test_missing_pages_are_counted_and_marked(runs: Path) -> None:
    for path in (runs / "math500" / "optical" / "pages").rglob("*.png"):
        path.write_bytes(b"<svg onload=alert(1)>")
    written = write_report([runs], runs.parent / "report", figures=False)
    opened = Opened.of(written.folder)
    hashes = {sha256 for at in range(opened.size) for sha256, *_ in opened.trace(at)["pages"]}
    assert written.missing_pages == len(hashes) > 0
    assert all(page[-1] == 1 for at in range(opened.size) for page in opened.trace(at)["pages"])
    assert "PHN2Zy" not in opened.html  # base64 of what lay in their place


def test_samples_without_a_grade_are_shown_and_not_counted(tmp_path: Path) -> None:
    made(tmp_path / "runs", [Solve("one"), Solve("two", right=None)])
    written = write_report([tmp_path / "runs"], tmp_path / "report", figures=False)
    opened = Opened.of(written.folder)
    assert opened.outcomes() == ["right", "ungraded"]
    assert any("1 of 2 samples are not graded" in note for note in written.notes)
    assert "100.0 %" in opened.html


def test_several_samples_give_a_majority(tmp_path: Path) -> None:
    votes = [Solve("one", 0), Solve("one", 1, right=False, answer="8"), Solve("one", 2, answer=" 7 ")]
    made(tmp_path / "runs", votes, problems=PROBLEMS[:1], samples=3)
    write_report([tmp_path / "runs"], tmp_path / "report", figures=False)
    text = (tmp_path / "report" / "report.md").read_text()
    header, _, row = next(iter(re.findall(r"(\|.*maj@3.*)\n(.*)\n(.*)", text)))
    cells = dict(zip(header.split("|"), row.split("|"), strict=True))
    assert cells[" accuracy "].strip().startswith("66.7 %")
    assert cells[" maj@3 "].strip().startswith("100.0 %") and cells[" pass@3 "].strip().startswith("100.0 %")
