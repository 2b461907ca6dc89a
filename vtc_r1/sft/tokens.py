"""Token counts of parts of a text, by a tokenizer or estimated."""

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtc_r1.errors import CheckpointError, MissingExtra, first_line
from vtc_r1.estimates import CHARACTERS_PER_TOKEN
from vtc_r1.hub import absent, from_hub

ESTIMATE = f"estimate, {CHARACTERS_PER_TOKEN} characters a token"
_FILE = "tokenizer.json"


@dataclass(frozen=True, eq=False)
class TokenOffsets:
    """The token positions of a text, from which the tokens of any part are counted.

    Attributes:
        starts: position of the character with which each token starts, ascending.
        length: length of the text in characters.
    """

    starts: NDArray[np.int64]
    length: int

    def count(self, start: int, end: int) -> int:
        """Return how many tokens start in text[start:end]."""
        first, last = np.searchsorted(self.starts, (start, end))
        return int(last - first)

    def reach(self, start: int, tokens: int) -> int:
        """Return the furthest end for which text[start:end] has no more than `tokens`."""
        last = int(np.searchsorted(self.starts, start)) + tokens
        return int(self.starts[last]) if last < len(self.starts) else self.length


class TokenCounter:
    """Counts the tokens of texts.

    Args:
        tokenizer: a `tokenizer.json`; without it tokens are estimated.

    Raises:
        CheckpointError: the file is not a tokenizer.
        MissingExtra: the package `tokenizers` is not installed.
    """

    def __init__(self, tokenizer: Path | None = None) -> None:
        self._tokenizer = None if tokenizer is None else _load(tokenizer)

    def ruler(self, text: str) -> TokenOffsets:
        """Tokenise `text` once."""
        if self._tokenizer is None:
            count = math.ceil(len(text) / CHARACTERS_PER_TOKEN)
            return TokenOffsets((np.arange(count) * CHARACTERS_PER_TOKEN).astype(np.int64), len(text))
        offsets = self._tokenizer.encode(text, add_special_tokens=False).offsets
        starts = np.fromiter((start for start, _ in offsets), np.int64, len(offsets))
        return TokenOffsets(np.maximum.accumulate(starts), len(text))

    def count(self, text: str) -> int:
        """Return how many tokens `text` has."""
        return len(self.ruler(text).starts)


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
