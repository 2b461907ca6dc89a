"""The errors: one root, one class per boundary.

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

`away`: the server cannot be reached, or reports that it is unavailable; `busy`: it is overloaded;
`error`: it answered with an error of its own; `broken`: the connection was lost; `late`: no answer in time;
`key`: it rejects the API key; `address`: no such server at the address, or it serves another model; `tls`: no
secure connection; `answer`: its answer does not follow the protocol; `refused`: it rejects the request;
`context`: prompt and answer do not fit; `question`, `document`: it cannot be asked or shown; `stopped`: the
model in this process gave up.
"""
PASSING: frozenset[Cause] = frozenset(("away", "busy", "error", "broken", "late"))
"""Temporary causes: the same request may be answered at another time."""
OF_SERVER: frozenset[Cause] = PASSING | {"key", "address", "tls", "answer"}
"""Causes that are independent of the question: every question would have failed."""

_LISTED = 24
"""Maximum number of names that a message lists."""


class VtcError(Exception):
    """Root of everything that this package raises on purpose; it can be pickled and copied.

    Attributes:
        exit_code: exit code of a command that fails with it: 2 for invalid arguments or input, 1 if the work
            could not be finished.
    """

    exit_code: int = 1

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, (type(self), self.args), vars(self)


class UsageError(VtcError):
    """An argument, flag or setting is invalid; nothing was run."""

    exit_code = 2


class UnknownName(UsageError):
    """A memory policy, profile, prompt set … that does not exist; suggests the closest match."""

    def __init__(self, kind: str, name: str, known: Iterable[str], why: str = "") -> None:
        names = sorted(known)
        close = get_close_matches(name, names, n=1, cutoff=0.5)
        hint = f"did you mean {close[0]!r}? " if close else ""
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        reason = f"; {why}" if why else ""
        listed = f"known are {', '.join(names[:_LISTED])}{more}" if names else "there is none to choose"
        super().__init__(f"unknown {kind} {name!r}: {hint}{listed}{reason}")


class PluginError(UsageError):
    """A requested plug-in that cannot be used."""


class UnsupportedQuestion(UsageError):
    """The chosen model cannot take this kind of question."""


class MissingExtra(UsageError):
    """An optional dependency is not installed."""

    def __init__(self, module: str, extra: str, need: str) -> None:
        super().__init__(f"{need} needs {module}, which is not installed: {remedy(extra)}")


class ProfileError(UsageError):
    """A render profile that cannot be read or drawn."""


class PromptError(UsageError):
    """A prompt set that cannot be read or rendered."""


class DocumentError(UsageError):
    """A document that cannot be read, or cannot be shown in the requested form."""


class BenchmarkError(UsageError):
    """A benchmark, or its rows, that cannot be read or graded."""


class GradingError(VtcError):
    """The grading processes cannot run."""


class CheckpointError(VtcError):
    """A model checkpoint that is missing, damaged or of the wrong kind."""

    exit_code = 2


class BackendError(VtcError):
    """The backend gave up on a request; the solve ends as `failed`.

    Attributes:
        cause: why, in one word.
    """

    def __init__(self, message: str, cause: Cause = "stopped") -> None:
        super().__init__(message)
        self.cause: Cause = cause


class ContextOverflow(BackendError):
    """Prompt and answer exceed the model's context.

    Attributes:
        context: context length in tokens, None if the server does not report it.
        prompt: tokens of the prompt, None if the server does not report them.
    """

    def __init__(self, message: str, context: int | None = None, prompt: int | None = None) -> None:
        super().__init__(message, "context")
        self.context, self.prompt = context, prompt

    @property
    def room(self) -> int | None:
        """Tokens that the prompt leaves for the answer, None if the server does not report them."""
        return None if self.context is None or self.prompt is None else self.context - self.prompt


class UnknownModel(UnknownName, BackendError):
    """A server does not serve the requested model."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        super().__init__(kind, name, known)
        self.cause = "address"


class LaunchError(VtcError):
    """The model server did not start, or ended by itself."""


class StorageError(VtcError):
    """A stored trace or result that cannot be read or written."""


class Unreadable(StorageError):
    """A named trace or result does not exist, or is something else."""

    exit_code = 2


class RecipeError(UsageError):
    """A training recipe that cannot be read or used, or does not match the data."""


class SourceError(UsageError):
    """A source of training data that cannot be read, or lacks required columns."""


class DataError(VtcError):
    """A training data set that is unfinished, damaged or cannot be built."""


class TrainingError(VtcError):
    """A training whose loss or weights are no longer finite."""


class NoDataSet(DataError):
    """A named training data set does not exist, or is not finished."""

    exit_code = 2


def _remade(kind: type[VtcError], args: tuple[Any, ...]) -> VtcError:
    """Recreate an error from its message, whatever arguments its class takes."""
    return kind.__new__(kind, *args)


def cause_of(error: VtcError) -> Cause:
    """Return the cause of the error that ended a solve."""
    if isinstance(error, BackendError):
        return error.cause
    return "document" if isinstance(error, DocumentError) else "question"


def first_line(error: BaseException) -> str:
    """Return the first line of another library's error message."""
    return str(error).strip().split("\n")[0]


def require(*modules: str, extra: str, what: str) -> None:
    """Raise MissingExtra for the first of some modules that is not installed; `what` needs them."""
    for module in modules:
        if find_spec(module) is None:
            raise MissingExtra(module, extra, what)
