"""What commands print fits the terminal, whole, at every width."""

import json
import re
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.cli.command import on, vtc
from tests.cli.terminal.emulated import on_terminal
from tests.conftest import Serve
from tests.eval.report.made import Solve, made, problem

pytestmark = pytest.mark.process

WIDTHS = (60, 80, 120)
POLICIES = "optical,text,decay:after=2,budget=20000,steps=0.7+0.5+0.35,blank,single"
ROWS = [{"problem": f"What is {at} + 1?", "answer": str(at + 1), "unique_id": f"p{at}"} for at in range(4)]


def fitting(words: list[str | Path], folder: Path, width: int) -> str:
    """What a command leaves on a terminal of that width; fails where a line does not fit, or is cut."""
    shown = on_terminal(*words, cwd=folder, size=(40, width))
    assert shown.code == 0 and "Traceback" not in shown.text, shown.text
    piped = vtc(*words, cwd=folder, COLUMNS=str(width))
    for line in piped.out.split("\n"):
        assert cell_len(line) <= width, line
    assert "…" not in piped.out and "…" not in shown.text
    on_screen = "".join(shown.text.split())
    assert all("".join(line.split()) in on_screen for line in piped.out.split("\n"))
    return piped.out


@pytest.fixture
def evaluated(serve: Serve, tmp_path: Path) -> list[str | Path]:
    """The words of an evaluation that is done, under policies with long and short names."""
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, ROWS)) + "\n", encoding="utf-8")
    server = serve(lambda body: "It is \\boxed{2}.")
    words = ["eval", "math500", "--file", "rows.jsonl", *on(server), "--memory", POLICIES, "-q"]
    assert vtc(*words, cwd=tmp_path).code == 0
    return list(words)


def test_evaluations_fit(evaluated: list[str | Path], tmp_path: Path) -> None:
    wide = vtc(*evaluated, cwd=tmp_path, COLUMNS="400").out
    figures = set(re.findall(r"[+-]?\d[\d.,]* ?[%×]|\[[^\]]+\]|\d\.\d\d : \d\.\d\d", wide))
    names = {row.split("|")[1].strip() for row in wide.split("\n") if row.startswith("| ")}
    assert len(figures) > 8 and any(len(name) > 30 for name in names), wide
    for width in WIDTHS:
        said = fitting(evaluated, tmp_path, width)
        together = re.sub(r"[\s|]+", " ", said)
        for part in figures:
            assert part in said, (width, part)
        for name in names - {"first − second"}:
            assert name in together or re.sub(r"\s", "", name) in re.sub(r"\s", "", said), (width, name)
        assert said.count("## MATH-500") == 1 and "VTC-R1" in said


def test_plans_fit(tmp_path: Path) -> None:
    words: list[str | Path] = ["plan", "--concurrency", "20000", "--reasoning-tokens", "4096,524288"]
    for width in (40, *WIDTHS):
        said = fitting(words, tmp_path, width)
        assert "524,288" in said and "20,000" in said and "optical" in said


def test_lists_of_samples_fit_and_name_problems_whole(tmp_path: Path) -> None:
    name = "test/counting_and_probability/with/a/very/long/path/1234.json"
    problems = (problem(name, answer="x" * 39), problem("two"))
    made(tmp_path / "runs", [Solve(name, right=False, answer="y" * 39), Solve("two")], problems=problems)
    for width in (*WIDTHS, 200):
        said = fitting(["view", "runs"], tmp_path, width)
        assert "y" * 39 in said and (name in said if width >= 80 else name in "".join(said.split()))
