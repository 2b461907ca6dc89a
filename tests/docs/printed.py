"""What was printed against what a page shows, and what on standard error is not ours."""

import re

from tests.docs.page import VARYING, Prints

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")

FOREIGN = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"\b[A-Z]\w*Warning\b",  # Python's warnings
        r"^Traceback \(most recent call last\)",
        r"(?:site|dist)-packages/",
        r"^\s*(?:WARNING|INFO|DEBUG|ERROR|CRITICAL)\b[: ]",  # logging, as it is unless configured
        r"^\[?(?:transformers|datasets|torch|huggingface_hub|accelerate|matplotlib|uvicorn|ray|peft)\]?[: ]",
        r"^\[[WEF]\d{3,4} ",  # torch's C++ side
        r"^[WEF]\d{4} \d\d:\d\d",  # glog
        r"\d+%\|",  # tqdm's bars
        r"\bit/s\]|\?it/s|s/it\]| examples/s",
        r"(?i)\bdeprecat",
        r"(?i)\bunauthenticated\b|HF_TOKEN",
        r"(?i)^(?:warning|note|hint):? (?!.*: its answers may be wrong$)",  # uv's and compilers'
        r"^Exception (?:ignored|in thread)",
        r"(?i)\bresource_tracker\b|leaked \w+ objects",
        r"^(?:bash|sh): ",
        r"(?i)segmentation fault|core dumped",
    )
)
"""Lines that no command of ours writes on standard error."""


def foreign(err: str) -> list[str]:
    """Return the lines of a command's standard error that are not ours."""
    lines = _ANSI.sub("", err).replace("\r", "\n").split("\n")
    return [line for line in lines if any(pattern.search(line) for pattern in FOREIGN)]


def differs(expected: Prints, out: str) -> str | None:
    """Return what differs between the output that a page shows and what was printed; None if nothing.

    A `…` in a line stands for any characters of it, a line of nothing but `…` for any lines. What the
    page says varies (`VARYING`) is the same whatever its figures. White space at the ends of lines, and
    empty lines at both ends, are nobody's matter.
    """
    wanted, found = _lines(expected.text), _lines(out)
    if re.fullmatch(_pattern(wanted, expected.varies), "".join(f"{line}\n" for line in found)):
        return None
    return "the page shows\n{}\nand printed was\n{}".format("\n".join(wanted), "\n".join(found))


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in _ANSI.sub("", text).strip("\n").split("\n")]


def _pattern(lines: list[str], varies: tuple[str, ...]) -> str:
    return "".join(r"(?:[^\n]*\n)*" if line.strip() == "…" else _line(line, varies) + "\n" for line in lines)


def _line(line: str, varies: tuple[str, ...]) -> str:
    if not varies:
        return _literal(line)
    kinds = re.compile("|".join(f"(?P<{name}>{VARYING[name]})" for name in varies))
    pattern, end = "", 0
    for found in kinds.finditer(line):
        pattern += _literal(line[end : found.start()]) + f"(?:{VARYING[found.lastgroup or '']})"
        end = found.end()
    return pattern + _literal(line[end:])


def _literal(text: str) -> str:
    """Text as a pattern; runs of blanks may be of any length, since columns are as wide as their figures."""
    parts = (re.sub(r"(?:\\ )+", " +", re.escape(part)) for part in text.split("…"))
    return "[^\n]*?".join(parts)
