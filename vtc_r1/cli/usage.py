"""One-line messages for invalid command lines."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import typer

from vtc_r1.errors import UsageError

_EMPTY = re.compile(r"(--[\w-]+)=")

Misunderstood: type[Exception] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)
"""Root of what is raised about a command line, in whichever module this typer has it."""


def misunderstood(error: Any) -> str:
    """Say what is wrong with a command line, and which help tells more; empty where help was printed."""
    if type(error).__name__ == "NoArgsIsHelpError":
        return ""
    context, message = getattr(error, "ctx", None), error.format_message()
    if close := get_close_matches(
        getattr(error, "option_name", None) or "", getattr(error, "possibilities", None) or (), 1, 0.0
    ):
        message = f"{error.message}; did you mean {close[0]}?"
    sentence = message.rstrip(" .")
    return sentence if context is None else f"{sentence}{_joint(sentence)} see {context.command_path} --help"


def refuse_empty(words: Sequence[str], command: Any) -> None:
    """Raise UsageError for an empty value: it comes from a variable that is not set, and means nothing.

    As a path it would be the working directory, as a name the usual one.

    Args:
        words: the command line.
        command: the application, whose parameters name what is empty.
    """
    for at, word in enumerate(words):
        if flag := _EMPTY.fullmatch(word):
            raise UsageError(f"{flag[1]} is empty: give it a value, or leave it out")
        if not word:
            raise UsageError(f"{_named(words[:at], command)} is empty: give it a value, or leave it out")


def _named(before: Sequence[str], command: Any) -> str:
    """Name the value behind some words: by the command's only argument, unless a flag stands before it."""
    leaf = command
    for word in before:
        if (inner := getattr(leaf, "commands", {}).get(word)) is None:
            break
        leaf = inner
    arguments = [one.name for one in leaf.params if one.param_type_name == "argument"]
    if before and not before[-1].startswith("-") and len(arguments) == 1:
        return f"the {arguments[0]}"
    return f"the argument after {before[-1]}" if before else "the argument"


def _joint(sentence: str) -> str:
    return "" if sentence.endswith("?") else ";"
