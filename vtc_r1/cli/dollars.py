"""`vtc-r1 plan --price`: what a solve would cost in dollars, as text and as pages."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vtc_r1.errors import UsageError
from vtc_r1.prices import VARIABLE, Dollars, price_of
from vtc_r1.spending import Spending, Terms, pays_from, spending, terms

_HEADS = ("tokens", "memory", "requests", "read", "cached", "cold", "warm", "output")
_CAPTION = (
    "read, cached: tokens of all prompts, and how many of them a warm cache has; cold, warm: dollars a solve "
    "without and with the provider's cache; output: its share of the dollars, warm"
)


def show(
    model: str,
    preset: str | None,
    prices: Path | None,
    lengths: Sequence[int],
    segment_tokens: int,
    compression: float | None,
    *,
    as_json: bool,
) -> None:
    """Print what a solve costs at every length; raises UsageError for a model without a price."""
    from vtc_r1.presets import preset as preset_named
    from vtc_r1.presets import preset_for

    price = price_of(model, prices)
    if price is None:
        raise UsageError(
            f"the price of {model!r} is unknown: put it into a file of the form of vtc_r1/prices.toml, and "
            f"name that with --prices or {VARIABLE}"
        )
    chosen = preset_named(preset, trusted=True) if preset else preset_for(model)
    found = terms(model, chosen, price, segment_tokens, compression)
    spent = spending(found, lengths)
    if as_json:
        print(json.dumps(_record(found, spent), indent=2))
    else:
        _print(found, spent)


def _record(found: Terms, spent: Sequence[Spending]) -> dict[str, Any]:
    return {
        "model": found.model,
        "preset": found.preset.name,
        "price": found.price.model_dump(mode="json"),
        "segment_tokens": found.segment_tokens,
        "page_tokens": found.page_tokens,
        "compression": round(found.compression, 2),
        "caches_from": found.caches_from,
        "pays_from": pays_from(found),
        "estimates": [
            {**asdict(one), "cold": _dollars(one.cold), "warm": _dollars(one.warm)} for one in spent
        ],
    }


def _dollars(found: Dollars | None) -> dict[str, float | None] | None:
    return None if found is None else {"total": found.total, "output_share": found.output_share}


def _print(found: Terms, spent: Sequence[Spending]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from vtc_r1.cli.tables import folded, room

    price = found.price
    cached = "unknown" if price.cached is None else f"${price.cached:g}"
    print(
        folded(
            f"{found.model}: ${price.input:g} a million tokens read, {cached} from the cache, "
            f"${price.output:g} written ({price.date}: {price.source or 'your file'}); pages of a segment of "
            f"{found.segment_tokens:,} tokens: {found.page_tokens:,} vision tokens, {found.compression:.2f}×",
            room(),
        )
    )
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 0, 0, 1))
    for head in _HEADS:
        table.add_column(head, justify="left" if head == "memory" else "right", no_wrap=True)
    for one in spent:
        share = None if one.warm is None else one.warm.output_share
        table.add_row(
            f"{one.reasoning_tokens:,}",
            one.memory,
            f"{one.requests:,}",
            f"{one.read:,}",
            f"{one.cached:,}",
            "unknown" if one.cold is None else str(one.cold),
            "unknown" if one.warm is None else str(one.warm),
            "–" if share is None else f"{share:.0%}",
        )
    Console().print(table)
    print(folded(f"{_CAPTION}{'' if found.caches_from is not None else ' (this address has none)'}", room()))
    print(folded(_verdict(found), room()))


def _verdict(found: Terms) -> str:
    from vtc_r1.sglang.plan import MOST_REASONING

    start, warm = pays_from(found), "text" if found.caches_from is None else "text with a warm cache"
    if found.price.cached is None and found.caches_from is not None:
        return "whether pages pay is not known: the price of cached tokens is unknown"
    if start is None:
        return f"don't: {warm} is cheaper than pages up to {MOST_REASONING:,} reasoning tokens"
    return (
        f"pages are cheaper than {warm} from {start:,} reasoning tokens on; one generation reads nothing "
        "twice and is cheaper still, where the model writes so much in one"
    )
