"""Solves through a real SGLang, by the command and by the API, give what the model gives in this process."""

import json
from pathlib import Path

import pytest

from tests.cli.command import vtc
from tests.servers.conftest import in_order
from tests.servers.running import Running
from vtc_r1 import Solver, Trace
from vtc_r1.eval.drawn import Problem
from vtc_r1.events import Finished, PagesRendered, SegmentFinished, TextDelta

pytestmark = pytest.mark.sglang

QUESTION, ANSWER = "37 + 85 - 19 * 2 + 46", "130"


def test_launch_tells_the_checkpoints_own_context(server: Running) -> None:
    assert server.context_length == 2_048


def test_the_command_solves(server: Running, tmp_path: Path) -> None:
    done = vtc("solve", QUESTION, *server.flags, "--json", "--quiet", cwd=tmp_path)
    assert done.code == 0, done.err
    trace = json.loads(done.out)
    assert (trace["status"], trace["answer"], len(trace["iterations"])) == ("answered", ANSWER, 4)
    assert trace["model"]["preset"] == "nano"
    first, second, *_ = trace["iterations"]
    assert [page["vision_tokens"] for page in first["pages"]] == [4]
    assert second["usage"]["vision_tokens"] == 4


@pytest.mark.parametrize("stream", [True, False])
async def test_events_carry_the_text_of_every_segment(server: Running, stream: bool) -> None:
    texts: dict[int, str] = {}
    finished, pages, trace = {}, 0, None
    async with Solver(base_url=server.base_url, model=server.model, stream=stream) as solver:
        async for event in solver.astream(QUESTION):
            if isinstance(event, TextDelta):
                texts[event.index] = texts.get(event.index, "") + event.text
            elif isinstance(event, SegmentFinished):
                finished[event.index] = event.text
            elif isinstance(event, PagesRendered):
                pages += len(event.pages)
            elif isinstance(event, Finished):
                trace = event.trace
    assert trace is not None and (trace.status, trace.answer) == ("answered", ANSWER)
    assert texts == finished == {at: done.text for at, done in enumerate(trace.iterations)}
    assert pages == 3


@pytest.mark.parametrize("memory", ["optical", "text"])
def test_the_same_problems_have_the_same_answers_in_this_process_and_served(
    server: Running, drawn: list[Problem], embedded: list[Trace], memory: str
) -> None:
    if memory == "text":
        with Solver(memory=memory) as solver:
            embedded = in_order(solver, drawn)
    with Solver(base_url=server.base_url, model=server.model, memory=memory) as solver:
        served = in_order(solver, drawn)
    assert [(trace.status, trace.answer) for trace in served] == [
        (trace.status, trace.answer) for trace in embedded
    ]
    right = [trace.answer == problem.answer for trace, problem in zip(served, drawn, strict=True)]
    assert sum(right) >= len(drawn) - 1
    assert max(len(trace.iterations) for trace in served) >= 3


def test_a_model_that_is_not_served_is_named_with_the_one_that_is(server: Running, tmp_path: Path) -> None:
    done = vtc("solve", QUESTION, "--base-url", server.base_url, "--model", "other/nano", cwd=tmp_path)
    assert done.code == 2
    assert "other/nano" in done.error and server.model in done.error


def test_the_doctor_finds_nothing_wrong(server: Running, tmp_path: Path) -> None:
    done = vtc("doctor", "--base-url", server.base_url, "--json", cwd=tmp_path)
    found = {finding["check"]: finding for finding in json.loads(done.out)}
    assert done.code == 0, done.out
    assert {name for name, finding in found.items() if finding["outcome"] == "ok"} >= {
        "reachable",
        "key",
        "model",
        "images",
        "vision tokens",
        "cache report",
        "reasoning",
        "streaming",
        "solve",
    }
