"""Stored traces: a folder with `trace.json` and `pages/HASH.png`, written atomically."""

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from vtc_r1.disk.access import readable, try_folder, writable
from vtc_r1.disk.atomic import write_atomic
from vtc_r1.errors import StorageError, Unreadable, UsageError, first_line
from vtc_r1.iteration import ImageRecord, PageRecord
from vtc_r1.renderers.page import Page
from vtc_r1.trace import VERSION, Trace

_TRACE, _PAGES = "trace.json", "pages"
_HASH = re.compile(r"[0-9a-f]{64}")


def check_free(folder: str | Path, *, overwrite: bool = False) -> None:
    """Check that a trace can be saved to a folder; leaves nothing behind.

    Args:
        folder: where it is to be saved.
        overwrite: another trace there may be replaced.

    Raises:
        UsageError: `folder` is a file, or holds a trace already.
        StorageError: it cannot be written.
    """
    folder = Path(folder)
    with writable(folder):
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder}: is not a folder; choose another one for the trace")
        if not overwrite and (folder / _TRACE).exists():
            raise _taken(folder)
    try_folder(folder)


def save_trace(trace: Trace, folder: str | Path, *, overwrite: bool = True) -> None:
    """Write `trace` and its pages; the trace is written last, so that its pages are always there.

    Pages of a replaced trace are removed afterwards; if writing fails, the new pages are removed.

    Args:
        trace: the trace.
        folder: its folder, created if it is absent.
        overwrite: replace an existing trace; otherwise it is kept, and UsageError is raised.

    Raises:
        StorageError: `folder` cannot be written.
        UsageError: it holds a trace and `overwrite` is false; or `trace` lacks the images of its pages, as
            when it was read from JSON alone.
    """
    folder = Path(folder)
    pages, added = folder / _PAGES, list[Path]()
    try:
        with writable(folder):
            before = _pages_of(folder) if overwrite else set()
            if not overwrite and (folder / _TRACE).exists():
                raise _taken(folder)
            recorded = {record.sha256 for record in _records(trace)}
            if absent := [
                name for name in recorded - trace.pages.keys() if not (pages / f"{name}.png").exists()
            ]:
                raise _without_pages(folder, len(absent))
            pages.mkdir(parents=True, exist_ok=True)
            for page in trace.pages.values():
                path = pages / f"{page.sha256}.png"
                if not path.exists():
                    added.append(path)
                    write_atomic(path, page.png)
            write_atomic(folder / _TRACE, (trace.model_dump_json(indent=2) + "\n").encode())
    except BaseException:
        kept = _pages_of(folder)
        for path in added:
            with suppress(OSError):
                if path.stem not in kept:
                    path.unlink(missing_ok=True)
        for made in (pages, folder):
            with suppress(OSError):
                made.rmdir()  # succeeds only if it is empty
        raise
    for sha256 in before - trace.pages.keys() - recorded:
        with suppress(OSError):
            (pages / f"{sha256}.png").unlink(missing_ok=True)


def load_trace(folder: str | Path) -> Trace:
    """Read a stored trace with its pages, from its folder or its `trace.json`; raises StorageError."""
    folder = Path(folder)
    path = folder / _TRACE if folder.is_dir() else folder
    try:
        with readable(path, Unreadable, "was it written by --save?"):
            trace = parse_trace(path.read_text(encoding="utf-8"))
    except (ValueError, ValidationError) as error:
        raise Unreadable(f"{path}: is not a trace ({first_line(error)})") from error
    return trace.with_pages({record.sha256: _page(record, path.parent) for record in _records(trace)})


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


def _records(trace: Trace) -> list[ImageRecord]:
    """Every page and image that a trace refers to."""
    added = [page for iteration in trace.iterations for page in iteration.pages]
    shown = [page for document in trace.documents for page in document.pages]
    return [*trace.images, *trace.earlier, *shown, *added]


def _taken(folder: Path) -> UsageError:
    return UsageError(f"{folder}: holds a trace; choose another folder, or replace it with --overwrite")


def _without_pages(folder: Path, count: int) -> UsageError:
    return UsageError(
        f"{folder}: {count} of the trace's pages have no image, as if it was read from JSON alone; "
        "load it with load_trace, or write trace.model_dump_json()"
    )


def _pages_of(folder: Path) -> set[str]:
    """Hashes of the pages of the trace in a folder; none if it has no readable trace."""
    try:
        trace = parse_trace((folder / _TRACE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return set()
    return {record.sha256 for record in _records(trace) if _HASH.fullmatch(record.sha256)}


def _page(record: ImageRecord, folder: Path) -> Page:
    """Read one page; rejects one that does not match the record."""
    from PIL import Image

    if not _HASH.fullmatch(record.sha256):
        raise StorageError(f"{folder}: page name {record.sha256[:20]!r} is not a hash")
    path = folder / _PAGES / f"{record.sha256}.png"
    try:
        with Image.open(path) as picture:
            pixels = np.asarray(picture.convert("RGB" if picture.mode == "RGB" else "L"))
            text = record.text if isinstance(record, PageRecord) else ""
            page = Page(pixels, text, record.vision_tokens)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise StorageError(f"{path}: page cannot be read ({first_line(error)})") from error
    if page.sha256 != record.sha256:
        raise StorageError(f"{path}: does not match the record; its pixels have changed")
    return page
