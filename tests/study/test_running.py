"""`vtc-r1 study`, from outside: what is redone and what is not, and that a kill loses nothing."""

import os
import signal
import subprocess
import time
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.cli.command import arguments, environment, vtc
from tests.conftest import Serve
from tests.loopback import Loopback, Reply
from tests.study.declared import DATA, EVAL, TRAINED, declare, hashes, plan, result, states

pytestmark = pytest.mark.process


def seven(_: object) -> Reply:
    return Reply("So <answer>7</answer> \\boxed{7}.")


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {label for label in after if after[label] != before.get(label)}


def test_a_study_runs_once_and_redoes_what_a_changed_key_decides(serve: Serve, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    server = serve(seven)
    file = declare(tmp_path, DATA + EVAL, server)
    done = vtc("study", file, cwd=tmp_path)
    assert done.code == 0, done.err
    asked, first = len(server.requests), plan(tmp_path, file)
    assert set(states(first).values()) == {"done"}
    assert {"data", "eval · optical", "eval · forget", "report"} == set(states(first))
    table = result(tmp_path)["table"]
    assert [(row["memory"], row["problems"], row["accuracy"]["mean"]) for row in table] == [
        ("optical", 3, pytest.approx(1 / 3)),
        ("forget", 3, pytest.approx(1 / 3)),
    ]
    page = (tmp_path / "studies" / "small" / "result.md").read_text("utf-8")
    assert "## What differs from the paper" in page and "| data | segment_tokens | 96 | 4,096 |" in page
    again = vtc("study", file, "-q", cwd=tmp_path)
    assert (again.code, again.err, len(server.requests)) == (0, "", asked)

    eval_key = plan(tmp_path, file, "--set", "eval.limit=1")
    assert changed(hashes(first), hashes(eval_key)) == {"eval · optical", "eval · forget", "report"}
    assert states(eval_key)["data"] == "done"
    budget = plan(tmp_path, file, "--set", "data.segment_tokens=64")
    assert changed(hashes(first), hashes(budget)) == {"data"}
    how_fast = plan(tmp_path, file, "--set", "eval.concurrency=2", "--set", "data.workers=2")
    assert hashes(how_fast) == hashes(first)

    done = vtc("study", file, "--set", "eval.limit=1", cwd=tmp_path)
    assert done.code == 0 and "study: data: begins" not in done.err
    assert [row["problems"] for row in result(tmp_path)["table"]] == [1, 1]

    other = declare(tmp_path, DATA, name="other")
    assert states(plan(tmp_path, other)) == {"data": "done"}
    refused = vtc("study", other, "--out", "studies/small", "--plan", "--json", cwd=tmp_path)
    assert (
        refused.code == 2 and "holds the study small, and this is other; choose another --out" in refused.err
    )


def test_a_segment_budget_redoes_the_data_and_what_hangs_on_it(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("accelerate")
    others = "[steps.shipped]\nkind = 'eval'\nbenchmarks = ['lookup']\n"
    others += "[steps.grpo]\nrecipe = 'nano'\nmodel = '@sft'\n"
    file = declare(tmp_path, DATA + TRAINED + others)
    first = hashes(plan(tmp_path, file))
    budget = hashes(plan(tmp_path, file, "--set", "data.segment_tokens=64"))
    assert changed(first, budget) == {"data", "sft", "grpo", "local · arithmetic"}
    rate = hashes(plan(tmp_path, file, "--set", "sft.learning_rate=1e-3"))
    assert changed(first, rate) == {"sft", "grpo", "local · arithmetic"}
    groups = hashes(plan(tmp_path, file, "--set", "grpo.group_size=4"))
    assert changed(first, groups) == {"grpo"}
    (tmp_path / "sums.jsonl").touch()
    usual = plan(tmp_path, file, "--set", "data.segmentation=sound")
    assert hashes(usual) == first, "a key that is what it is anyway redoes nothing"


def test_the_contents_of_an_input_count_and_not_its_name(serve: Serve, tmp_path: Path) -> None:
    file = declare(tmp_path, EVAL, serve(seven))
    first = hashes(plan(tmp_path, file))
    rows = tmp_path / "sums.jsonl"
    rows.write_text(rows.read_text("utf-8").replace("3 + 3?", "4 + 2?"), encoding="utf-8")
    assert changed(first, hashes(plan(tmp_path, file))) == {"eval · optical", "eval · forget", "report"}


def test_killed_anywhere_the_same_command_comes_to_the_same_result(serve: Serve, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    server = serve(seven)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
    file = declare(whole, DATA + EVAL, server)
    assert vtc("study", file, "-q", cwd=whole).code == 0
    declare(killed, DATA + EVAL, server)
    for awaited in ("data-*/job.json", "eval-*/out/*/*/samples.jsonl", "report-*/job.json"):
        _kill_at(killed, file, awaited)
    done = vtc("study", file, cwd=killed)
    assert done.code == 0, done.err
    assert result(killed) == result(whole)
    assert "study: data: done" not in done.err


def test_another_version_of_the_package_is_told_and_redoes_nothing(serve: Serve, tmp_path: Path) -> None:
    older = tmp_path / "older" / "vtc_r1-0.0.1.dist-info"
    older.mkdir(parents=True)
    (older / "METADATA").write_text("Metadata-Version: 2.4\nName: vtc-r1\nVersion: 0.0.1\n", "utf-8")
    server = serve(seven)
    file = declare(tmp_path, EVAL, server)
    words = ("study", file, "--set", "eval.memory=forget", "-q")
    done = vtc(*words, cwd=tmp_path, PYTHONPATH=str(older.parent))
    assert done.code == 0 and "warning" not in done.err, done.err
    asked = len(server.requests)
    again = vtc(*words, cwd=tmp_path)
    kept = "vtc-r1: warning: vtc-r1 0.0.1 did eval · forget, report, and this is "
    remedy = ": kept as they are; to do one again, delete its folder in studies/store"
    assert again.code == 0 and again.out == done.out and len(server.requests) == asked
    assert again.err == f"{kept}{version('vtc-r1')}{remedy}\n"
    planned = plan(tmp_path, *words[1:])
    assert planned["other_versions"] == {"0.0.1": ["eval · forget", "report"]}
    (evaluated,) = (tmp_path / "studies" / "store").glob("eval-*")
    (evaluated / "done.json").unlink()
    begun = vtc("study", file, *words[2:], "--plan", cwd=tmp_path)
    assert begun.code == 0 and begun.err == again.err, "also of a step that was only begun"
    redone = vtc(*words, "--set", "eval.temperature=0.5", cwd=tmp_path)
    assert redone.code == 0 and "warning" not in redone.err and len(server.requests) > asked


def test_two_processes_do_a_step_once(serve: Serve, tmp_path: Path) -> None:
    server: Loopback = serve(lambda _: Reply("So \\boxed{7}.", pause=0.05))
    files = [declare(tmp_path, EVAL, server, name) for name in ("one", "two")]
    running = [
        subprocess.Popen(arguments("study", file), cwd=tmp_path, env=environment(), stderr=subprocess.PIPE)
        for file in files
    ]
    said = [process.communicate(timeout=120)[1].decode() for process in running]
    assert [process.returncode for process in running] == [0, 0], said
    assert sum(text.count(": begins") for text in said) == 3, said
    solves = [one.path for one in server.requests if one.path.endswith("/chat/completions")]
    assert len(solves) == 6, "each of three problems once under each of two memories"
    assert result(tmp_path, "one")["table"] == result(tmp_path, "two")["table"]


def _kill_at(folder: Path, file: str, awaited: str) -> None:
    """Kill a study as soon as a file is in its store."""
    process = subprocess.Popen(
        arguments("study", file), cwd=folder, env=environment(), stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 120
    while process.poll() is None and not [*(folder / "studies" / "store").glob(awaited)]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    if process.poll() is None:
        os.kill(process.pid, signal.SIGKILL)
    process.wait()
