"""Documents from files: unusable files are rejected with the reason; the file name tells the kind."""

import codecs
from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path, PurePath

from vtc_r1.disk.access import readable
from vtc_r1.documents.document import Document, Kind
from vtc_r1.errors import DocumentError

LARGEST = 32 * 2**20
"""Maximum size of a file in bytes."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks; a longer one comes before any that is its prefix."""
_LOOKED_AT = 65_536
"""Number of first bytes in which a NUL marks a file as binary."""


def read_document(path: str | Path) -> Document:
    """Read one document; raises DocumentError, and MissingExtra for a PDF without the extra."""
    path = Path(path)
    data = _bytes(path)
    kind = kind_of(path.name, data)
    if kind == "pdf":
        from vtc_r1.documents.pdf import text_layer

        return Document(path.name, kind, data, text_layer(data, str(path)))
    text = _decoded(data, path)
    if not text.strip():
        raise DocumentError(f"{path}: is empty; give a document with text, or leave it out")
    return Document(path.name, kind, data, text.replace("\r\n", "\n").replace("\r", "\n"))


def read_documents(
    given: str | Path | Document | Sequence[str | Path | Document],
) -> tuple[Document, ...]:
    """Read documents given as paths, in order; a single one may be given directly.

    Raises DocumentError, also for anything that is neither a path nor a document.
    """
    if isinstance(given, str | PathLike | Document):
        given = [given]
    if isinstance(given, bytes) or not isinstance(given, Iterable):
        raise _no_document(given)
    return tuple(_read(each) for each in given)


def _read(given: object) -> Document:
    if isinstance(given, Document):
        return given
    if not isinstance(given, str | PathLike):
        raise _no_document(given)
    return read_document(Path(given))


def _no_document(given: object) -> DocumentError:
    return DocumentError(f"the context holds a {type(given).__name__}; give paths or documents")


def _bytes(path: Path) -> bytes:
    with readable(path, DocumentError, "check the path and its permissions"):
        if path.is_dir():
            raise DocumentError(f"{path}: is a folder; name its files, as in --context {path}/*")
        if path.exists() and not path.is_file():
            raise DocumentError(
                f"{path}: is not a regular file; save its content to a file, and name that file"
            )
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise DocumentError(
            f"{path}: is larger than {LARGEST // 2**20} MiB; cut it into the parts that the question is about"
        )
    if not data:
        raise DocumentError(f"{path}: is empty; give a document with text, or leave it out")
    return data


def _decoded(data: bytes, path: Path) -> str:
    mark = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)
    if mark is None and b"\0" in data[:_LOOKED_AT]:
        raise DocumentError(
            f"{path}: is a binary file; convert it to text, Markdown, LaTeX, source code or PDF"
        )
    try:
        return data.decode(mark or "utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DocumentError(
            f"{path}: line {line} is not {(mark or 'utf-8').upper().removesuffix('-SIG')} (byte "
            f"0x{data[error.start]:02x}): convert the file, as in iconv -f WINDOWS-1252 -t UTF-8"
        ) from error


_ENDINGS: dict[Kind, str] = {
    "pdf": "pdf",
    "markdown": "md markdown mdx rst",
    "latex": "tex latex ltx",
    "text": "txt text adoc org",
}
_TEXT_NAMES = ("readme", "license", "licence", "changelog", "authors", "notice", "news", "todo")


def kind_of(name: str, data: bytes) -> Kind:
    """Return the kind of a file: a PDF also by its first bytes, others by the name; unknown ones are code.

    Code keeps every line unchanged, which is right for data, logs and configuration as well.
    """
    path = PurePath(name.lower())
    if data.startswith(b"%PDF-") or path.suffix == ".pdf":
        return "pdf"
    ending = path.suffix.removeprefix(".")
    for kind, endings in _ENDINGS.items():
        if ending in endings.split():
            return kind
    return "text" if path.stem in _TEXT_NAMES or (not ending and path.stem.isalpha()) else "code"
