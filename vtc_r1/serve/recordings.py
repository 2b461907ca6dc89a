"""Recordings: finished solves that the page replays, the shipped one and those of `--show`."""

import hashlib
import threading
from collections.abc import Sequence
from functools import cached_property
from importlib import resources
from pathlib import Path

from vtc_r1.disk.access import readable
from vtc_r1.errors import StorageError, Unreadable, UsageError, VtcError, first_line
from vtc_r1.memory import memory_policy
from vtc_r1.memory.density import density
from vtc_r1.presets import preset
from vtc_r1.renderers.page import Page
from vtc_r1.storage import load_trace, parse_trace
from vtc_r1.trace import Trace

_SHIPPED = resources.files("vtc_r1.serve") / "recordings" / "n2026" / "trace.json"
_LACKS = "has no pictures of its pages, and they cannot be drawn again"
_NEXT = "show a folder that --save has written"


class Recording:
    """A finished solve.

    Args:
        text: its trace as JSON.
        source: what names it in errors.
    """

    def __init__(self, text: str, source: str) -> None:
        self.name = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]  #: id of the solve
        self.source = source
        self._text, self._drawing = text, threading.Lock()
        self._trace: Trace | None = None

    @cached_property
    def record(self) -> Trace:
        """Its trace without pages; raises StorageError."""
        try:
            return parse_trace(self._text)
        except ValueError as error:
            raise Unreadable(f"{self.source}: is not a trace ({first_line(error)})") from error

    @property
    def trace(self) -> Trace:
        """Its trace with pages, which are drawn the first time; raises StorageError."""
        with self._drawing:
            if self._trace is None:
                self._trace = self._with_pages()
            return self._trace

    def _with_pages(self) -> Trace:
        return drawn_again(self.record, self.source)


class _Stored(Recording):
    """A stored trace: its pages are in files if there are any, else they are drawn."""

    def __init__(self, path: Path) -> None:
        file = path / "trace.json" if path.is_dir() else path
        with readable(file, Unreadable, "was it written by --save?"):
            super().__init__(file.read_text(encoding="utf-8"), str(path))
        self._file = file

    def _with_pages(self) -> Trace:
        if (self._file.parent / "pages").is_dir():
            return load_trace(self._file)
        return super()._with_pages()


class Recordings:
    """Finds recordings by name.

    Args:
        shown: traces of the user, each its folder or its `trace.json`; they come first.

    Raises:
        StorageError: one cannot be read, or lacks its pages.
        UsageError: one has no iteration.
    """

    def __init__(self, shown: Sequence[Path] = ()) -> None:
        own = [_Stored(path) for path in shown]
        for each in own:
            if not each.trace.iterations:
                raise UsageError(f"--show {each.source}: the solve has no iteration; show another one")
        self._own = own

    @cached_property
    def all(self) -> tuple[Recording, ...]:
        """All of them."""
        shipped = Recording(_SHIPPED.read_text(encoding="utf-8"), "the shipped recording")
        return (*self._own, shipped)

    def find(self, name: str) -> Trace | None:
        """Return the trace of that name with its pages; draws them the first time."""
        return next((each.trace for each in self.all if each.name == name), None)


def drawn_again(trace: Trace, source: str) -> Trace:
    """Return a trace with its pages, which its memory draws again from what it kept.

    Args:
        trace: the trace.
        source: what names it in errors.

    Raises:
        StorageError: the pages are not those of the record, as other code or settings drew them.
    """
    wanted = {page.sha256 for each in trace.iterations for page in each.pages}
    wanted.update(sha256 for each in trace.iterations for sha256 in each.pages_sent)
    pages: dict[str, Page] = {}
    try:
        profile = preset(trace.model.preset).drawn(trace.profile.name)
        memory = memory_policy(trace.memory)(density(trace.density, profile))
        for each in trace.iterations:
            for page in memory.add(each.kept) if each.kept else ():
                pages[page.sha256] = page.ready()
    except VtcError as error:
        raise StorageError(f"{source}: {_LACKS} ({first_line(error)}); {_NEXT}") from error
    if absent := len(wanted - pages.keys()):
        raise StorageError(f"{source}: {_LACKS} ({absent} of {len(wanted)} come out differently); {_NEXT}")
    return trace.with_pages(pages)
