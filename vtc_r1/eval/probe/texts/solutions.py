"""Real texts from a file: a column of solutions, or plain text."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from random import Random

from vtc_r1.disk.access import finite
from vtc_r1.errors import UsageError
from vtc_r1.eval.probe.texts.kind import TextKind
from vtc_r1.eval.rows import file_rows

_ROWS = (".jsonl", ".ndjson", ".json", ".parquet")


def solutions(path: Path, column: str = "solution") -> TextKind:
    """Make the kind `solutions` from a file.

    A page begins with a random row and continues with the following ones, wrapping around at the end.

    Args:
        path: JSON lines or parquet, or a text file, whose paragraphs are used unchanged.
        column: the column of the rows; ignored for a text file.

    Raises:
        UsageError: the file cannot be read, lacks the column or holds no text.
    """
    texts = _rows(path, column) if path.suffix in _ROWS else _paragraphs(path)
    if not texts:
        raise UsageError(f"{path}: has no text; give a file of solutions with --file")
    identity = hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()

    def stretches(rng: Random) -> Iterator[str]:
        at = rng.randrange(len(texts))
        while True:
            yield texts[at]
            at = (at + 1) % len(texts)

    return TextKind("solutions", stretches, parting="\n\n", has_formulas=True, identity=identity)


def _rows(path: Path, column: str) -> list[str]:
    texts = []
    for where, row in file_rows(path):
        text = row.get(column)
        if not isinstance(text, str):
            raise UsageError(f"{path}: {where} has no text in column {column!r}; name another with --field")
        if text.strip():
            texts.append(text.strip())
    return texts


def _paragraphs(path: Path) -> list[str]:
    try:
        text = finite(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read ({error}); give a text file or JSON lines") from error
    return [part.strip() for part in text.split("\n\n") if part.strip()]
