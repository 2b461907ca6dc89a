"""Models that only their makers serve, read from `closed.toml`: image rules, limits and fields."""

import re
import tomllib
from datetime import date
from functools import cache
from importlib import resources
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(_Entry):
    """How an image is counted; `closed.toml` explains the kinds."""

    kind: Literal["tiles", "patches", "padded", "crops", "budget"]
    base: int = 0
    each: int = 0
    side: int = 512
    box: int = 2_048
    short: int = 768
    times: float = 1.0
    most: int | None = None
    edge: int | None = None
    large: int = 0
    source: str
    date: date


class Provider(_Entry):
    """What a provider accepts; None: no limit is known."""

    host: str
    key: str
    newer: bool
    lists: bool
    caches: bool
    cached_from: int = 0
    images: int | None = None
    image_bytes: int | None = None
    request_bytes: int | None = None
    pixels: int | None = None
    many: int | None = None
    pixels_of_many: int | None = None
    source: str
    date: date


class ClosedModel(_Entry):
    """One model, or several with the same image rule and the same request fields.

    Attributes:
        name: name of its preset.
        pattern: matches the names under which it is served.
        provider: name of its provider.
        rule: name of the rule by which its images are counted, which is its vision family.
        without: sampling fields that are left out of its requests.
        images: largest number of images in a request, where it differs from its provider's.
    """

    name: str
    pattern: str
    provider: str
    rule: str
    without: frozenset[str]
    images: int | None = None


class Closed(_Entry):
    """The whole file."""

    rule: dict[str, Rule]
    provider: dict[str, Provider]
    model: tuple[ClosedModel, ...]

    def named(self, model: str) -> ClosedModel | None:
        """Return the entry whose pattern matches the name of a model; None if there is none."""
        return next((each for each in self.model if re.search(each.pattern, model, re.IGNORECASE)), None)

    def of_preset(self, name: str) -> ClosedModel | None:
        """Return the entry from which a preset was made; None for any other preset."""
        return next((each for each in self.model if each.name == name), None)


@cache
def closed() -> Closed:
    """Read the file, once per process."""
    text = (resources.files("vtc_r1") / "closed.toml").read_text(encoding="utf-8")
    return Closed.model_validate(tomllib.loads(text))


def provider_at(base_url: str) -> Provider | None:
    """Return the provider at an address; None for any other server."""
    try:
        host = urlsplit(base_url).hostname
    except ValueError:
        return None
    return next((each for each in closed().provider.values() if each.host == host), None)
