"""The measurements of faults, of Ctrl-C and of our own overhead: short forms, and the server below them."""

import contextlib
import http.client
import importlib
import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.solved import solved
from vtc_r1.renderers import Renderer
from vtc_r1.segments import is_looping

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[1]
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(ROOT / "benchmarks")
    canned, client_cost, faults, interrupt, mishaps, sampled, served, verdict, wire = (
        importlib.import_module(name)
        for name in (
            "canned",
            "client_cost",
            "faults",
            "interrupt",
            "mishaps",
            "sampled",
            "served",
            "verdict",
            "wire",
        )
    )

SERVER = "loopback_server.py"


@contextlib.contextmanager
def connected(server):
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(server.address).port, timeout=10)
    yield connection
    connection.close()


def ask(connection, problem, pages=(), **more):
    """Ask for the next segment of a problem, streamed unless told otherwise."""
    parts = [{"type": "image_url", "image_url": {"url": page.data_uri}} for page in pages]
    content = [{"type": "text", "text": wire.question(problem)}, *parts]
    body = {"messages": [{"role": "user", "content": content}], "stream": True, **more}
    connection.request("POST", wire.COMPLETIONS, json.dumps(body))
    return connection.getresponse()


def events(data):
    lines = [line.removeprefix("data: ") for line in data.decode().split("\n\n") if line]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


def text_of(streamed):
    return "".join(choice["delta"]["content"] for event in streamed for choice in event["choices"])


def wait_until(true, seconds=10.0):
    until = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < until:
        time.sleep(0.02)
    return found


@pytest.mark.parametrize("interval", [1, 32])
def test_a_stream_has_its_segment_in_pieces_of_the_interval(interval):
    words = ("--segments", 2, "--tokens", 320, "--interval", interval)
    with served.serving(SERVER, *words) as (server,), connected(server) as connection:
        first = events(ask(connection, 17).read())
        pages = Renderer("default").render(text_of(first))
        last = events(ask(connection, 17, pages).read())
    assert len(first) == 320 / interval + 3
    assert "boxed" not in text_of(first)
    assert not is_looping(text_of(first))
    assert text_of(last).endswith(r"\boxed{17}.")
    reasons = [streamed[-2]["choices"][0]["finish_reason"] for streamed in (first, last)]
    assert reasons == ["length", "stop"]
    usage = last[-1]["usage"]
    assert usage["completion_tokens"] == 320
    assert len(pages) == 1
    assert usage["prompt_tokens_details"]["image_tokens"] == pytest.approx(pages[0].vision_tokens, abs=2)


def test_the_longest_segment_fits_a_page():
    text = wire.segment_text(7, 7, canned.MOST_TOKENS, last=True)
    assert [len(Renderer(profile).render(text)) for profile in ("default",)] == [1]


def test_the_same_request_gets_the_same_segment_from_any_server():
    with served.serving(SERVER, "--segments", 3, "--tokens", 100, each=[(), ()]) as servers:
        answers = []
        for server in (*servers, servers[0]):
            with connected(server) as connection:
                answers += [ask(connection, number).read() for number in (3, 3, 4)]
    assert len(set(answers)) == 2


def test_models_carry_the_context_and_a_segment_comes_whole():
    with (
        served.serving(SERVER, "--segments", 1, "--tokens", 50) as (server,),
        connected(server) as connection,
    ):
        connection.request("GET", wire.MODELS)
        (model,) = json.load(connection.getresponse())["data"]
        said = json.load(ask(connection, 5, stream=False))
        unknown = ask(connection, 1_000_000)
        assert (unknown.status, json.load(unknown)["object"]) == (400, "error")
        connection.request("GET", "/v1/nothing")
        assert connection.getresponse().status == 404
    assert (model["id"], model["max_model_len"]) == (wire.MODEL, wire.CONTEXT)
    assert said["choices"][0]["message"]["content"].endswith(r"\boxed{5}.")


def test_mishaps_have_their_shares_and_a_seed_decides_them():
    drawn = [mishaps.Mishaps(0.1, 0.05, 0.02, seed=1).draw(count) for count in range(20_000)]
    shares = Counter(mishap.kind if mishap else "none" for mishap in drawn)
    for kind, share in (("refused", 0.1), ("broken", 0.05), ("hung", 0.02)):
        assert shares[kind] / len(drawn) == pytest.approx(share, rel=0.15)
    statuses = Counter(mishap.status for mishap in drawn if mishap and mishap.kind == "refused")
    assert set(statuses) == set(mishaps.STATUSES)
    assert any(mishap and mishap.wait for mishap in drawn)
    assert drawn[:50] == [mishaps.Mishaps(0.1, 0.05, 0.02, seed=1).draw(count) for count in range(50)]
    assert drawn != [mishaps.Mishaps(0.1, 0.05, 0.02, seed=2).draw(count) for count in range(20_000)]


def test_mishaps_happen_and_are_counted(tmp_path):
    log = tmp_path / "requests.txt"
    with served.serving(SERVER, "--refused", 1, "--log", log) as (server,), connected(server) as connection:
        for at in range(12):
            refusal = ask(connection, at)
            assert refusal.status in mishaps.STATUSES
            assert json.load(refusal)["code"] == refusal.status
    with served.serving(SERVER, "--broken", 1, "--log", log) as (server,):
        for _ in range(3):
            with connected(server) as connection, pytest.raises(http.client.IncompleteRead):
                ask(connection, 2).read()
        assert server.tallies()["running"] == 0
    with served.serving(SERVER, "--hung", 1, "--log", log) as (server,):
        with connected(server) as connection, pytest.raises(TimeoutError):
            connection.timeout = 0.3
            ask(connection, 3).read()
        assert wait_until(lambda: server.tallies()["running"] == 0)
        assert (server.tallies()["hung"], server.tallies()["left"]) == (1, 0)
    fates = Counter(line.split()[2] for line in log.read_text().splitlines())
    assert fates == {"refused": 12, "broken": 3, "hung": 1}


def test_a_client_that_leaves_frees_its_request():
    with served.serving(SERVER, "--pace", 60) as (server,):
        with connected(server) as connection:
            ask(connection, 1)
            assert server.tallies()["running"] == 1
        assert wait_until(lambda: server.tallies()["running"] == 0)
        assert server.tallies()["left"] == 1


def test_a_killed_server_comes_back_at_its_address():
    with served.serving(SERVER) as (server,):
        address = server.address
        server.kill()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", urlsplit(address).port))
        server.start()
        assert server.address == address
        assert server.tallies()["requests"] == 0


def trace(index, **changed):
    ended = {"status": "answered", "answer": str(index), "error": None} | changed
    return SOLVED.model_copy(update={"index": index, **ended})


SOLVED = solved()
CALM = {index: trace(index) for index in range(4)}
FAILED = {"status": "failed", "answer": None}


def test_a_run_is_judged_by_its_answers():
    found = verdict.judge(CALM, [*CALM.values()], requests=5, refused_connections=0, calm_requests=4)
    assert (found.same, found.share_same, found.requests_ratio, found.misses()) == (4, 1.0, 1.25, [])


@pytest.mark.parametrize(
    ("traces", "word"),
    [
        ([trace(0), trace(1), trace(2), trace(3, **FAILED, error="server 127 broke off")], "75.00%"),
        ([trace(0), trace(1), trace(2), trace(3, **FAILED)], "honest"),
        ([trace(0), trace(1), trace(2), trace(3, answer="4")], "honest"),
        ([trace(0), trace(1), trace(2), trace(3, status="exhausted", answer=None)], "honest"),
        ([trace(0), trace(1), trace(2)], "lost"),
        ([*CALM.values(), trace(2)], "more than once"),
    ],
)
def test_what_is_not_as_it_should_be_is_named(traces, word):
    found = verdict.judge(CALM, traces, calm_requests=4)
    assert any(word in line for line in found.misses())


def test_a_storm_of_requests_is_named():
    found = verdict.judge(CALM, [*CALM.values()], requests=5, refused_connections=1, calm_requests=4)
    assert found.misses() == ["1.50 times the requests, bar 1.3"]


def test_failures_are_counted_by_their_message():
    gone = [trace(at, **FAILED, error=f"server 127.0.0.1:{at} broke off") for at in range(4)]
    assert verdict.judge(CALM, gone).failed == {"server N.N.N.N:N broke off": 4}


def test_nothing_is_lost_where_a_server_misbehaves_and_dies():
    words = ["--problems", "24", "--concurrency", "12", "--replicas", "1", "--tokens", "100"]
    words += ["--pace", "0.05", "--deadline", "2", "--down", "0.5"]
    calm, rough, found = faults.report(faults.parse_arguments(words))
    assert all(trace.answer == str(trace.index) for trace in calm.traces)
    assert (found.problems, found.dishonest, found.lost, found.twice) == (24, [], [], [])
    assert calm.fates.keys() == {"served"}
    assert rough.fates["refused"] > 0
    assert found.requests_ratio < 2


def test_ctrl_c_leaves_nothing_half_way():
    words = ["--problems", "50", "--concurrency", "12", "--tokens", "100", "--pace", "0.3"]
    outcome = interrupt.measure(interrupt.parse_arguments(words), 24)
    assert (outcome.still_running, outcome.faults) == (0, [])
    assert 0 < outcome.done < outcome.problems


def test_traces_that_are_not_as_they_should_be_are_named():
    assert interrupt.wrong([*CALM.values()]) == []
    assert "twice" in interrupt.wrong([trace(1), trace(1)])[0]
    assert "1: cancelled" in interrupt.wrong([trace(1, status="cancelled", answer=None)])[0]
    good = interrupt.Outcome(70, 64, 0.5, 0, 3, 9)
    assert good.misses() == []
    assert len(replace(good, seconds=2.5, still_running=1, faults=["torn"]).misses()) == 3


def frame(*stack):
    """A stack of (file, function), the innermost first, as far as `part_of` looks at it."""

    class Code:
        def __init__(self, file, function):
            self.co_filename, self.co_name = file, function

    class Frame:
        def __init__(self, code, back):
            self.f_code, self.f_back = code, back

    found = None
    for file, function in reversed(stack):
        found = Frame(Code(file, function), found)
    return found


@pytest.mark.parametrize(
    ("stack", "part"),
    [
        ([("json/encoder.py", "encode"), ("/x/vtc_r1/backends/openai.py", "messages")], "request building"),
        ([("/x/vtc_r1/renderers/png.py", "encode"), ("/x/vtc_r1/renderers/page.py", "data_uri")], "pages"),
        ([("/s/pydantic/main.py", "__init__"), ("/x/vtc_r1/loop.py", "_iteration")], "records"),
        ([("/s/pydantic/main.py", "construct"), ("/s/openai/_models.py", "construct")], "SDK"),
        ([("json/decoder.py", "decode"), ("/s/openai/_streaming.py", "json")], "SDK"),
        ([("/s/h11/_readers.py", "read"), ("/s/openai/_streaming.py", "x")], "transport"),
        ([("/usr/asyncio/base_events.py", "_run_once")], "event loop"),
        ([("/x/vtc_r1/loop.py", "iterate"), ("/usr/asyncio/events.py", "_run")], "loop and solver"),
        ([("script.py", "main")], "other"),
    ],
)
def test_a_stack_is_put_down_to_a_part(stack, part):
    assert sampled.part_of(frame(*stack)) == part


async def test_the_client_is_measured_without_its_drawing():
    render = Renderer.render
    with served.serving(SERVER, "--segments", 2, "--tokens", 200) as (server,):
        found = await client_cost.solve(server.address, 9, 4, contextlib.nullcontext())
    assert (found["right"], found["iterations"]) == (8, 16)
    beyond = found["cpu_ms_an_iteration"] - found["drawing_ms_an_iteration"]
    assert found["overhead_ms_an_iteration"] == pytest.approx(beyond)
    assert found["drawing_ms_an_iteration"] > 0
    assert Renderer.render is render


@pytest.mark.process
def test_the_overhead_script_prints_its_figures():
    words = ["--problems", "12", "--concurrency", "6", "--iterations", "2", "--tokens", "200"]
    words += ["--intervals", "32", "--pace", "0.2", "--queued", "60", "--json"]
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "overhead.py", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    found = json.loads(done.stdout)
    (row,) = found["overhead"]
    assert (row["right"], row["iterations"], row["most_running"]) == (12, 24, 6)
    assert row["pieces_a_write"] >= 1
    assert sum(row["parts_ms"].values()) == pytest.approx(row["overhead_ms_an_iteration"])
    assert [(grown["source"], grown["right"]) for grown in found["memory"]] == [
        ("generator", 60),
        ("list", 60),
    ]
    assert done.returncode == ("missed: " in done.stderr)
