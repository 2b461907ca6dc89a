"""What comes before a solve: a model is loaded into this process, or a server asked whether it is fit."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from vtc_r1.backends.base import Backend
from vtc_r1.cli.printable import printable
from vtc_r1.cli.terminal.notices import on_stderr, slow_notice
from vtc_r1.settings import Settings
from vtc_r1.waits import SHORTEST

_UNITS = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


@contextmanager
def loading(backend: Backend | None, *, quiet: bool = False) -> Iterator[None]:
    """Show what is loaded, while the block runs, unless a server has it.

    A terminal gets a line with a spinner, which is taken away at the end; anything else one line, after
    two seconds.
    """
    if quiet or backend is None or not hasattr(backend, "load"):
        yield
        return
    console = Console(stderr=True, highlight=False)
    if console.file.isatty() and console.is_terminal and not console.is_dumb_terminal:
        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as progress:
            progress.add_task(_what(backend), total=None)
            yield
        return
    late = threading.Timer(SHORTEST, lambda: on_stderr(_what(backend)))
    late.daemon = True
    late.start()
    try:
        yield
    finally:
        late.cancel()
        late.join()


def _what(backend: Backend) -> str:
    """Say what is loaded, and how large it is."""
    found: int | None = getattr(backend, "size", None)
    size = "weights from the hub" if found is None else f"{_written(found)} of weights"
    return f"loading torch and {printable(backend.model)}, {size}"


def _written(size: int) -> str:
    unit, name = next(((unit, name) for unit, name in _UNITS if size >= unit), (1, "bytes"))
    return f"{size / unit:.3g} {name}"


def check_fit(settings: Settings, *, quiet: bool = False) -> None:
    """Run the doctor's essential checks on every address; raises BackendError with the remedy."""
    from vtc_r1.sglang.doctor import preflight

    with slow_notice(f"{settings.base_url} is asked whether it is fit", quiet=quiet):
        preflight(settings)
