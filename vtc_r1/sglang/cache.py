"""Check of a server's prefix cache: how much it reuses of a prompt that began like an earlier one."""

import math
import random

from vtc_r1.backends.wire.server import Answer
from vtc_r1.sglang.check import Finding
from vtc_r1.sglang.model_client import ModelClient
from vtc_r1.sglang.room import Room

_WORDS = ["elm", "oak", "ash", "yew", "birch", "maple", "cedar", "alder", "linden", "willow"]
_CUTS = (23, 38, 57, 71, 92, 110, 27, 33, 41, 46, 52, 61, 66, 77, 83, 88, 97, 104)
"""Numbers of words, all different, after which a text differs from one that the server has read.

There are this many because all hits may share a divisor by chance: two, half as often with each further text.
"""
_LEAST = 0.9  #: share of a page's tokens that the next prompt should take from the cache


def prefixes(client: ModelClient) -> Finding:
    """In what steps does the cache hold a prompt, and does it hold the page that two iterations share?"""
    chance = random.Random()
    words = chance.choices(_WORDS, k=max(_CUTS))
    first = client.ask(" ".join(words), tokens=1)
    if first.status != 200:
        return client.refused("a text", first, "check the server's log")
    if not _cached(client.ask(" ".join(words), tokens=1)):
        return Finding("skipped", "not known: no cached tokens are reported")
    hits: list[int] = []
    for cut in _CUTS:
        text = " ".join([*words[:cut], str(cut), *chance.choices(_WORDS, k=9)])
        hits.append(_cached(client.ask(text, tokens=1)))
        if len(set(hits)) > 1 and math.gcd(*hits) == 1:
            break
    steps, (cached, shared) = _steps(hits), _page(client, chance)
    seen = f"{steps}; {cached} of the {shared} tokens of an earlier page come from the cache"
    if cached < _LEAST * shared:
        return Finding(
            "warning",
            seen,
            "every iteration reads its pages anew: lower the cache's block size "
            "or the interval of its checkpoints",
        )
    return Finding("ok", seen)


def _steps(hits: list[int]) -> str:
    """Describe the steps in which prompts are cached, from the hits of texts cut at several places."""
    step = math.gcd(*hits)
    if len(set(hits)) == 1:
        return "nothing of a changed text is held"
    return "held to the token" if step == 1 else f"held in blocks of {step}"


def _page(client: ModelClient, chance: random.Random) -> tuple[int, int]:
    """Return how many tokens of a page the next iteration's prompt takes from the cache, and their total."""
    question = f"{chance.choice(_WORDS)} {chance.getrandbits(40)}"
    page = Room.full_page(client.solver.renderer)
    next_page = client.solver.renderer.render(question)[0]
    client.ask_about(question, page)
    answer = client.ask_about(question, page, next_page)
    return min(_cached(answer), page.vision_tokens), page.vision_tokens


def _cached(answer: Answer) -> int:
    """Return how many tokens of a prompt came from the cache, 0 where the server does not say."""
    told = answer.at("usage", "prompt_tokens_details", "cached_tokens")
    return told if isinstance(told, int) else 0
