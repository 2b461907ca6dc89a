"""The commands of a page, one by one, with what is expected of each."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from tests.docs.page import Block, Malformed, Page, Prints

_SERVES = re.compile(r"^vtc-r1 serve\b(?!.* (?:--help|-h)\b)")
_PLAIN = re.compile(r"""(?:[^'"`(){}<\\#;]|"[^"`$\\]*"|'[^']*'|\\\n)*(?:\s\#[^\n]*)?""")
"""A command of nothing but words and quoted words, which needs no bash to be told whole."""
_ENDS = re.compile(r"\bexit code (\d+)")
_SAYS = re.compile(r"\bprints (\S.*?)(?:[,;] exit code \d+.*)?$")


@dataclass(frozen=True)
class Step:
    """One command, one block of Python, or one file that the page shows.

    Attributes:
        line: line of the page.
        kind: what runs it.
        source: what is run; of a file its content.
        code: its exit code.
        prints: what it prints, where the page says so.
        skip: why it is not run.
        keeps_running: it does not end by itself.
        name: of a file its path.
    """

    line: int
    kind: Literal["shell", "python", "file"]
    source: str
    code: int = 0
    prints: Prints | None = None
    skip: str | None = None
    keeps_running: bool = False
    name: str = ""

    @property
    def runs(self) -> bool:
        """It is a command or a block of Python, and is run."""
        return self.kind != "file" and self.skip is None

    @property
    def command(self) -> str:
        """The command without its comment, on one line."""
        return " ".join(split_comment(self.source)[0].replace("\\\n", " ").split())


def steps(page: Page) -> list[Step]:
    """Return the steps of a page in order; raises Malformed."""
    found: list[Step] = []
    for block in page.blocks:
        if block.prints is not None:
            if not found or found[-1].kind == "file" or found[-1].prints is not None:
                raise Malformed(f"{page.name}:{block.line}: output of no command")
            found[-1] = replace(found[-1], prints=block.prints)
        elif block.file is not None:
            found.append(Step(block.line, "file", block.body, name=block.file))
        else:
            found += _steps(block, page.name)
    return found


def _steps(block: Block, name: str) -> Iterator[Step]:
    if block.language == "python":
        yield Step(block.line, "python", block.body, skip=_skip(block, block.body, name))
    elif block.language in ("bash", "console"):
        commands = list(_shell(block) if block.language == "bash" else _console(block, name))
        for at, step in enumerate(commands):
            last = at == len(commands) - 1
            keeps = bool(_SERVES.match(step.command)) or (block.keeps_running and last)
            yield replace(step, skip=_skip(block, step.command, name), keeps_running=keeps)
        for skip in block.skips:
            if skip.only and not any(skip.only in step.command for step in commands):
                raise Malformed(f"{name}:{block.line}: no command has {skip.only!r}")


def _skip(block: Block, command: str, name: str) -> str | None:
    for skip in block.skips:
        if not skip.only or skip.only in command:
            return skip.reason
    return None


def _shell(block: Block) -> Iterator[Step]:
    """The commands of a block of shell: as many lines as bash takes for whole."""
    lines, begun = [], block.line
    for number, line in enumerate(block.body.split("\n")[:-1], block.line):
        if not lines and (not line.strip() or line.lstrip().startswith("#")):
            continue
        begun = begun if lines else number
        lines.append(line)
        if complete("\n".join(lines)):
            yield _step("\n".join(lines), begun)
            lines = []
    if lines:
        raise Malformed(f"line {begun}: {lines[0]!r} is no whole command")


def _console(block: Block, name: str) -> Iterator[Step]:
    """Commands behind `$ `, each with what it prints on both streams together below it."""
    parts: list[tuple[int, list[str], list[str]]] = []
    for number, line in enumerate(block.body.split("\n")[:-1], block.line):
        if line.startswith("$ "):
            parts.append((number, [line[2:]], []))
        elif not parts:
            raise Malformed(f"{name}:{number}: a block of console begins with `$ `")
        elif not parts[-1][2] and not complete("\n".join(parts[-1][1])):
            parts[-1][1].append(line.removeprefix("> "))
        else:
            parts[-1][2].append(line)
    for number, command, out in parts:
        step = _step("\n".join(command), number)
        yield replace(
            step, source=f"{{ {step.source}\n}} 2>&1", prints=Prints("".join(f"{x}\n" for x in out))
        )


def _step(source: str, line: int) -> Step:
    comment = split_comment(source)[1]
    code = _ENDS.search(comment)
    says = _SAYS.search(comment)
    return Step(
        line,
        "shell",
        source,
        int(code[1]) if code else 0,
        Prints(says[1] + "\n") if says else None,
    )


def complete(source: str) -> bool:
    """Tell whether bash takes these lines for whole commands."""
    if split_comment(source)[0].rstrip(" ").endswith("\\"):
        return False
    if _PLAIN.fullmatch(source):
        return True
    done = subprocess.run(["bash", "-n"], input=source + "\n", capture_output=True, text=True, check=False)
    return done.returncode == 0 and not done.stderr


def split_comment(source: str) -> tuple[str, str]:
    """Split the comment behind a command off: the first `#` outside of quotes that begins a word."""
    quote = ""
    at = 0
    while at < len(source):
        char = source[at]
        if char == "\\" and quote != "'":
            at += 2
            continue
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == "#" and (at == 0 or source[at - 1].isspace()) and "\n" not in source[at:]:
            return source[:at].rstrip(), source[at + 1 :].strip()
        at += 1
    return source, ""
