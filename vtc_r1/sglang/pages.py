"""Checks of what a server makes of pages: that it takes them, what they cost, what its cache holds."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from vtc_r1.backends.wire.body import messages
from vtc_r1.prompts import Prompt
from vtc_r1.renderers import Page
from vtc_r1.sglang.asking import Asking
from vtc_r1.sglang.check import Finding
from vtc_r1.sglang.room import Room

LOOK = "What does the page say?"
WORDS = (("cedar", "maple", "olive"), ("tiger", "zebra", "otter"))
"""What stands on two pages of one size, which share no word."""
_ENOUGH = 32
"""Tokens in which the words of a page are said."""


def images(asking: Asking) -> Finding:
    """Does an image reach the model? A text-only model may drop it without a word."""
    page = asking.solver.renderer.render("6 * 7 = 42")[0]
    remedy = "serve a vision model such as Qwen3-VL, with images allowed (--limit-mm-data-per-request)"
    answer = asking.ask(LOOK, page)
    if answer.status != 200:
        return asking.refused("a page", answer, remedy)
    plain = asking.ask(LOOK)
    if plain.status != 200:
        return asking.refused("a question without images", plain, "look at its log")
    counted = asking.image_tokens(answer, plain)
    if counted is None:
        return Finding("warning", "it takes a page, but counts no tokens: whether it sees it is unknown")
    if counted <= 0:
        return Finding("failed", "it takes a page and drops it: the prompt costs no more tokens", remedy)
    return Finding("ok", f"a page of {page.width}×{page.height} px costs {counted} tokens")


def vision_tokens(asking: Asking) -> Finding:
    """Does a full page cost what we predict, and does the model see it pixel by pixel?"""
    profile, page = asking.solver.renderer.profile, Room.full_page(asking.solver.renderer)
    size = f"{page.width}×{page.height}"
    answer, plain = asking.ask(LOOK, page), asking.ask(LOOK)
    if answer.status != 200:
        return asking.refused(f"a full page of {size} px", answer, "give another --profile")
    counted = asking.image_tokens(answer, plain)
    if counted is None:
        return Finding("warning", "the server counts no tokens")
    exact = answer.at("usage", "prompt_tokens_details", "image_tokens") is not None
    if not 0 <= counted - page.vision_tokens <= (0 if exact else 2):
        return Finding(
            "failed",
            f"a page of {size} px costs {counted} tokens, not {page.vision_tokens}: it is resampled, "
            f"or the model is not of the family {profile.family}",
            "give the --preset or --profile of the model's family; set no pixel limits on the server",
        )
    resized = "×".join(map(str, profile.vision.resized(page.width, page.height)))
    if resized != size and profile.name != asking.solver.preset.profile:
        return Finding("warning", f"{size} px are resampled to {resized}", "use a profile on the grid")
    return Finding("ok", f"{page.vision_tokens} for a full page of {size} px, as predicted")


def cache_report(asking: Asking) -> Finding:
    """Does the server say how much of a prompt came from its cache?"""
    page = Room.full_page(asking.solver.renderer)
    answers = [asking.ask(LOOK, page) for _ in range(2)]
    if answers[1].status != 200:
        return asking.refused("a repeated page", answers[1], "look at its log")
    cached = answers[1].at("usage", "prompt_tokens_details", "cached_tokens")
    if isinstance(cached, int) and cached > 0:
        total = answers[1].at("usage", "prompt_tokens")
        return Finding("ok", f"{cached} of {total} tokens of a repeated prompt come from the cache")
    return Finding(
        "warning",
        "no cached tokens reported for a repeated prompt",
        "relaunch with --enable-cache-report",
    )


def apart(asking: Asking) -> Finding:
    """Is each page answered for itself? A prefix cache that takes pages for one another answers for another.

    Two pages of one size are asked of in turn, with the first one's prefix in the cache, and at once.
    """
    drawn = [asking.solver.renderer.render(" ".join(words))[0] for words in WORDS]
    in_turn = [0, 1, 0, 1]
    answers = [_read(asking, drawn[at]) for at in in_turn]
    with ThreadPoolExecutor(len(in_turn)) as threads:
        answers += threads.map(lambda at: _read(asking, drawn[at]), in_turn)
    own = foreign = 0
    for at, answer in zip([*in_turn, *in_turn], answers, strict=True):
        own += _named(answer, WORDS[at])
        foreign += _named(answer, WORDS[1 - at])
    if foreign:
        return Finding(
            "failed",
            f"of {len(answers)} answers about two pages, some name words of the other page: its prefix cache "
            "takes pages of one size for one another",
            "relaunch with --disable-radix-cache, or update the server; no answer of it can be trusted",
        )
    if not own:
        return Finding("skipped", "cannot be told: the model names no word of two pages")
    asked = f"asked of {len(answers)} times, in turn and at once"
    return Finding("ok", f"two pages of one size, {asked}, are answered each for itself")


def _read(asking: Asking, page: Page) -> str:
    """Return what the model says of a page, nothing where it is refused."""
    answer = asking.post(messages(Prompt(None, (page, LOOK))), _ENOUGH)
    return "".join(answer.spoken())


def _named(answer: str, words: Sequence[str]) -> int:
    return sum(word in answer.lower() for word in words)
