"""Stored traces: a folder with `trace.json` and `pages/HASH.png`, whole or absent."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from vtc_r1.errors import StorageError, first_line
from vtc_r1.renderers.files import writable, write_whole
from vtc_r1.renderers.page import Page
from vtc_r1.trace import VERSION, ImageRecord, PageRecord, Trace

_TRACE, _PAGES = "trace.json", "pages"
_HASH = re.compile(r"[0-9a-f]{64}")


def save_trace(trace: Trace, folder: str | Path) -> None:
    """Write `trace` and its pages; the trace comes last, so that it never misses a page.

    Raises StorageError where `folder` cannot be written.
    """
    folder = Path(folder)
    with writable(folder):
        (folder / _PAGES).mkdir(parents=True, exist_ok=True)
        for page in trace.pages.values():
            path = folder / _PAGES / f"{page.sha256}.png"
            if not path.exists():
                write_whole(path, page.png)
        write_whole(folder / _TRACE, (trace.model_dump_json(indent=2) + "\n").encode())


def load_trace(folder: str | Path) -> Trace:
    """Read a stored trace with its pages, from its folder or its `trace.json`; raises StorageError."""
    folder = Path(folder)
    path = folder / _TRACE if folder.is_dir() else folder
    try:
        trace = parse_trace(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be read ({error.strerror or error}); was it written by --save?"
        ) from error
    except (ValueError, ValidationError) as error:
        raise StorageError(f"{path}: is no trace ({first_line(error)})") from error
    added = [page for iteration in trace.iterations for page in iteration.pages]
    shown = [page for document in trace.documents for page in document.pages]
    records = [*trace.images, *trace.earlier, *shown, *added]
    return trace.with_pages({record.sha256: _page(record, path.parent) for record in records})


def parse_trace(text: str) -> Trace:
    """Read a trace from its JSON; raises ValueError."""
    try:
        return trace_of(json.loads(text))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def trace_of(values: Any) -> Trace:
    """Read a trace from its parsed JSON; raises ValueError."""
    if not isinstance(values, dict) or "version" not in values:
        raise ValueError("it has no version")
    if values["version"] != VERSION:
        raise ValueError(f"it has version {values['version']}, this program reads {VERSION}")
    return Trace.model_validate(values)


def _page(record: ImageRecord, folder: Path) -> Page:
    """Read one page; refuse one that is not the page on record."""
    from PIL import Image

    if not _HASH.fullmatch(record.sha256):
        raise StorageError(f"{folder}: page name {record.sha256[:20]!r} is no hash")
    path = folder / _PAGES / f"{record.sha256}.png"
    try:
        with Image.open(path) as picture:
            pixels = np.asarray(picture.convert("RGB" if picture.mode == "RGB" else "L"))
            text = record.text if isinstance(record, PageRecord) else ""
            page = Page(pixels, text, record.vision_tokens)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise StorageError(f"{path}: page cannot be read ({first_line(error)})") from error
    if page.sha256 != record.sha256:
        raise StorageError(f"{path}: is not the page on record; its pixels have changed")
    return page
