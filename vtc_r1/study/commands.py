"""The flags of the commands that do the steps, and command lines made of a step's keys."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from vtc_r1.errors import UnknownName, UsageError

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Flag:
    """One flag or argument of a command."""

    key: str  #: how a study names it
    word: str  #: how a command line names it; empty for an argument
    form: Literal["value", "switch", "list"] = "value"  #: what it takes
    off: str = ""  #: how a command line turns a switch off, empty if it is off by default
    default: Any = None  #: the value if it is not given


@dataclass(frozen=True)
class Command:
    """A command as a study needs it."""

    words: tuple[str, ...]  #: its name, such as `data build`
    flags: Mapping[str, Flag] = field(default_factory=dict)  #: by key
    #: refuses a command line without running it, by the command's own parser; raises UsageError
    check: Callable[[Sequence[str]], None] = lambda words: None

    def line(self, values: Values) -> list[str]:
        """Return the words of a command line; a key that the command lacks raises UnknownName."""
        arguments: list[str] = []
        options: list[str] = []
        for key, value in values.items():
            if key not in self.flags:
                raise UnknownName(f"key of vtc-r1 {' '.join(self.words)}", key, self.flags)
            flag = self.flags[key]
            if flag.word:
                options += _option(flag, value)
            else:
                arguments += [str(one) for one in (value if isinstance(value, list | tuple) else [value])]
        return [*self.words, *_guarded(arguments), *options]


RANDOM = Command(
    ("python", "-m", "vtc_r1.study.tiny"),
    {
        "variant": Flag("variant", "--variant", default="instruct"),
        "tied": Flag("tied", "--tied", "switch", default=False),
        "seed": Flag("seed", "--seed", default=0),
    },
)
"""Writes a tiny model of random weights."""


def check_keys(step: str, kind: str, keys: Collection[str], known: Collection[str]) -> list[UnknownName]:
    """Return an error for every key that a kind of step does not have."""
    return [UnknownName(f"key of {kind}", key, known) for key in keys if key not in known]


def _option(flag: Flag, value: Any) -> list[str]:
    if flag.form == "switch":
        if not isinstance(value, bool):
            raise UsageError(f"{flag.key} = {value!r}: give true or false")
        return [flag.word] if value else [flag.off] if flag.off else []
    if flag.form == "list":
        several = value if isinstance(value, list | tuple) else [value]
        return [word for one in several for word in (flag.word, _text(flag, one))]
    return [flag.word, _text(flag, value)]


def _text(flag: Flag, value: Any) -> str:
    """Return a value as one word; a list of names becomes one word with commas."""
    if isinstance(value, bool | dict):
        raise UsageError(f"{flag.key} = {value!r}: give a value")
    if isinstance(value, list | tuple):
        return ",".join(_text(flag, one) for one in value)
    return str(value)


def _guarded(arguments: list[str]) -> list[str]:
    """Refuse an argument that would be read as a flag."""
    for one in arguments:
        if one.startswith("-"):
            raise UsageError(f"{one!r}: begins with a dash")
    return arguments
