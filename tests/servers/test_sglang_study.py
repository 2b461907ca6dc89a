"""The paper's study, rehearsed in its short form: every step of it, by a real SGLang, on few problems."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import Result, arguments, environment
from vtc_r1.study.tiny.packages import CACHE, TEMPLATES, VOCABULARY, Unavailable

pytestmark = pytest.mark.sglang

EVALS = ("eval", "eval-equal", "eval-whole")
SHORT = {
    "eval.memory": "optical,forget",
    "eval-equal.memory": "text",
    "report.figures": "false",
    **{f"{step}.{key}": value for step in EVALS for key, value in (("limit", "1"), ("segment_tokens", "16"))},
    **{f"{step}.benchmarks": '["arithmetic"]' for step in EVALS},
    **{f"{step}.max_iterations": "2" for step in EVALS},
    **{f"{step}.limit": "2" for step in ("data", "data-whole")},
    **{f"{step}.{key}": "1" for step in ("sft", "sft-whole") for key in ("steps", "accumulation")},
}
"""Keys of the study that decide how much is done, and nothing of how."""
SETS = [word for key, value in SHORT.items() for word in ("--set", f"{key}={value}")]


def test_the_paper_is_rehearsed_exported_and_verified(python: str, tmp_path: Path) -> None:
    try:
        for published in (VOCABULARY, TEMPLATES["instruct"]):
            published.path()
    except Unavailable as error:
        pytest.skip(str(error))

    def study(*words: str) -> Result:
        more = {"VTC_SGLANG_PYTHON": python, "HF_HUB_OFFLINE": "1", "XDG_CACHE_HOME": str(CACHE.parents[1])}
        done = subprocess.run(
            arguments("study", *words),
            cwd=tmp_path,
            env=environment(**more),
            capture_output=True,
            check=False,
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    done = study("rehearsal", *SETS)
    assert done.code == 0, done.err[-3_000:]
    folder = tmp_path / "studies" / "rehearsal"
    result = json.loads((folder / "result.json").read_bytes())
    rows = {(row["step"], row["memory"]): row for row in result["table"]}
    assert list(rows) == [
        ("eval", "optical"),
        ("eval", "forget"),
        ("eval-equal", "optical"),
        ("eval-equal", "text:equal=optical"),
        ("eval-whole", "single"),
    ]
    assert [(row["problems"], row["failed"]) for row in rows.values()] == [(1, 0)] * 5
    assert all(row["completion_tokens"] > 0 for row in rows.values())
    assert [key for key, row in rows.items() if row["vision_tokens"]] == [
        ("eval", "optical"),
        ("eval-equal", "optical"),
    ]
    kinds = [job["kind"] for job in result["jobs"]]
    assert sorted(kinds) == sorted(["weights", *["data", "sft"] * 2, *["eval"] * 4, "report"])
    assert result["owed"] == [] and "| eval-whole | single |" in (folder / "result.md").read_text("utf-8")
    store = tmp_path / "studies" / "store"
    assert len([*store.glob("report-*/out/index.html")]) == 1
    assert not (store / "server.json").exists(), "the server has ended"

    again = study("rehearsal", *SETS)
    assert (again.code, again.err, again.out) == (0, "", done.out), "all is done"
    packed = study("export", "rehearsal", "rehearsal.zip", *SETS)
    assert packed.code == 0 and packed.err.endswith(", 5 solves\n"), packed.err
    verified = study("verify", "rehearsal.zip")
    assert verified.code == 0, verified.err
    assert "5 solves of 5 runs graded again, 0 differences" in verified.out + verified.err
