"""`vtc-r1 plan`."""

import json
from pathlib import Path

import pytest

from tests.cli.command import vtc

pytestmark = pytest.mark.process


def test_a_plan_as_json(tmp_path: Path) -> None:
    words = ["plan", "--model", "qwen3-vl-8b", "--gpu", "h100", "--concurrency", "8", "--json"]
    done = vtc(*words, "--reasoning-tokens", "4096,32768", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert found["kv_bytes_a_token"] == 147_456
    assert found["kv_tokens"] == int((80e9 * 0.85 - found["weight_bytes"]) // 147_456)
    assert found["pays_from"] > 4096
    rows = {(row["reasoning_tokens"], row["memory"]): row for row in found["estimates"]}
    assert len(rows) == 6
    assert rows[4096, "optical"]["solve_seconds"] == rows[4096, "single"]["solve_seconds"]
    assert rows[32_768, "optical"]["kv_bytes"] < rows[32_768, "text"]["kv_bytes"] / 3


def test_a_plan_says_what_fits_and_where_pages_pay(tmp_path: Path) -> None:
    done = vtc("plan", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    said = " ".join(done.out.split())
    assert "qwen3-vl-8b on h200: 17.5 GB of weights, 147,456 bytes of KV cache a token" in said
    assert "optical memory pays from about 4,352 reasoning tokens; up to 4,096" in said
    assert "where 64 solves do not fit" in done.out
    none = vtc("plan", "--compression", "0.5", cwd=tmp_path)
    assert "optical memory does not pay up to 131,072 reasoning tokens" in none.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--model", "qwen3-vl-7b"], "unknown model 'qwen3-vl-7b': did you mean"),
        (["--gpu", "h1000"], "unknown GPU 'h1000': did you mean 'h100'? known are a100-80, b200, h100, h200"),
        (["--concurrency", "0"], "concurrency is 0: give a number above 0"),
        (["--compression", "nan"], "compression is nan"),
        (["--segment-tokens", "-1"], "segment_tokens is -1"),
        (["--reasoning-tokens", "many"], "--reasoning-tokens 'many': give whole numbers"),
        (["--reasoning-tokens", "0"], "reasoning tokens: give lengths above 0"),
        (["--reasoning-tokens", "99999999"], "99999999 reasoning tokens as single need"),
    ],
)
def test_what_makes_no_sense_is_one_line(tmp_path: Path, words: list[str], said: str) -> None:
    done = vtc("plan", *words, cwd=tmp_path)
    assert done.code == 2
    assert done.error.startswith(f"vtc-r1: {said}")
