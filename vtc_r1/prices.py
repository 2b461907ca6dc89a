"""Prices of served models, from `prices.toml` and a user's own file, and the cost of a solve."""

import os
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vtc_r1.closed import closed
from vtc_r1.errors import UsageError
from vtc_r1.iteration import Usage
from vtc_r1.trace import Trace

VARIABLE = "VTC_PRICES"  #: environment variable that names a user's file of prices
_MILLION = 1_000_000
_DATED = r"(-(\d{4}-\d{2}-\d{2}|\d{8}|\d{3,4}|latest|preview(-\d{2}-\d{2,4})?))?"
"""Suffix that may follow the name of a model without naming another model."""
_Dollars = Annotated[float, Field(ge=0, allow_inf_nan=False, description="a million tokens")]


class Price(BaseModel):
    """Prices of one model, in dollars per million tokens; `prices.toml` explains them.

    A price of None is unknown, not 0; `write` is None if writing the cache costs nothing extra.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    input: _Dollars
    cached: _Dollars | None = None
    write: _Dollars | None = None
    output: _Dollars
    over: int | None = Field(None, ge=1)
    long_input: _Dollars | None = None
    long_cached: _Dollars | None = None
    long_output: _Dollars | None = None
    source: str = ""
    date: date

    def of(self, usage: Usage, *, writes: bool = False) -> "Dollars | None":
        """Return the cost of one request; None if a price that it needs is unknown.

        Args:
            usage: its tokens.
            writes: uncached tokens are written into the prompt cache, at the price of writing if it has one.
        """
        long = self.over is not None and usage.prompt_tokens > self.over
        anew = self.long_input if long else self.input
        cached, output = (self.long_cached, self.long_output) if long else (self.cached, self.output)
        if writes and self.write is not None and not long:
            anew = self.write
        if usage.cached_tokens == 0:
            cached = 0.0
        if anew is None or cached is None or output is None:
            return None
        fresh = max(0, usage.prompt_tokens - usage.cached_tokens)
        return Dollars(
            (fresh * anew + usage.cached_tokens * cached) / _MILLION,
            usage.completion_tokens * output / _MILLION,
        )


@dataclass(frozen=True)
class Dollars:
    """Dollars that were spent on reading and on writing."""

    read: float = 0.0
    written: float = 0.0

    def __add__(self, other: "Dollars") -> "Dollars":
        return Dollars(self.read + other.read, self.written + other.written)

    @property
    def total(self) -> float:
        """The whole cost."""
        return self.read + self.written

    @property
    def output_share(self) -> float | None:
        """Share of the cost that was spent on writing; None if nothing was spent."""
        return self.written / self.total if self.total else None

    def __str__(self) -> str:
        return f"${self.total:,.4g}" if self.total < 1 else f"${self.total:,.2f}"


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    model: list[Price]


def price_of(model: str, path: Path | None = None, *, shipped: bool = True) -> Price | None:
    """Return the price of a model by the name under which it is served; None if it is unknown.

    Args:
        model: its name; a vendor before a slash and a date behind it do not count.
        path: a user's file, which takes precedence over the shipped prices; by default `VTC_PRICES`.
        shipped: whether the shipped prices count as well.

    Raises UsageError for a file that cannot be used.
    """
    given = path or (Path(named) if (named := os.environ.get(VARIABLE, "").strip()) else None)
    known = {**(_shipped() if shipped else {}), **({} if given is None else _own(given))}
    called = _plain(model.rpartition("/")[2])
    found = [name for name in known if re.fullmatch(re.escape(_plain(name)) + _DATED, called)]
    return known[max(found, key=len)] if found else None


def spent(price: Price, usages: Iterable[Usage]) -> Dollars | None:
    """Return the total cost of requests; None if a price that one needs is unknown."""
    total = Dollars()
    for usage in usages:
        found = price.of(usage)
        if found is None:
            return None
        total += found
    return total


def priced(trace: Trace, path: Path | None = None) -> str | None:
    """Describe the cost of a solve in a few words; None for an open or a local model without a price.

    For a model of an open family only the user's own file counts, whatever the model's name.
    """
    is_open = trace.counts_vision and closed().of_preset(trace.model.preset) is None
    price = price_of(trace.model.name, path, shipped=not is_open)
    if price is None:
        return None if is_open or trace.model.backend != "openai" else "price unknown"
    total = spent(price, (iteration.usage for iteration in trace.iterations))
    if total is None:
        return "price unknown"
    share = "" if total.output_share is None else f", output {total.output_share:.0%}"
    return f"{total} (prices of {price.date}{share})"


def _plain(name: str) -> str:
    return name.lower().replace(".", "-")


@cache
def _shipped() -> dict[str, Price]:
    return _read((resources.files("vtc_r1") / "prices.toml").read_text(encoding="utf-8"), "prices.toml")


def _own(path: Path) -> dict[str, Price]:
    try:
        return _read(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"prices {path}: cannot be read ({error})") from error


def _read(text: str, where: str) -> dict[str, Price]:
    try:
        entries = _File.model_validate(tomllib.loads(text)).model
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"prices {where}: is not TOML ({error})") from error
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(map(str, first["loc"])) or "the file"
        raise UsageError(
            f"prices {where}: {at}: {first['msg']}; vtc_r1/prices.toml shows the form"
        ) from error
    return {_plain(entry.name): entry for entry in entries}
