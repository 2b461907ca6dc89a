"""Tokens to a tree."""

import re
import string
from functools import cached_property, lru_cache

from vtc_r1.renderers.latex import commands
from vtc_r1.renderers.latex.symbols import CHARACTERS, SYMBOLS
from vtc_r1.renderers.latex.tokens import END, places, tokenise
from vtc_r1.renderers.latex.tree import Atom, Call, Fraction, Kind, Node, Row, Scripted, Unsound

DEEPEST = 40
"""Levels of nesting; a deeper formula stays in source form."""

_STOPS = frozenset([END, "}", "&", r"\\", r"\cr", r"\right", r"\hline"])
_INFIX = frozenset([r"\over", r"\choose", r"\atop", r"\brace", r"\brack", r"\above"])
_RAISED = frozenset("^_'’")
_SCRIPTED = _RAISED | {r"\limits", r"\nolimits"}
_LETTERS = {letter: Atom(letter, Kind.LETTER) for letter in string.ascii_letters}
_DIGITS = {digit: Atom(digit, Kind.NUMBER) for digit in string.digits}
_ATOMS = {**SYMBOLS, **CHARACTERS, **_LETTERS, **_DIGITS}
_MANY = re.compile(r"\\(?:\\|cr(?![A-Za-z])|tag|hline)|&")


def parse(source: str, depth: int = 0) -> Row:
    """Read one formula, given without its delimiters.

    Raises Unsound for what is unbalanced, too deep or not to be understood.
    """
    parser = Parser(source, depth)
    row = commands.lines(parser) if _MANY.search(source) else parser.row()
    if parser.token != END:
        raise Unsound(f"unexpected {parser.token}")
    return row


class Parser:
    """A cursor over the tokens of one formula.

    Attributes:
        source: the formula, without delimiters.
        token: the token under the cursor.
        depth: levels open around the cursor.
        tag: number of the equation under way, shown after it.
    """

    def __init__(self, source: str, depth: int = 0) -> None:
        self.source = source
        self.texts = tokenise(source)
        self.at = 0
        self.token = self.texts[0]
        self.depth = depth
        self.tag: str | None = None

    @cached_property
    def starts(self) -> list[int]:
        """Where each token starts in the source."""
        return places(self.source)

    def advance(self) -> str:
        """Step over the token under the cursor and return it."""
        token = self.token
        if token != END:
            self.at += 1
            self.token = self.texts[self.at]
        return token

    def expect(self, token: str) -> None:
        """Step over `token`, which must be here."""
        if self.token != token:
            raise Unsound(f"expected {token}, found {self.token or 'the end'}")
        self.advance()

    def here(self) -> int:
        """Where in the source the token under the cursor starts."""
        return self.starts[self.at]

    def row(self, closing: str = "}", is_lower: bool = False) -> Row:
        r"""Everything up to a token that ends a row, or to `closing`; `is_lower` after `\over`."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unsound("nested too deep")
        items: list[Node] = []
        while (token := self.token) not in _STOPS and token != closing and token[:5] != r"\end{":
            atom = _ATOMS.get(token)
            if atom is not None and (following := self.texts[self.at + 1]) not in _SCRIPTED:
                items.append(atom)
                self.at += 1
                self.token = following
                continue
            if token in _INFIX:
                if is_lower:
                    raise Unsound(f"{token} after another")
                items = [self.infix(items, closing)]
                break
            item = self.item()
            if item is not None:
                items.append(item)
        self.depth -= 1
        return Row(tuple(items))

    def infix(self, items: list[Node], closing: str) -> Node:
        r"""Read on from `\over` or `\choose`: what stood before it is the upper part."""
        command = self.advance()
        upper, lower = Row(tuple(items)), self.row(closing, is_lower=True)
        if command == r"\over":
            return Fraction(upper, lower)
        if command == r"\choose":
            return Call("C", (upper, lower))
        raise Unsound(f"{command} has no linear form")

    def item(self) -> Node | None:
        """One thing with its scripts; None for what shows nothing."""
        base = None if self.token in _RAISED else self.nucleus()
        if self.token in (r"\limits", r"\nolimits"):
            self.advance()
        return self.scripted(base) if self.token in _RAISED else base

    def scripted(self, base: Node | None) -> Node:
        """Read the scripts of `base`."""
        below: Row | None = None
        above: Row | None = None
        primes = 0
        while self.token in _RAISED:
            mark = self.advance()
            if mark in "'’":
                primes += 1
            elif mark == "_":
                below = self.once(below)
            else:
                above = self.once(above)
                if above.items and all(item == SYMBOLS[r"\prime"] for item in above.items):
                    primes, above = primes + len(above.items), None
        return Scripted(base, below, above, primes)

    def once(self, script: Row | None) -> Row:
        """Read a script, of which there may be one."""
        if script is not None:
            raise Unsound("double script")
        return self.argument()

    def argument(self) -> Row:
        """What a command or a script applies to: a group, or the next single thing."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unsound("nested too deep")
        token = self.token
        if token in _STOPS or token in _RAISED or token.startswith(r"\end{"):
            raise Unsound(f"no argument before {token or 'the end'}")
        if token == "{":
            row = self.group()
        elif token[0] in "0123456789." and len(token) > 1:
            row = Row((character(self.digit()),))
        else:
            nucleus = self.nucleus()
            if nucleus is None:
                return self.argument()
            row = Row((nucleus,))
        self.depth -= 1
        return row

    def digit(self) -> str:
        """Take the first character of a number; TeX's arguments are single characters."""
        first, rest = self.token[0], self.token[1:]
        self.texts[self.at] = self.token = rest
        self.starts[self.at] += 1
        return first

    def group(self) -> Row:
        """A brace group."""
        at = self.at
        if self.texts[at + 2 : at + 3] == ["}"] and self.token == "{":
            atom = _ATOMS.get(self.texts[at + 1])
            if atom is not None:
                self.at = at + 3
                self.token = self.texts[self.at]
                return _alone(atom)
        self.expect("{")
        row = self.row()
        self.expect("}")
        return row

    def optional(self) -> Row | None:
        """A bracket argument, if one stands here."""
        if self.token != "[":
            return None
        self.advance()
        row = self.row("]")
        self.expect("]")
        return row

    def raw(self) -> str:
        """The source of a brace group, without its braces."""
        start = self.skip()
        return self.source[start + 1 : self.starts[self.at - 1]]

    def skip(self) -> int:
        """Step over a brace group; returns where it starts."""
        start, level = self.here(), 0
        while True:
            token = self.advance()
            level += (token == "{") - (token == "}")
            if token == END or level < 0:
                raise Unsound("unbalanced braces")
            if level == 0:
                if self.source[start] != "{":
                    raise Unsound("no group")
                return start

    def nucleus(self) -> Node | None:
        """One thing without scripts."""
        token = self.token
        if token == "{":
            return self.group()
        if token[0] != "\\" and token != "~":
            self.advance()
            return character(token)
        found = SYMBOLS.get(token)
        if found is not None:
            self.advance()
            return found
        return commands.read(self)


@lru_cache(1024)
def _alone(atom: Atom) -> Row:
    return Row((atom,))


@lru_cache(1024)
def character(token: str) -> Atom:
    """The atom of a character or a number."""
    if token[-1] in "0123456789":
        return Atom(token, Kind.NUMBER)
    if token in ("%", "$", "#"):
        raise Unsound(f"bare {token}")
    if token[0] == ",":
        return CHARACTERS[token if len(token) == 1 else ", "]
    return CHARACTERS.get(token) or Atom(token, Kind.LETTER)
