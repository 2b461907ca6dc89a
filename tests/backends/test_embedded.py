"""Models in this process: the embedded one, and any small Qwen3-VL."""

import asyncio
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vtc_r1 import Solver
from vtc_r1.backends.base import Completion, Delta, Request
from vtc_r1.backends.embedded import checkpoint
from vtc_r1.backends.transformers import TransformersBackend
from vtc_r1.configuration import Sampling
from vtc_r1.errors import CheckpointError, UnsupportedQuestion
from vtc_r1.prompts import Prompt
from vtc_r1.renderers import Renderer

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

pytestmark = pytest.mark.model

embedded = pytest.mark.skipif(
    not (checkpoint() / "model.safetensors").is_file(), reason="the embedded checkpoint is not built in"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with random weights."""
    from vtc_r1.sft import nano

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("random")
    words = nano.tokenizer()
    network = nano.model(words)
    with torch.no_grad():
        for weights in network.parameters():
            if weights.dim() > 1:
                weights.mul_(3)  # smaller ones repeat themselves
    network.save_pretrained(path)
    nano.write_processors(path, words)
    return path


@pytest.fixture(scope="module")
def backend(folder: Path) -> Iterator[TransformersBackend]:
    yield TransformersBackend(folder, device="cpu")


def request(text: str = "12+30*2", *, max_tokens: int = 24, **sampling: Any) -> Request:
    pages = Renderer("nano").render("30*2=60\n12+60")
    prompt = Prompt(None, (text, *pages))
    return Request(prompt, Sampling(**sampling), max_tokens)


async def pieces(backend: TransformersBackend, asked: Request) -> list[Delta | Completion]:
    return [piece async for piece in backend.generate(asked)]


async def segment(backend: TransformersBackend, asked: Request) -> Completion:
    last = (await pieces(backend, asked))[-1]
    assert isinstance(last, Completion)
    return last


async def test_pieces_join_to_the_segment(backend: TransformersBackend) -> None:
    *deltas, last = await pieces(backend, request())
    assert isinstance(last, Completion) and len(deltas) > 1
    assert "".join(delta.text for delta in deltas if isinstance(delta, Delta)) == last.text


async def test_greedy_generation_is_that_of_transformers(backend: TransformersBackend) -> None:
    asked = request(max_tokens=40)
    ours = await segment(backend, asked)
    encoded = backend.encoder.encode(asked.prompt)
    assert encoded.pixels is not None and encoded.grids is not None
    ids = torch.tensor([encoded.ids])
    theirs = backend.network.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        mm_token_type_ids=(ids == backend.encoder.image_id).int(),
        pixel_values=torch.from_numpy(encoded.pixels),
        image_grid_thw=torch.from_numpy(encoded.grids),
        max_new_tokens=asked.max_tokens,
        do_sample=False,
    )[0, len(encoded.ids) :].tolist()
    assert len(set(theirs)) > 3
    assert ours.text == backend.encoder.tokenizer.decode(theirs, skip_special_tokens=True)


async def test_the_page_decides_what_is_written(backend: TransformersBackend) -> None:
    with_page = request()
    without = Request(Prompt(None, with_page.prompt.content[:1]), with_page.sampling, with_page.max_tokens)
    blank = tuple(part if isinstance(part, str) else part.blank() for part in with_page.prompt.content)
    white = Request(Prompt(None, blank), with_page.sampling, with_page.max_tokens)
    texts = [(await segment(backend, asked)).text for asked in (with_page, without, white)]
    assert len(set(texts)) == 3


async def test_generation_is_deterministic(backend: TransformersBackend) -> None:
    first = await segment(backend, request())
    await segment(backend, request("1+2+3"))
    assert await segment(backend, request()) == first


async def test_sampling_is_reproducible_with_its_seed(backend: TransformersBackend) -> None:
    warm = {"temperature": 1.5, "top_p": 0.98, "top_k": 100, "presence_penalty": 0.5}
    first, again = [await segment(backend, request(seed=3, **warm)) for _ in range(2)]
    other = await segment(backend, request(seed=4, **warm))
    assert first == again
    assert first.text != other.text


async def test_the_least_top_k_is_greedy(backend: TransformersBackend) -> None:
    sampled = await segment(backend, request(temperature=2.0, top_k=1, seed=1))
    assert sampled.text == (await segment(backend, request())).text


async def test_a_presence_penalty_keeps_from_repeating(backend: TransformersBackend) -> None:
    plain = await segment(backend, request(max_tokens=60))
    penalised = await segment(backend, request(max_tokens=60, presence_penalty=2.0))
    assert plain.text != penalised.text


async def test_max_tokens_ends_a_segment_by_length(backend: TransformersBackend) -> None:
    asked = request(max_tokens=3)
    done = await segment(backend, asked)
    assert (done.finish_reason, done.usage.completion_tokens) == ("length", 3)
    assert done.usage.vision_tokens == sum(page.vision_tokens for page in asked.prompt.pages) > 0
    assert done.usage.prompt_tokens > done.usage.vision_tokens


async def test_leaving_early_stops_the_model(backend: TransformersBackend) -> None:
    endless = request(max_tokens=100_000)
    generation = backend.generate(endless)
    assert isinstance(await anext(generation), Delta)
    async with asyncio.timeout(60):  # all of it would take far longer
        await generation.aclose()
    assert (await segment(backend, request(max_tokens=1))).usage.completion_tokens == 1


async def test_cancelling_stops_the_model(backend: TransformersBackend) -> None:
    task = asyncio.create_task(segment(backend, request(max_tokens=100_000)))
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)
    assert (await segment(backend, request(max_tokens=1))).usage.completion_tokens == 1


async def test_requests_at_once_take_turns(backend: TransformersBackend) -> None:
    await segment(backend, request())  # its prefix is cached from here on
    alone = await segment(backend, request())
    both = await asyncio.gather(*(segment(backend, request()) for _ in range(2)))
    assert both == [alone, alone]


async def test_the_revision_is_the_hash_of_the_weights(folder: Path, backend: TransformersBackend) -> None:
    await backend.check()
    assert backend.revision is not None and backend.revision.startswith("sha256:")


def test_the_loop_runs_on_a_model_in_this_process(folder: Path) -> None:
    with Solver(model=str(folder), preset="nano", max_iterations=2, segment_tokens=8) as solver:
        trace = solver.solve("1+2+3")
        assert (trace.model.backend, trace.model.name) == ("transformers", str(folder))
        assert trace.status in ("exhausted", "stalled", "answered")
        assert solver.solve("1+2+3").iterations[0].text == trace.iterations[0].text
    assert not [thread for thread in threading.enumerate() if thread.name == "vtc-r1"]


def copy(folder: Path, target: Path) -> Path:
    target.mkdir()
    for path in folder.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    return target


def break_weights(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"\x00" * 100)


def cut_weights(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1_000])


def lose_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def break_config(folder: Path) -> None:
    (folder / "config.json").write_text("{", encoding="utf-8")


def lose_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


def lose_everything(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


@pytest.mark.parametrize(
    "damage", [break_weights, cut_weights, lose_weights, break_config, lose_tokenizer, lose_everything]
)
def test_a_damaged_checkpoint_is_one_line(folder: Path, tmp_path: Path, damage: Any) -> None:
    broken = copy(folder, tmp_path / "broken")
    damage(broken)
    with Solver(model=str(broken), preset="nano") as solver:
        for ask in (solver.check, lambda: solver.solve("1+2+3")):
            with pytest.raises(CheckpointError) as raised:
                ask()
            assert str(broken) in str(raised.value)
            assert "\n" not in str(raised.value)


def test_it_works_without_torchvision(folder: Path) -> None:
    program = f"""
        import sys
        sys.modules["torchvision"] = None
        from vtc_r1 import Solver
        with Solver(model={str(folder)!r}, preset="nano", max_iterations=1, segment_tokens=4) as solver:
            print(len(solver.solve("1+2+3").iterations))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "2"), done.stderr


@embedded
@pytest.mark.parametrize(
    "question", ["Prove that 2 is prime.", "37", "100 + 1 + 1", "99 * 99 + 1", "gcd(7, 7)"]
)
def test_another_kind_of_question_is_refused_before_anything_is_loaded(question: str) -> None:
    with Solver() as solver:
        with pytest.raises(UnsupportedQuestion, match="it knows") as raised:
            solver.solve(question)
        assert not hasattr(solver.backend, "network")
        assert "\n" not in str(raised.value)


@embedded
def test_the_embedded_model_reads_its_own_pages() -> None:
    with Solver() as solver:
        trace = solver.solve("37 + 85 - 19 * 2 + 46")
    assert (trace.status, trace.answer) == ("answered", "130")
    assert (trace.model.name, trace.model.backend) == ("vtc-r1-nano", "embedded")
    assert len(trace.iterations) >= 2
    assert len(trace.pages) >= 1 and trace.iterations[-1].pages_sent
