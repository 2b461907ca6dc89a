"""Text to measure on: mathematics and prose from a data file, random digits and strings from a seed."""

import argparse
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vtc_r1.eval.probe.texts import strings as draw
from vtc_r1.tokens import TokenCounter

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "math500.jsonl"
_FIGURE = re.compile(r"\[asy\].*?\[/asy\]", re.DOTALL)
_SENTENCE = re.compile(r"(?<=[.?!])\s+|\n{2,}")
_FORMULA = re.compile(r"[$\\{}\[\]^_|<>=]")


@dataclass(frozen=True)
class Corpus:
    """Problems and their solutions, figures (`[asy]` blocks) left out, each text once, in file order."""

    problems: list[str]
    solutions: list[str]

    @property
    def mathematics(self) -> str:
        """All solutions."""
        return "\n\n".join(self.solutions)

    @property
    def prose(self) -> str:
        """The English sentences that hold no formula, each once, in paragraphs of five."""
        texts = [*self.problems, *self.solutions]
        found = (" ".join(part.split()) for text in texts for part in _SENTENCE.split(text))
        kept = [part for part in dict.fromkeys(found) if _is_sentence(part)]
        return "\n\n".join(" ".join(kept[at : at + 5]) for at in range(0, len(kept), 5))


def _is_sentence(text: str) -> bool:
    return text[:1].isupper() and text[-1:] in ".?!" and len(text.split()) > 4 and not _FORMULA.search(text)


def load(path: Path | None) -> Corpus:
    """Read JSON lines with the fields `problem` and `solution`, as MATH500 has them.

    Raises argparse.ArgumentTypeError, a one-line message, for a file that is absent or of another shape.
    """
    path = path or DATA
    if not path.exists():
        raise argparse.ArgumentTypeError(
            f"no data at {path}: give MATH500 as JSON lines with `problem` and `solution` by --data FILE"
        )
    try:
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
        return Corpus(
            *([*dict.fromkeys(_plain(row[key]) for row in rows)] for key in ("problem", "solution"))
        )
    except (KeyError, TypeError, ValueError) as error:
        raise argparse.ArgumentTypeError(
            f"{path}: needs JSON lines with `problem` and `solution` ({type(error).__name__}: {error})"
        ) from error


def _plain(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", _FIGURE.sub("", text)).strip()


def segments(text: str, tokens: int, most: int, counter: TokenCounter | None = None) -> list[str]:
    """Up to `most` consecutive stretches of `tokens` tokens each; no character is in two."""
    ruler, found, at = (counter or TokenCounter()).ruler(text), list[str](), 0
    while len(found) < most and ruler.count(at, end := ruler.reach(at, tokens)) == tokens:
        found.append(text[at:end])
        at = end
    return found


def digits(characters: int, seed: int = 0) -> str:
    """Random numbers of 1 to 12 digits, parted by spaces."""
    return _filled(draw.endless(draw.number)(random.Random(f"digits:{seed}")), characters)


def strings(characters: int, seed: int = 0) -> str:
    """Random alphanumeric strings, hexadecimal numbers and UUIDs in turn, parted by spaces."""
    return _filled(_strings(random.Random(f"strings:{seed}")), characters)


def _strings(rng: random.Random) -> Iterator[str]:
    while True:
        yield draw.characters(rng)
        yield draw.hexadecimal(rng)
        yield draw.uuid(rng)


def _filled(words: Iterator[str], characters: int) -> str:
    taken, length = [], 0
    for word in words:
        taken.append(word)
        length += len(word) + 1
        if length > characters:
            break
    return " ".join(taken)[:characters]
