"""Estimated dollars for a solve with a served model: one generation, segments as text, segments as pages."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from vtc_r1.closed import closed
from vtc_r1.errors import UsageError
from vtc_r1.estimates import REASONING
from vtc_r1.iteration import Usage
from vtc_r1.memory import POLICIES
from vtc_r1.presets import Preset
from vtc_r1.prices import Dollars, Price
from vtc_r1.renderers import Renderer
from vtc_r1.sglang.plan import MEMORIES, MOST_REASONING, QUESTION, TAIL, segments_of

_LINE = "Step: 3 * 41 = 123, and 123 - 58 = 65, so the sum so far is 65.\n"


@dataclass(frozen=True)
class Terms:
    """The model, and the sizes for which its costs are estimated.

    Attributes:
        model: name under which the model is served.
        preset: preset of the model, whose vision family counts the pages.
        price: price of the model.
        segment_tokens: tokens per segment.
        page_tokens: vision tokens of the pages of one segment.
    """

    model: str
    preset: Preset
    price: Price
    segment_tokens: int
    page_tokens: int

    @property
    def compression(self) -> float:
        """Text tokens per vision token of a segment's pages."""
        return self.segment_tokens / self.page_tokens

    @property
    def caches_from(self) -> int | None:
        """Minimum number of tokens of a prefix that the provider caches; None if it caches nothing."""
        model = closed().of_preset(self.preset.name)
        provider = None if model is None else closed().provider[model.provider]
        return 0 if provider is None else provider.cached_from if provider.caches else None


@dataclass(frozen=True)
class Spending:
    """Cost of one kind of memory at one reasoning length; dollars are None if a price is unknown."""

    memory: str  #: kind of memory
    reasoning_tokens: int  #: tokens written by a solve
    requests: int  #: number of requests
    read: int  #: tokens of all prompts
    cached: int  #: number of them that a warm cache holds
    cold: Dollars | None  #: dollars if nothing comes from the cache
    warm: Dollars | None  #: dollars if every prompt finds its predecessor in the cache


def terms(model: str, preset: Preset, price: Price, segment_tokens: int, compression: float | None) -> Terms:
    """Return the terms; pages are drawn to count them, unless `compression` is given.

    Raises UsageError for an invalid number, and for a model whose pages cannot be counted.
    """
    if segment_tokens < 1:
        raise UsageError(f"segment_tokens is {segment_tokens}: give a number above 0")
    if compression is not None and not (math.isfinite(compression) and compression > 0):
        raise UsageError(f"compression is {compression}: give a number above 0")
    if compression is None and not preset.is_known:
        raise UsageError(
            f"{model} belongs to no family that is known, so nobody can count its pages: "
            "name its family with --preset, or give --compression"
        )
    drawn = _drawn(preset, segment_tokens) if compression is None else segment_tokens / compression
    return Terms(model, preset, price, segment_tokens, max(1, math.ceil(drawn)))


def _drawn(preset: Preset, tokens: int) -> int:
    """Return the vision tokens of the pages of a segment."""
    characters = math.ceil(tokens * REASONING.characters)
    text = (_LINE * (characters // len(_LINE) + 1))[:characters]
    return sum(page.vision_tokens for page in Renderer(preset.drawn(None)).render(text))


def spending(found: Terms, lengths: Sequence[int]) -> list[Spending]:
    """Return the cost of every kind of memory at every length; raises UsageError for a length below 1."""
    if not lengths or min(lengths) < 1:
        raise UsageError("reasoning tokens: give lengths above 0")
    return [_spent(found, memory, length) for length in lengths for memory in MEMORIES]


def _spent(found: Terms, memory: str, length: int) -> Spending:
    policy = POLICIES[memory]
    segments = segments_of(length, length if policy.max_iterations == 1 else found.segment_tokens)
    carried = found.page_tokens if policy.draws else found.segment_tokens
    cold, warm, known = list[Usage](), list[Usage](), 0
    for at, new in enumerate(segments):
        prompt = QUESTION + at * carried + TAIL
        least = found.caches_from
        cached = known if least is not None and known >= max(1, least) else 0
        cold.append(Usage(prompt_tokens=prompt, completion_tokens=new))
        warm.append(cold[-1].model_copy(update={"cached_tokens": cached}))
        known = prompt - TAIL
    total = sum(warm, Usage())
    return Spending(
        memory,
        length,
        len(segments),
        total.prompt_tokens,
        total.cached_tokens,
        _sum(found.price, cold),
        _sum(found.price, warm),
    )


def _sum(price: Price, usages: Sequence[Usage]) -> Dollars | None:
    total = Dollars()
    for usage in usages:
        dollars = price.of(usage, writes=True)
        if dollars is None:
            return None
        total += dollars
    return total


def pays_from(found: Terms) -> int | None:
    """Return the length from which on pages are cheaper than text with a warm cache, None if they never are.

    Costs change from segment to segment, so lengths in steps of one segment are enough.
    """
    step, since = found.segment_tokens, None
    for length in range(2 * step, max(MOST_REASONING, 2 * step) + 1, step):
        text, pages = (_spent(found, memory, length).warm for memory in ("text", "optical"))
        if text is None or pages is None or pages.total >= text.total:
            since = None
        elif since is None:
            since = length
    return since
