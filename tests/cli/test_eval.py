"""`vtc-r1 eval`: the real command, end to end."""

import csv
import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Result, arguments, environment, on, vtc
from tests.conftest import Serve
from tests.loopback import Loopback, Reply, refusal
from vtc_r1.backends.embedded import checkpoint
from vtc_r1.cli.main import app
from vtc_r1.errors import VtcError
from vtc_r1.eval.runs import RunFolder

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[2]
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(ROOT / "benchmarks")
    eval_kill = import_module("eval_kill")

NAMES = ["one", "two", "three", "four", "five", "six"]
WRONG = "two"


def answer(body: dict[str, Any]) -> Reply:
    """Work on a page first, then box the digit that the question names."""
    content = body["messages"][-1]["content"]
    name = content[0]["text"].split()[0]
    if len(content) < 3:
        return Reply(f"Let me count to {name}.\n")
    return Reply(f"\\boxed{{{0 if name == WRONG else NAMES.index(name) + 1}}}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [{"q": f"{name} as a digit?", "a": at, "name": name} for at, name in enumerate(NAMES, 1)]
    (tmp_path / "digits.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    return tmp_path


FILE = ["--file", "digits.jsonl", "--question-field", "q", "--answer-field", "a", "--id-field", "name"]


def evaluate(server: Loopback, folder: Path, *more: str, **environment: str) -> Result:
    return vtc("eval", *FILE, *on(server), *more, cwd=folder, **environment)


def figures(done: Result) -> dict[str, Any]:
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert isinstance(found, dict)
    return found


def test_policies_are_compared_over_a_file_and_gone_on_with(serve: Serve, folder: Path) -> None:
    server = serve(answer)
    words = [*FILE, *on(server), "--memory", "optical,text", "--temperature", "0", "--limit", "4"]
    done = vtc("eval", *words, cwd=folder, COLUMNS="200")
    assert done.code == 0, done.err
    assert "## digits.jsonl · Qwen/Qwen3-VL-8B-Instruct · 4 problems" in done.out
    assert re.search(r"\| optical +\| 75\.0 % \[\d+\.\d, \d+\.\d\] +\|", done.out)
    assert "| optical − text |" in done.out
    assert "digits · optical: 4 of 4 done, 75.0 % right · " in done.err
    asked = len(server.requests)
    found = figures(
        evaluate(server, folder, "--memory", "optical,text", "--temperature", "0", "--json", "-q")
    )
    assert len(server.requests) == asked + 2 * 2 * 2
    assert [(run["memory"], run["problems"], run["owed"]) for run in found["runs"]] == [
        ("optical", 6, 0),
        ("text", 6, 0),
    ]
    assert (found["pairs"][0]["p"], found["pairs"][0]["difference"]["mean"]) == (1.0, 0.0)
    assert [run["tokens"]["vision"] > 0 for run in found["runs"]] == [True, False]


def refused(*words: str | Path) -> str:
    """Run the command in this process; return what it refuses with."""
    with pytest.raises(VtcError) as raised:
        app(["eval", *map(str, words)], standalone_mode=False)
    return str(raised.value)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["mth500"], "did you mean 'math500'"),
        ([], "no benchmark"),
        (["arithmetic", "math500", "--file", "x.jsonl"], "one benchmark at a time"),
        (["arithmetic", "--only", "1x"], "did you mean '1'"),
        (["arithmetic", "--memory", "txt"], "did you mean 'text'"),
        (["arithmetic", "--samples", "2"], "every sample would be the same"),
        (["--file", "absent.jsonl"], "absent.jsonl: no such file"),
        (["arithmetic", "--regrade"], "runs: is not a folder"),
        (["--regrade", "--file", "x.jsonl"], "drop --file"),
    ],
)
def test_bad_input_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert says in refused(*words)
    assert not any(tmp_path.iterdir())


def test_another_configuration_is_refused(serve: Serve, folder: Path) -> None:
    server = serve(answer)
    assert evaluate(server, folder, "--limit", "1", "-q").code == 0
    asked = len(server.requests)
    done = evaluate(server, folder, "--temperature", "0.1")
    assert done.code == 2 and "sampling.temperature: 0.7 there, 0.1 now" in done.error
    assert len(server.requests) == asked


def test_a_server_that_is_not_fit_is_told_before_anything_is_solved(serve: Serve, folder: Path) -> None:
    server = serve(answer, models=("another",))
    done = evaluate(server, folder)
    assert done.code == 2 and "is not served" in done.error
    assert server.requests == [] and not (folder / "runs").exists()


def test_failed_solves_end_with_1_and_are_solved_again_when_asked(serve: Serve, folder: Path) -> None:
    server = serve(lambda body: refusal("no") if "three" in str(body["messages"]) else answer(body))
    done = evaluate(server, folder, "--json")
    assert done.code == 1 and "1 solve failed" in done.err
    assert json.loads(done.out)["runs"][0]["failed"] == 1
    again = figures(evaluate(serve(answer), folder, "--retry-failed", "--json", "-q"))
    assert (again["runs"][0]["failed"], again["runs"][0]["solved"]) == (0, 6)


def test_what_the_server_failed_is_solved_again_by_the_same_command(serve: Serve, folder: Path) -> None:
    server = serve(lambda body: refusal("on fire", 500) if "three" in str(body["messages"]) else answer(body))
    done = evaluate(server, folder, "--json")
    assert done.code == 1 and json.loads(done.out)["runs"][0]["causes"] == {"error": 1}
    assert (
        "1 solve failed (1 server error), counted as wrong; run the same command again to solve" in done.err
    )
    assert "--retry-failed" not in done.err
    again = figures(evaluate(serve(answer), folder, "--json", "-q"))
    assert (again["runs"][0]["failed"], again["runs"][0]["solved"]) == (0, 6)


def test_a_server_that_is_gone_for_good_leaves_the_rest_owed(serve: Serve, folder: Path) -> None:
    def dying(body: dict[str, Any]) -> Reply:
        return answer(body) if len(server.requests) <= 2 else refusal("expired", 401)

    server = serve(dying)
    words = ("--memory", "optical,text", "--samples", "2", "--concurrency", "1")
    done = evaluate(server, folder, *words, COLUMNS="400")  # a row for each policy
    assert done.code == 1 and "5 solves failed (5 API key refused)" in done.err
    assert "stopped, as the server failed the last solves one after another" in done.err
    assert "optical owes 6 solves" in done.out and "\n| text" not in done.out
    whole = figures(evaluate(serve(answer), folder, *words, "--json", "-q"))
    assert [(run["failed"], run["solved"]) for run in whole["runs"]] == [(0, 12), (0, 12)]


def test_an_interrupt_keeps_what_is_finished(serve: Serve, folder: Path) -> None:
    def slow(body: dict[str, Any]) -> Reply:
        return Reply(hang=True) if "four" in str(body["messages"]) else answer(body)

    server = serve(slow)
    command = arguments("eval", *FILE, *on(server), "--concurrency", "1", "--seed", "1")
    options = {"cwd": folder, "env": environment(), "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **options) as running:
        try:
            assert server.wait_for(lambda seen: len(seen.requests) == 7, 60)
            time.sleep(0.1)
            running.send_signal(signal.SIGINT)
            _, err = running.communicate(timeout=20)
        finally:
            running.kill()
    assert running.returncode == 130 and b"Traceback" not in err, err.decode()
    assert b"3 of 6 are in runs/digits/optical; run the same command again to resume" in err
    stored = RunFolder(folder / "runs" / "digits" / "optical")
    assert {key[0] for key in stored.grades()} == {"one", "two", "three"}
    found = figures(evaluate(serve(answer), folder, "--json", "-q"))
    assert (found["runs"][0]["solved"], stored.run.seed) == (6, 1)


def test_kill_9_changes_nothing(serve: Serve, folder: Path) -> None:
    server = serve(answer)
    flags = ["--temperature", "0", "--concurrency", "2"]

    def command(out: str) -> list[str]:
        file = str(folder / "digits.jsonl")
        words = arguments("eval", *FILE, *on(server), *flags, "--out", folder / out)
        return [file if word == "digits.jsonl" else word for word in words]

    whole = eval_kill.figures(command("whole"))
    samples = folder / "killed" / "digits" / "optical" / "samples.jsonl"
    moments = sorted(random.Random(5).uniform(0, 5) for _ in range(3))
    left = eval_kill.killed_run(command("killed"), samples, moments)
    assert left == sorted(left) and left[-1] >= 1
    assert eval_kill.figures(command("killed")) == whole
    assert samples.read_bytes().count(b"\n") == 6


def test_the_embedded_model_from_eval_to_regrade_to_resume(tmp_path: Path) -> None:
    flags = ["--memory", "optical,blank", "--concurrency", "16", "--json"]
    first = figures(vtc("eval", "arithmetic", "--limit", "15", *flags, cwd=tmp_path))
    accuracy = {run["memory"]: run["accuracy"]["mean"] for run in first["runs"]}
    assert accuracy["optical"] >= 0.8 and accuracy["blank"] <= 0.6
    again = vtc("eval", "--regrade", "--json", cwd=tmp_path)
    assert "15 graded again, 0 verdicts changed" in again.err
    regraded = {run["memory"]: run for run in figures(again)["runs"]}
    assert regraded == {run["memory"]: run for run in first["runs"]}
    more = figures(vtc("eval", "arithmetic", "--limit", "20", *flags, "-q", cwd=tmp_path))
    assert [(run["solved"], run["throughput"]["solves"]) for run in more["runs"]] == [(20, 5), (20, 5)]
    reported = vtc("report", "runs", "--out", "page", "--no-figures", cwd=tmp_path)
    assert reported.code == 0 and "2 runs, 40 samples" in reported.err
    rows = list(csv.DictReader((tmp_path / "page" / "report.csv").read_text("utf-8").splitlines()))
    right = {
        memory: sum(row["right"] == "1" for row in rows if row["memory"] == memory) for memory in accuracy
    }
    assert right == {run["memory"]: round(20 * run["accuracy"]["mean"]) for run in more["runs"]}


def test_solves_of_other_weights_are_not_taken_for_those_of_a_checkpoint(tmp_path: Path) -> None:
    weights = Path(shutil.copytree(checkpoint(), tmp_path / "trained")) / "model.safetensors"
    flags = ["arithmetic", "--limit", "1", "--max-iterations", "1", "--model", "./trained", "-q"]
    first = vtc("eval", *flags, cwd=tmp_path)
    assert first.code == 0, first.err
    assert vtc("eval", *flags, cwd=tmp_path).out == first.out
    with weights.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\x00" if weights.read_bytes()[-1] else b"\x01")
    done = vtc("eval", *flags, cwd=tmp_path)
    assert (
        done.code == 2 and "model.revision: 'sha256:" in done.error and "choose another --out" in done.error
    )


def test_the_benchmarks_are_listed(tmp_path: Path) -> None:
    done = vtc("eval", "--list", cwd=tmp_path)
    said = " ".join(done.out.split())
    assert done.code == 0 and "math500 500 competition problems of the MATH test set" in said
    assert "arithmetic Five kinds of step-by-step problems" in said
    listed = json.loads(vtc("eval", "--list", "--json", cwd=tmp_path).out)
    assert {"math500", "arithmetic"} <= {one["name"] for one in listed}
