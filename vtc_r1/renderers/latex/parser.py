"""The grammar of formulas: rows of things with scripts, groups and arguments."""

from abc import ABC, abstractmethod
from functools import lru_cache

from vtc_r1.renderers.latex.symbols import CHARACTERS, SYMBOLS
from vtc_r1.renderers.latex.tokens import END, is_blank_line, tokenise
from vtc_r1.renderers.latex.tree import Atom, Call, Fraction, Kind, Node, Row, Scripted, Unsound

DEEPEST = 40  #: maximum nesting; a deeper formula stays in source form

_STOPS = frozenset([END, "}", "&", r"\\", r"\cr", r"\right", r"\hline"])
_NO_CHARACTERS = frozenset([END, *"{}&^_'’%$#"])
_INFIX = frozenset([r"\over", r"\choose", r"\atop", r"\brace", r"\brack", r"\above"])
_RAISED = frozenset("^_'’")
_SCRIPTED = _RAISED | {r"\limits", r"\nolimits"}
_BLANK = SYMBOLS["~"]
_PRIME = SYMBOLS[r"\prime"]
_BRACKET = CHARACTERS["]"]


class _Atoms(dict[str, Atom | None]):
    """The atom of each token that is a symbol, a character or a number by itself; None for others."""

    most = 4096

    def __missing__(self, token: str) -> Atom | None:
        if token[:1].isspace():
            atom = None if is_blank_line(token) else _BLANK
        elif token in _NO_CHARACTERS or token[0] in "\\~":
            atom = SYMBOLS.get(token)
        else:
            atom = character(token)
        if len(self) < self.most:
            self[token] = atom
        return atom


class Parser(ABC):
    """A cursor over the tokens of one formula; subclasses define the commands.

    Attributes:
        source: the formula, without delimiters.
        texts: its tokens.
        atoms: for each token, the atom that it is by itself, if any.
        token: the token at the cursor.
        depth: levels open around the cursor.
        ambiguous: letters whose type must be shown.
        starts: position of each token in the source, as far as computed.
        tag: number of the equation in progress, shown after it.
    """

    def __init__(self, source: str, depth: int = 0, ambiguous: frozenset[str] = frozenset()) -> None:
        self.source = source
        self.ambiguous = ambiguous
        self.texts = texts = tokenise(source)
        self.atoms = [*map(ATOMS.__getitem__, texts)]
        self.at = 0
        self.token = texts[0]
        self.depth = depth
        self.tag: str | None = None
        self.starts: list[int] = []

    @abstractmethod
    def command(self) -> Node | None:
        """Parse the command at the cursor; None for an invisible one."""

    @abstractmethod
    def mixed(self, words: str) -> Node:
        """Parse words with formulas among them."""

    def start(self, at: int) -> int:
        """Position in the source of token `at`."""
        starts = self.starts
        while len(starts) <= at:
            last = len(starts) - 1
            after = starts[last] + len(self.texts[last]) if starts else 0
            token = self.texts[last + 1]
            starts.append(len(self.source) if token == END else self.source.index(token, after))
        return starts[at]

    def advance(self) -> str:
        """Consume the token at the cursor and return it."""
        token = self.token
        if token != END:
            self.at += 1
            self.token = self.texts[self.at]
        return token

    def expect(self, token: str) -> None:
        """Consume `token`, which must be next."""
        if self.token != token:
            raise Unsound(f"expected {token}, found {self.token or 'the end'}")
        self.advance()

    def here(self) -> int:
        """Position in the source of the token at the cursor."""
        return self.start(self.at)

    def row(self, closing: str = "}", is_lower: bool = False) -> Row:
        r"""Everything up to a token that ends a row, or to `closing`; `is_lower` after `\over`."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unsound("nested too deep")
        items: list[Node] = []
        texts, atoms, at = self.texts, self.atoms, self.at
        end = _BRACKET if closing == "]" else END
        while True:
            atom = atoms[at]
            if atom is not None and atom is not end:
                if texts[at + 1] not in _SCRIPTED:
                    items.append(atom)
                    at += 1
                    continue
                self.at = at
                short = self.short(atom)
                if short is not None:
                    items.append(short)
                    at = self.at
                    continue
            self.at, self.token = at, (token := texts[at])
            if token in _STOPS or token == closing or token[:5] == r"\end{" or is_blank_line(token):
                break
            if token in _INFIX:
                if is_lower:
                    raise Unsound(f"{token} after another")
                items = [self.infix(items, closing)]
                break
            item = self.item()
            if item is not None:
                items.append(item)
            at = self.at
        self.depth -= 1
        return Row(tuple(items))

    def short(self, base: Atom) -> Scripted | None:
        """Consume a base with one script of one atom; None for anything longer."""
        texts, at, deepest = self.texts, self.at + 2, DEEPEST - 1
        mark, script = texts[at - 1], self.atoms[at]
        if script is not None:
            end = at + 1
            if len(texts[at]) > 1 and texts[at][0] != "\\":
                return None
        elif texts[at] == "{" and (script := self.atoms[at + 1]) is not None and texts[at + 2] == "}":
            end, deepest = at + 3, DEEPEST - 2
        else:
            return None
        if texts[end] in _SCRIPTED or mark not in "^_" or self.depth > deepest:
            return None
        self.at = end
        return _script(base, mark, script)

    def infix(self, items: list[Node], closing: str) -> Node:
        r"""Continue after `\over` or `\choose`: what came before it is the upper part."""
        command = self.advance()
        upper, lower = Row(tuple(items)), self.row(closing, is_lower=True)
        if command == r"\over":
            return Fraction(upper, lower)
        if command == r"\choose":
            return Call("C", (upper, lower))
        raise Unsound(f"{command} has no linear form")

    def item(self) -> Node | None:
        """One thing with its scripts; None for an invisible one."""
        token = self.token
        base = None if token in _RAISED else self.group() if token == "{" else self.nucleus()
        if self.token not in _SCRIPTED:
            return base
        if self.token not in _RAISED:
            self.advance()
        return self.scripted(base) if self.token in _RAISED else base

    def scripted(self, base: Node | None) -> Node:
        """Parse the scripts of `base`."""
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
                if above.items and all(item == _PRIME for item in above.items):
                    primes, above = primes + len(above.items), None
        return Scripted(base, below, above, primes)

    def once(self, script: Row | None) -> Row:
        """Parse a script, of which there may be only one."""
        if script is not None:
            raise Unsound("double script")
        return self.argument()

    def argument(self) -> Row:
        """The argument of a command or script: a group, or the next single thing."""
        if self.depth >= DEEPEST:
            raise Unsound("nested too deep")
        if self.token[:1].isspace():
            self.advance()
        token, atom = self.token, self.atoms[self.at]
        if atom is not None and (len(token) == 1 or token[0] == "\\"):
            self.advance()
            return _alone(atom)
        if token in _STOPS or token in _RAISED or token.startswith(r"\end{"):
            raise Unsound(f"no argument before {token or 'the end'}")
        self.depth += 1
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
        first, rest, start = self.token[0], self.token[1:], self.here()
        self.texts[self.at] = self.token = rest
        self.atoms[self.at] = ATOMS[rest]
        self.starts[self.at] = start + 1
        return first

    def group(self) -> Row:
        """A brace group."""
        at = self.at + 1
        atom = self.atoms[at]
        if atom is not None and self.texts[at + 1] == "}" and self.depth < DEEPEST:
            self.at = at + 2
            self.token = self.texts[self.at]
            return _alone(atom)
        self.at, self.token = at, self.texts[at]
        row = self.row()
        self.expect("}")
        return row

    def optional(self) -> Row | None:
        """A bracket argument, if there is one."""
        if self.token != "[":
            return None
        self.advance()
        row = self.row("]")
        self.expect("]")
        return row

    def raw(self) -> str:
        """The source of a brace group, without its braces."""
        start = self.skip()
        return self.source[start + 1 : self.start(self.at - 1)]

    def skip(self) -> int:
        """Consume a brace group; returns its start."""
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
        atom = self.atoms[self.at]
        if atom is not None:
            self.advance()
            return atom
        return self.command() if token[0] == "\\" else character(token)


@lru_cache(1024)
def _alone(atom: Atom) -> Row:
    return Row((atom,))


@lru_cache(1024)
def _script(base: Atom, mark: str, script: Atom) -> Scripted:
    """The result of `Parser.scripted` for one script of one atom."""
    if mark == "_":
        return Scripted(base, _alone(script), None, 0)
    return Scripted(base, None, None, 1) if script == _PRIME else Scripted(base, None, _alone(script), 0)


@lru_cache(1024)
def character(token: str) -> Atom:
    """The atom of a character or a number."""
    if token[-1] in "0123456789":
        return Atom(token, Kind.NUMBER)
    if token in ("%", "$", "#"):
        raise Unsound(f"bare {token}")
    if len(token) > 1 and token[1].isspace():
        return Atom(f"{token[0]} ", CHARACTERS[token[0]].kind if token[0] in CHARACTERS else Kind.LETTER)
    return CHARACTERS.get(token) or Atom(token, Kind.LETTER)


ATOMS = _Atoms()  #: the atom of each token by itself
