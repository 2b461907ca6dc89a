"""Nonsense for a command line, over all of its commands and flags: what is given, and may it be right?"""

import os
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

Make = Callable[[Path], None]

NUMBERS = {
    "no number": "x",
    "not a number": "nan",
    "infinite": "inf",
    "empty": "",
    "blank": " ",
    "hexadecimal": "0x10",
    "in words": "twelve",
    "decimal comma": "1,5",
    "a list": "1,2",
    "a date": "2026-01-01",
    "negative": "-7",
    "zero": "0",
    "a fraction": "0.5",
    "huge": "9" * 30,
    "beyond floats": "1e400",
    "Arabic digits": "٣",
}
_PERHAPS_NUMBERS = {"negative", "zero", "a fraction", "huge", "beyond floats", "Arabic digits", "infinite"}
"""Numbers that some flag may take."""

NAMES = {
    "unknown": "nosuch",
    "empty": "",
    "blank": " ",
    "a comma": ",",
    "upper case": "NOSUCH",
    "very long": "n" * 5_000,
    "a way out": "../../etc/passwd",
    "with a newline": "one\ntwo",
    "with escapes": "\x1b[31mred\x1b[0m",
    "Chinese": "光学记忆",
    "not UTF-8": "name\udcff",
    "options of nothing": "nosuch:after=2",
    "half an option": "decay:after=",
    "an option without a name": "decay:=2",
    "a wrong option": "decay:after=x",
    "an assignment": "nosuch=1",
    "half an assignment": "font_size=",
    "JSON": '{"a": 1}',
    "a flag": "--json",
}

ADDRESSES = {
    "no host": "http://",
    "no scheme": "localhost:8000/v1",
    "another scheme": "ftp://127.0.0.1/v1",
    "a port beyond all": "http://127.0.0.1:99999/v1",
    "half a bracket": "http://[::1/v1",
    "a blank": "http://exa mple/v1",
    "nobody there": "http://127.0.0.1:9/v1",
    "script": "javascript:alert(1)",
    "slashes": "//",
    "a newline": "http://127.0.0.1:9/v1\nx: y",
    "two of nothing": ",",
    "a label too long": f"http://{'a' * 100}.example/v1",
    "an empty label": "http://a..b/v1",
    "an address twice": "http://http://127.0.0.1:9/v1",
    "control characters": "http://127.0.0.1\x00:9/v1".replace("\x00", "\x01"),
    "not UTF-8": "http://127.0.0.1:9/\udcff",
}

CONTENTS: dict[str, bytes] = {
    "empty": b"",
    "blank": b"\n \n",
    "binary": bytes(range(256)) * 8,
    "zeros": bytes(4_096),
    "not UTF-8": b"caf\xe9 = 1\n",
    "truncated JSON": b'{"version": 1, "question": "What',
    "a number": b"3\n",
    "null": b"null\n",
    "a list": b"[]\n",
    "other rows": b'{"a": 1}\n[]\n3\n',
    "wrong types": b'{"question": 3, "problem": [], "answer": {}, "generations": 1}\n',
    "nested too deeply": b"[" * 100_000,
    "TOML of something else": b'[project]\nname = "other"\n',
    "TOML of wrong types": b'name = 3\nfont_size = "big"\nwidth = [1]\nfonts = 1\nparent = 7\n',
    "half a TOML": b'name = "x\nwidth = ',
    "a zip": b"PK\x03\x04" + bytes(60),
    "half a Parquet": b"PAR1" + bytes(100),
    "half a PDF": b"%PDF-1.7\n1 0 obj\n<<",
    "half a PNG": b"\x89PNG\r\n\x1a\n" + bytes(20),
}


def _file(content: bytes) -> Make:
    def make(path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    return make


def _pipe(path: Path) -> None:
    """Make a named pipe into which somebody writes junk."""
    os.mkfifo(path)

    def write() -> None:
        with suppress(OSError), path.open("wb") as pipe:
            pipe.write(CONTENTS["binary"])

    threading.Thread(target=write, daemon=True).start()


def _drain(path: Path) -> None:
    """Make a named pipe that somebody reads."""
    os.mkfifo(path)

    def read() -> None:
        with suppress(OSError), path.open("rb") as pipe:
            pipe.read()

    threading.Thread(target=read, daemon=True).start()


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


def _folder(path: Path) -> None:
    path.mkdir()
    (path / "notes.txt").write_text("a stranger's\n")


PLACES: dict[str, tuple[str, Make | None]] = {
    "nothing there": ("absent", None),
    "a folder": ("folder", _folder),
    "an empty folder": ("hollow", Path.mkdir),
    "a link to itself": ("loop", _loop),
    "a pipe": ("pipe", _pipe),
    "below a file": ("plain/below", lambda path: _file(b"x")(path.parent)),
    "a long name": ("n" * 300, None),
    "a long way": ("d/" * 2_500 + "x", None),
    "no name": ("", None),
    "here": (".", None),
    "above": ("..", None),
    "the null device": ("/dev/null", None),
    "the full device": ("/dev/full", None),
    "a name that is not UTF-8": ("file\udcff", _file(b"x\n")),
    "a name with a newline": ("one\ntwo", _file(b"x\n")),
}
SUFFIXES = ("", ".toml", ".jsonl", ".json", ".parquet", ".txt", ".pdf", ".png")
SETTING_FILES: dict[str, bytes] = {
    **{f"vtc.toml {name}": content for name, content in CONTENTS.items()},
    "vtc.toml with a typo": b'memry = "optical"\n',
    "vtc.toml with a wrong type": b'max_iterations = "many"\n',
    "vtc.toml with a list": b"memory = [1, 2]\n",
    "vtc.toml with a table": b"[memory]\nname = 1\n",
    "vtc.toml with not a number": b"max_seconds = nan\n",
    "vtc.toml with infinity": b"temperature = inf\n",
    "vtc.toml with a huge number": b"seed = 99999999999999999999999\n",
    "vtc.toml with an unknown policy": b'memory = "optcal"\n',
    "vtc.toml with an unknown profile": b'profile = "papr"\n',
}
SURROUNDINGS: dict[str, dict[str, str]] = {
    "no width": {"COLUMNS": "0"},
    "a negative width": {"COLUMNS": "-3"},
    "a width in words": {"COLUMNS": "wide"},
    "an unknown terminal": {"TERM": "\x1b[31m"},
    "unknown pictures": {"VTC_PICTURES": "holograms"},
    "no home": {"HOME": "/nosuch", "XDG_CACHE_HOME": ""},
    "a cache that is a device": {"XDG_CACHE_HOME": "/dev/null", "HF_HOME": "/dev/null"},
    "no folder for temporary files": {"TMPDIR": "/nosuch"},
    "a key with a newline": {"VTC_API_KEY": "one\ntwo"},
    "a key in Chinese": {"VTC_API_KEY": "钥匙"},
    "a key that is not UTF-8": {"VTC_API_KEY": "key\udcff"},
    "a blank key": {"VTC_API_KEY": " "},
    "a proxy that is none": {"http_proxy": "http://[::1", "HTTP_PROXY": "nosuch://x"},
    "certificates that are none": {"SSL_CERT_FILE": "/nosuch", "SSL_CERT_DIR": "/nosuch"},
    "keys of clients that are none": {"VTC_SERVE_API_KEYS": ",\n,"},
    "an unknown locale": {"LC_ALL": "xx_YY.nosuch"},
    "ASCII": {"PYTHONIOENCODING": "ascii"},
    "a setting that there is none of": {"VTC_MEMRY": "optical"},
}

NUMERIC = {"int", "float"}
INPUTS = {
    "batch",
    "context",
    "file",
    "system_file",
    "legibility",
    "api_key_file",
    "space",
    "folders",
    "folder",
    "stored",
    "source",
    "problems",
    "profile",
    "prompts",
    "styles",
    "recipe",
    "tokenizer",
    "benchmarks",
    "benchmark",
}
"""Parameters that name a file or folder that is read, some of them a name as well."""
TEXTS = {"solve context", "render file", "serve api_key_file", "probe file", "tune file"}
"""Those, besides system texts, for which many a file is a text like any other."""
OUTPUTS = {"out", "save", "html", "plot", "solves"}
FREE = {
    "question",
    "model",
    "title",
    "served_model",
    "prompt",
    "column",
    "question_field",
    "answer_field",
    "id_field",
    "only",
    "problem",
    "extra",
    "python",
    "host",
    "subset",
    "split",
    "revision",
    "proposer_model",
    "answer_as",
    "start",
}
"""Parameters that take any text, which may of course be the name of nothing."""


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
    """

    kind: str
    words: tuple[str, ...]
    names: tuple[str, ...] = ()
    perhaps: bool = False
    make: tuple[tuple[str, Make], ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    stdin: bytes = b""


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
            named = () if perhaps else (_flag(parameter), parameter.name, *_told(value))
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
        yield Case(kind, line, (), True, (("vtc.toml", _file(content)),))
    for kind in ("a folder", "a link to itself", "a pipe"):
        yield Case(
            f"vtc.toml is {kind}", line, ("vtc.toml",), True, (("vtc.toml", PLACES[kind][1] or _loop),)
        )
    for kind, variables in SURROUNDINGS.items():
        yield Case(kind, line, (), True, environment=variables)
    for name, (kind, value) in product(settings, [*NAMES.items(), *NUMBERS.items()]):
        variable = f"VTC_{name.upper()}"
        yield Case(f"{kind} in {variable}", line, (), True, environment={variable: value})


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
                (_flag(parameter), parameter.name),
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
            if (command.name, name) == ("serve", "port") and what in _PERHAPS_NUMBERS:
                continue  # it would serve
            yield what, value, what in _PERHAPS_NUMBERS, None
        return
    if name.endswith("url"):
        for what, value in ADDRESSES.items():
            yield what, value, command.name == "launch", None
        return
    if name in INPUTS | OUTPUTS:
        is_text = name == "system_file" or f"{command.name} {name}" in TEXTS
        for what, (value, make) in PLACES.items():
            yield (
                what,
                value,
                name in OUTPUTS or is_text,
                _drain if make is _pipe and name in OUTPUTS else make,
            )
        for (what, content), suffix in product(CONTENTS.items(), SUFFIXES):
            yield f"{what} in a file {suffix}", f"given{suffix}", name in OUTPUTS or is_text, _file(content)
    if name not in OUTPUTS:
        for what, value in NAMES.items():
            yield what, value, name in FREE or (name == "batch"), None


def _told(value: str) -> tuple[str, ...]:
    """What of a value an error may show; its beginning, where it is long."""
    shown = " ".join(value.encode("utf-8", "replace").decode().split())
    parts = {repr(value)[1:9], shown[:20], *(shown.split(mark)[0][:20] for mark in "/=:")}
    return tuple(part for part in parts if part)


def _flag(parameter: Any) -> str:
    return str(parameter.opts[0] if parameter.param_type_name == "option" else parameter.name)
