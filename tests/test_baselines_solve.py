"""The baselines of optical memory through the loop, against a server that speaks the real protocol."""

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Serve
from tests.loopback import MODEL, Loopback, Reply
from vtc_r1 import Solver, Trace
from vtc_r1.errors import UsageError
from vtc_r1.storage import load_trace, save_trace

QUESTION = "How many?"
ASKS = "Stop working on the problem here."


def solve(server: Loopback, **options: Any) -> Trace:
    with Solver(base_url=server.base_url, model=MODEL, **options) as solver:
        return solver.solve(QUESTION)


def texts_of(body: dict[str, Any]) -> list[str]:
    content = body["messages"][-1]["content"]
    return [content] if isinstance(content, str) else [part.get("text", "") for part in content]


def system_of(body: dict[str, Any]) -> str:
    return next((str(one["content"]) for one in body["messages"] if one["role"] == "system"), "")


def worker(body: dict[str, Any]) -> Reply:
    """Write one part of the work a segment, a summary where it is asked for, the answer after three parts."""
    said = "\n".join(texts_of(body))
    done = max((at for at in range(4) if f"part {at}" in said), default=0)
    if ASKS in said:
        return Reply(f"<think>What do I know?</think>\n<summary>\nUp to part {done}: x = {done}.\n</summary>")
    return Reply("\\boxed{3}") if done == 3 else Reply(f"This is part {done + 1}, at length. " * 40)


def test_a_model_that_does_not_summarise_is_asked_to_and_only_that_is_carried(
    serve: Serve, tmp_path: Path
) -> None:
    server = serve(worker)
    trace = solve(server, memory="summary:tokens=300", prompts="boxed")
    assert (trace.answer, trace.memory, len(trace.iterations)) == ("3", "summary:tokens=300", 7)
    asked = [ASKS in texts_of(request.body)[-1] for request in server.requests]
    assert asked == [False, True, False, True, False, True, False]
    assert all("at most 300 tokens" in texts_of(one.body)[-1] for one in server.requests[1::2])
    said = "\n".join(texts_of(server.requests[4].body))
    assert "Your summary of your earlier work:\nUp to part 2: x = 2." in said and "at length" not in said
    assert "Continue from there." in said and "\\boxed{}" in said
    assert not any(request.images for request in server.requests)
    assert all("within <summary>" in system_of(one.body) for one in server.requests)
    assert trace.iterations[1].carried.text > 200 > trace.iterations[2].carried.text > 0
    save_trace(trace, tmp_path)
    assert load_trace(tmp_path) == trace


def test_a_model_that_was_trained_to_summarise_is_never_asked(serve: Serve) -> None:
    def reply(body: dict[str, Any]) -> Reply:
        if "<history>\nx = 2\n</history>" in "\n".join(texts_of(body)):
            return Reply("<think>x + 1.</think>\n<answer>3</answer>")
        return Reply("<think>I find x.</think>\n<summary>\nx = 2\n</summary>")

    server = serve(reply)
    trace = solve(server, memory="summary", prompts="vtc")
    assert (trace.answer, len(trace.iterations)) == ("3", 2)
    assert "writing a summary of all reasoning so far" in system_of(server.requests[0].body)


@pytest.mark.parametrize(
    ("prompts", "written"),
    [
        ("boxed", "<think>Work.</think><summary>Perhaps \\boxed{41}.</summary>"),
        ("boxed", "Work.\n<summary>Perhaps \\boxed{41}."),
        ("vtc", "<think>Work.</think><summary><answer>41</answer></summary>"),
    ],
)
def test_what_stands_in_a_summary_is_no_answer(serve: Serve, prompts: str, written: str) -> None:
    server = serve([written, "<think>So.</think><answer>42</answer>\\boxed{42}"])
    assert solve(server, memory="summary", prompts=prompts).answer == "42"


def test_a_spent_budget_asks_for_the_answer_and_not_for_a_summary(serve: Serve) -> None:
    server = serve(["Some work.", "\\boxed{7}"])
    trace = solve(server, memory="summary", prompts="boxed", max_iterations=1)
    said = "\n".join(texts_of(server.requests[1].body))
    assert trace.answer == "7" and trace.iterations[1].forced
    assert "conclude now" in said and "Some work." in said and ASKS not in said


@pytest.mark.parametrize("prompts", ["boxed", "vtc"])
@pytest.mark.parametrize(
    ("memory", "told"),
    [("optical", "page images"), ("text", "as text"), ("tail", "as text"), ("delethink", "as text")],
)
def test_a_model_is_told_in_which_form_its_work_comes_back(
    serve: Serve, memory: str, told: str, prompts: str
) -> None:
    server = serve(["Some work.", "<think>So.</think><answer>42</answer>\\boxed{42}"])
    assert solve(server, memory=memory, prompts=prompts).answer == "42"
    other = {"page images": "as text", "as text": "page images"}[told]
    for request in server.requests:
        assert told in system_of(request.body) and other not in system_of(request.body)


def test_the_end_or_the_beginning_and_the_end_reach_the_server(serve: Serve) -> None:
    work = [f"{name} " * 300 for name in ("alpha", "beta", "gamma")]
    for memory, first in (("tail:tokens=600", "beta"), ("delethink:head=10,tokens=600", "alpha")):
        server = serve([*work, "\\boxed{1}"])
        trace = solve(server, memory=memory, prompts="boxed")
        said = "\n".join(texts_of(server.requests[3].body))
        names = {name: said.count(name) for name in ("alpha", "beta", "gamma")}
        assert names["gamma"] == 300 and 0 < names[first] < 300 and said.index(first) < said.index("gamma")
        assert [one.carried.text <= 610 for one in trace.iterations] == [True] * 4
        assert trace.iterations[2].changes.dropped > 0


def test_a_prompt_set_that_never_asks_for_a_summary_is_named(serve: Serve) -> None:
    with pytest.raises(UsageError, match=r"memory summary: prompt set nano has no summary\.jinja"):
        Solver(memory="summary")
    with Solver(base_url=serve([]).base_url, model=MODEL, prompts="nano") as solver:
        with pytest.raises(UsageError, match="so its model is never asked for one"):
            solver.changed({}, {}, "summary")
        with pytest.raises(UsageError, match="known only to `vtc-r1 eval --equal-tokens`"):
            solver.changed({}, {}, "tail:equal=optical")
