r"""Decides whether the text between delimiters is a formula, or prose, money or code.

A formula mistaken for prose stays as written, which costs characters. Prose mistaken for a formula
changes what a page says, so in doubt it is prose. Unmistakable LaTeX (a known command, a script
of an operand) is a formula whatever is next to it; everything else must also be placed like a formula.
"""

import re
from functools import lru_cache
from itertools import pairwise

from vtc_r1.renderers.latex.commands import COMMANDS
from vtc_r1.renderers.latex.symbols import NAMES, SYMBOLS

_COMMAND = re.compile(r"\\[a-zA-Z]{2,}")
_LATEX = frozenset(
    [*(name for name in (*SYMBOLS, *COMMANDS) if len(name) > 2), r"\begin", r"\text", r"\cline", r"\right"]
)
_SCRIPT = re.compile(
    r"[_^]\{|[A-Za-z0-9)\]}|'](?:\^\\?[A-Za-z0-9(]|_[A-Za-z0-9](?![A-Za-z0-9_]))|^\^|^_[0-9]"
)
_TEXT = re.compile(
    r"\\(?:text[a-z]*|mbox|hbox|operatorname\*?|math(?:rm|bf|it|sf|tt)|tag\*?|label|begin|end|(?:text)?color)"
    r"\s*\{(?:[^{}]|\{[^{}]*\})*\}|\\[a-zA-Z]+|[_^]\s*(?:\{[^{}]*\}|[A-Za-z]+)"
)
"""Commands and scripts that may contain words."""
_CODE = re.compile(
    r"\$[{(]|<<|=~|~\s*/|;;|\(\?[:=!<]|\[\^[^\\{]|\[[^\]]{0,12}(?:a-z|A-Z|0-9)|\.(?<![0-9.].)[*+]|::"
    r"|\\(?<!\\.)(?:[1-9dswenturx](?![a-zA-Z{])|[DSWB][+*?]|e\[|x[0-9a-f]{2}|u[0-9a-f]{4}|0[0-7]{2}|\|[A-Za-z]{3})"
)
r"""Characters of programs, templates and patterns that formulas do not have."""
_SURE = re.compile(r"(?:\\[a-zA-Z]{2,}+|[A-Z0-9]|[a-z](?![a-z])|[^a-zA-Z0-9\\$`\"@#~;:<\[])*+")
"""Commands, and letters that do not form a word: certainly a formula."""
_SIMPLE = re.compile(
    r"-?[0-9]+(?:[.,][0-9]+)*|[A-Z]{1,4}|[a-z]{1,2}(?<!a[nmst])(?:=-?[0-9]+|\([a-z]\))?|[a-z][<>][0-9]+"
)
_ESCAPED = re.compile(r"(?<!\\)\\(\\[a-zA-Z]{3,})")
_QUOTED = re.compile(r"``[^`]*?''|`[^`']*'")
_WEAK_CODE = re.compile(
    r"[\"@#]|(?:^|[\s(,=\[{])'|==|--|\+\+|&&|[-+*/]=|\w \|=|(?<![A-Za-z0-9)\]}])[*/]\s*[A-Za-z]|\w\.[a-z]{2}"
    r"|(?<!\\)\\[.?+*@<=/~-]|[,;]\s*[*/=]|[*/],|!~|->\s*(?:[\[{(]|[A-Za-z]{2})"
)
_SCRIPT_START = re.compile(r"[_^](?:\{|\\[a-zA-Z]{2}|[A-Za-z0-9*'+-](?![A-Za-z>]))")
_TEMPLATE = re.compile(r"\{[A-Za-z_][\w.]*(?:[^A-Za-z0-9_.{}][^}]*)?\}")
_VARIABLE = re.compile(r"\{[A-Za-z_]\w+\}\s")
_IDENTIFIER = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}_[a-z]{2,}|_[A-Za-z]{3,}")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_CAPITALS = re.compile(r"[A-Z]{3,}\s+[A-Z]{3,}")
_SHORT_WORDS = re.compile(r"a[nmst]|b[ey]|do|go|he|i[fnst]|m[ey]|no|o[fnr]|so|to|u[ps]|we")
_NAMES = NAMES | {"mod"}
_OPERATOR = re.compile(
    r"[=+*/<>≤≥≠×·÷−]|\}\s*\{|\\(?:times|cdot|div|le|ge|leq|geq|ne|neq|approx|frac|to)(?![a-z])| - "
)
_EVIDENCE = re.compile(
    r"[\\^_=<>+|≤≥≠≈±×·÷√∈∞π]|[0-9A-Za-z)\]] ?[-*/] ?[0-9A-Za-z(\[]|[A-Za-z]'|[A-Za-z]\(|\([^(),]+,[^()]*\)"
)
_ARITHMETIC = re.compile(r"[0-9x×÷+\-*/=.,:%()\[\]<>\s]*")
_OPEN_ENDS = "+-*/=<>([{×·÷≤≥−\\_^"
_LONE_SIGN = frozenset("+-=<>*/×÷±")
_SIGNS = frozenset([r"\%", r"\$", r"\#", r"\&", r"\{\}", r"\{ \}"])
_NO_START = frozenset(",;:)]}/*!?&%@#~>，。、；：）！？")
_APART = frozenset(["", " ", "\n", "\t", *".,;:!?)]}'\"’”—–-*|/，。、；：）！？"])
_NUMBER = re.compile(r"[+.-]?[0-9]")
_ENDS = frozenset(["", " ", "\n", *".,;)?!"])
_BEFORE_NUMBERS = frozenset(".")
_NEVER_LEFT = frozenset("^%&@#\x1b")
_NEVER_RIGHT = frozenset("<{@#&^")
_LETTER_ESCAPE = re.compile(r"\\[nrt](?![a-z])")
_AFTER_WORD = re.compile(r"[A-Za-z]\(.*\)|[0-9]\\.*|[A-Za-z]_.*", re.DOTALL)
_SUFFIX = re.compile(r"(?:th|st|nd|rd|s)(?=[\s.,;:!?)'\"’”-]|$)")
_QUOTING = frozenset("'\"/\\^<")
_LINK = re.compile(r"\((?:https?:|mailto:|[\w.#/-]+[./#]|#)")
_AXIS = re.compile(r"(?:ax[ei]s|coordinates?|intercepts?|plane|values?|direction)\b")
_FULL_STOPS = re.compile(r"[。；！？]|^[，、：]|[，、：]$")
_MARKS = " .,:;!'"
_VOWELS = frozenset("aeiou")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"


def is_formula(inside: str, left: str, right: str, mark: str, *, alone: bool = False) -> bool:
    r"""Whether text[inner:outer] is a formula.

    Args:
        inside: the text between the delimiters.
        left: the last two characters before them.
        right: the first characters after them.
        mark: the opening delimiter: `$`, `$$`, `\(` or `\[`.
        alone: whether there is nothing else on the line.
    """
    if len(inside) == 1 and mark != r"\[" and inside.isalnum() and not (left[-1:] + right[:1]).strip():
        return True
    left = left[-1:] if not inside[:1].isspace() else left
    right = right[: 2 if right[:1] in _BEFORE_NUMBERS else 1] if right[:1] in _ENDS else right
    return _is_formula(inside, left, right, mark, alone)


@lru_cache(4096)
def _is_formula(inside: str, left: str, right: str, mark: str, alone: bool) -> bool:
    stripped = inside.strip()
    if not stripped:
        return False
    strong = is_latex(stripped)
    if not (_SURE.fullmatch(stripped) if strong else _SIMPLE.fullmatch(stripped)):
        loose = mark == "$" and inside != stripped
        if not may_be_latex(inside) or _says_something(stripped, strong, loose):
            return False
        if not strong and not _is_plain(stripped):
            return False
    if mark == "$":
        counted = inside[0].isspace() and left.rstrip()[-1:].isdigit() and _ARITHMETIC.fullmatch(stripped)
        return not counted and _stands_as_single(inside, stripped, left[-1:], right, strong)
    if strong:
        return True
    if mark == "$$":
        return _stands_as_double(inside, stripped, right)
    return _stands_in_brackets(stripped, left[-1:], right, mark, alone)


def is_latex(source: str) -> bool:
    """Whether it has a LaTeX command."""
    return "\\" in source and not _LATEX.isdisjoint(_COMMAND.findall(source))


def may_be_latex(inside: str) -> bool:
    """Whether nothing in it belongs to a program, a template or a pattern."""
    if _CODE.search(inside) or ("`" in inside and "`" in _QUOTED.sub("", inside)):
        return False
    return "\\\\" not in inside or _LATEX.isdisjoint(_ESCAPED.findall(inside))


def _says_something(stripped: str, strong: bool, loose: bool) -> bool:
    """Whether it is prose; `loose` if there are blanks at its edges."""
    bare = (
        _TEXT.sub(" \\\\ ", stripped) if "\\" in stripped or "_" in stripped or "^" in stripped else stripped
    )
    words = [word for word in _LETTERS.finditer(bare) if _is_word(word[0])]
    if _CAPITALS.search(bare):
        return True
    if len(words) > 1:
        between = (bare[a.end() : b.start()] for a, b in pairwise(words))
        return loose or not all(map(_OPERATOR.search, between))
    if not words:
        return bare.isalpha() and _is_placeholder(bare)
    if strong:
        return loose
    if words[0][0] == bare.strip(_MARKS) or loose:
        return True
    touches = bare[words[0].start() - 1 : words[0].start()].isspace() or bare[words[0].end() :][:1].isspace()
    return touches and (stripped[0].isdigit() or not _EVIDENCE.search(stripped))


def _is_word(letters: str) -> bool:
    """Whether some letters are a word, not a product, label or name of a function."""
    if letters in _NAMES:
        return False
    if letters.isupper() and letters.isascii():
        return False
    low = letters.lower()
    if len(low) == 2 or not low.isascii():
        return not low.isascii() or _SHORT_WORDS.fullmatch(low) is not None
    return len(low) > 4 or not (_VOWELS.isdisjoint(low) or low in _ALPHABET)


def _is_placeholder(letters: str) -> bool:
    """Whether letters by themselves are a placeholder: `Id`, `PROJECT`."""
    long = len(letters) > 4 and letters.isupper() and letters.lower() not in _ALPHABET
    return long or (letters[0].isupper() and letters[1:].islower() and letters not in _NAMES)


def _is_plain(stripped: str) -> bool:
    """Whether nothing speaks against a formula that has no LaTeX of its own."""
    if _WEAK_CODE.search(stripped) or _IDENTIFIER.search(stripped) or _FULL_STOPS.search(stripped):
        return False
    first, last = stripped[0], stripped[-1]
    if stripped in _LONE_SIGN or stripped in _SIGNS:
        return True
    if not re.search(r"\w", stripped) or (first in "_^" and not _SCRIPT_START.match(stripped)):
        return False
    if first in _NO_START or (first == "." and not stripped[1:2].isdigit()):
        return False
    if last in _OPEN_ENDS and stripped[-2:-1] not in ("^", "_") and not re.fullmatch(r"[A-Za-z]-", stripped):
        return False
    bars = stripped.count("|")
    if bars % 2 and (first == "|" or last == "|" or "\\|" in stripped):
        return False
    level = 0
    for sign in stripped:
        level += (sign in "([{") - (sign in ")]}")
        if level < 0:
            return False
    return level == 0


def _stands_as_single(inside: str, stripped: str, left: str, right: str, strong: bool) -> bool:
    leads, trails, first = inside[0].isspace(), inside[-1].isspace(), right[:1]
    if leads and (_is_name(left) or left in (")", "]", "}")):
        return False
    if trails and (_is_name(first) or first in ("{", "(", "[", "@", "\\")):
        return False
    if first.isdigit() or (_NUMBER.match(right) and _ARITHMETIC.fullmatch(stripped)):
        return stripped[0] == "\\"
    if strong:
        return True
    if (
        "\n" in (inside[0], inside[-1])
        or left in _NEVER_LEFT
        or first in _NEVER_RIGHT
        or _LETTER_ESCAPE.match(right)
    ):
        return False
    if stripped[0] in "{(" and first == "(":
        return False
    if stripped[0] == "{" and (
        _VARIABLE.match(stripped) or (first not in _ENDS and _TEMPLATE.match(stripped))
    ):
        return False
    if first == "$" and _LETTERS.search(stripped):
        return False
    if (trails and stripped[0] in "_^") or left == first == "/":
        return False
    if stripped[-1] == "-" and len(stripped) == 2:
        return _AXIS.match(right) is not None
    if stripped in _LONE_SIGN and (leads or trails or first not in _APART):
        return False
    if leads != trails and not _stands_loose(stripped, right, leads):
        return False
    return _touches_well(stripped, left, right)


def _touches_well(stripped: str, left: str, right: str) -> bool:
    """Whether a formula may be next to these letters, if any."""
    if _is_name(left) and stripped[0] != "^" and not _AFTER_WORD.fullmatch(left + stripped):
        return False
    if not _is_name(right[:1]) or stripped[0] in "_^":
        return True
    return not _is_name(left) and stripped[-1] not in ",.;:" and _SUFFIX.match(right) is not None


def _stands_loose(stripped: str, right: str, leads: bool) -> bool:
    """Whether a span with a blank at one edge only may be a formula."""
    if _ARITHMETIC.fullmatch(stripped) or not _EVIDENCE.search(stripped):
        return len(stripped) == 1 and stripped.isalpha() and not leads and right[:1] in _ENDS
    return leads or right[:1] in _APART


def _stands_as_double(inside: str, stripped: str, right: str) -> bool:
    if _is_name(right[:1]):
        tight = inside == stripped and stripped.rstrip(".,)")[-1:].isalnum()
        return tight and _OPERATOR.search(stripped) is not None
    if (stripped[-1] == ";" and inside != stripped) or (stripped[0] == "{" and right[:1] == "{"):
        return False
    return _EVIDENCE.search(stripped) is not None or not re.search(r"\s", stripped)


def _stands_in_brackets(stripped: str, left: str, right: str, mark: str, alone: bool) -> bool:
    if (left in _QUOTING and not alone) or stripped[0] in "_^=" or (mark == r"\(" and _is_name(left)):
        return False
    if right[:1] in ("+", "?", "{", "/", "$") or right[:2] == r"\|":
        return False
    if right[:1] in ("*", '"', "'") and right[:1] != left:
        return right[:2] == "'s"
    if mark == r"\[":
        if _LINK.match(right) or (_is_name(left) and not re.search(r"[=<>≤≥]", stripped)):
            return False
        return alone or re.search(r"[=<>+^≤≥]", stripped) is not None
    return True


def _is_name(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character == "_")
