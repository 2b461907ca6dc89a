"""Checks of load: whether one request takes all pages, and whether concurrency changes answers."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from vtc_r1.backends.wire.images import of_images
from vtc_r1.backends.wire.overflow import overflow
from vtc_r1.backends.wire.server import Answer
from vtc_r1.prompts.prompt import AROUND
from vtc_r1.renderers import Page
from vtc_r1.sglang.check import Finding
from vtc_r1.sglang.model_client import ModelClient
from vtc_r1.sglang.pages import LOOK, WORDS
from vtc_r1.sglang.room import QUESTION, Room

_AT_ONCE, _TOKENS = 8, 24
_LEAST = 2  #: segments whose pages must fit into a request, for the loop to be of use
_SEEN = 0.9
"""Minimum share of the predicted tokens that a request's pages cost if the model sees all of them."""


def many_pages(client: ModelClient) -> Finding:
    """Does one request take all the pages that the planned solves carry, by number and by size?"""
    planned = Room.of(client.solver)
    wanted = planned.pages
    full = Room.full_page(client.solver.renderer)
    room = client.context - QUESTION if client.context else wanted * (full.vision_tokens + AROUND)
    wanted = min(wanted, room // (full.vision_tokens + AROUND))
    if wanted < 2:
        return Finding("skipped", "the context holds no two full pages")
    pages = _pages(client, wanted)
    answer = client.ask(LOOK, *pages, tokens=1)
    asked = f"{len(pages)} pages ({_megabytes(pages)})"
    if answer.status == 0:
        return client.refused(f"a request of {asked}", answer, "check the server's log")
    if answer.status == 200:
        return _all_seen(answer, pages, asked)
    if overflow(answer.complaint):
        return Finding("skipped", f"the context does not hold {asked}: {answer.complaint}")
    most = _most(client, pages)
    small = client.ask(LOOK, *(client.solver.renderer.render("1")[0] for _ in pages), tokens=1)
    limit = f"about {_megabytes(pages[:most])} a request" if small.status == 200 else f"{most} images"
    by_size = "raise the limit of a request (nginx: client_max_body_size), or take smaller pages (--profile)"
    by_number = of_images("too many images")
    enough = most >= _LEAST * planned.pages / planned.segments
    return Finding(
        "warning" if enough else "failed",
        f"of {asked} that a solve may carry it takes {most}: it refuses more than {limit} "
        f"({answer.status}: {answer.complaint})",
        by_size if small.status == 200 else by_number,
    )


def repeatable(client: ModelClient) -> Finding:
    """Does a greedy answer stay the same when other requests run concurrently?"""
    own, other = (client.solver.renderer.render(" ".join(words))[0] for words in WORDS)
    alone = client.ask(LOOK, own, tokens=_TOKENS)
    if alone.status != 200:
        return client.refused("a page", alone, "check the server's log")
    with ThreadPoolExecutor(2 * _AT_ONCE) as threads:
        asked = [page for _ in range(_AT_ONCE) for page in (own, other)]
        answers = list(threads.map(lambda page: client.ask(LOOK, page, tokens=_TOKENS), asked))[::2]
    if failed := next((answer for answer in answers if answer.status != 200), None):
        return client.refused(f"{2 * _AT_ONCE} requests at once", failed, "check the server's log")
    differing = sum(answer.generated() != alone.generated() for answer in answers)
    if differing:
        return Finding(
            "warning",
            f"{differing} of {_AT_ONCE} greedy answers differ under load from the one given alone",
            "to repeat results exactly, relaunch with -- --enable-deterministic-inference",
        )
    return Finding("ok", f"{_AT_ONCE} greedy answers under load are the one given alone")


def _all_seen(answer: Answer, pages: Sequence[Page], asked: str) -> Finding:
    """Judge by the tokens of an accepted request whether the model sees all of its pages."""
    counted: Any = answer.at("usage", "prompt_tokens_details", "image_tokens")
    counted = answer.at("usage", "prompt_tokens") if counted is None else counted
    expected = sum(page.vision_tokens for page in pages)
    if isinstance(counted, int) and counted < _SEEN * expected:
        return Finding(
            "failed",
            f"it accepts {asked} and drops some: they cost {counted} tokens, not {expected}",
            "raise the number of images that the server takes a request",
        )
    return Finding("ok", f"{asked} in one request")


def _pages(client: ModelClient, number: int) -> list[Page]:
    """Return `number` full pages, all different."""
    lines, pages = 1_000, list[Page]()
    while len(pages) <= number:  # the last one may not be full
        text = " ".join(f"{at} * {at + 7} = {at * (at + 7)}, so step {at} holds." for at in range(lines))
        pages, lines = client.solver.renderer.render(text), 2 * lines
    return pages[:number]


def _most(client: ModelClient, pages: Sequence[Page]) -> int:
    """Return how many of the pages one request takes; it takes at least one, and refuses all together."""
    accepted, refused = 1, len(pages)
    while refused - accepted > 1:
        middle = (accepted + refused) // 2
        if client.ask(LOOK, *pages[:middle], tokens=1).status == 200:
            accepted = middle
        else:
            refused = middle
    return accepted


def _megabytes(pages: Sequence[Page]) -> str:
    return f"{sum(page.base64_bytes for page in pages) / 1e6:.1f} MB"
