"""The hub of models and data sets where it cannot be reached: known within seconds, and its cache used.

The hub's client would try every file again and again, for the better part of a minute.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, Thread
from typing import TypeVar

from vtc_r1.errors import CheckpointError, VtcError

E = TypeVar("E", bound=VtcError)

_SECONDS, _LONGEST = 5.0, 8.0
"""Within which the hub must answer, and with the look-up of its name, which no time-out bounds."""
_AWAY = (502, 503, 504)  #: answers of what stands before it
_VALID = 30.0  #: seconds for which what was found holds

_lock = Lock()
_found: tuple[float, str | None] = (-_VALID, None)
_offline = 0


def unreachable() -> str | None:
    """Say why the hub cannot be reached; None where it can, or where nobody may ask."""
    global _found
    from huggingface_hub import constants

    with _lock:
        if _offline:
            return _found[1]
        if constants.HF_HUB_OFFLINE:
            return None
        if time.monotonic() >= _found[0] + _VALID:
            _found = time.monotonic(), _asked(constants.ENDPOINT)
        return _found[1]


@contextmanager
def from_hub(name: str | Path) -> Iterator[str | None]:
    """Load what has this name within the block: a folder, or something of the hub.

    Where the hub cannot be reached, the block sees its cache alone, and is told why.
    """
    try:
        why = None if (Path(name).exists() or str(name).startswith(("/", ".", "~"))) else unreachable()
    except ImportError:
        why = None  # who needs the client says so
    if why is None:
        yield None
        return
    with _cache_alone():
        yield why


def absent(what: str, why_not: str | None, error: CheckpointError) -> CheckpointError:
    """Return what is to be said of something that could not be loaded from the hub's cache alone."""
    if why_not is None:
        return error
    return away(
        CheckpointError(f"{what}: is neither a folder here nor complete in the hub's cache, and {why_not}")
    )


def away(error: E) -> E:
    """Return an error that came of a hub that cannot be reached: what was given may be right."""
    error.exit_code = 1
    return error


@contextmanager
def _cache_alone() -> Iterator[None]:
    """Set what HF_HUB_OFFLINE sets, for as long as anybody needs it."""
    global _offline
    from huggingface_hub import constants

    with _lock:
        _offline += 1
        constants.HF_HUB_OFFLINE = True
        if "datasets.config" in sys.modules:
            sys.modules["datasets.config"].HF_HUB_OFFLINE = True  # type: ignore[attr-defined]
    try:
        yield
    finally:
        with _lock:
            _offline -= 1
            constants.HF_HUB_OFFLINE = _offline > 0
            if "datasets.config" in sys.modules:
                sys.modules["datasets.config"].HF_HUB_OFFLINE = _offline > 0  # type: ignore[attr-defined]


def _asked(endpoint: str) -> str | None:
    """Ask the hub for a sign of life, once; say why there is none."""
    found = [f"{endpoint} does not answer"]

    def ask() -> None:
        try:
            from huggingface_hub import get_session
        except ImportError:  # an old client: it finds out by itself
            found[0] = ""
            return
        try:
            status = get_session().head(endpoint, timeout=_SECONDS).status_code
        except Exception as error:  # the client raises whatever its transport raises
            said = str(error).strip().split("\n")[0] or type(error).__name__
            found[0] = f"{endpoint} cannot be reached ({said[:200]})"
        else:
            found[0] = f"{endpoint} answers {status}" if status in _AWAY else ""

    asking = Thread(target=ask, name="vtc-r1-hub", daemon=True)
    asking.start()
    asking.join(_LONGEST)
    return found[0] or None
