"""A small study for tests: rows that are shipped, and an evaluation by a scripted server."""

import json
from pathlib import Path
from typing import Any

from tests.cli.command import Result, vtc
from tests.loopback import MODEL, Loopback

DATA = """
[steps.data]
source = "example"
segment_tokens = 96
limit = 4
workers = 1
"""
EVAL = """
[steps.serve]
base_url = "{base_url}"
model = "{model}"

[steps.eval]
server = "@serve"
file = "sums.jsonl"
temperature = 0
memory = "optical,forget"
concurrency = 1

[steps.report]
figures = false
"""
TRAINED = """
[steps.sft]
recipe = "nano-tune"
model = "new"
data = ["@data"]
steps = 1

[steps.local]
kind = "eval"
model = "@sft"
benchmarks = ["arithmetic"]
limit = 1
"""
SUMS = [{"problem": f"3 + {number}?", "answer": str(3 + number)} for number in (3, 4, 5)]


def declare(folder: Path, text: str, server: Loopback | None = None, name: str = "small") -> str:
    """Write a study and the rows that it evaluates; return the file's name."""
    lines = "".join(f"{json.dumps(one)}\n" for one in SUMS)
    (folder / "sums.jsonl").write_text(lines, encoding="utf-8")
    address = server.base_url if server else "http://127.0.0.1:9/v1"
    file = folder / f"{name}.toml"
    file.write_text(text.replace("{base_url}", address).replace("{model}", MODEL), encoding="utf-8")
    return file.name


def plan(folder: Path, file: str, *words: str) -> dict[str, Any]:
    """Return the plan of a study as JSON values."""
    done = vtc("study", file, "--plan", "--json", *words, cwd=folder, HF_HUB_OFFLINE="1")
    found = json.loads(done.out)
    assert (done.code == 2) == bool(found["refusals"]), done.err
    assert isinstance(found, dict)
    return found


def states(planned: dict[str, Any]) -> dict[str, str]:
    """Return the states of a plan's jobs, by their labels."""
    return {job["label"]: job["state"] for job in planned["jobs"]}


def hashes(planned: dict[str, Any]) -> dict[str, str]:
    """Return the hashes of a plan's jobs, by their labels."""
    return {job["label"]: job["hash"] for job in planned["jobs"]}


def result(folder: Path, name: str = "small") -> dict[str, Any]:
    """Return the result of a study, without what a machine and its load decide."""
    values = json.loads((folder / "studies" / name / "result.json").read_bytes())
    assert isinstance(values, dict)
    del values["spent"]
    return values


def reasons(done: Result) -> list[str]:
    """Return the reasons for which a study was refused."""
    assert done.code == 2, done.err
    *listed, last = done.err.splitlines()
    assert "things are wrong or missing, see above" in last
    return [line.split(". ", 1)[1] for line in listed]
