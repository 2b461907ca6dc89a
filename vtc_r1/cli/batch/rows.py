"""The rows of `vtc-r1 solve --batch`: a question each, and the documents that it is about."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtc_r1.attachments import Attachments
from vtc_r1.disk.access import finite
from vtc_r1.documents import Document, read_document, read_documents
from vtc_r1.errors import UsageError
from vtc_r1.trace import Trace

_FIELDS = ("question", "problem")
_CONTEXT = "context"


@dataclass(frozen=True)
class BatchQuestion:
    """A question with its documents, and the line on which it stands."""

    question: str
    line: int
    documents: tuple[Document, ...] = ()

    @property
    def attached(self) -> Attachments:
        """What comes with the question."""
        return Attachments(documents=self.documents)

    def is_of(self, trace: Trace) -> bool:
        """Tell whether a trace is one of this question and these documents."""
        ours = [(document.name, document.sha256) for document in self.documents]
        theirs = [(document.name, document.sha256) for document in trace.documents]
        return trace.question == self.question and ours == theirs


def read_rows(path: Path, context: Sequence[Path] = ()) -> list[BatchQuestion]:
    """Read JSON lines with `question` or `problem`, and `context` if there is any; or plain lines.

    Args:
        path: the file; what its rows name as context lies relative to it.
        context: documents of every question, before its own.

    Raises:
        UsageError: the file cannot be read, or a row has no question.
        DocumentError: a document cannot be read.
    """
    try:
        lines = finite(path).read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read ({error})") from error
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not numbered:
        raise UsageError(f"{path}: holds no question")
    shared = read_documents(context)
    if path.suffix not in (".jsonl", ".json"):
        return [BatchQuestion(line.strip(), number, shared) for number, line in numbered]
    known: dict[Path, Document] = {}
    rows = []
    for number, line in numbered:
        row = _row(line, f"{path}:{number}")
        own = _documents(row.get(_CONTEXT), path.parent, known, f"{path}:{number}")
        rows.append(BatchQuestion(_question(row, f"{path}:{number}"), number, (*shared, *own)))
    return rows


def _row(line: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{where}: is not JSON ({error})") from error
    return row if isinstance(row, dict) else {}


def _question(row: dict[str, Any], where: str) -> str:
    for name in _FIELDS:
        if isinstance(row.get(name), str):
            return str(row[name])
    raise UsageError(f"{where}: has no text field named {' or '.join(_FIELDS)}")


def _documents(value: Any, folder: Path, known: dict[Path, Document], where: str) -> list[Document]:
    """Read what a row names as context: a path, a text with its name, or a list of either; each file once."""
    found = []
    for each in value if isinstance(value, list) else [] if value is None else [value]:
        match each:
            case str() if each.strip():
                path = folder / each
                known[path] = known.get(path) or read_document(path)
                found.append(known[path])
            case {"name": str(name), "text": str(text)} if len(each) == 2:
                found.append(Document.of_text(text, name))
            case _:
                raise UsageError(
                    f"{where}: {_CONTEXT} is {str(each)[:60]!r}: give a path, "
                    '{"name": …, "text": …}, or a list of either'
                )
    return found
