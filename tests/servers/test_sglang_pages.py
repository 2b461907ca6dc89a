"""What pages cost a real SGLang, and how much of a prompt it takes from its cache."""

import numpy as np
import pytest

from tests.servers.conftest import in_order
from tests.servers.prompts import Recorded, reuse
from tests.servers.running import Running
from vtc_r1 import Solver, Trace
from vtc_r1.backends.base import Completion, Request
from vtc_r1.backends.embedded import checkpoint
from vtc_r1.backends.encoding import PromptEncoder
from vtc_r1.backends.openai import OpenAIBackend
from vtc_r1.backends.wire.body import messages
from vtc_r1.backends.wire.server import Server
from vtc_r1.configuration import Sampling
from vtc_r1.eval.drawn import Problem
from vtc_r1.prompts import Prompt, PromptSet
from vtc_r1.renderers import Page, Renderer
from vtc_r1.renderers.vision import family

pytestmark = pytest.mark.sglang

NANO = family("nano")
SIZES = {
    "one token": (32, 32),
    "the page it was trained on": (128, 32),
    "on the grid": (672, 896),
    "a wide page": (1024, 64),
    "off the grid, each side up or down": (595, 842),
    "off the grid, small": (75, 50),
    "less than the smallest area": (20, 24),
    "more than the largest area": (1600, 1200),
    "a strip": (16, 640),
}
LEAST = 0.95


def image_tokens(server: Running, *pages: Page) -> int:
    """Tokens that the server counts for pages."""
    body = {"model": server.model, "messages": messages(Prompt(None, ("1+2", *pages))), "max_tokens": 1}
    answer = Server(server.base_url).post("/chat/completions", body)
    counted = answer.at("usage", "prompt_tokens_details", "image_tokens")
    assert isinstance(counted, int), answer.text
    return counted


@pytest.mark.parametrize("size", SIZES)
def test_a_page_of_any_size_costs_what_is_predicted(server: Running, size: str) -> None:
    width, height = SIZES[size]
    pixels = np.random.default_rng(0).integers(0, 256, (height, width), np.uint8)
    page = Page(pixels, "", NANO.tokens(width, height))
    assert image_tokens(server, page) == page.vision_tokens


def test_every_page_of_the_solves_costs_what_is_predicted(server: Running, embedded: list[Trace]) -> None:
    pages = {sha: page for trace in embedded for sha, page in trace.pages.items()}.values()
    assert len(pages) >= 15
    counted = [image_tokens(server, page) for page in pages]
    assert counted == [page.vision_tokens for page in pages]


def test_the_pages_of_one_prompt_add_up(server: Running) -> None:
    pages = Renderer("nano").render("12+34=46\n46-7=39\n" * 6)
    assert len(pages) == 12
    assert image_tokens(server, *pages) == sum(page.vision_tokens for page in pages)


async def test_pages_already_read_come_from_the_cache(server: Running) -> None:
    """Large pages, as real checkpoints have them: 150 to 400 tokens each."""
    renderer = Renderer(Renderer("default").profile.replace(family="nano", width=480, height=480))
    text = " ".join(str(number * 7919 % 10_007) for number in range(9_000))
    pages = renderer.render(text)[:6]
    prompts, backend = PromptSet("nano"), OpenAIBackend(server.base_url, server.model)
    taken = []
    for count in range(len(pages) + 1):
        prompt = prompts.render("3+4*5-6", pages[:count], iteration=count)
        request = Request(prompt, Sampling(), max_tokens=4)
        taken += [
            (prompt, piece.usage)
            async for piece in backend.generate(request)
            if isinstance(piece, Completion)
        ]
    await backend.aclose()
    found = reuse(taken, PromptEncoder(checkpoint()))
    assert len(found) == len(pages) and found[-1].common > 1_000
    assert [each.share for each in found if each.share < LEAST] == [], found


def test_what_iterations_have_in_common_comes_from_the_cache(
    server: Running, drawn: list[Problem], embedded: list[Trace]
) -> None:
    backend = Recorded(OpenAIBackend(server.base_url, server.model))
    with Solver(backend=backend) as solver:
        served = in_order(solver, drawn)
    assert [trace.status for trace in served] == [trace.status for trace in embedded]
    encoder = PromptEncoder(checkpoint())
    found = [each for taken in backend.taken.values() for each in reuse(taken, encoder)]
    assert len(found) >= len(drawn) // 2
    assert [each.share for each in found if each.share < LEAST] == [], found
