r"""Direct printing: from a formula's source to its line without a tree, for what most formulas are made of.

`parse` and `linear` define what a formula's line is; this is a shorter way to the same line. The source is
cut into chunks, each of which prints as one part and is remembered, and where no part acts on its
neighbours the line is their texts, one after the other. The insides of fractions, roots, scripts, boxes,
fences and environments come this way too; any other command with arguments goes through the tree alone. A
formula goes through it as a whole (`Beyond`) that has a command which is not listed in `chunks`, a group or
a mixed number in its row, a row's end outside of an environment, or nests deeper than `chunks` reaches.
"""

import re

from vtc_r1.renderers.latex.chunks import CELL, CHUNK, FORM, SCRIPT
from vtc_r1.renderers.latex.commands import SILENT
from vtc_r1.renderers.latex.contact import class_of, is_harmless
from vtc_r1.renderers.latex.environments import KNOWN
from vtc_r1.renderers.latex.linear import (
    CIRCLES,
    DIFFERENTIALS,
    fenced_line,
    fraction,
    print_item,
    print_parts,
    root,
    scripted,
)
from vtc_r1.renderers.latex.parse import ATOMS, parse
from vtc_r1.renderers.latex.shapes import Line
from vtc_r1.renderers.latex.symbols import DELIMITERS, SYMBOLS
from vtc_r1.renderers.latex.tables import print_table
from vtc_r1.renderers.latex.tree import FRACTION, NUMBER, Atom, Kind

_ENVIRONMENTS = KNOWN - {"array", "alignat", "alignedat", "subarray"}
_NO_CELLS = re.compile(r"\s*\[|.*?\\(?:\\\s*[\[*]|hline|cr|tag)", re.DOTALL)
_LONGEST_KEPT = 16
_NOTHING = Atom("", Kind.THIN)
_PRIME = SYMBOLS[r"\prime"]


class Beyond(Exception):
    """The formula has to go through the tree."""


def print_source(source: str) -> Line:
    """Print a formula, given without its delimiters; raises Beyond or Unsound where only the tree can tell."""
    chunks = CHUNK.findall(source)
    if not chunks:
        return Line("", ())
    texts, classes, parts = zip(*map(_PARTS.__getitem__, chunks), strict=True)
    if is_harmless(classes, parts):
        return Line("".join(texts), parts)
    shown = [part for part in parts if part.text]
    kinds = [part.kind for part in shown]
    if (NUMBER, FRACTION) in zip(kinds, kinds[1:], strict=False):
        raise Beyond("a mixed number")
    return print_parts(shown)


class _Parts(dict[str, tuple[str, int, Atom]]):
    """The part that each chunk prints as, with its text and its class; short chunks are remembered."""

    most = 8192

    def __missing__(self, chunk: str) -> tuple[str, int, Atom]:
        part = _print(chunk)
        entry = part.text, class_of(part), part
        if len(chunk) <= _LONGEST_KEPT:
            if len(self) >= self.most:
                self.clear()
            self[chunk] = entry
        return entry


_PARTS = _Parts()


def _print(chunk: str) -> Atom:
    form = FORM.fullmatch(chunk)
    if form is None:
        raise Beyond(chunk)
    part = _PRINTERS[form.lastgroup](form)
    return _by_tree(chunk) if part is None else part


def _by_tree(chunk: str) -> Atom:
    items = parse(chunk).items
    parts = print_item(items[0]) if len(items) == 1 else ()
    if len(parts) != 1 or not parts[0].text:
        raise Beyond(chunk)
    return parts[0]


def _atom(form: re.Match[str]) -> Atom:
    atom = ATOMS[form[0]]
    if atom is None and form[0] not in SILENT:
        raise Beyond(form[0])
    return _NOTHING if atom is None else atom


def _scripted(form: re.Match[str]) -> Atom | None:
    base, scripts = ATOMS[form["base"]], [*SCRIPT.finditer(form["scripts"])]
    if base is None:
        raise Beyond(form[0])
    lines: dict[str, Line] = {}
    for script in scripts:
        line = _script(script)
        if line is None or script["mark"] in lines:
            return None
        lines[script["mark"]] = line
    return scripted(base, lines.get("_"), 0, lines.get("^"))


def _script(script: re.Match[str]) -> Line | None:
    """A script's line; None for a prime, for nothing, and for what is not shown as a script."""
    single, inside = script["single"], script["inside"]
    if inside is not None:
        line = print_source(inside)
        return None if not line.parts or _PRIME in line.parts or line.parts[0] in CIRCLES else line
    if single is None:
        return None
    atom = ATOMS[single]
    if atom is None:
        raise Beyond(single)
    return None if atom in CIRCLES or atom == _PRIME else print_parts((atom,))


def _structure(form: re.Match[str]) -> None:
    """A structure that has no printer of its own goes through the tree; its scripts must end with it."""
    for script in SCRIPT.finditer(form["structure"]):
        if script["single"] and ATOMS[script["single"]] is None:
            raise Beyond(form[0])


def _fraction(form: re.Match[str]) -> Atom | None:
    top = print_source(form["top"])
    if top.parts and top.parts[0] in DIFFERENTIALS:
        return None
    return fraction(top, print_source(form["fraction"]))


def _root(form: re.Match[str]) -> Atom:
    return root("", print_source(form["root"]))


def _box(form: re.Match[str]) -> Atom:
    return fenced_line(form["sign"] + "{", print_source(form["box"]), "}")


def _fence(form: re.Match[str]) -> Atom | None:
    opening, closing = form["opening"], form["fence"]
    if r"\begin" in form["body"] or opening not in DELIMITERS or closing not in DELIMITERS:
        return None
    return fenced_line(DELIMITERS[opening], print_source(form["body"]), DELIMITERS[closing])


def _environment(form: re.Match[str]) -> Atom | None:
    name, body = form["environment"], form["rows"]
    if name not in _ENVIRONMENTS or _NO_CELLS.match(body):
        return None
    rows: list[list[Line]] = [[]]
    at = 0
    while cell := CELL.match(body, at):
        rows[-1].append(print_source(cell[1]))
        if not cell[2]:
            break
        at = cell.end()
        if cell[2] != "&":
            rows.append([])
    if cell is None:
        raise Beyond(form[0])
    if len(rows) > 1 and not any(line.parts for line in rows[-1]):
        rows.pop()
    return print_table(name, rows, frozenset())


_PRINTERS = {
    "atom": _atom,
    "scripts": _scripted,
    "fraction": _fraction,
    "root": _root,
    "box": _box,
    "fence": _fence,
    "rows": _environment,
    "structure": _structure,
}
