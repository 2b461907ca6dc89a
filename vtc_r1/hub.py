"""Detects within seconds that the hub of models and data sets cannot be reached, and uses its cache.

The hub's client would retry every file for most of a minute.
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
"""Timeouts for the hub's answer: without and with the look-up of its name, which has no timeout."""
_AWAY = (502, 503, 504)
"""Statuses of a proxy or gateway in front of it."""
_VALID = 30.0
"""Seconds for which the result is cached."""

_lock = Lock()
_found: tuple[float, str | None] = (-_VALID, None)
_offline = 0


def unreachable() -> str | None:
    """Return why the hub cannot be reached; None if it can, or in offline mode."""
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
    """Load a folder or something from the hub within the block.

    If the hub cannot be reached, the block sees only its cache, and gets the reason.
    """
    try:
        why = None if _is_path(name) else unreachable()
    except ImportError:
        why = None  # the code that needs the client reports it
    if why is None:
        yield None
        return
    with _cache_alone():
        yield why


def absent(what: str, why_not: str | None, error: CheckpointError) -> CheckpointError:
    """Return the error for something that could not be loaded from the hub's cache."""
    if why_not is None:
        return error
    return away(
        CheckpointError(f"{what}: is neither a folder here nor complete in the hub's cache, and {why_not}")
    )


def away(error: E) -> E:
    """Return the error for an unreachable hub: the name may be right."""
    error.exit_code = 1
    return error


@contextmanager
def _cache_alone() -> Iterator[None]:
    """Set the hub's offline mode for as long as somebody needs it."""
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


def _is_path(name: str | Path) -> bool:
    return Path(name).exists() or str(name).startswith(("/", ".", "~"))


def _asked(endpoint: str) -> str | None:
    """Ask the hub once whether it is alive; return why not."""
    found = [f"{endpoint} does not answer"]

    def ask() -> None:
        try:
            from huggingface_hub import get_session
        except ImportError:  # an old client, which detects it by itself
            found[0] = ""
            return
        try:
            status = get_session().head(endpoint, timeout=_SECONDS).status_code
        except Exception as error:  # the client can raise anything
            said = str(error).strip().split("\n")[0] or type(error).__name__
            found[0] = f"{endpoint} cannot be reached ({said[:200]})"
        else:
            found[0] = f"{endpoint} answers {status}" if status in _AWAY else ""

    asking = Thread(target=ask, name="vtc-r1-hub", daemon=True)
    asking.start()
    asking.join(_LONGEST)
    return found[0] or None
