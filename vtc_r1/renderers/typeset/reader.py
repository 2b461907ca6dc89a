"""LaTeX to a tree that keeps what only a picture shows: bold, upright, column rules."""

import re

from vtc_r1.renderers.latex import commands, environments
from vtc_r1.renderers.latex.parse import Parser
from vtc_r1.renderers.latex.tokens import END
from vtc_r1.renderers.latex.tree import Atom, Call, Kind, Node, Row, Table, Unsound

BOLD, SLANTED_BOLD, UPRIGHT, BLACKBOARD = "mathbf", "mathbfit", "mathrm", "mathbb"
LARGE, SMALL = "dfrac", "tfrac"
ARRAY = "array"
PHANTOM = "phantom"

_STYLES = {
    r"\mathbf": BOLD, r"\bold": BOLD, r"\boldsymbol": SLANTED_BOLD, r"\bm": SLANTED_BOLD,
    r"\pmb": SLANTED_BOLD, r"\mathrm": UPRIGHT,
}  # fmt: skip
_FRACTIONS = {r"\dfrac": LARGE, r"\cfrac": LARGE, r"\tfrac": SMALL}
_ALPHABETS = {
    r"\mathcal": "mathcal", r"\mathscr": "mathscr", r"\mathfrak": "mathfrak", r"\mathbb": BLACKBOARD,
    r"\Bbb": BLACKBOARD,
}  # fmt: skip
_WORDS = frozenset([r"\text", r"\mbox", r"\textrm", r"\textnormal", r"\textup", r"\hbox"])
_DOLLAR = re.compile(r"(?<!\\)\$")
_COLUMNS = re.compile(r"\\begin\s*\{array\}\s*(?:\[[a-z]\])?\s*\{((?:[lcr|\s]|@\{[^{}]*\})*)\}\s*(\\hline)?")
_LAST_RULE = re.compile(r"\\hline\s*\\end\s*\{array\}$")


def read(source: str) -> Row:
    """Read one formula, given without its delimiters; Unsound for what is not understood."""
    return _whole(Reader(source))


def _whole(reader: "Reader") -> Row:
    row = commands.lines(reader)
    if reader.token != END:
        raise Unsound(f"unexpected {reader.token}")
    return row


class Reader(Parser):
    """The parser of the linear form, with commands of its own before the shared ones."""

    def nucleus(self) -> Node | None:
        """One thing without scripts."""
        token = self.token
        if token in _STYLES:
            self.advance()
            return Call(_STYLES[token], (self.argument(),))
        if token in _FRACTIONS:
            self.advance()
            if token == r"\cfrac" and self.token == "[":
                self.optional()
            return Call(_FRACTIONS[token], (self.argument(), self.argument()))
        if token in _ALPHABETS:
            return self.alphabet()
        if token in (r"\pmod", r"\pod"):
            return self.modulus()
        if token in _WORDS:
            return self.words() or super().nucleus()
        if token in (r"\phantom", r"\hphantom"):
            self.advance()
            return Call(PHANTOM, (self.argument(),))
        if token == r"\begin{array}":
            return self.array()
        if token == r"\overleftrightarrow":
            self.advance()
            return Call("overleftrightarrow", (self.argument(),))
        return super().nucleus()

    def alphabet(self) -> Node:
        r"""Read a letter after `\mathcal` or one of its kind."""
        name = _ALPHABETS[self.advance()]
        if self.token == "{":
            letters = self.raw().strip()
        else:
            letters = self.digit() if self.token[1:].isdigit() else self.advance()
        if not re.fullmatch("[A-Za-z0-9]+", letters) or (name != BLACKBOARD and not letters.isalpha()):
            raise Unsound(f"{name} of {letters[:40]!r}")
        return Call(name, (Row((Atom(letters, Kind.NAME),)),))

    def modulus(self) -> Node:
        r"""Read `\pmod{…}`."""
        name = self.advance()
        words = Atom(" (mod " if name == r"\pmod" else " (", Kind.TEXT)
        return Row((words, *self.argument().items, Atom(")", Kind.TEXT)))

    def words(self) -> Node | None:
        """Read words with formulas among them; None, with nothing read, where there are none."""
        at, token = self.at, self.token
        self.advance()
        inside = self.raw() if self.token == "{" else ""
        pieces = _DOLLAR.split(inside)
        if len(pieces) < 3 or len(pieces) % 2 == 0 or "" in pieces[1::2]:
            self.at, self.token = at, token
            return None
        items: list[Node] = []
        for number, piece in enumerate(pieces):
            if number % 2:
                items.append(_whole(Reader(piece, self.depth + 1)))
            elif piece:
                items.extend(_whole(Reader(f"\\text{{{piece}}}")).items)
        return Row(tuple(items))

    def array(self) -> Node:
        """Read an array: a call with its table and its columns as written, outer rules marked by `-`."""
        start = self.here()
        table = environments.environment(self)
        written = self.source[start : self.here()].rstrip()
        found = _COLUMNS.match(written)
        if found is None or re.search(r"@\{[^}]", found[1]) or not isinstance(table, Table):
            raise Unsound("columns that are not understood")
        columns = re.sub(r"\s", "", found[1])
        top, bottom = "-" if found[2] else "", "-" if _LAST_RULE.search(written) else ""
        spec = f"{top}:{columns}:{bottom}"
        return Call(ARRAY, (Row((table,)), Row((Atom(spec, Kind.COMMAND),))))
