"""LongBench: rows of its form from a file and from a hub."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.eval.hub import COMMIT, Hub
from vtc_r1.errors import BenchmarkError
from vtc_r1.eval.benchmark import benchmark
from vtc_r1.eval.load import load

ROOT = Path(__file__).parents[2]


def row(task: str, at: int = 0, **changes: Any) -> dict[str, Any]:
    values = {
        "input": f"Who came at {at}?", "context": f"It was {at}. Ann came.", "answers": ["Ann", "Ann Lee"],
        "length": 3000 + 2500 * at, "dataset": task, "language": "en", "all_classes": None,
        "_id": f"{task}{at:04}",
    }  # fmt: skip
    return {**values, **changes}


ROWS = [
    row("hotpotqa", 0),
    row("hotpotqa", 1),
    row("hotpotqa", 2),
    row("trec", 0, input="Question: What flies?\nType:", answers=["Animal"], all_classes=["Animal", "Place"]),
    row("gov_report", 0, input="", answers=["A summary."]),
    row("lcc", 0, input="", context="def f():\n    x = 1\n", answers=["    return x"]),
]


def written(folder: Path, rows: list[dict[str, Any]]) -> Path:
    file = folder / "longbench.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    return file


def test_rows_become_problems_with_documents(tmp_path: Path) -> None:
    first, second, third, trec, report, code = load("longbench", file=written(tmp_path, ROWS)).problems
    assert (first.id, first.subject, first.level, first.metric) == (
        "hotpotqa/hotpotqa0000",
        "hotpotqa",
        "0-4k",
        "f1",
    )
    assert [one.level for one in (first, second, third)] == ["0-4k", "4k-8k", "8k+"]
    assert first.question.endswith("Question: Who came at 0?") and "{input}" not in first.question
    assert (first.answer, first.answers) == ("Ann", ("Ann", "Ann Lee"))
    assert first.documents[0].written == "It was 0. Ann came."
    assert (trec.metric, trec.extra["all_classes"], trec.answers) == ("class", ["Animal", "Place"], ())
    assert report.metric == "rouge-l" and report.question.endswith("one page.")
    assert (code.metric, code.documents[0].kind) == ("code", "code")


def apart(task: str, question: str, context: str, **changes: Any) -> dict[str, Any]:
    """A row as the hub has it now: with the words that ask, question and context apart."""
    values = {
        "context": context, "question": question, "answer_prefix": "Answer:", "answers": ["Ann"],
        "dataset": task, "task": task, "language": "en", "all_classes": [], "length": "5000",
        "_id": f"{task}9", "max_new_tokens": "128",
    }  # fmt: skip
    return {**values, **changes}


def test_rows_with_question_and_context_apart_are_asked_once(tmp_path: Path) -> None:
    rows = [
        apart("hotpotqa", "\n\nQuestion: Who came?\n", "Passages.\nIt was 9. Ann came.\n\nAnswer."),
        apart("qmsum", "\n\nQuery: Who spoke?\n", "A: Hello."),
        apart("gov_report", "\n\n", "A report."),
        apart("trec", "\nQuestion: What flies?\n", "Question: What swims?\nType: Animal\n"),
        apart("lcc", "", "Complete the code.\ndef f():\n"),
    ]
    first, query, report, trec, code = load("longbench", file=written(tmp_path, rows)).problems
    assert first.question.count("Who came?") == 1 and first.question.count("Question:") == 1
    assert first.question.endswith("Question: Who came?")
    assert query.question.endswith("Query: Who spoke?") and query.question.count("Query:") == 1
    assert report.question.endswith("one page.")
    assert trec.question.endswith("Question: What flies?")
    assert first.documents[0].written.startswith("Passages.") and "Who came" not in first.documents[0].written
    assert (first.level, first.answers, code.documents[0].kind) == ("4k-8k", (), "code")


def test_rows_without_an_id_and_with_one_answer_column_are_numbered(tmp_path: Path) -> None:
    rows = [apart("hotpotqa", f"\n\nQuestion: Who came at {at}?\n", "Ann came.") for at in range(2)]
    for row in rows:
        row["answer"] = row.pop("answers")
        del row["_id"], row["dataset"]
    found = load("longbench", file=written(tmp_path, rows)).problems
    assert [one.id for one in found] == ["hotpotqa/0", "hotpotqa/1"]
    assert [one.answer for one in found] == ["Ann", "Ann"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"dataset": "dureader"}, "longbench has no task 'dureader'"),
        ({"context": " "}, "the context is empty"),
        ({"answers": []}, "no gold answer"),
    ],
)
def test_a_row_that_makes_no_problem(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    file = written(tmp_path, [ROWS[0], {**row("trec", 5), **changes}])
    with pytest.raises(BenchmarkError) as raised:
        load("longbench", file=file)
    assert says in str(raised.value) and "line 2" in str(raised.value)


def test_every_task_asks_by_its_metric() -> None:
    tasks = benchmark("longbench").tasks
    assert len(tasks) == 16
    assert all("{input}" in part.question for part in tasks.values())
    assert {part.metric for part in tasks.values()} == {"f1", "rouge-l", "class", "number", "code"}


@pytest.mark.process
def test_the_hub_has_a_configuration_for_each_task(tmp_path: Path) -> None:
    pytest.importorskip("datasets", reason="the extra `eval` is not installed")
    tasks = list(benchmark("longbench").tasks)
    configs = "".join(f"- config_name: {task}\n  data_files: {task}.jsonl\n" for task in tasks)
    files = {f"{task}.jsonl": (json.dumps(row(task)) + "\n").encode() for task in tasks}
    files["README.md"] = f"---\nconfigs:\n{configs}---\n".encode()
    script = (
        "from vtc_r1.eval.load import load\nfound = load('longbench')\n"
        "print(found.revision, len(found.problems), *sorted({one.subject for one in found.problems}))"
    )
    # a plain split name, as data files without one become `train`
    script = script.replace("load('longbench')", "load('own.toml')")
    source = (ROOT / "vtc_r1/eval/benchmarks/longbench.toml").read_text(encoding="utf-8")
    (tmp_path / "own.toml").write_text(source.replace('split = "test"', 'split = "train"'), encoding="utf-8")
    hub = Hub("Xnhyacinth/LongBench", files)
    environment = {"PYTHONPATH": str(ROOT), "HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_XET": "1"}
    environment |= {"HF_ENDPOINT": hub.address, "HF_HUB_OFFLINE": "0"}
    try:
        done = subprocess.run(
            [sys.executable, "-c", script], env={**os.environ, **environment}, cwd=tmp_path,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        hub.close()
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [COMMIT, "16", *sorted(tasks)]
