"""Memory policies and segment ends through the loop, against a server that speaks the real protocol."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import on, vtc
from tests.conftest import Serve
from tests.loopback import MODEL, Loopback, Reply
from tests.scripted import Scripted
from vtc_r1 import Solver, Trace
from vtc_r1.cli.main import app
from vtc_r1.errors import UsageError
from vtc_r1.storage import load_trace, parse_trace, save_trace

LONG = "Therefore the argument of the first part carries over to the second one. " * 80
QUESTION = "How many?"


def solve(server: Loopback, **options: Any) -> Trace:
    with Solver(base_url=server.base_url, model=MODEL, **options) as solver:
        return solver.solve(QUESTION)


def counting(segments: int) -> Any:
    """So many long segments, each its own, then the answer."""

    def reply(body: dict[str, Any]) -> Reply:
        reply.asked += 1  # type: ignore[attr-defined]
        if reply.asked > segments:  # type: ignore[attr-defined]
            return Reply("\\boxed{7}")
        return Reply(f"Part {reply.asked}: x = {reply.asked}.\n{LONG}")  # type: ignore[attr-defined]

    reply.asked = 0  # type: ignore[attr-defined]
    return reply


def test_fading_pages_reach_the_server_smaller_and_are_on_record(serve: Serve, tmp_path: Path) -> None:
    server = serve(counting(5))
    trace = solve(server, memory="decay:after=1,block=2")
    assert (trace.status, trace.memory) == ("answered", "decay:after=1")
    again = [iteration.carried.re_prefill > 0 for iteration in trace.iterations]
    assert again == [False, False, True, False, True, False]
    shrunk = [len(iteration.changes.shrunk) for iteration in trace.iterations]
    assert shrunk[1] >= 1 and shrunk[0] == shrunk[2] == 0
    first, last = server.requests[1].images[0], server.requests[5].images[0]
    assert len(last) < len(first)
    save_trace(trace, tmp_path)
    for again_read in (load_trace(tmp_path), parse_trace(trace.model_dump_json())):
        assert again_read.model_dump() == trace.model_dump()
    assert {sha for iteration in trace.iterations for sha in iteration.pages_sent} <= trace.pages.keys()


def test_between_blocks_images_are_byte_for_byte_the_same(serve: Serve) -> None:
    server = serve(counting(5))
    solve(server, memory="decay:after=1,block=3")
    images = [request.images for request in server.requests]
    assert images[2][: len(images[1])] == images[1] and images[3][: len(images[2])] != images[2]
    assert images[5][: len(images[4])] == images[4]


@pytest.mark.parametrize("memory", ["optical", "decay", "hybrid:tokens=300", "facts", "auto", "text"])
def test_the_memory_of_every_prompt_is_within_its_budget(serve: Serve, memory: str) -> None:
    trace = solve(serve(counting(6)), memory=memory, memory_tokens=700)
    assert trace.answer == "7" and trace.budget.memory_tokens == 700
    costs = [iteration.carried.vision + iteration.carried.text for iteration in trace.iterations]
    assert max(costs) <= 700 and costs[0] == 0 and min(costs[1:]) > 0
    assert any(iteration.changes.dropped or iteration.changes.shrunk for iteration in trace.iterations) or (
        memory == "text"
    )


def test_exact_values_stand_beside_the_pages(serve: Serve) -> None:
    server = serve(counting(2))
    trace = solve(server, memory="facts")
    texts = [part["text"] for part in server.requests[2].content if part["type"] == "text"]
    assert any(text.startswith("Exact values from the page above, as text:\nx = 1\n") for text in texts)
    assert trace.iterations[0].changes.facts[0] == "x = 1"
    assert [iteration.carried.re_prefill for iteration in trace.iterations] == [0, 0, 0]


def test_a_page_is_shown_again_where_the_model_asks_for_it(serve: Serve) -> None:
    def reply(body: dict[str, Any]) -> Reply:
        texts = "\n".join(part.get("text", "") for part in body["messages"][-1]["content"])
        if "Page 1, top:" in texts:
            return Reply(f"\\boxed{{{'Part 9' in texts}}}")
        if '<reread page="1"' in texts:
            return Reply('What was it? <reread page="1" part="top"/> It was surely eight, so \\boxed{8}.')
        return Reply(f"Part 9 comes first. {LONG}")

    server = serve(reply)
    trace = solve(server, memory="reread")
    assert trace.answer == "True"
    asked = trace.iterations[1]
    assert (asked.finish_reason, asked.text) == ("cut", 'What was it? <reread page="1" part="top"/>')
    assert (asked.changes.rereads[0].outcome, asked.changes.rereads[0].request) == (
        "text",
        'page="1" part="top"',
    )
    assert asked.usage.completion_tokens > 0 and asked.usage.prompt_tokens > asked.usage.vision_tokens > 0
    images = [request.images for request in server.requests]
    assert images[2][: len(images[1])] == images[1]


@pytest.mark.parametrize(
    "wish", ['page="99"', 'page="1" as="../../etc/passwd"', "", 'page="1" url="http://x/"']
)
def test_bad_requests_are_answered_in_a_line(serve: Serve, wish: str) -> None:
    def reply(body: dict[str, Any]) -> Reply:
        texts = "\n".join(part.get("text", "") for part in body["messages"][-1]["content"])
        if "Not shown again" in texts:
            return Reply("\\boxed{1}")
        return Reply(f"<reread {wish}/>" if "Requests left" in texts else "Some work.")

    trace = solve(serve(reply), memory="reread")
    assert (trace.answer, trace.iterations[1].changes.rereads[0].outcome) == ("1", "refused")


def test_a_streamed_segment_ends_at_a_sound_place_and_frees_the_server(serve: Serve) -> None:
    step = "A step of the work is done here, and another one follows.\n\n"
    server = serve([Reply(step * 200, piece=30, pause=0.002), Reply("\\boxed{2}")])
    trace = solve(server, segment_end="streamed:after=0.5", segment_tokens=200)
    first = trace.iterations[0]
    assert (first.finish_reason, trace.segment_end, trace.answer) == ("cut", "streamed:after=0.5", "2")
    assert 420 <= len(first.text) <= 420 + len(step) and first.text.endswith("follows.\n\n")
    assert first.kept == first.text.strip()
    assert server.wait_for(lambda one: one.active == 0)


def test_without_a_stream_a_segment_is_kept_up_to_a_sound_place(serve: Serve) -> None:
    text = "A step of the work is done here.\n\n" * 30 + "And half a st"
    trace = solve(
        serve([Reply(text, finish_reason="length"), "\\boxed{2}"]), stream=False, segment_end="boundary"
    )
    assert trace.iterations[0].kept == text[: text.rindex("And half")].strip()


def test_the_models_own_end_is_given_room() -> None:
    backend = Scripted(["Work.\n", "\\boxed{2}"])
    options: dict[str, Any] = {"segment_tokens": 100, "max_iterations": 4, "segment_end": "own"}
    asyncio.run(Solver(backend=backend, **options).asolve(QUESTION))
    assert backend.requests[0].max_tokens == 400 > backend.requests[1].max_tokens > 300


def test_denser_pages_cost_less_and_are_on_record() -> None:
    traces = [
        asyncio.run(Solver(backend=Scripted([LONG, "\\boxed{2}"]), density=name).asolve(QUESTION))
        for name in ("fixed", "content", "fit:tokens=150,least=0.5")
    ]
    fixed, content, fit = [trace.usage.vision_tokens for trace in traces]
    assert content < fixed and fit <= 150
    assert [trace.density for trace in traces] == ["fixed", "content", "fit:least=0.5,tokens=150"]


def test_traces_of_other_policies_are_not_taken_for_ones_own() -> None:
    made = [
        Solver(backend=Scripted([]), memory="decay"),
        Solver(backend=Scripted([]), memory="decay:after=3"),
        Solver(backend=Scripted([]), memory="decay", memory_tokens=700),
        Solver(backend=Scripted([]), memory="decay", segment_end="own"),
        Solver(backend=Scripted([]), memory="decay", density="content"),
    ]
    skeletons = [solver.skeleton(QUESTION) for solver in made]
    for at, solver in enumerate(made):
        assert [solver.matches(trace) for trace in skeletons] == [at == other for other in range(len(made))]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--memory", "decay:aftr=2"], "unknown option of memory policy decay 'aftr': did you mean 'after'"),
        (["--memory-tokens", "100"], "is too small for one page of profile default, which costs 588"),
        (["--segment-end", "steps"], "unknown segment end 'steps'"),
        (["--density", "fitt"], "unknown density 'fitt': did you mean 'fit'"),
        (["--memory", "auto", "--legibility", "absent"], "legibility absent: cannot be read"),
    ],
)
def test_bad_input_on_the_command_line(serve: Serve, words: list[str], says: str) -> None:
    server = serve([])
    with pytest.raises(UsageError) as raised:
        app(["solve", QUESTION, *on(server), *words], standalone_mode=False)
    assert says in str(raised.value)
    assert server.requests == []


@pytest.mark.process
def test_the_command_line_shows_what_the_memory_did(serve: Serve, tmp_path: Path) -> None:
    server = serve(counting(3))
    words = ["--memory", "decay:after=1,block=1", "--memory-tokens", "700", "--save", "first"]
    done = vtc("solve", QUESTION, *on(server), *words, cwd=tmp_path)
    assert done.code == 0, done.err
    assert "an older page, drawn smaller" in done.err and "memory tokens read again" in done.err
    shown = vtc("view", "first", cwd=tmp_path)
    assert "an older page, drawn smaller" in shown.out
    page = vtc("view", "first", "--html", "first.html", cwd=tmp_path)
    assert page.code == 0 and '"shrunk":[' in (tmp_path / "first.html").read_text(encoding="utf-8")


@pytest.mark.process
def test_policies_with_options_are_runs_of_their_own(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"q": "How many?", "a": "7", "id": "one"}\n', encoding="utf-8")

    def reply(body: dict[str, Any]) -> Reply:
        return Reply("\\boxed{7}" if len(body["messages"][-1]["content"]) > 3 else f"Work: x = 3. {LONG}")

    server = serve(reply)
    rows = ["--file", "rows.jsonl", "--question-field", "q", "--answer-field", "a", "--id-field", "id"]
    memory = "optical,decay:after=1,budget=900,facts:tokens=9"
    done = vtc("eval", *rows, *on(server), "--memory", memory, "--temperature", "0", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "| decay:after=1,budget=900 |" in done.out and "re-prefill" in done.out
    folders = {path.name for path in (tmp_path / "runs" / "rows").iterdir()}
    assert folders == {"optical", "decay-after=1,budget=900", "facts-tokens=9"}
    again = vtc("eval", "--regrade", "--memory", "facts: tokens=9", "--out", "runs", cwd=tmp_path)
    assert again.code == 0 and "| facts:tokens=9 |" in again.out
