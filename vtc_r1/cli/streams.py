"""Standard input, output and error of the command line, whatever they are connected to."""

import codecs
import errno
import io
import os
import sys
from typing import TextIO

from vtc_r1.errors import StorageError

_ESCAPES = "vtc_r1.escapes"
_CLOSED = ((0, os.O_WRONLY), (1, os.O_RDONLY), (2, os.O_RDONLY))
"""How the null device stands in for a closed stream: reading or writing it the usual way fails."""


class PipeClosed(BrokenPipeError):
    """Whoever read standard output or standard error is gone, as in `| head -1`."""


class StandardOutput(io.TextIOWrapper):
    """Standard output: the result goes there, so what cannot be written raises StorageError.

    A closed pipe raises PipeClosed. In both cases nothing more is written: what is still buffered
    would fail again when the process ends.
    """

    def write(self, text: str) -> int:
        """Write text."""
        try:
            return super().write(text)
        except OSError as error:
            raise self._failure(error) from error

    def flush(self) -> None:
        """Write what is buffered."""
        try:
            super().flush()
        except OSError as error:
            raise self._failure(error) from error

    def _failure(self, error: OSError) -> Exception:
        _silence(self)
        if _is_reader_gone(error):
            return PipeClosed(*error.args)
        return StorageError(f"standard output: cannot be written ({error.strerror or error})")


class StandardError(io.TextIOWrapper):
    """Standard error: progress and notes go there, so a full disk or a closed file does not end the work.

    A closed pipe does: it raises PipeClosed.
    """

    def write(self, text: str) -> int:
        """Write text, or drop it where writing fails."""
        try:
            return super().write(text)
        except OSError as error:
            self._forgive(error)
            return len(text)

    def flush(self) -> None:
        """Write what is buffered, or drop it where writing fails."""
        try:
            super().flush()
        except OSError as error:
            self._forgive(error)

    def _forgive(self, error: OSError) -> None:
        if _is_reader_gone(error):
            _silence(self)
            raise PipeClosed(*error.args) from error


def prepare() -> None:
    """Make the three standard streams fit for use.

    A closed one is opened on the null device, so that no file that is opened later takes its place.
    Characters that an encoding lacks become JSON escapes, so that JSON stays valid.
    """
    if isinstance(sys.stdout, StandardOutput):
        return
    if sys.stdout is not sys.__stdout__ or sys.stderr is not sys.__stderr__:
        return  # something else has taken them, such as a test
    for descriptor, flags in _CLOSED:
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, flags)  # takes the lowest number that is free, which is this one
    codecs.register_error(_ESCAPES, _escaped)
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), "utf-8")
    # The first ones can no longer be used, and by them Python finds out how wide the terminal is.
    sys.stdout = sys.__stdout__ = _rewrapped(sys.stdout, 1, StandardOutput)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _rewrapped(sys.stderr, 2, StandardError)  # type: ignore[misc]


def read_input() -> bytes:
    """Return all of standard input; raises OSError."""
    return sys.stdin.buffer.read()


def _rewrapped(stream: TextIO | None, descriptor: int, kind: type[io.TextIOWrapper]) -> io.TextIOWrapper:
    if not isinstance(stream, io.TextIOWrapper):
        raw = io.FileIO(descriptor, "w", closefd=False)
        return kind(io.BufferedWriter(raw), "utf-8", _ESCAPES, line_buffering=descriptor == 2)
    encoding, lines, through = stream.encoding, stream.line_buffering, stream.write_through
    return kind(stream.detach(), encoding, _ESCAPES, line_buffering=lines, write_through=through)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """Write what an encoding lacks as JSON does, beyond the basic plane as two escapes."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    pairs = (units[at : at + 2].hex() for at in range(0, len(units), 2))
    return "".join(f"\\u{pair}" for pair in pairs), error.end


def _is_reader_gone(error: OSError) -> bool:
    return isinstance(error, BrokenPipeError) or error.errno in (errno.EPIPE, errno.ESHUTDOWN)


def _silence(stream: io.TextIOWrapper) -> None:
    """Discard what is written from now on."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)
