"""Wrong command lines, generated over all commands and flags: what is given, and may it be right?"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from nonsense_values import (
    ADDRESSES,
    CONTENTS,
    DISTURBED,
    FREE,
    INPUTS,
    NAMES,
    NUMBERS,
    NUMERIC,
    OUTPUTS,
    PERHAPS_NUMBERS,
    PLACES,
    SETTING_FILES,
    SUFFIXES,
    SURROUNDINGS,
    TEXTS,
    Make,
    drained,
    file_of,
    loop,
    pipe,
)


@dataclass(frozen=True)
class Case:
    """One command line.

    Attributes:
        kind: what is wrong with it.
        words: the command line.
        names: what an error should name one of.
        perhaps: it may be right after all.
        make: makes a file that the words name, in the folder in which the command runs.
        environment: variables to set.
        stdin: what comes from standard input.
        streams: which standard streams are `closed`, `full` or `left` by their reader, and their `encoding`.
        largest: bytes that a file may have, as on a disk that fills; None for any.
    """

    kind: str
    words: tuple[str, ...]
    names: tuple[str, ...] = ()
    perhaps: bool = False
    make: tuple[tuple[str, Make], ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    stdin: bytes = b""
    streams: dict[str, str] = field(default_factory=dict)
    largest: int | None = None


@dataclass(frozen=True)
class Command:
    """A command, its parameters, and a command line that is right.

    Attributes:
        words: its name.
        parameters: as typer has them.
        kinds: the Python type of each, by name.
        right: flags and arguments that are right, by parameter.
        tail: words that come last.
    """

    words: tuple[str, ...]
    parameters: tuple[Any, ...]
    kinds: dict[str, str]
    right: dict[str, str]

    @property
    def name(self) -> str:
        """All of its words."""
        return " ".join(self.words)

    def line(self, changed: dict[str, str | None], more: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return the right command line with other values; None leaves a parameter out."""
        values = {**self.right, **changed}
        flags, arguments = [], []
        for parameter in self.parameters:
            value = values.get(parameter.name)
            if value is None:
                continue
            if parameter.param_type_name == "argument":
                arguments.append(value)
            elif getattr(parameter, "is_flag", False):
                flags.append(parameter.opts[0])
            else:
                flags.append(f"{parameter.opts[0]}={value}")
        dashed = ("--",) if any(value.startswith("-") and value != "-" for value in arguments) else ()
        return (*self.words, *flags, *more, *dashed, *arguments)


def cases(command: Command) -> Iterator[Case]:
    """Yield everything that is wrong with one thing about a command line."""
    yield from _structure(command)
    for parameter in command.parameters:
        if getattr(parameter, "is_flag", False):
            yield Case(
                "a value for a switch", command.line({}, (f"{parameter.opts[0]}=x",)), (parameter.opts[0],)
            )
            continue
        for kind, value, perhaps, make in _values(command, parameter.name):
            spoken = parameter.name.replace("_", " ")
            named = (
                _flag(parameter),
                parameter.name,
                spoken,
                "is empty",
                "'name'",
                "'project'",
                *_told(value),
            )
            named = () if perhaps else tuple(name.lower() for name in named)
            yield Case(
                f"{kind} for {_flag(parameter)}",
                command.line({parameter.name: value}),
                named,
                perhaps,
                () if make is None else ((value, make),),
            )


def contradictions(command: Command, rng: random.Random, count: int) -> Iterator[Case]:
    """Yield command lines with several wrong or contradicting things at once, by chance."""
    for _ in range(count):
        chosen = rng.sample(command.parameters, min(len(command.parameters), rng.randint(2, 5)))
        changed: dict[str, str | None] = {}
        making, kinds = [], []
        for parameter in chosen:
            if getattr(parameter, "is_flag", False):
                changed[parameter.name] = "yes"
                kinds.append(parameter.opts[0])
                continue
            kind, value, _, make = rng.choice(list(_values(command, parameter.name)))
            changed[parameter.name] = value
            kinds.append(f"{kind} for {_flag(parameter)}")
            if make is not None and value not in dict(making):
                making.append((value, make))
        yield Case(" and ".join(kinds), command.line(changed), (), True, tuple(making))


def surroundings(command: Command, settings: list[str]) -> Iterator[Case]:
    """Yield a right command line in surroundings that are wrong: variables, and the settings' file."""
    line = command.line({})
    for kind, content in SETTING_FILES.items():
        yield Case(kind, line, (), True, (("vtc.toml", file_of(content)),))
    for kind in ("a folder", "a link to itself", "a pipe"):
        yield Case(f"vtc.toml is {kind}", line, ("vtc.toml",), True, (("vtc.toml", PLACES[kind][1] or loop),))
    for kind, variables in SURROUNDINGS.items():
        yield Case(kind, line, (), True, environment=variables)
    for name, (kind, value) in product(settings, [*NAMES.items(), *NUMBERS.items()]):
        variable = f"VTC_{name.upper()}"
        yield Case(f"{kind} in {variable}", line, (), True, environment={variable: value})


def disturbed(command: Command) -> Iterator[Case]:
    """Yield a right command line whose standard streams or disk are disturbed, with and without --json."""
    names = {parameter.name for parameter in command.parameters}
    lines = [command.line({})] + [command.line({"as_json": "yes"})] * ("as_json" in names)
    if "question" in names:
        lines.append(command.line({"save": "stored"}))
    for line in lines:
        for kind, streams in DISTURBED.items():
            yield Case(kind, line, streams=streams)
        for size in (0, 100, 1_000, 10_000):
            yield Case(f"a disk that takes files of {size} bytes", line, largest=size)


def _structure(command: Command) -> Iterator[Case]:
    """Yield command lines whose words do not fit together."""
    right = command.line({})
    yield Case(
        "an unknown flag",
        (*right[: len(command.words)], "--nosuch", *right[len(command.words) :]),
        ("--nosuch",),
    )
    yield Case(
        "a command of another name",
        (*command.words[:-1], command.words[-1] + "x", *right[1:]),
        (command.words[-1],),
    )
    yield Case("too many arguments", (*right, *["more"] * 3), ("more",), True)
    yield Case("a bare dash dash", (*right, "--"), (), True)
    yield Case("an unknown short flag", (*right, "-Z"), ("-Z",), True)
    for parameter in command.parameters:
        flag = parameter.opts[0]
        if parameter.required:
            yield Case(
                f"without {_flag(parameter)}",
                command.line({parameter.name: None}),
                (_flag(parameter), parameter.name, str(parameter.metavar)),
            )
        if parameter.param_type_name == "argument" or len(flag) < 5:
            continue
        typo = flag[:3] + flag[4:]
        yield Case(f"a typo in {flag}", (*command.words, typo), (typo,))
        if not getattr(parameter, "is_flag", False):
            yield Case(f"{flag} without a value", command.line({parameter.name: None}, (flag,)), (), True)


def _values(command: Command, name: str) -> Iterator[tuple[str, str, bool, Make | None]]:
    """Yield values for a parameter: what is wrong with each, and whether it may be right."""
    kind = command.kinds[name]
    if kind in NUMERIC:
        for what, value in NUMBERS.items():
            if (command.name, name) == ("serve", "port") and what in PERHAPS_NUMBERS:
                continue  # it would serve
            yield what, value, what in PERHAPS_NUMBERS, None
        return
    if name.endswith("url"):
        for what, value in ADDRESSES.items():
            unseen = command.name == "serve" and what == "nobody there"  # its port is taken
            yield what, value, unseen or command.name == "launch", None
        return
    if name in INPUTS | OUTPUTS:
        is_text = name == "system_file" or f"{command.name} {name}" in TEXTS
        for what, (value, make) in PLACES.items():
            yield (
                what,
                value,
                name in OUTPUTS or is_text,
                drained if make is pipe and name in OUTPUTS else make,
            )
        for (what, content), suffix in product(CONTENTS.items(), SUFFIXES):
            if name == "plot" and content.startswith(b"\x89PNG"):
                continue  # it replaces one
            yield f"{what} in a file {suffix}", f"given{suffix}", name in OUTPUTS or is_text, file_of(content)
    if name not in OUTPUTS:
        for what, value in NAMES.items():
            yield what, value, name in FREE or (name == "batch"), None


def _told(value: str) -> tuple[str, ...]:
    """What of a value an error may show; its beginning, where it is long."""
    shown = " ".join(value.encode("utf-8", "replace").decode().split())
    parts = {repr(value)[1:9], shown[-4:], shown[:20], *(shown.split(mark)[0][:20] for mark in "/=:")}
    return tuple(part for part in parts if part)


def _flag(parameter: Any) -> str:
    return str(parameter.opts[0] if parameter.param_type_name == "option" else parameter.name)
