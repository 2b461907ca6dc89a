"""Checks of what a server makes of pages: that it takes them, what they cost, what its cache holds."""

from vtc_r1.sglang.asking import Asking
from vtc_r1.sglang.check import Finding
from vtc_r1.sglang.room import Room

LOOK = "What does the page say?"


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
