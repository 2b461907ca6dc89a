"""The kind of a file, by its name."""

from pathlib import PurePath

from vtc_r1.documents.document import Kind

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
