"""One root, one class per boundary crossed.

Every message names what went wrong, where, and what to do next; the command line prints it
without a traceback.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from importlib.util import find_spec
from typing import Any, Literal

from vtc_r1.extras import remedy

Cause = Literal[
    "away",
    "busy",
    "error",
    "broken",
    "late",
    "key",
    "address",
    "tls",
    "answer",
    "refused",
    "context",
    "question",
    "document",
    "stopped",
]
"""Why a solve failed.

`away`: the server cannot be reached, or says that it cannot serve; `busy`: it has too much to do;
`error`: it answered with an error of its own; `broken`: the connection was lost; `late`: no answer in time;
`key`: it refuses the API key; `address`: nothing of the kind stands at its address, or it serves another
model; `tls`: no secure connection; `answer`: what it says is not of the protocol; `refused`: it refuses the
request; `context`: prompt and answer do not fit; `question`, `document`: it cannot be asked, or not be
shown; `stopped`: the model in this process gave up.
"""
PASSING: frozenset[Cause] = frozenset(("away", "busy", "error", "broken", "late"))
"""Causes that pass by themselves: the same request may be answered at another time."""
OF_SERVER: frozenset[Cause] = PASSING | {"key", "address", "tls", "answer"}
"""Causes that say nothing about the question: every question would have met them."""

_LISTED = 24
"""Most names that a message lists."""


class VtcError(Exception):
    """Root of everything that this package raises on purpose; it can be pickled and copied.

    Attributes:
        exit_code: of a command that ends with it: 2 where what it was given cannot be used, 1 where
            that could be used, and the work did not come to its end.
    """

    exit_code: int = 1

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, (type(self), self.args), vars(self)


class UsageError(VtcError):
    """An argument, flag or setting is not usable; nothing was run."""

    exit_code = 2


class UnknownName(UsageError):
    """A memory policy, profile, prompt set … that does not exist; suggests the nearest."""

    def __init__(self, kind: str, name: str, known: Iterable[str], why: str = "") -> None:
        names = sorted(known)
        close = get_close_matches(name, names, n=1, cutoff=0.5)
        hint = f"did you mean {close[0]!r}? " if close else ""
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        reason = f"; {why}" if why else ""
        listed = f"known are {', '.join(names[:_LISTED])}{more}" if names else "there is none to choose"
        super().__init__(f"unknown {kind} {name!r}: {hint}{listed}{reason}")


class PluginError(UsageError):
    """A plug-in that was named and cannot be used."""


class UnsupportedQuestion(UsageError):
    """The model chosen cannot take this kind of question."""


class MissingExtra(UsageError):
    """An optional dependency is not installed."""

    def __init__(self, module: str, extra: str, need: str) -> None:
        super().__init__(f"{need} needs {module}, which is not installed: {remedy(extra)}")


class ProfileError(UsageError):
    """A render profile that cannot be read or drawn."""


class PromptError(UsageError):
    """A prompt set that cannot be read or rendered."""


class DocumentError(UsageError):
    """A document that cannot be read, or not be shown in the form asked for."""


class BenchmarkError(UsageError):
    """A benchmark, or the rows of one, that cannot be read or graded."""


class GradingError(VtcError):
    """The processes that grade do not run."""


class CheckpointError(VtcError):
    """A model checkpoint that is missing, damaged or of the wrong kind."""

    exit_code = 2


class BackendError(VtcError):
    """The backend gave up on a request; a solve that meets it ends as `failed`.

    Attributes:
        cause: why, in one word.
    """

    def __init__(self, message: str, cause: Cause = "stopped") -> None:
        super().__init__(message)
        self.cause: Cause = cause


class ContextOverflow(BackendError):
    """Prompt and answer are more than the model's context holds.

    Attributes:
        context: tokens that the context holds, None where the server does not say.
        prompt: tokens of the prompt, None where the server does not say.
    """

    def __init__(self, message: str, context: int | None = None, prompt: int | None = None) -> None:
        super().__init__(message, "context")
        self.context, self.prompt = context, prompt

    @property
    def room(self) -> int | None:
        """Tokens that the prompt leaves for the answer, None where the server does not say."""
        return None if self.context is None or self.prompt is None else self.context - self.prompt


class UnknownModel(UnknownName, BackendError):
    """A server serves other models than the one that is asked for."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        super().__init__(kind, name, known)
        self.cause = "address"


class LaunchError(VtcError):
    """The model server did not start, or ended by itself."""


class StorageError(VtcError):
    """A stored trace or result that cannot be read or written."""


class Unreadable(StorageError):
    """A stored trace or result that was named is not there, or is no such thing."""

    exit_code = 2


class RecipeError(UsageError):
    """A training recipe that cannot be read or used, or that the data does not fit."""


class SourceError(UsageError):
    """A source of training data that cannot be read, or lacks what building needs."""


class DataError(VtcError):
    """A training data set that is unfinished, damaged or cannot be built."""


class NoDataSet(DataError):
    """What was named as a training data set is not there, or is not a finished one."""

    exit_code = 2


def _remade(kind: type[VtcError], args: tuple[Any, ...]) -> VtcError:
    """Make an error again from its message, whatever its class asks for to write one."""
    return kind.__new__(kind, *args)


def cause_of(error: VtcError) -> Cause:
    """Class what a solve ended with."""
    if isinstance(error, BackendError):
        return error.cause
    return "document" if isinstance(error, DocumentError) else "question"


def first_line(error: BaseException) -> str:
    """Return the first line of what another library's error says."""
    return str(error).strip().split("\n")[0]


def require(*modules: str, extra: str, what: str) -> None:
    """Raise MissingExtra for the first of some modules that is not installed; `what` needs them."""
    for module in modules:
        if find_spec(module) is None:
            raise MissingExtra(module, extra, what)
