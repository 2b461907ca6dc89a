r"""Direct printing: from formulas' sources to their lines without a tree, for what most formulas are made of.

`parse` and `linear` define what a formula's line is; this is a shorter way to the same line, for many
formulas at once. All of them are cut into chunks, each of which prints as one part and is remembered; where
no part acts on its neighbours a line is its parts' texts, one after the other. The insides of the chunks
that are new (fractions, roots, scripts, boxes, fences, environments) are printed together in the same way;
other commands with arguments go through the tree alone. A formula is left to the tree as a whole that has a
command which `chunks` does not list, a group or a mixed number in its row, a row's end outside of an
environment, or nests deeper than `chunks` reaches.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from operator import itemgetter

import numpy as np

from vtc_r1.renderers.latex.chunks import CELL, CHUNK, END, FORM, SCRIPTS
from vtc_r1.renderers.latex.commands import ACCENTS, SILENT
from vtc_r1.renderers.latex.contact import BEYOND, EDGE, class_of, touching
from vtc_r1.renderers.latex.environments import KNOWN
from vtc_r1.renderers.latex.linear import (
    CIRCLES,
    DIFFERENTIALS,
    fenced_line,
    fraction,
    print_item,
    print_parts,
    root,
    script_base,
    scripted,
)
from vtc_r1.renderers.latex.parse import ATOMS, parse
from vtc_r1.renderers.latex.shapes import Line
from vtc_r1.renderers.latex.symbols import DELIMITERS, SYMBOLS
from vtc_r1.renderers.latex.tables import print_table
from vtc_r1.renderers.latex.tree import (
    CALL,
    COMMAND,
    FRACTION,
    GROUP,
    LETTER,
    NAME,
    NUMBER,
    ROOT,
    SCRIPT,
    TEXT,
    THIN,
    Atom,
    Unsound,
)
from vtc_r1.renderers.latex.words import plain

_MOST_KEPT = 8192
"""Chunks after which all are forgotten."""
_LONGEST_KEPT = 2**18
"""Characters of formulas printed together above which none of their chunks is remembered."""
_ENVIRONMENTS = KNOWN - {"array", "alignat", "alignedat", "subarray"}
_NO_CELLS = re.compile(r"\s*\[|.*?\\(?:\\\s*[\[*]|hline|cr|tag)", re.DOTALL)
_PLAIN = re.compile(r"[^\\{}^$]+")
_DEGREE = r"\circ"
_BOXES = frozenset(["boxed", "fbox"])
_WORDS = frozenset(["text", "mbox", "textrm", "textbf", "textit"])
_STYLES = frozenset(["mathbf", "boldsymbol", "bold", "bm"])
_WHOLE = frozenset([NAME, TEXT])
"""Kinds of which a structure is an atom of the tree."""
_BASES = frozenset([LETTER, NUMBER, CALL, ROOT, FRACTION, GROUP, COMMAND, SCRIPT])
"""Kinds of which a structure may be to bear scripts as it is, or in parentheses."""
_NOTHING = Atom("", THIN)
_PRIME = SYMBOLS[r"\prime"]

_Entry = tuple[str, int, Atom]
"""Text and class of a part, and the part."""
_Printer = Callable[[list[Line]], Atom | None]
"""From the lines of a chunk's insides to its part; None where only the tree can tell."""
_Read = tuple[Sequence[str], _Printer]

_EDGE: _Entry = END, EDGE, _NOTHING
_BEYOND: _Entry = "", BEYOND, _NOTHING


_Known = dict[str, _Entry]
"""What the chunks met so far print as."""

_known: _Known = {END: _EDGE}


def print_sources(sources: Sequence[str]) -> list[Line | None]:
    """Print formulas, given without their delimiters; None for one that is left to the tree."""
    global _known
    if not sources:
        return []
    if len(_known) > _MOST_KEPT:
        _known = {END: _EDGE}
    known = _known if sum(map(len, sources)) <= _LONGEST_KEPT else {END: _EDGE}
    return _lines(["{" if END in source else source for source in sources], known)


def _lines(sources: Sequence[str], known: _Known) -> list[Line | None]:
    chunks = CHUNK.findall(END + END.join(sources) + END)
    new = set(chunks).difference(known)
    if new:
        _learn(new, known)
    entries = [*map(known.__getitem__, chunks)]
    classes = np.fromiter(map(itemgetter(1), entries), np.intp, len(entries))
    parts = [*map(itemgetter(2), entries)]
    texts = "".join(map(itemgetter(0), entries))[1:-1].split(END)
    edges = np.flatnonzero(classes == EDGE)
    ends = edges.tolist()
    lines: list[Line | None] = [
        Line(text, parts[before + 1 : end]) for text, before, end in zip(texts, ends, ends[1:], strict=False)
    ]
    touches = edges.searchsorted(touching(classes, parts), side="right") - 1
    for at in set(touches.tolist()):
        own = slice(ends[at] + 1, ends[at + 1])
        lines[at] = None if BEYOND in classes[own] else _touching_line(parts[own])
    return lines


def _touching_line(parts: Sequence[Atom]) -> Line | None:
    """The line of parts that act on each other."""
    shown = [part for part in parts if part.text]
    kinds = [part.kind for part in shown]
    if (NUMBER, FRACTION) in pairwise(kinds):
        return None
    return print_parts(shown)


def _learn(chunks: Iterable[str], known: _Known) -> None:
    """Print chunks that are new, the insides of all of them at once."""
    pending: list[tuple[str, Sequence[str], _Printer]] = []
    insides: dict[str, None] = {}
    for chunk in chunks:
        form = FORM.fullmatch(chunk)
        if form is not None and form.lastgroup == "atom":
            atom = _NOTHING if chunk in SILENT else ATOMS[chunk]
            known[chunk] = _BEYOND if atom is None else _entry(chunk, atom)
            continue
        read = form and _READERS[form.lastgroup or ""](form)
        if not read:
            known[chunk] = _BEYOND
            continue
        pending.append((chunk, *read))
        insides.update(dict.fromkeys(read[0]))
    lines = dict(zip(insides, _lines([*insides], known), strict=True)) if insides else {}
    for chunk, sources, printer in pending:
        own = [line for source in sources if (line := lines[source]) is not None]
        known[chunk] = _entry(chunk, printer(own)) if len(own) == len(sources) else _BEYOND


def _entry(chunk: str, part: Atom | None) -> _Entry:
    if part is None:
        part = _by_tree(chunk)
    if part is None or not (part.text or part is _NOTHING):
        return _BEYOND
    return part.text, class_of(part), part


def _by_tree(chunk: str) -> Atom | None:
    try:
        items = parse(chunk).items
        parts = print_item(items[0]) if len(items) == 1 else ()
    except Unsound:
        return None
    return parts[0] if len(parts) == 1 else None


def _tree(lines: list[Line]) -> None:
    """Leave a chunk to the tree."""


def _scripted(form: re.Match[str]) -> _Read | None:
    base = ATOMS[form["base"]]
    read = None if base is None else _scripts(form["scripts"])
    if base is None or read is None:
        return None
    sources, is_degree = read
    return [*sources.values()], lambda lines: _with_scripts(
        base, dict(zip(sources, lines, strict=True)), is_degree
    )


def _structured(form: re.Match[str]) -> _Read | None:
    """Any other command with arguments, and one with scripts."""
    if not form["structured"]:
        return (), _tree
    read = _scripts(form["structured"])
    if read is None:
        return None
    sources, is_degree = read
    return [form["structure"], *sources.values()], lambda lines: _with_scripts(
        _base(lines[0]), dict(zip(sources, lines[1:], strict=True)), is_degree
    )


def _base(line: Line) -> Atom | None:
    """A structure as the base of scripts."""
    part = line.parts[0] if len(line.parts) == 1 else _NOTHING
    if not part.text:
        return None
    return part if part.kind in _WHOLE else script_base(part) if part.kind in _BASES else None


def _scripts(source: str) -> tuple[dict[str, str], bool] | None:
    """The insides of scripts by their marks, and whether the upper one is the sign of a degree."""
    scripts = SCRIPTS.findall(source)
    if any(single and not ATOMS[single] for _, _, single in scripts):
        return None
    sources = {mark: inside or single for mark, inside, single in scripts}
    if len(sources) < len(scripts) or not sources.keys() <= {"^", "_"}:
        return {}, False
    is_degree = sources.get("^") == _DEGREE
    if is_degree:
        del sources["^"]
    return sources, is_degree


def _with_scripts(base: Atom | None, scripts: dict[str, Line], is_degree: bool) -> Atom | None:
    if base is None or not (scripts or is_degree):
        return None
    for line in scripts.values():
        if not line.parts or _PRIME in line.parts or line.parts[0] in CIRCLES:
            return None
    return scripted(base, scripts.get("_"), 0, scripts.get("^"), is_degree=is_degree)


def _fraction(form: re.Match[str]) -> _Read:
    _, top, over, bottom, under = form.group(0, "top", "over", "bottom", "under")
    return (over or top, under or bottom), _over


def _over(lines: list[Line]) -> Atom | None:
    top, bottom = lines
    return None if top.parts and top.parts[0] in DIFFERENTIALS else fraction(top, bottom)


def _root(form: re.Match[str]) -> _Read:
    degree, body = form["degree"], form["single"] or form["body"]
    if degree is None:
        return (body,), lambda lines: root("", lines[0])
    return (degree, body), lambda lines: root(lines[0].text, lines[1])


def _argument(form: re.Match[str]) -> _Read:
    """A command with one argument."""
    name, inside = form["name"], form["argument"]
    if name in _BOXES:
        return (inside,), lambda lines: fenced_line(f"\\{name}{{", lines[0], "}")
    if name == "pmod":
        return (inside,), lambda lines: Atom(f" (mod {lines[0].text})", TEXT)
    if name in ACCENTS:
        return (inside,), lambda lines: Atom(f"{ACCENTS[name]}({lines[0].text})", CALL)
    if name in _STYLES:
        return (inside,), lambda lines: lines[0].parts[0] if len(lines[0].parts) == 1 else None
    if name in _WORDS and _PLAIN.fullmatch(inside):
        return (), lambda lines: Atom(plain(inside), TEXT)
    return (), _tree


def _fence(form: re.Match[str]) -> _Read | None:
    opening, closing = DELIMITERS.get(form["opening"]), DELIMITERS.get(form["fence"])
    if opening is None or closing is None:
        return None
    if r"\begin" in form["fenced"]:
        return (), _tree
    return (form["fenced"],), lambda lines: fenced_line(opening, lines[0], closing)


def _environment(form: re.Match[str]) -> _Read | None:
    name, body = form["environment"], form["rows"]
    if name not in _ENVIRONMENTS or _NO_CELLS.match(body):
        return (), _tree
    cells: list[str] = []
    starts, at = [0], 0
    while cell := CELL.match(body, at):
        cells.append(cell[1])
        at = cell.end()
        if not cell[2]:
            return cells, lambda lines: _table(name, lines, starts)
        if cell[2] != "&":
            starts.append(len(cells))
    return None


def _table(name: str, cells: list[Line], starts: list[int]) -> Atom | None:
    """Print an environment from its cells in reading order; `starts` says with which ones rows start."""
    rows = [cells[start:end] for start, end in zip(starts, [*starts[1:], len(cells)], strict=True)]
    if len(rows) > 1 and not any(line.parts for line in rows[-1]):
        rows.pop()
    return print_table(name, rows, frozenset())


_READERS: dict[str, Callable[[re.Match[str]], _Read | None]] = {
    "scripts": _scripted,
    "fraction": _fraction,
    "root": _root,
    "argument": _argument,
    "fence": _fence,
    "rows": _environment,
    "structured": _structured,
}
