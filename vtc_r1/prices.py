"""What served models cost, as `prices.toml` and a user's own file say, and what a solve spent of it."""

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
"""What may stand behind the name of a model without making it another one."""
_Dollars = Annotated[float, Field(ge=0, allow_inf_nan=False, description="a million tokens")]


class Price(BaseModel):
    """Prices of one model, in dollars a million tokens; `prices.toml` explains them.

    A price that is None is unknown, which is not 0; a charge for writing the cache that is None is none.
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
        """Return what one request costs; None where a price that it takes is unknown.

        Args:
            usage: its tokens.
            writes: what is read anew is written into the prompt cache, and charged for where that costs.
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
        """All of it."""
        return self.read + self.written

    @property
    def output_share(self) -> float | None:
        """Share of what was written; None where nothing was spent."""
        return self.written / self.total if self.total else None

    def __str__(self) -> str:
        return f"${self.total:,.4g}" if self.total < 1 else f"${self.total:,.2f}"


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    model: list[Price]


def price_of(model: str, path: Path | None = None, *, shipped: bool = True) -> Price | None:
    """Return the price of a model by the name under which it is served; None where it is unknown.

    Args:
        model: its name; a vendor before a slash and a date behind it do not count.
        path: a user's file, whose entries come before those that are shipped; by default `VTC_PRICES`.
        shipped: those that are shipped count as well.

    Raises UsageError for a file that cannot be used.
    """
    given = path or (Path(named) if (named := os.environ.get(VARIABLE, "").strip()) else None)
    known = {**(_shipped() if shipped else {}), **({} if given is None else _own(given))}
    called = _plain(model.rpartition("/")[2])
    found = [name for name in known if re.fullmatch(re.escape(_plain(name)) + _DATED, called)]
    return known[max(found, key=len)] if found else None


def spent(price: Price, usages: Iterable[Usage]) -> Dollars | None:
    """Return what requests cost together; None where a price that one takes is unknown."""
    total = Dollars()
    for usage in usages:
        found = price.of(usage)
        if found is None:
            return None
        total += found
    return total


def priced(trace: Trace, path: Path | None = None) -> str | None:
    """Say in a few words what a solve cost; None where its model is not priced.

    A model of an open family costs what a user's own file says, whatever it is called.
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
