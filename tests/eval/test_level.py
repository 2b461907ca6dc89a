"""What made a verdict is on record, and runs graded differently are brought level or told apart."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.eval.small import WRONG, loaded, reply, setup
from tests.scripted import Scripted
from vtc_r1.eval.evaluation import Result, evaluate, regrade
from vtc_r1.eval.grading.provenance import Grading, golds_of
from vtc_r1.eval.pairs import grading_mismatch
from vtc_r1.eval.report import write_report
from vtc_r1.eval.runs import RunFolder
from vtc_r1.eval.setup import Selection

pytestmark = pytest.mark.slow


def run(out: Path, **options: Any) -> Result:
    return evaluate(setup(out, backend=Scripted(reply), **options), concurrency=3)


def rewrite(folder: Path, **grading: Any) -> None:
    """Have a run's record say that it was graded with something else; `grading` None for an old run."""
    path = folder / "run.json"
    record = json.loads(path.read_text())
    if "record" in grading:
        del record["grading"]
    else:
        record["grading"] |= grading
    path.write_text(json.dumps(record))


def spoil(folder: Path) -> None:
    """Turn every stored verdict round, as another grader would have."""
    path = folder / "grades.jsonl"
    path.write_text(
        path.read_text()
        .replace('"correct":true', '"correct":?')
        .replace("false", "true")
        .replace(":?", ":false")
    )


def wrong(folder: Path) -> set[str]:
    return {name for (name, _), graded in RunFolder(folder).grades().items() if not graded.grade.correct}


def test_a_run_says_what_graded_it(tmp_path: Path) -> None:
    folder = run(tmp_path).folder
    grading = RunFolder(folder).run.grading
    assert grading == Grading.of(loaded().problems)
    assert grading is not None and len(grading.code) == len(grading.golds) == 64
    assert {"sympy", "math-verify", "latex2sympy2_extended"} <= grading.versions.keys()


def test_golds_are_known_by_what_answers_are_compared_with() -> None:
    problems = loaded().problems
    other = [one.model_copy(update={"question": "?"}) for one in reversed(problems)]
    assert golds_of(problems) == golds_of(other)
    changed = [problems[0].model_copy(update={"answer": "99"}), *problems[1:]]
    assert golds_of(problems) != golds_of(changed)


@pytest.mark.parametrize("change", [{"code": "0" * 64}, {"versions": {"sympy": "1.0"}}, {"record": None}])
def test_going_on_brings_a_run_level(tmp_path: Path, change: dict[str, Any]) -> None:
    folder = run(tmp_path, selection=Selection(limit=4)).folder
    rewrite(folder, **change)
    spoil(folder)
    again = run(tmp_path)
    assert again.regraded == 4
    assert wrong(folder) == {WRONG}
    assert RunFolder(folder).run.grading == Grading.of(loaded().problems)
    assert run(tmp_path).regraded is None


def test_more_problems_are_no_other_grading(tmp_path: Path) -> None:
    folder = run(tmp_path, selection=Selection(limit=2)).folder
    spoil(folder)
    assert run(tmp_path).regraded is None
    assert len(wrong(folder) - {WRONG}) >= 1


def test_a_run_from_before_loads_and_is_brought_level(tmp_path: Path) -> None:
    folder = run(tmp_path).folder
    rewrite(folder, record=None)
    spoil(folder)
    assert RunFolder(folder).run.grading is None
    _, changed = regrade(folder)
    assert (changed, wrong(folder)) == (6, {WRONG})
    assert RunFolder(folder).run.grading == Grading.of(RunFolder(folder).problems())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"code": "0" * 64}, "grading code"),
        ({"versions": {"sympy": "1.0"}}, "math-verify"),
        ({"record": None}, "does not record"),
    ],
)
def test_a_report_tells_runs_apart_that_were_graded_differently(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    pytest.importorskip("math_verify", reason="the extra `eval` is not installed")
    folders = [run(tmp_path / "runs", memory=memory).folder for memory in ("optical", "text")]
    both = [(folder.name, RunFolder(folder)) for folder in folders]
    assert grading_mismatch(both) is None and grading_mismatch(both[:1]) is None
    rewrite(folders[1], **change)
    written = write_report([tmp_path / "runs"], tmp_path / "report", figures=False)
    (note,) = [note for note in written.notes if "graded differently" in note]
    assert note.startswith(f"{both[0][1].run.benchmark.title}: ")
    assert said in note and "optical and text" in note and "--regrade" in note
    assert "graded differently" in (tmp_path / "report" / "report.md").read_text()
    regrade(folders[1])
    again = write_report([tmp_path / "runs"], tmp_path / "report", figures=False)
    assert [note for note in again.notes if "graded differently" in note] == []


def test_other_golds_are_told_apart(tmp_path: Path) -> None:
    folders = [run(tmp_path, memory=memory).folder for memory in ("optical", "text")]
    path = folders[0] / "problems.jsonl"
    path.write_text(path.read_text().replace('"answer":"2"', '"answer":"0"'))
    note = grading_mismatch([(folder.name, RunFolder(folder)) for folder in folders])
    assert note is not None and "other gold answers" in note
