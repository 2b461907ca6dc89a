"""A document: a name, and either a text or the bytes of a PDF."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from vtc_r1.errors import DocumentError

Kind = Literal["text", "markdown", "latex", "code", "pdf"]
"""Kind of a document, which decides how it is drawn; `code` keeps its lines and its indentation."""


@dataclass(frozen=True)
class Document:
    """One document.

    Attributes:
        name: its name for the model and in the record, without a path.
        kind: what it is.
        data: its bytes as read; they are its identity.
        written: its text; for a PDF the text layer of all pages, empty for a scan.
    """

    name: str
    kind: Kind
    data: bytes = field(repr=False)
    written: str = field(repr=False)

    @classmethod
    def of_text(cls, text: str, name: str = "context.txt", kind: Kind = "text") -> "Document":
        """Make a document from a text in memory; raises DocumentError if it is empty."""
        if kind == "pdf":
            raise DocumentError(f"{name}: a PDF is not text; give its file")
        if not text.strip():
            raise DocumentError(f"{name}: is empty; give a document with text, or leave it out")
        return cls(name, kind, text.encode("utf-8", "surrogatepass"), text)

    def check_text(self) -> None:
        """Raise DocumentError if there is no text to show, as in a scan."""
        if not self.written.strip():
            raise DocumentError(
                f"{self.name}: has no text layer, so it cannot be shown as text; "
                "use a memory policy with pages, such as --memory optical"
            )

    @cached_property
    def sha256(self) -> str:
        """Hash of its bytes."""
        return hashlib.sha256(self.data).hexdigest()
