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


def test_dollars_as_json(tmp_path: Path) -> None:
    words = ["plan", "--price", "--model", "gpt-5", "--reasoning-tokens", "4096,32768", "--json"]
    done = vtc(*words, cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert (found["preset"], found["pays_from"], found["price"]["input"]) == ("gpt-5", 8_192, 1.25)
    rows = {(row["reasoning_tokens"], row["memory"]): row for row in found["estimates"]}
    assert rows[32_768, "optical"]["warm"]["total"] < rows[32_768, "text"]["warm"]["total"]
    assert rows[32_768, "text"]["cached"] > 80_000 and 0 < rows[32_768, "text"]["warm"]["output_share"] < 1


def test_a_price_says_where_pages_pay_and_where_not(tmp_path: Path) -> None:
    done = vtc("plan", "--price", "--model", "gpt-5", cwd=tmp_path)
    said = " ".join(done.out.split())
    assert (done.code, done.err) == (0, "")
    assert "gpt-5: $1.25 a million tokens read, $0.125 from the cache, $10 written (2026-" in said
    assert "pages are cheaper than text with a warm cache from 8,192 reasoning tokens on" in said
    none = vtc("plan", "--price", "--model", "gpt-4o-mini", cwd=tmp_path)
    assert "don't: text with a warm cache is cheaper than pages up to 131,072" in " ".join(none.out.split())


def test_prices_of_ones_own(tmp_path: Path) -> None:
    entry = '[[model]]\nname = "mine"\ninput = 3\noutput = 9\ndate = 2026-11-29\n'
    (tmp_path / "mine.toml").write_text(entry)
    words = ["plan", "--price", "--model", "mine", "--prices", "mine.toml"]
    done = vtc(*words, "--preset", "gpt-5", cwd=tmp_path)
    said = " ".join(done.out.split())
    assert done.code == 0 and "unknown from the cache, $9 written (2026-11-29: your file)" in said
    assert "whether pages pay is not known: the price of cached tokens is unknown" in said
    assert "unknown" in done.out and "$0 " not in done.out
    lost = vtc(*words, cwd=tmp_path)
    assert lost.code == 2 and "mine belongs to no family that is known" in lost.error


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--price"], "--model is needed with --price"),
        (["--price", "--model", "gpt-99"], "the price of 'gpt-99' is unknown: put it into a file"),
        (["--price", "--model", "gpt-5", "--gpu", "h100"], "--gpu is for capacity"),
        (["--price", "--model", "gpt-5", "--prices", "none.toml"], "prices none.toml: cannot be read"),
        (["--price", "--model", "gpt-5", "--preset", "gpt5"], "unknown preset 'gpt5'"),
        (
            ["--price", "--model", "gpt-5", "--reasoning-tokens", "0"],
            "reasoning tokens: give lengths above 0",
        ),
        (["--prices", "none.toml"], "--prices is for prices: add --price"),
    ],
)
def test_what_makes_no_sense_of_prices_is_one_line(tmp_path: Path, words: list[str], said: str) -> None:
    done = vtc("plan", *words, cwd=tmp_path)
    assert done.code == 2
    assert done.error.startswith(f"vtc-r1: {said}")
