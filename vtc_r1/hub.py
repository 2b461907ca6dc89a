"""The Hugging Face hub, asked once whether it is there before its libraries try again and again."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

from vtc_r1.errors import HubError

_SECONDS = 5.0
"""For so long the hub is asked whether it is there; where names are not resolved, that can take any time."""


@contextmanager
def hub(kind: str, name: str, otherwise: str = "") -> Iterator[None]:
    """Let libraries read from the hub in the block; where it cannot be reached, from its cache, at once.

    They would ask for a minute, file by file, before they look into the cache. Their own switch for that is
    set for as long as the block lasts; it holds for all threads of the process.

    Args:
        kind: what is read, as an error says it.
        name: its name on the hub; nothing is asked where a file or folder has that name.
        otherwise: what else can be done, as the end of that error.

    Raises:
        HubError: the hub cannot be reached, and the block failed for that.
    """
    away = None if Path(name).exists() else _why_away()
    if away is None:
        yield
        return
    switches = _switches()
    before = [switch.HF_HUB_OFFLINE for switch in switches]
    for switch in switches:
        switch.HF_HUB_OFFLINE = True
    try:
        yield
    except Exception as error:
        if not any(isinstance(one, _lacking()) for one in _chain(error)):
            raise
        raise HubError(f"{kind} {name}", away, otherwise) from error
    finally:
        for switch, value in zip(switches, before, strict=True):
            switch.HF_HUB_OFFLINE = value


def _switches() -> list[Any]:
    """The modules whose HF_HUB_OFFLINE the libraries look at."""
    from huggingface_hub import constants

    return [constants, *filter(None, [sys.modules.get("datasets.config")])]


def _lacking() -> tuple[type[Exception], ...]:
    """What the libraries raise where the cache does not hold what they want."""
    from huggingface_hub.errors import LocalEntryNotFoundError, OfflineModeIsEnabled

    return ConnectionError, LocalEntryNotFoundError, OfflineModeIsEnabled


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, and those that led to it."""
    seen: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in seen:
        seen.append(following)
        yield following
        following = following.__cause__ or following.__context__


def _why_away() -> str | None:
    """Say why the hub cannot be reached; None where it answers, whatever it says."""
    try:
        from huggingface_hub import constants
    except ImportError:  # whoever needs it says which extra brings it
        return None
    if constants.HF_HUB_OFFLINE:
        return "HF_HUB_OFFLINE is set"
    found: list[str | None] = []
    asking = Thread(target=lambda: found.append(_asked(constants.ENDPOINT)), daemon=True)
    asking.start()
    asking.join(2 * _SECONDS)
    return found[0] if found else f"{constants.ENDPOINT} does not answer"


def _asked(address: str) -> str | None:
    """Ask as the libraries do, through the proxy that the environment names."""
    from huggingface_hub.utils import get_session  # type: ignore[attr-defined]  # exported lazily

    try:
        get_session().head(address, timeout=_SECONDS)
    except Exception:  # of the transport, which is another in every version
        return f"{address} does not answer"
    return None
