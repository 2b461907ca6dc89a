import importlib
import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from statistics import mean, median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.many_examples import many_examples
from vtc_r1.renderers import Renderer
from vtc_r1.segments import is_looping
from vtc_r1.sglang.gpus import GPUS
from vtc_r1.sglang.roofline import Roofline
from vtc_r1.sglang.shapes import SHAPES

ROOT = Path(__file__).parents[1]
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(ROOT / "benchmarks")
    loop_plots, loop_sockets, replica, schedules, wire, workload = (
        importlib.import_module(name)
        for name in (
            "loop_plots",
            "loop_sockets",
            "replica",
            "schedules",
            "wire",
            "workload",
        )
    )

Parameters, Replica, Request, Workload = (
    replica.Parameters,
    replica.Replica,
    replica.Request,
    workload.Workload,
)
SMALL = Parameters(
    Roofline(SHAPES["qwen3-vl-8b"], replace(GPUS["h100"], memory=22e9)), slots=8, reserve=16, chunk=300
)
"""A server with room for some 8,000 tokens, so that eviction and retraction happen."""
PROBLEMS = st.lists(st.lists(st.integers(1, 600), min_size=1, max_size=5).map(tuple), min_size=1, max_size=25)


def rate(name, problems, parameters):
    outcome = schedules.run(name, problems, parameters)
    return len(problems) / outcome.seconds


def ratio(found, parameters, seeds=3, name="lock-step"):
    drawn = [replace(found, seed=seed).draw() for seed in range(seeds)]
    return mean(rate("continuous", each, parameters) / rate(name, each, parameters) for each in drawn)


@pytest.mark.process
@many_examples(60)
@given(PROBLEMS, st.sampled_from(schedules.SCHEDULES), st.integers(1, 9))
def test_every_token_is_generated_once_and_no_problem_is_lost(problems, name, slots):
    outcome = schedules.run(name, problems, replace(SMALL, slots=slots))
    assert outcome.counts.generated == sum(map(sum, problems))
    assert len(outcome.took) == len(outcome.waited) == len(problems)
    assert outcome.segments == (len(problems) if name == "single" else sum(map(len, problems)))
    assert max(outcome.waited) == outcome.seconds
    assert all(0 < took <= waited for took, waited in zip(outcome.took, outcome.waited, strict=True))
    assert outcome.counts.kv_peak <= SMALL.roofline.kv_tokens
    assert outcome.counts.again <= outcome.counts.prefilled


def expected_prompt(problems, parameters, memory):
    """Tokens of all prompts, computed or from the cache, and those that no cache can have."""
    whole = new = 0
    for problem in problems:
        carried = 0
        for at, length in enumerate(problem):
            whole += parameters.question + carried + parameters.tail
            carried += math.ceil(length / parameters.compression) if memory == "optical" else length
            if at == len(problem) - 2:
                new += carried
        new += parameters.question + len(problem) * parameters.tail
    return whole, new


@pytest.mark.process
@many_examples(40)
@given(PROBLEMS, st.sampled_from(["optical", "text"]))
def test_every_prompt_token_is_computed_or_cached(problems, memory):
    name = "continuous" if memory == "optical" else "continuous, text"
    roomy = Parameters(slots=4)
    counts = schedules.run(name, problems, roomy).counts
    whole, new = expected_prompt(problems, roomy, memory)
    assert (counts.prefilled, counts.cached, counts.again) == (new, whole - new, 0)
    tight = schedules.run(name, problems, replace(SMALL, slots=4)).counts
    if not tight.retracted:
        compression = replace(SMALL, slots=4)
        assert tight.prefilled - tight.again == expected_prompt(problems, compression, memory)[1]
        assert tight.prefilled + tight.cached == whole


@pytest.mark.process
def test_a_full_cache_evicts_and_retracts_and_loses_nothing():
    problems = [(600,) * 8 for _ in range(12)]
    counts = schedules.run("continuous, text", problems, SMALL).counts
    assert counts.again > 0
    growing = schedules.run("single", [(2_000,)] * 12, SMALL).counts
    assert growing.retracted > 0
    assert growing.generated == 24_000


def drained(requests, parameters):
    server = Replica(parameters)
    for request in requests:
        server.submit(request)
    ends = {}
    while server.busy:
        for request in server.step():
            ends[request.problem] = server.clock
    return server, ends


def test_steps_at_once_take_as_long_as_one_by_one():
    parameters = Parameters(slots=8)
    requests = [Request(at, 200 + 10 * at, 200, 30, 50 + 37 * at) for at in range(6)]
    server, ends = drained(requests, parameters)
    roofline = parameters.roofline
    pages = sum(10 * at for at in range(6))
    clock = roofline.prefill([(230 + 10 * at, 0) for at in range(6)]) + roofline.vision(pages)
    contexts = {at: 230 + 10 * at for at in range(6)}
    left = {at: 49 + 37 * at for at in range(6)}
    while left:
        clock += roofline.decode(len(left), sum(contexts[at] for at in left))
        for at in list(left):
            contexts[at] += 1
            left[at] -= 1
            if not left[at]:
                del left[at]
                assert ends[at] == pytest.approx(clock)
    assert server.clock == pytest.approx(clock)
    assert (server.used, server._context) == (0, 0)


def test_arrivals_are_seen_within_a_step():
    parameters = Parameters(slots=2)
    server = Replica(parameters)
    server.submit(Request(0, 200, 200, 30, 8_000))
    server.step()
    longest = parameters.roofline.decode(1, 8_230)
    for until in (0.5, 0.500001, 3.0, 20.0):
        before = server.clock
        server.step(until)
        assert until <= server.clock <= max(before, until) + longest


@many_examples(40)
@given(PROBLEMS, st.integers(1, 9))
def test_the_server_works_while_there_is_work(problems, slots):
    parameters = replace(SMALL, slots=slots)
    requests = [Request(at, 200, 200, 30, problem[0]) for at, problem in enumerate(problems)]
    server = Replica(parameters)
    for request in requests:
        server.submit(request)
    while server.busy:
        before = server.clock
        finished = server.step()
        assert server.clock > before
        assert server.active <= slots
        if server.waiting and not finished:
            need = server.waiting[0].prompt + parameters.reserve * (server.active + 1)
            assert server.active == slots or server.used + need > SMALL.roofline.kv_tokens
    assert server.counts.idle == 0
    assert all(request.admitted is not None for request in requests)
    admitted = [request.admitted for request in requests]
    assert admitted == sorted(admitted)


def test_a_request_that_can_never_fit_is_refused():
    with pytest.raises(ValueError, match="exceeds the KV cache"):
        Replica(SMALL).submit(Request(0, 200, 200, 30, 10_000))


@pytest.mark.process
@pytest.mark.parametrize("slots", [4, 8, 64, 256])
def test_lock_step_is_not_faster(slots):
    problems = Workload(seed=5).draw()
    parameters = Parameters(slots=slots)
    quick = rate("continuous", problems, parameters)
    assert quick > rate("lock-step", problems, parameters)
    assert quick > rate("lock-step, batches", problems, parameters)


@pytest.mark.process
def test_the_gain_vanishes_where_it_should():
    parameters = Parameters()
    one = Workload(counts=((1, 1.0),))
    assert ratio(one, parameters) == pytest.approx(1, abs=0.01)
    equal = Workload(counts=((2, 1.0),), p95=1_800)
    assert ratio(equal, parameters) == pytest.approx(1, abs=0.02)
    assert ratio(equal, parameters, name="lock-step, batches") == pytest.approx(1, abs=0.02)
    assert ratio(Workload(), replace(parameters, slots=1)) == pytest.approx(1, abs=0.01)
    assert ratio(one, parameters, name="single") == pytest.approx(1, abs=0.001)


@pytest.mark.process
def test_pages_hold_less_and_gain_with_compression():
    problems = Workload(problems=200).draw()
    single = schedules.run("single", problems, Parameters())
    peaks, rates = [single.counts.kv_peak], [rate("single", problems, Parameters())]
    for compression in (3.4, 7.6):
        parameters = Parameters(compression=compression)
        peaks.append(schedules.run("continuous", problems, parameters).counts.kv_peak)
        rates.append(rate("continuous", problems, parameters))
    assert peaks == sorted(peaks, reverse=True)
    assert rates == sorted(rates)


def test_the_distribution_has_the_quantiles_asked_for():
    drawn = Workload(problems=20_000).draw()
    lengths = sorted(length for problem in drawn for length in problem)
    assert median(lengths) == pytest.approx(1_800, rel=0.02)
    assert lengths[int(0.95 * len(lengths))] == pytest.approx(6_000, rel=0.03)
    assert lengths[-1] == 8_192
    assert min(lengths) >= 1
    for count, share in workload.COUNTS.items():
        found = sum(len(problem) == count for problem in drawn) / len(drawn)
        assert found == pytest.approx(share, abs=0.01)
    assert sum(workload.COUNTS.values()) == pytest.approx(1)


@pytest.mark.process
def test_a_seed_decides_everything():
    assert Workload(seed=1).draw() == Workload(seed=1).draw() != Workload(seed=2).draw()
    first, second = (schedules.run("continuous", Workload().draw(), Parameters()) for _ in range(2))
    assert first == second


def test_problems_are_binned_by_length():
    points = [(500, 1.0), (700, 3.0), (600, 2.0), (3_000, 9.0)]
    assert loop_plots.binned(points) == [(600, 2.0), (3_000, 9.0)]


def run(*arguments):
    return subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "loop.py", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.process
def test_the_script_prints_figures_and_draws(tmp_path):
    pytest.importorskip("matplotlib", reason="the extra `bench` is not installed")
    done = run("--problems", 40, "--seeds", 1, "--concurrency", 8, "--json", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [row["schedule"] for row in found["rows"]] == list(schedules.SCHEDULES)
    assert found["rows"][0]["kv_peak_bytes"] == found["rows"][0]["kv_peak_tokens"] * 147_456
    assert found["assumed"]["parameters"]["compression"] == 9.6
    assert found["sensitivity"]["one segment each"]["single"] == pytest.approx(1)
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert written == ["latency.png", "latency.svg", "loop.json", "throughput.png", "throughput.svg"]


@pytest.mark.process
@pytest.mark.parametrize("words", [["--gpu", "none"], ["--problems", "0"], ["--concurrency", "x"]])
def test_bad_usage_is_a_line_and_no_traceback(words):
    done = run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_an_aborted_request_frees_what_it_held():
    server = Replica(SMALL)
    requests = [Request(at, 200, 200, 30, 100) for at in range(10)]
    for request in requests:
        server.submit(request)
    server.step()
    server.step(server.clock + 0.1)
    waiting, filling, running = server.waiting[-1], next(iter(server.filling), None), requests[0]
    assert 0 < server.generated(running) < 100
    before = server.used
    for request in filter(None, (waiting, filling, running)):
        server.abort(request)
    assert server.used < before
    ended = []
    while server.busy:
        ended += server.step()
    assert len(ended) == 10 - len({waiting, filling, running} - {None})
    assert not set(ended) & {waiting, filling, running}
    assert (server.used, server._context) == (0, 0)


def test_the_server_counts_pages_by_their_pixels():
    pages = Renderer("default").render("A line of text. " * 900)
    parts = [{"type": "image_url", "image_url": {"url": page.data_uri}} for page in pages]
    body = {"messages": [{"role": "user", "content": [{"type": "text", "text": "Problem 3"}, *parts]}]}
    expected = sum(page.vision_tokens for page in pages)
    assert expected <= sum(wire.page_tokens(body)) <= expected + 2 * len(pages)


@given(st.integers(0, 500), st.integers(0, 7), st.integers(20, 3_000), st.booleans())
def test_segments_have_their_length_and_only_the_last_the_answer(problem, at, tokens, last):
    text = wire.segment_text(problem, at, tokens, last=last)
    assert tokens * 2.9 <= len(text) <= tokens * 2.9 + 200
    assert ("\\boxed" in text) == last
    assert not is_looping(text)


@pytest.mark.process
def test_the_real_client_solves_every_problem_over_sockets():
    found = loop_sockets.report(problems=24, concurrency=12, speed=100)
    assert found["right"] == 24
    assert found["iterations"] == found["iterations_expected"]
    assert 0 < found["kept"] < 1.1
    assert found["compression"] > 3
