"""Counting tokens: by a tokenizer if one is available, else by an estimate for the kind of text."""

import hashlib
import math
import os
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtc_r1.errors import CheckpointError, MissingExtra, first_line
from vtc_r1.estimates import KINDS, characters_per_token
from vtc_r1.hub import absent, from_hub

ESTIMATE = f"estimate by kind of text, {KINDS[-1].characters} to {KINDS[0].characters} characters a token"
_FILE = "tokenizer.json"
_REMEMBERED = 256  #: number of texts whose counts are cached: a memory is counted again for every prompt


@dataclass(frozen=True, eq=False)
class TokenOffsets:
    """The token positions of a text, from which the tokens of any part are counted."""

    starts: NDArray[np.int64]  #: position of the character with which each token starts, ascending
    length: int  #: length of the text in characters

    def count(self, start: int, end: int) -> int:
        """Return how many tokens start in text[start:end]."""
        first, last = np.searchsorted(self.starts, (start, end))
        return int(last - first)

    def reach(self, start: int, tokens: int) -> int:
        """Return the furthest end for which text[start:end] has no more than `tokens`."""
        last = int(np.searchsorted(self.starts, start)) + tokens
        return int(self.starts[last]) if last < len(self.starts) else self.length


class TokenCounter:
    """Counts tokens.

    Args:
        tokenizer: a `tokenizer.json`; without it tokens are estimated.
        rate: characters per token for that estimate; by default those of the kind of text.

    Raises:
        CheckpointError: the file is not a tokenizer.
        MissingExtra: the package `tokenizers` is not installed.
    """

    def __init__(self, tokenizer: Path | None = None, rate: float | None = None) -> None:
        self._tokenizer = None if tokenizer is None else _load(tokenizer)
        self._rate = rate

    def ruler(self, text: str) -> TokenOffsets:
        """Tokenise `text` once."""
        if self._tokenizer is None:
            rate = self.rate(text)
            return TokenOffsets((np.arange(math.ceil(len(text) / rate)) * rate).astype(np.int64), len(text))
        offsets = self._tokenizer.encode(text, add_special_tokens=False).offsets
        starts = np.fromiter((start for start, _ in offsets), np.int64, len(offsets))
        return TokenOffsets(np.maximum.accumulate(starts), len(text))

    def count(self, text: str) -> int:
        """Return how many tokens `text` has."""
        if self._tokenizer is None:
            return math.ceil(len(text) / self.rate(text))
        return _count(self._tokenizer, text)

    def rate(self, text: str) -> float:
        """Return the characters per token of `text`."""
        if self._tokenizer is None:
            return self._rate or characters_per_token(text)
        return len(text) / max(1, self.count(text)) or 1.0

    @property
    def is_estimate(self) -> bool:
        """Whether tokens are estimated, as there is no tokenizer."""
        return self._tokenizer is None

    def how(self, text: str) -> str:
        """Describe how the tokens of `text` are determined."""
        return f"estimated at {self.rate(text):g} characters a token" if self.is_estimate else "counted"


@lru_cache(_REMEMBERED)
def _count(tokenizer: Any, text: str) -> int:
    return len(tokenizer.encode(text, add_special_tokens=False).ids)


def known_tokenizer(model: str) -> Path | None:
    """Return the `tokenizer.json` of a model from its folder or the hub's cache; nothing is downloaded.

    None if it is in neither, or if the package `tokenizers` is not installed.
    """
    if find_spec("tokenizers") is None:
        return None
    found = Path(model) / _FILE
    if found.is_file():
        return found
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    hub = Path(os.environ.get("HF_HUB_CACHE") or home / "hub") / f"models--{model.replace('/', '--')}"
    if not hub.is_dir() or find_spec("huggingface_hub") is None:
        return None
    from huggingface_hub import try_to_load_from_cache

    cached = try_to_load_from_cache(model, _FILE)
    return Path(cached) if isinstance(cached, str) else None


def find_tokenizer(name: str) -> Path:
    """Return the `tokenizer.json` of a checkpoint's folder or hub id; raises CheckpointError."""
    path = Path(name)
    found = path / _FILE if path.is_dir() else path
    if found.is_file():
        return found
    if path.exists() or name.startswith((".", "/")):
        raise CheckpointError(f"tokenizer {name}: has no {_FILE}; give a checkpoint's folder or its hub id")
    try:
        from huggingface_hub import hf_hub_download
    except ImportError as error:
        raise MissingExtra("huggingface_hub", "data", "a tokenizer from the hub") from error
    with from_hub(name) as why_not:
        try:
            return Path(hf_hub_download(name, _FILE))
        except Exception as error:  # the hub's client can raise anything
            said = CheckpointError(f"tokenizer {name}: is not a folder, nor on the hub ({first_line(error)})")
            raise absent(f"tokenizer {name}", why_not, said) from error


def fingerprint(tokenizer: Path) -> str:
    """Return the identity of a tokenizer: the hash of its file."""
    return hashlib.sha256(tokenizer.read_bytes()).hexdigest()


def _load(path: Path) -> Any:
    return _opened(path, path.stat().st_mtime_ns if path.exists() else 0)


@lru_cache(4)
def _opened(path: Path, changed: int) -> Any:
    try:
        from tokenizers import Tokenizer

        found = Tokenizer.from_file(str(path))
    except ImportError as error:
        raise MissingExtra("tokenizers", "data", "counting tokens with a tokenizer") from error
    except Exception as error:  # the package raises bare exceptions
        raise CheckpointError(f"tokenizer {path}: cannot be read ({first_line(error)})") from error
    found.no_truncation()
    found.no_padding()
    return found
