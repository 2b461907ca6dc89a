"""`vtc-r1 eval` of questions about documents, from a benchmark's file to the report."""

import json
from pathlib import Path

import pytest

import vtc_r1
from tests.cli.command import on, vtc
from tests.conftest import Serve
from tests.documents.reader import Reader
from tests.eval.longcontext.test_problems import solved
from vtc_r1.eval.benchmark import benchmark
from vtc_r1.eval.load import load
from vtc_r1.eval.longcontext import problems
from vtc_r1.eval.problem import Passage, Problem

pytestmark = pytest.mark.process

TOML = """
title = "Own needles"
grader = "scored"
[generated]
kind = "long-context"
tasks = ["niah-multiquery", "variable-tracking"]
lengths = [1024, 16384]
depths = [0, 50]
problems = 1
[sampling]
temperature = 0
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "needles.toml").write_text(TOML, encoding="utf-8")
    return tmp_path


def reader(own: Path) -> Reader:
    """A model that reads, and answers by rule; where it sees nothing, it says so."""
    documents = [
        document for problem in load(own / "needles.toml").problems for document in problem.documents
    ]

    def rule(question: str, seen: str) -> str:
        subject = "variable-tracking" if "VAR" in question else "niah-multiquery"
        asked = Problem(
            id="0",
            question=question,
            answer="0",
            subject=subject,
            context=(Passage(name="seen", text=seen or "."),),
        )
        return f"\\boxed{{{', '.join(sorted(solved(asked))) or 'nothing'}}}"

    return Reader(documents, rule)


def test_documents_in_three_memories(serve: Serve, own: Path) -> None:
    server = serve(reader(own), context=131_072)
    memories = ["--memory", "optical,text,blank"]
    done = vtc("eval", "needles.toml", *memories, *on(server), "--json", "-q", cwd=own)
    assert done.code == 0, done.err
    (found,) = (
        json.loads(done.out)["benchmarks"] if "benchmarks" in json.loads(done.out) else [json.loads(done.out)]
    )
    runs = {run["memory"]: run for run in found["runs"]}
    assert {memory: run["accuracy"]["mean"] for memory, run in runs.items()} == {
        "optical": 1,
        "text": 1,
        "blank": 0,
    }
    assert list(runs["optical"]["by_level"]) == ["1k", "16k"]
    assert runs["optical"]["compression"] > 2
    assert (runs["text"]["compression"], runs["text"]["tokens"]["vision"]) == (None, 0)
    assert runs["blank"]["tokens"]["vision"] == runs["optical"]["tokens"]["vision"] > 0
    report = vtc("report", "runs", "--out", "report", "--no-figures", cwd=own)
    assert report.code == 0, report.err
    page = (own / "report/index.html").read_text(encoding="utf-8")
    assert "niah-multiquery" in page and "16k" in page


def test_documents_that_the_context_does_not_hold_are_refused_before_any_is_solved(
    serve: Serve, own: Path
) -> None:
    server = serve(reader(own), context=2_048)
    small = ["--segment-tokens", "64", "--max-iterations", "2"]
    for memory in ("optical", "text"):
        done = vtc("eval", "needles.toml", "--memory", memory, *small, *on(server), cwd=own)
        assert done.code == 2 and "/16k/" in done.error and "holds 2,048" in done.error, done.err
        assert server.requests == [] and not (own / "runs").exists()
    limited = vtc("eval", "needles.toml", "--limit", "2", *small, *on(server), "-q", cwd=own)
    assert limited.code == 0, limited.err


def test_the_embedded_model_takes_no_other_documents(own: Path) -> None:
    done = vtc("eval", "needles.toml", cwd=own)
    assert done.code == 2 and "leave the documents away" in done.error


def test_the_embedded_model_looks_values_up_with_every_memory_but_a_blank_one(own: Path) -> None:
    pytest.importorskip("transformers", reason="the embedded model needs the extra local")
    shipped = (Path(vtc_r1.__file__).parent / "eval/benchmarks/lookup.toml").read_text("utf-8")
    short = shipped.replace("pairs = [4, 8, 16, 24]", "pairs = [1, 2, 3]")
    assert short != shipped
    (own / "short.toml").write_text(short, encoding="utf-8")
    words = ["--limit", "30", "--memory", "optical,text,blank", "--concurrency", "10", "--json", "-q"]
    done = vtc("eval", "short.toml", *words, cwd=own)
    assert done.code == 0, done.err
    accuracy = {run["memory"]: run["accuracy"]["mean"] for run in json.loads(done.out)["runs"]}
    assert min(accuracy["optical"], accuracy["text"]) >= 0.8 and accuracy["blank"] <= 0.1


def test_the_shipped_needles_are_as_their_file_says() -> None:
    wanted = benchmark("niah")
    assert wanted.generated is not None
    assert list(load("niah").problems) == problems(wanted.generated)  # type: ignore[arg-type]
