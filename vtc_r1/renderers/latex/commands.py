r"""Commands with arguments: fractions, roots, accents, text, fences."""

import re
from collections.abc import Callable

from vtc_r1.renderers.latex import environments, tree
from vtc_r1.renderers.latex.alphabets import SWITCH, letters
from vtc_r1.renderers.latex.parser import Parser
from vtc_r1.renderers.latex.symbols import DELIMITERS, NEGATED
from vtc_r1.renderers.latex.words import plain

lines = environments.lines

ACCENTS = {
    "overline": "bar", "bar": "bar", "vec": "vec", "overrightarrow": "vec", "hat": "hat", "widehat": "hat",
    "tilde": "tilde", "widetilde": "tilde", "dot": "dot", "ddot": "ddot", "underline": "underline",
    "check": "check", "breve": "breve", "acute": "acute", "grave": "grave", "mathring": "ring",
    "overleftarrow": "overleftarrow", "overleftrightarrow": "overleftrightarrow", "overarc": "arc",
    "wideparen": "arc", "overparen": "arc", "cancel": "cancel", "bcancel": "cancel", "xcancel": "cancel",
    "underbrace": "underbrace", "overbrace": "overbrace",
}  # fmt: skip
_BOLD = {
    "mathbf": "mathbf", "bold": "mathbf", "boldsymbol": "mathbfit", "bm": "mathbfit", "pmb": "mathbfit",
}  # fmt: skip
_STYLES = "mathit mathnormal mathord mathbin mathrel mathopen mathclose mathinner mathpunct"
_SIZES = {"dfrac": "dfrac", "cfrac": "dfrac", "tfrac": "tfrac"}
_SILENT = (
    "! displaystyle textstyle scriptstyle scriptscriptstyle nonumber notag rm it "
    "cal mathstrut strut negthinspace noindent centering big Big bigg Bigg bigl bigr Bigl Bigr "
    "biggl biggr Biggl Biggr bigm Bigm small large normalsize / allowbreak nobreak"
)
SILENT = frozenset(f"\\{name}" for name in _SILENT.split())  #: invisible commands without arguments
_TEXTS = "text mbox hbox textrm textbf textit textsf texttt textnormal emph textup"


def read(parser: Parser) -> tree.Node | None:
    """Parse the command at the cursor; an unknown one is kept as written."""
    name = parser.token
    handler = _HANDLERS.get(name)
    if handler is not None:
        parser.advance()
        return handler(parser, name[1:])
    return environments.environment(parser) if name.startswith(r"\begin{") else _verbatim(parser)


def _verbatim(parser: Parser) -> tree.Node:
    start, name = parser.here(), parser.advance()
    if name in (r"\begin", r"\end", "\\") or name.startswith(r"\middle"):
        raise tree.Unsound(f"stray {name}")
    while parser.token == "{" or (parser.token == "[" and name[1].isalpha()):
        before = parser.at
        if parser.token == "[":
            if "]" not in parser.texts[before : before + 16]:
                break
            while parser.advance() != "]":
                pass
            if parser.token != "{":
                parser.at, parser.token = before, "["
                break
        else:
            parser.skip()
    end = parser.here()
    return tree.Atom(parser.source[start:end].strip(), tree.Kind.COMMAND)


def _fraction(parser: Parser, name: str) -> tree.Node:
    if name == "cfrac" and parser.token == "[":
        parser.optional()
    return tree.Fraction(parser.argument(), parser.argument(), _SIZES.get(name, ""))


def _binomial(parser: Parser, name: str) -> tree.Node:
    return tree.Call("C", (parser.argument(), parser.argument()))


def _root(parser: Parser, name: str) -> tree.Node:
    return tree.Root(parser.optional(), parser.argument())


def _accent(parser: Parser, name: str) -> tree.Node:
    return tree.Call(ACCENTS[name], (parser.argument(),))


def _style(parser: Parser, name: str) -> tree.Node:
    return parser.argument()


def _smash(parser: Parser, name: str) -> tree.Node:
    parser.optional()
    return parser.argument()


def _typed(parser: Parser, name: str) -> tree.Node:
    """A body in another type; kept as written if the text also has its letters in plain type."""
    start = parser.start(parser.at - 1)
    body = parser.argument()
    if parser.ambiguous:
        source = parser.source[start : parser.here()].strip()
        if not parser.ambiguous.isdisjoint(letters(source[len(name) + 1 :])):
            return tree.Atom(source, tree.Kind.COMMAND)
    return tree.Styled(_BOLD[name], body) if name in _BOLD else body


def _switch(parser: Parser, name: str) -> None:
    if SWITCH in parser.ambiguous:
        raise tree.Unsound(f"{name} for letters that are plain, too")


def _roman(parser: Parser, name: str) -> tree.Node:
    return tree.Styled(name, parser.argument())


def _silent(parser: Parser, name: str) -> None:
    return None


def _silent_argument(parser: Parser, name: str) -> None:
    parser.raw()


def _space_argument(parser: Parser, name: str) -> tree.Node:
    if parser.token == "{":
        parser.raw()
        return tree.Atom(" ", tree.Kind.WIDE)
    raise tree.Unsound(f"{name} without braces")


def _phantom(parser: Parser, name: str) -> tree.Node:
    body = parser.argument()
    return tree.Atom(" ", tree.Kind.THIN) if name == "vphantom" else tree.Phantom(body)


def _coloured(parser: Parser, name: str) -> tree.Node:
    parser.raw()
    return parser.argument()


def _boxed(parser: Parser, name: str) -> tree.Node:
    return tree.Fenced(f"\\{name}{{", parser.argument(), "}")


def _text(parser: Parser, name: str) -> tree.Node | None:
    if parser.token != "{":
        raise tree.Unsound(f"{name} without braces")
    start = parser.start(parser.at - 1)
    words = parser.raw()
    if name == "textbf" and words in parser.ambiguous:
        return tree.Atom(parser.source[start : parser.here()].strip(), tree.Kind.COMMAND)
    if re.search(r"(?<!\\)\$|\\\(", words):
        return parser.mixed(words)
    shown = plain(words)
    return tree.Atom(shown, tree.Kind.TEXT) if shown else None


def _operator(parser: Parser, name: str) -> tree.Node:
    if parser.token == "*":
        parser.advance()
    words = re.sub(r"\\[,;!: ]|~", "", parser.raw()).strip()
    if match := re.fullmatch(r"\\(?:text|mathrm|textrm|rm)\s*\{([A-Za-z ]+)\}", words):
        words = match[1].strip()
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9 -]*", words):
        raise tree.Unsound(f"operator {words[:40]!r}")
    return tree.Atom(words, tree.Kind.NAME)


def _alphabet(parser: Parser, name: str) -> tree.Node:
    start = parser.start(parser.at - 1)
    if parser.token == "{":
        inside = parser.raw().strip()
    else:
        inside = parser.digit() if parser.token[1:].isdigit() else parser.advance()
    source = parser.source[start : parser.here()].strip()
    if rf"\mathcal{inside}" in parser.ambiguous:
        return tree.Atom(source, tree.Kind.COMMAND)
    return tree.Alphabet("mathbb" if name == "Bbb" else name, inside, source)


def _modulo(parser: Parser, name: str) -> tree.Node:
    return tree.Modulus(name, parser.argument())


def _delimiter(parser: Parser) -> str:
    token = parser.token
    if token[:1] == "." and len(token) > 1:
        token = parser.digit()
    else:
        parser.advance()
    if token not in DELIMITERS:
        raise tree.Unsound(f"{token or 'the end'} is not a delimiter")
    return DELIMITERS[token]


def _left(parser: Parser, name: str) -> tree.Node:
    opening = _delimiter(parser)
    body = parser.row("")
    parser.expect(r"\right")
    return tree.Fenced(opening, body, _delimiter(parser))


def _middle(parser: Parser, name: str) -> tree.Node:
    return tree.Atom(_delimiter(parser), tree.Kind.RELATION)


def _negated(parser: Parser, name: str) -> tree.Node:
    atom = parser.nucleus() if parser.token not in ("", "}") else None
    if not isinstance(atom, tree.Atom) or atom.text not in NEGATED:
        raise tree.Unsound(r"\not before what has no negated form")
    return tree.Atom(NEGATED[atom.text], atom.kind)


def _over(parser: Parser, name: str) -> tree.Node:
    mark, base = parser.argument(), parser.argument()
    first = base.items[0] if len(base.items) == 1 else None
    kind = first.kind if isinstance(first, tree.Atom) else tree.Kind.CALL
    if name == "underset" and kind in (tree.Kind.NAME, tree.Kind.BIG):
        return tree.Scripted(first, mark, None, 0)
    return tree.Call(name, (mark, base), tree.Kind.RELATION if kind == tree.Kind.RELATION else tree.Kind.CALL)


def _long_arrow(parser: Parser, name: str) -> tree.Node:
    below, above = parser.optional(), parser.argument()
    arrow = tree.Atom("→" if "right" in name else "←", tree.Kind.RELATION)
    return tree.Scripted(arrow, below, above if above.items else None, 0)


def _cancel_to(parser: Parser, name: str) -> tree.Node:
    return tree.Call(name, (parser.argument(), parser.argument()))


def _operand(parser: Parser, name: str) -> tree.Node:
    row = parser.argument()
    first = row.items[0] if len(row.items) == 1 else None
    first = first.plain if isinstance(first, tree.Styled) else first
    if isinstance(first, tree.Atom):
        return tree.Atom(first.text, tree.Kind.BIG if first.kind == tree.Kind.BIG else tree.Kind.NAME)
    letters = [
        item.text for item in row.items if isinstance(item, tree.Atom) and item.kind == tree.Kind.LETTER
    ]
    return tree.Atom("".join(letters), tree.Kind.NAME) if letters and len(letters) == len(row.items) else row


def _tag(parser: Parser, name: str) -> None:
    if parser.token == "*":
        parser.advance()
    parser.tag = plain(parser.raw().replace("$", ""))


def _layout(parser: Parser, name: str) -> None:
    raise tree.Unsound(f"{name} places cells, which one line cannot")


def _stack(parser: Parser, name: str) -> tree.Node:
    parser.expect("{")
    row = lines(parser)
    parser.expect("}")
    return row


_Handler = Callable[[Parser, str], tree.Node | None]
_GROUPS: tuple[tuple[_Handler, str], ...] = (
    (_fraction, "frac dfrac tfrac cfrac"),
    (_binomial, "binom dbinom tbinom"),
    (_root, "sqrt"),
    (_accent, " ".join(ACCENTS)),
    (_style, _STYLES),
    (_smash, "smash"),
    (_typed, f"{' '.join(_BOLD)} mathsf mathtt"),
    (_switch, "bf sf tt"),
    (_silent, f"{_SILENT} limits nolimits"),
    (_silent_argument, "label color vspace"),
    (_space_argument, "hspace"),
    (_phantom, "phantom hphantom vphantom"),
    (_coloured, "textcolor"),
    (_boxed, "boxed fbox"),
    (_text, _TEXTS),
    (_roman, "mathrm"),
    (_operator, "operatorname operatornamewithlimits"),
    (_alphabet, "mathbb Bbb mathcal mathscr mathfrak"),
    (_modulo, "pmod mod pod"),
    (_left, "left"),
    (_middle, "middle"),
    (_negated, "not"),
    (_over, "overset underset stackrel"),
    (_long_arrow, "xrightarrow xleftarrow"),
    (_cancel_to, "cancelto"),
    (_operand, "mathop"),
    (_tag, "tag"),
    (_stack, "substack"),
    (_layout, "cline multicolumn multirow"),
)
_HANDLERS: dict[str, _Handler] = {
    f"\\{name}": handler for handler, names in _GROUPS for name in names.split()
}
COMMANDS = frozenset(_HANDLERS)  #: the commands that are parsed here
