"""Checks of pages on a server: that it accepts them, what they cost, what its prefix cache holds."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from vtc_r1.backends.wire.images import of_images
from vtc_r1.renderers import Page
from vtc_r1.sglang.check import Finding
from vtc_r1.sglang.model_client import ModelClient
from vtc_r1.sglang.room import Room

LOOK = "What does the page say?"
WORDS = (("cedar", "maple", "olive"), ("tiger", "zebra", "otter"))
"""The words on two pages of one size, none of them shared."""
_ENOUGH, _TOP = 32, 5  #: tokens that suffice to name the words of a page; likeliest tokens that are compared
_CONFUSED = "the prefix cache confuses pages of one size"
_APART = "relaunch with --disable-radix-cache, or update the server; its answers cannot be trusted"


def images(client: ModelClient) -> Finding:
    """Does an image reach the model? A text-only model may drop it silently."""
    page = client.solver.renderer.render("6 * 7 = 42")[0]
    remedy = "serve a vision model such as Qwen3-VL, with images allowed (--limit-mm-data-per-request)"
    answer = client.ask(LOOK, page)
    if answer.status != 200:
        return client.refused("a page", answer, of_images(answer.complaint) or remedy)
    plain = client.ask(LOOK)
    if plain.status != 200:
        return client.refused("a question without images", plain, "check the server's log")
    counted = client.image_tokens(answer, plain)
    if counted is None:
        return Finding("warning", "it accepts a page but reports no token counts: it may not see it")
    if counted <= 0:
        return Finding("failed", "it accepts a page and drops it: the prompt has no more tokens", remedy)
    return Finding("ok", f"a page of {page.width}×{page.height} px costs {counted} tokens")


def vision_tokens(client: ModelClient) -> Finding:
    """Does a full page cost the predicted vision tokens, so that the model sees it without resampling?"""
    profile, page = client.solver.renderer.profile, Room.full_page(client.solver.renderer)
    size = f"{page.width}×{page.height}"
    answer, plain = client.ask(LOOK, page), client.ask(LOOK)
    if answer.status != 200:
        return client.refused(f"a full page of {size} px", answer, "give another --profile")
    counted = client.image_tokens(answer, plain)
    if counted is None:
        return Finding("warning", "the server reports no token counts")
    if not client.solver.preset.is_known:
        seen = f"unknown arithmetic: a full page of {size} px costs {counted} tokens here"
        return Finding("warning", seen, "name the model's family with --preset")
    exact = answer.at("usage", "prompt_tokens_details", "image_tokens") is not None
    if not 0 <= counted - page.vision_tokens <= (0 if exact else 2):
        return Finding(
            "failed",
            f"a page of {size} px costs {counted} tokens, not {page.vision_tokens}: it is resampled, "
            f"or the model does not belong to the family {profile.family}",
            "give the --preset or --profile of the model's family; set no pixel limits on the server",
        )
    resized = "×".join(map(str, profile.vision.resized(page.width, page.height)))
    if resized != size and profile.name != client.solver.preset.profile:
        return Finding("warning", f"{size} px are resampled to {resized}", "use a profile on the grid")
    return Finding("ok", f"{page.vision_tokens} for a full page of {size} px, as predicted")


def cache_report(client: ModelClient) -> Finding:
    """Does the server report how much of a prompt came from its prefix cache?"""
    page = Room.full_page(client.solver.renderer)
    answers = [client.ask(LOOK, page) for _ in range(2)]
    if answers[1].status != 200:
        return client.refused("a repeated page", answers[1], "check the server's log")
    cached = answers[1].at("usage", "prompt_tokens_details", "cached_tokens")
    if isinstance(cached, int) and cached > 0:
        total = answers[1].at("usage", "prompt_tokens")
        seen = f"{cached} of {total} tokens of a repeated prompt come from the cache"
        if client.solver.preset.prefixes == "checkpoint":
            seen += "; of a hybrid model only up to its last checkpoint"
        return Finding("ok", seen)
    return Finding(
        "warning",
        "no cached tokens reported for a repeated prompt",
        "relaunch with --enable-cache-report",
    )


def apart(client: ModelClient) -> Finding:
    """Are two pages kept apart? A prefix cache that confuses them answers about the wrong one.

    The model is asked about two pages of one size alternately, with the first one cached, and concurrently.
    """
    drawn = [client.solver.renderer.render(" ".join(words))[0] for words in WORDS]
    in_turn = [0, 1, 0, 1]
    answers = [_read(client, drawn[at]) for at in in_turn]
    with ThreadPoolExecutor(len(in_turn)) as threads:
        answers += threads.map(lambda at: _read(client, drawn[at]), in_turn)
    own = foreign = 0
    for at, answer in zip([*in_turn, *in_turn], answers, strict=True):
        own += _named(answer, WORDS[at])
        foreign += _named(answer, WORDS[1 - at])
    if foreign:
        return Finding(
            "failed",
            f"of {len(answers)} answers about two pages, some contain words of the other: {_CONFUSED}",
            _APART,
        )
    if not own:
        return _by_likelihood(client, drawn)
    how = f"{len(answers)} questions, alternating and concurrent"
    return Finding("ok", f"two pages of one size are kept apart ({how})")


def _by_likelihood(client: ModelClient, pages: Sequence[Page]) -> Finding:
    """Does a model that cannot read two pages tell them apart? Equal likelihoods say that it does not."""
    answers = [client.ask(LOOK, page, tokens=1, logprobs=True, top_logprobs=_TOP) for page in pages]
    found = [answer.at("choices", 0, "logprobs", "content") for answer in answers]
    if not all(found):
        return Finding("skipped", "not known: the answers contain no word of either page")
    if found[0] == found[1]:
        return Finding("failed", f"two pages have equal likelihoods of every token: {_CONFUSED}", _APART)
    return Finding("ok", "two pages of one size are kept apart (by the likelihood of their first token)")


def _read(client: ModelClient, page: Page) -> str:
    """Return what the model reads on a page, an empty text if the request fails."""
    return "".join(client.ask(LOOK, page, tokens=_ENOUGH).generated())


def _named(answer: str, words: Sequence[str]) -> int:
    return sum(word in answer.lower() for word in words)
