"""A Qwen3-VL with its own vocabulary, chat template and image configuration, through a real SGLang."""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tests.cli.command import vtc
from tests.qwen3vl.conftest import qwen3vl  # noqa: F401
from tests.servers.conftest import in_order
from tests.servers.running import ROWS, Running, sglang
from tests.servers.test_sglang_pages import image_tokens
from vtc_r1 import Solver, Trace
from vtc_r1.eval.drawn import Problem, problems
from vtc_r1.renderers import Page, Renderer
from vtc_r1.renderers.vision import family

pytestmark = pytest.mark.sglang

GREEDY = {"temperature": 0, "presence_penalty": 0}
SWEEP = bool(os.environ.get("VTC_SWEEP"))
"""Whether ten solves and 200 page sizes are compared, which takes minutes, instead of three and 50."""
SOLVES = 10 if SWEEP else 3
SIZES = 180 if SWEEP else 30
TAGS = ("<think>", "</think>")


@pytest.fixture(scope="module")
def served(python: str, qwen3vl: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:  # noqa: F811
    """SGLang with the checkpoint; of a Thinking model with its reasoning parser."""
    folder = tmp_path_factory.mktemp("sglang")
    with sglang(python, folder, qwen3vl, "--context-length", "8192") as running:
        yield running


def solved(drawn: list[Problem], **where: str) -> list[Trace]:
    """Three iterations and the last answer of every problem, greedily."""
    with Solver(**where, sampling=GREEDY, segment_tokens=24, max_iterations=3) as solver:
        return in_order(solver, drawn)


def plain(text: str) -> str:
    """A segment without the tags that a reasoning parser takes out and the client puts back."""
    for tag in TAGS:
        text = text.replace(tag, "")
    return text


def test_solves_are_those_of_this_process_to_the_token(served: Running, qwen3vl: Path) -> None:  # noqa: F811
    drawn = problems(SOLVES, seed=3)
    here = solved(drawn, backend="transformers", model=str(qwen3vl))
    there = solved(drawn, base_url=served.base_url, model=served.model)
    assert {trace.model.preset for trace in (*here, *there)} == {qwen3vl.name}
    for ours, theirs in zip(here, there, strict=True):
        assert (theirs.status, theirs.error, len(theirs.iterations)) == (ours.status, None, 4)
        for mine, other in zip(ours.iterations, theirs.iterations, strict=True):
            assert plain(other.text) == plain(mine.text) != ""
            assert (other.kept, other.pages, other.pages_sent) == (mine.kept, mine.pages, mine.pages_sent)
            counted = {"prompt_tokens", "vision_tokens", "completion_tokens"}
            assert other.usage.model_dump(include=counted) == mine.usage.model_dump(include=counted)
            assert other.finish_reason == mine.finish_reason
            if mine.kept:
                assert not any(tag in mine.kept for tag in TAGS)
    assert all(len(trace.iterations[-1].pages_sent) >= 3 for trace in there)


def test_pages_of_many_sizes_cost_what_is_predicted(served: Running) -> None:
    counts, rng = family("qwen3-vl"), np.random.default_rng(1)
    sizes = [(int(wide), int(high)) for wide, high in rng.integers(16, 700, (SIZES, 2))]
    sizes += [(672, 32 * step) for step in range(1, 11)] + [(595, 84 * step) for step in range(1, 11)]
    pages = [
        Page(rng.integers(0, 256, (high, wide), np.uint8), "", counts.tokens(wide, high))
        for wide, high in sizes
    ]
    text = "Wait, 17·23 = 391, so 391 − 17 = 374.\n\n" * (150 if SWEEP else 20)
    for profile in ("default", "paper"):
        pages += Renderer(profile).render(text)
    assert len(pages) > SIZES + 20
    with ThreadPoolExecutor(ROWS) as pool:
        counted = list(pool.map(lambda page: image_tokens(served, page), pages))
    assert counted == [page.vision_tokens for page in pages]


def test_the_doctor_finds_it_sound_and_an_evaluation_runs(served: Running, tmp_path: Path) -> None:
    small = ("--segment-tokens", "24", "--max-iterations", "2")
    done = vtc("doctor", *served.flags, *small, "--json", cwd=tmp_path)
    found = {finding["check"]: finding for finding in json.loads(done.out)}
    assert done.code == 0, done.out
    assert {found[name]["outcome"] for name in ("model", "images", "vision tokens", "streaming")} == {"ok"}
    words = ["eval", "arithmetic", *served.flags, *small, "--limit", "4", "--out", "runs", "--quiet"]
    done = vtc(*words, cwd=tmp_path)
    assert done.code == 0, done.err
