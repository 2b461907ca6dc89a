"""The comparison of policies, in its smallest form, against a server that speaks the real protocol."""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Serve
from tests.loopback import MODEL, Reply

ROOT = Path(__file__).parents[1]
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(ROOT / "benchmarks")
    policies = import_module("policies")

WORK = "Therefore the argument of the first part carries over to the second one. " * 90


def reply(body: dict[str, Any]) -> Reply:
    """Work until the memory holds three parts, then answer; right only where it holds pages."""
    parts = body["messages"][-1]["content"][1:-1]
    pages = sum(part["type"] == "image_url" for part in parts)
    return Reply(f"Part {len(parts)}. {WORK}" if len(parts) < 3 else f"\\boxed{{{7 if pages else 8}}}")


def test_policies_are_compared_under_one_budget(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"problem": "How many?", "answer": "7", "unique_id": "one"}\n', encoding="utf-8")
    words = ["--file", rows, "--benchmark", "math500", "--base-url", serve(reply).base_url, "--model", MODEL]
    words += ["--memory", "decay,text", "--segment-end", "boundary", "--density", "", "--samples", "1"]
    words += ["--share", "0.8", "--out", tmp_path / "runs", "--json"]
    monkeypatch.setattr(sys, "argv", ["policies.py", *map(str, words)])
    policies.main()
    found = json.loads(capsys.readouterr().out)
    lines = {line["label"]: line for line in found["lines"]}
    assert list(lines) == [policies.REFERENCE, "decay", "text", "optical, ends boundary"]
    assert found["memory_tokens"] >= 588
    assert lines[policies.REFERENCE]["difference"] is None and lines["text"]["difference"][0] == -1
    assert lines["decay"]["re_prefill"] > lines[policies.REFERENCE]["re_prefill"] == 0
    assert policies.shown([policies.Line(**line) for line in found["lines"]]).count("\n") == 5
