"""Requests that share a batch: each is answered as if it were alone."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.backends.test_embedded import folder, pieces, segment  # noqa: F401
from vtc_r1 import Solver
from vtc_r1.backends.base import Delta, Request
from vtc_r1.backends.cache import LruCache, PrefixCache
from vtc_r1.backends.embedded import checkpoint
from vtc_r1.backends.transformers import TransformersBackend
from vtc_r1.configuration import Sampling
from vtc_r1.errors import BackendError
from vtc_r1.eval.arithmetic import problems
from vtc_r1.prompts import Prompt
from vtc_r1.renderers import Page, Renderer

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

pytestmark = pytest.mark.model
QUESTIONS = ["1+2", "12+30*2", "7*8-5+4*3", "99-98"]


@pytest.fixture
def backend(folder: Path) -> Iterator[TransformersBackend]:  # noqa: F811
    fresh = TransformersBackend(folder, device="cpu", threads=1)
    yield fresh
    asyncio.run(fresh.aclose())
    assert not [thread for thread in threading.enumerate() if thread.name == "vtc-r1-model"]


def page(text: str) -> Page:
    (drawn,) = Renderer("nano").render(text)
    return drawn


def request(at: int, max_tokens: int = 30, **sampling: Any) -> Request:
    """One of many: questions, numbers of pages and lengths are mixed."""
    pages = [page(f"{at}+{n}={at + n}") for n in range(at % 4)]
    prompt = Prompt(None, (QUESTIONS[at % 3] + f"+{at}", *pages))
    return Request(prompt, Sampling(**sampling), max_tokens)


@pytest.mark.parametrize("sampling", [{}, {"temperature": 1.2, "top_p": 0.95, "presence_penalty": 0.3}])
async def test_answers_are_those_of_requests_alone(
    backend: TransformersBackend,
    folder: Path,  # noqa: F811
    sampling: dict[str, Any],
) -> None:
    seeds = [{"seed": at, **sampling} if sampling else {} for at in range(12)]
    asked = [request(at, 4 + 5 * at, **seed) for at, seed in enumerate(seeds)]
    together = await asyncio.gather(*(segment(backend, each) for each in asked))
    one_by_one = TransformersBackend(folder, device="cpu", threads=1)
    alone = [await segment(one_by_one, each) for each in asked]
    await one_by_one.aclose()
    assert [each.text for each in together] == [each.text for each in alone]
    assert [each.finish_reason for each in together] == [each.finish_reason for each in alone]
    assert len({each.text for each in together}) > 6


async def test_more_requests_than_rows_all_end(folder: Path) -> None:  # noqa: F811
    narrow = TransformersBackend(folder, device="cpu", threads=1, most_rows=2)
    together = await asyncio.gather(*(segment(narrow, request(at)) for at in range(7)))
    assert [each.text for each in together] == [(await segment(narrow, request(at))).text for at in range(7)]
    await narrow.aclose()


async def test_a_cancelled_request_leaves_the_others_alone(backend: TransformersBackend) -> None:
    alone = [(await segment(backend, request(at, 60))).text for at in range(5)]
    endless = backend.generate(request(7, 100_000))
    others = [asyncio.create_task(segment(backend, request(at, 60))) for at in range(5)]
    assert isinstance(await anext(endless), Delta)
    await endless.aclose()
    assert [each.text for each in await asyncio.gather(*others)] == alone
    assert backend.engine.batch.jobs == [] and len(backend.engine.batch.rows) == 0


@pytest.mark.parametrize("where", ["tokens", "patches"])
async def test_an_error_of_one_request_is_its_own(
    backend: TransformersBackend, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    alone = [(await segment(backend, request(at))).text for at in (1, 2, 3)]
    bad = Request(Prompt(None, ("bad", page("666"))), Sampling(), 5)
    original = getattr(backend.encoder, where)

    def fail(first: Any, *rest: Any) -> Any:
        if first is bad.prompt or first == bad.prompt.pages:
            raise ValueError("of this request")
        return original(first, *rest)

    monkeypatch.setattr(backend.encoder, where, fail)
    asked = [request(1), bad, request(2), request(3)]
    done = await asyncio.gather(*(segment(backend, each) for each in asked), return_exceptions=True)
    failed = done.pop(1)
    assert isinstance(failed, BackendError) and "of this request" in str(failed)
    assert [each.text for each in done if not isinstance(each, BaseException)] == alone


@pytest.mark.parametrize("when", ["read", "step"])
async def test_a_pass_that_fails_fails_only_its_row(
    backend: TransformersBackend, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    alone = [(await segment(backend, request(at))).text for at in range(4)]
    batch = backend.engine.batch
    original = getattr(batch.rows, when)

    def fail(first: int, given: list[Any], *rest: Any) -> Any:
        tall = [at for at in range(first, first + len(given)) if batch.rows.lengths[at] >= 200]
        if tall or any(len(getattr(each, "ids", ())) > 180 for each in given):
            raise RuntimeError("no memory")
        return original(first, given, *rest)

    monkeypatch.setattr(batch.rows, when, fail)
    long = Request(Prompt(None, ("1+" * 120,)), Sampling(), 5)
    asked = [request(0), request(1), long, request(2), request(3)]
    done = await asyncio.gather(*(segment(backend, each) for each in asked), return_exceptions=True)
    failed = done.pop(2)
    assert isinstance(failed, BackendError) and "no memory" in str(failed)
    assert [each.text for each in done if not isinstance(each, BaseException)] == alone


async def test_interleaved_solves_have_the_logits_of_whole_prompts(
    backend: TransformersBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    await backend.check()
    batch, seen = backend.engine.batch, []
    original = batch.rows.read

    def record(first: int, chunks: list[Any]) -> Any:
        logits = original(first, chunks)
        seen.append((sum(len(chunk.ids) for chunk in chunks), logits.clone()))
        return logits

    monkeypatch.setattr(batch.rows, "read", record)
    wide = Page(np.full((64, 192), 255, np.uint8), "", 12)
    histories = [[page("1+2=3"), page("3+4=7"), page("7*2")], [wide, page("9-1=8"), page("8*8=64")]]
    cached = []
    for count in range(4):
        for question, history in zip(("1+2+4", "9-1*8"), histories, strict=True):
            prompt = Prompt(None, (question, *history[:count]))
            done = await segment(backend, Request(prompt, Sampling(), 6))
            read, logits = seen.pop()
            assert read + done.usage.cached_tokens == done.usage.prompt_tokens
            torch.testing.assert_close(logits[0], whole(backend, prompt), rtol=1e-3, atol=1e-3)
            cached.append(done.usage.cached_tokens)
    assert batch.pages.passes == 6
    assert cached[2] >= 5 and all(
        later > earlier for earlier, later in zip(cached[2:], cached[4:], strict=False)
    )


def whole(backend: TransformersBackend, prompt: Prompt) -> Any:
    """Logits after a prompt that the model reads at once, by the library's own ways."""
    encoded = backend.encoder.encode(prompt)
    ids = torch.tensor([encoded.ids])
    images = {}
    if encoded.pixels is not None and encoded.grids is not None:
        images = {
            "pixel_values": torch.from_numpy(encoded.pixels),
            "image_grid_thw": torch.from_numpy(encoded.grids),
        }
    kinds = (ids == backend.encoder.image_id).int()
    with torch.inference_mode():
        return backend.network(input_ids=ids, mm_token_type_ids=kinds, **images).logits[0, -1].float()


def test_the_least_recently_used_is_dropped() -> None:
    recent: LruCache[str] = LruCache(2, 10)
    recent.put("a", "A", 4)
    recent.put("b", "B", 4)
    assert recent.get("a") == "A"
    recent.put("c", "C", 4)
    assert (recent.get("a"), recent.get("b"), recent.get("c"), recent.held_bytes) == ("A", None, "C", 8)
    recent.put("huge", "H", 11)
    assert recent.get("huge") is None and len(recent) == 2
    recent.put("d", "D", 10)
    assert len(recent) == 1 and recent.held_bytes == 10


def test_the_longest_common_prefix_is_found_and_never_the_whole_prompt() -> None:
    kept = PrefixCache(4, 1 << 20)
    for names in ([1, 2, 3, 4], [1, 2, 9, 9, 9], [7]):
        kept.put(np.array(names), torch.full((2, 1, len(names), 1, 1), float(names[-1])))
    found = kept.longest(np.array([1, 2, 9, 9, 5]))
    assert found is not None and found.shape[2] == 4 and float(found[0, 0, 0, 0, 0]) == 9
    again = kept.longest(np.array([1, 2, 3, 4]))
    assert again is not None and again.shape[2] == 3
    assert kept.longest(np.array([5, 1])) is None and kept.longest(np.array([7])) is None


@pytest.mark.skipif(not (checkpoint() / "model.safetensors").is_file(), reason="no embedded checkpoint")
def test_the_embedded_model_answers_alike_in_a_batch() -> None:
    questions = [problem.question for problem in problems(20, 3)]
    with Solver() as solver:
        alone = {question: solver.solve(question).answer for question in questions}
    with Solver() as solver:
        traces = list(solver.map(questions, concurrency=20))
    assert {trace.question: trace.answer for trace in traces} == alone
    assert any(iteration.usage.cached_tokens for trace in traces for iteration in trace.iterations)
