"""The runs that reports are measured on are runs, and reports of several benchmarks have an overview."""

import importlib
from pathlib import Path

import pytest

from tests.eval.report.made import Solve, made
from tests.eval.report.opened import Opened
from vtc_r1.eval.report import write_report
from vtc_r1.eval.runs import find_runs

with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(Path(__file__).parents[3] / "benchmarks")
    synthetic_runs = importlib.import_module("synthetic_runs")


def test_synthetic_runs_make_a_report(tmp_path: Path) -> None:
    shape = synthetic_runs.Shape(problems=4, samples=2, memories=("blank", "optical"), paragraphs=2, pages=2)
    synthetic_runs.write_runs(tmp_path / "runs", shape)
    folders = find_runs([tmp_path / "runs"])
    assert [len(list(folder.samples())) for folder in folders] == [8, 8]
    written = write_report([tmp_path / "runs"], tmp_path / "report", figures=False)
    assert (written.samples, written.missing_pages, written.notes) == (16, 0, [])
    assert [run["memory"] for run in Opened.of(written.folder).index["runs"]] == ["optical", "blank"]


def test_several_benchmarks_have_an_overview(tmp_path: Path) -> None:
    made(tmp_path / "one", [Solve("one")])
    shape = synthetic_runs.Shape(problems=2, samples=1, memories=("text",), paragraphs=2, pages=1)
    synthetic_runs.write_runs(tmp_path / "two", shape)
    written = write_report([tmp_path / "one", tmp_path / "two"], tmp_path / "report", figures=False)
    opened = Opened.of(written.folder)
    assert [problem[0] for problem in opened.index["problems"]][:1] == ["one"]
    assert "the tables of each benchmark follow" in opened.html
    assert [run["label"] for run in opened.index["runs"]] == ["optical · scripted", "text · Qwen/Qwen3-VL-8B"]
    assert 'href="#benchmark-2"' in opened.html
    assert "the tables of each benchmark follow" in (written.folder / "report.md").read_text()
