"""A page of the documentation as what a reader runs: its blocks in order, and what is said of them.

The conventions stand in CONTRIBUTING.md, "Write documentation".
"""

import re
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

RUN = ("bash", "console", "python")
"""Languages of blocks that are run."""

VARYING = {
    "seconds": r"\d[\d.,]*\s?(?:ms|s|min|h)\b",
    "versions": r"\b\d+\.\d+(?:\.\d+)?(?:[+.\-]?[a-z0-9]+)*\b",
    "paths": r"(?:/[\w.@+-]+)+/?",
    "hashes": r"\b[0-9a-f]{7,64}\b",
    "dates": r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(?:Z|[+-]\d\d:?\d\d)?",
    "rates": r"\d[\d.,]*(?= (?:rows|solves|problems|pages)(?: a |/)\w+)",
}
"""What may differ between the output that a page shows and the output that there is."""

_FENCE = re.compile(
    r"^(?P<indent> *)(?P<ticks>`{3,})(?P<language>\w*)[^\n`]*\n(?P<body>.*?)^(?P=indent)(?P=ticks) *$",
    re.MULTILINE | re.DOTALL,
)
_COMMENTS = re.compile(r"((?:^ *<!--(?:(?!-->).)*-->\s*)+)\Z", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!--\s*(.*?)\s*-->", re.DOTALL)
_NEEDS = re.compile(r'Needs: `pip install (?:-e )?"?(?:\.|vtc-r1)(?:\[([\w,]+)\])?"?`')
_INSTALLS = re.compile(
    r'pip install (?:-q )?(?:-e )?"?(?:\.|vtc-r1)(?:\[([\w,]+)\])?"?(?=\s|$)', re.MULTILINE
)
_NOT_RUN = re.compile(r"not run(?: \((?P<only>[^)]+)\))?: (?P<reason>.+)", re.DOTALL)
_PRINTS = re.compile(r"prints(?P<err> on standard error)?(?:; varies: (?P<varies>[\w, ]+))?")
_FILE = re.compile(r"file: (?P<name>\S+)")


class Malformed(Exception):
    """A page does not keep to the conventions."""


@dataclass(frozen=True)
class Skip:
    """Why commands are not run.

    Attributes:
        only: what those commands begin with; empty for all of the block.
        reason: why.
    """

    only: str
    reason: str


@dataclass(frozen=True)
class Prints:
    """What the last command before it prints.

    Attributes:
        text: the output as the page shows it.
        varies: keys of `VARYING`.
        err: it comes on standard error.
    """

    text: str
    varies: tuple[str, ...] = ()
    err: bool = False


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        line: line of the page on which its first line stands, from 1.
        language: what stands behind the fence.
        body: its lines, without the indentation of the fence.
        skips: what of it is not run.
        prints: it is the output of what stands before it.
        file: it is the content of this file.
        keeps_running: its last command does not end by itself.
    """

    line: int
    language: str
    body: str
    skips: tuple[Skip, ...] = ()
    prints: Prints | None = None
    file: str | None = None
    keeps_running: bool = False


@dataclass(frozen=True)
class Page:
    """A page.

    Attributes:
        name: its path from the root of the repository.
        needs: the extras that its `Needs:` line names; None without such a line.
        installs: the extras of every `pip install` of this package in its blocks.
        blocks: its fenced blocks, in order.
    """

    name: str
    needs: frozenset[str] | None
    installs: tuple[frozenset[str], ...]
    blocks: tuple[Block, ...]

    @property
    def runs(self) -> list[Block]:
        """The blocks that hold commands or Python."""
        return [block for block in self.blocks if block.language in RUN]

    @property
    def extras(self) -> frozenset[str]:
        """What the page's environment is made with: what it says that it needs, else what it installs."""
        return self.needs if self.needs is not None else frozenset().union(*self.installs)


def parse(text: str, name: str) -> Page:
    """Read a page; raises Malformed where a convention is broken."""
    blocks, end = [], 0
    for fence in _FENCE.finditer(text):
        blocks.append(_block(text, fence, end, name))
        end = fence.end()
    found = _NEEDS.findall(text)
    if len(found) > 1:
        raise Malformed(f"{name}: more than one line `Needs:`")
    installs = tuple(
        _extras(names)
        for block in blocks
        if block.language in RUN and not any(not skip.only for skip in block.skips)
        for names in _INSTALLS.findall(block.body)
    )
    return Page(name, _extras(found[0]) if found else None, installs, tuple(blocks))


def read(path: Path, root: Path) -> Page:
    """Read a page from its file."""
    return parse(path.read_text(encoding="utf-8"), path.relative_to(root).as_posix())


def _extras(names: str) -> frozenset[str]:
    return frozenset(filter(None, names.split(",")))


def _block(text: str, fence: re.Match[str], after: int, name: str) -> Block:
    line = text.count("\n", 0, fence.start("body")) + 1
    language, body = fence["language"], fence["body"]
    if fence["indent"]:
        body = dedent(body)
    comments = _COMMENTS.search(text[after : fence.start()])
    skips, prints, file, keeps = [], None, None, False
    for comment in _COMMENT.findall(comments[1]) if comments else ():
        if found := _NOT_RUN.fullmatch(comment):
            skips.append(Skip(found["only"] or "", " ".join(found["reason"].split())))
        elif found := _PRINTS.fullmatch(comment):
            varies = tuple(filter(None, re.split(r",\s*|\s+", found["varies"] or "")))
            if unknown := set(varies) - VARYING.keys():
                raise Malformed(f"{name}:{line}: {unknown} is none of what may vary: {', '.join(VARYING)}")
            prints = Prints(body, varies, bool(found["err"]))
        elif found := _FILE.fullmatch(comment):
            file = found["name"]
        elif comment == "keeps running":
            keeps = True
        elif comment.startswith(("not", "prints", "file", "keeps")):
            raise Malformed(f"{name}:{line}: <!-- {comment} --> means nothing before a block")
    if language in RUN and (prints or (file and language != "python")):
        raise Malformed(f"{name}:{line}: a block of {language} is run, and neither output nor a file")
    return Block(line, language, body, tuple(skips), prints, file, keeps)
