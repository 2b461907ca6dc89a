"""Runs in the forms of other programs, read by those programs where they are installed."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import vtc
from tests.eval.report.made import Solve, made
from vtc_r1.eval.report import write_report
from vtc_r1.eval.report.exports import Form

SOLVES = [
    Solve("one"),
    Solve("two", right=False, answer="$5$, not 2"),
    Solve("three", right=False, answer=None, status="failed", segments=()),
]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    made(tmp_path / "runs", SOLVES)
    made(tmp_path / "runs", [Solve("one"), Solve("two", right=None)], "text")
    return tmp_path / "runs"


def written(runs: Path, *forms: Form) -> Path:
    return write_report([runs], runs.parent / "report", figures=False, exports=forms).folder


def table(path: Path) -> list[dict[str, Any]]:
    found = json.loads(path.read_text())
    assert set(found) == {"columns", "data"}
    return [dict(zip(found["columns"], row, strict=True)) for row in found["data"]]


def test_tables_for_wandb_and_trackio(runs: Path) -> None:
    folder = written(runs, "tables") / "tables"
    samples = table(folder / "samples.json")
    assert [(row["run"], row["problem"], row["outcome"]) for row in samples] == [
        ("optical", "one", "right"),
        ("optical", "two", "wrong"),
        ("optical", "three", "failed"),
        ("text", "one", "right"),
        ("text", "two", "ungraded"),
    ]
    assert (samples[1]["answer"], samples[1]["gold"], samples[1]["right"]) == ("$5$, not 2", "2", False)
    optical, text = table(folder / "runs.json")
    assert (optical["solved"], optical["failed"], optical["accuracy"]) == (3, 1, pytest.approx(1 / 3))
    assert 0 <= optical["accuracy_low"] < 1 / 3 < optical["accuracy_high"] <= 1
    assert text["owed"] == 2


def test_results_and_samples_as_the_harness_has_them(runs: Path) -> None:
    folder = written(runs, "lm-eval") / "lm-eval"
    inside = folder / "scripted__optical"
    (results,), (samples,) = list(inside.glob("results_*.json")), list(inside.glob("samples_math500_*.jsonl"))
    assert results.stem.rpartition("_")[2] == samples.stem.rpartition("_")[2]
    found = json.loads(results.read_text())
    assert found["results"]["math500"]["exact_match,none"] == pytest.approx(1 / 3)
    assert found["results"]["math500"]["exact_match_stderr,none"] == pytest.approx(1 / 3)
    assert found["n-samples"]["math500"] == {"original": 3, "effective": 3}
    assert found["higher_is_better"]["math500"] == {"exact_match": True}
    assert found["model_name"] == "scripted"
    rows = [json.loads(line) for line in samples.read_text().splitlines()]
    assert [(row["doc"]["id"], row["exact_match"]) for row in rows] == [("one", 1), ("two", 0), ("three", 0)]
    assert rows[1]["filtered_resps"] == ["$5$, not 2"] and "\\boxed{7}" in rows[0]["resps"][0][0]
    assert len({path.name for path in folder.iterdir()}) == 2


def test_a_harness_folder_has_all_benchmarks_of_a_model_and_a_policy(tmp_path: Path) -> None:
    made(tmp_path / "runs", [Solve("one")])
    other = made(tmp_path / "other", [Solve("one", right=False)])
    record = json.loads((other / "run.json").read_text())
    record["benchmark"]["name"], record["fingerprint"] = "mine", "e" * 64
    (other / "run.json").write_text(json.dumps(record))
    paths = [tmp_path / "runs", tmp_path / "other"]
    report = write_report(paths, tmp_path / "report", figures=False, exports=["lm-eval"])
    (results,) = (report.folder / "lm-eval" / "scripted__optical").glob("results_*.json")
    found = json.loads(results.read_text())["results"]
    assert {task: values["exact_match,none"] for task, values in found.items()} == {"math500": 1, "mine": 0}


@pytest.mark.harness
def test_logs_open_in_inspect(runs: Path) -> None:
    log = pytest.importorskip("inspect_ai.log", reason="the extra `inspect` is not installed")
    folder = written(runs, "inspect") / "inspect"
    optical, text = sorted(
        (log.read_eval_log(str(path)) for path in folder.glob("*.eval")),
        key=lambda one: one.eval.metadata["memory"],
    )
    assert (optical.status, text.status, optical.eval.model) == ("success", "cancelled", "scripted")
    assert optical.results.scores[0].metrics["accuracy"].value == pytest.approx(1 / 3)
    by_id = {sample.id: sample for sample in optical.samples}
    assert {name: one.scores["vtc_r1"].value for name, one in by_id.items()} == {
        "one": "C",
        "two": "I",
        "three": "I",
    }
    assert by_id["two"].scores["vtc_r1"].answer == "$5$, not 2" and by_id["two"].target == "2"
    assert by_id["three"].output.error == "the server gave up"
    assert [message.role for message in by_id["one"].messages] == ["user", "assistant", "assistant"]
    assert next(one for one in text.samples if one.id == "two").scores == {}
    assert len(log.list_eval_logs(str(folder))) == 2


@pytest.mark.process
def test_the_command_writes_forms_and_refuses_others(runs: Path) -> None:
    words = ["report", "runs", "--no-figures", "--export", "tables", "--export", "lm-eval"]
    done = vtc(*words, cwd=runs.parent)
    assert (done.code, done.out) == (0, "report/index.html\n")
    assert (runs.parent / "report" / "tables" / "runs.json").is_file()
    wrong = vtc("report", "runs", "--export", "excel", "--out", "other", cwd=runs.parent)
    assert wrong.code == 2 and "excel" in wrong.error and "lm-eval" in wrong.error
    assert not (runs.parent / "other").exists()
