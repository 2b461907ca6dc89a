"""Adjacent parts: which of them need parentheses, and where a space separates two."""

import re
from collections.abc import Sequence
from itertools import pairwise

from vtc_r1.renderers.latex import tree

_OPERANDS = frozenset(
    [
        tree.NUMBER, tree.LETTER, tree.NAME, tree.CALL, tree.SCRIPT, tree.ROOT, tree.FRACTION, tree.MIXED,
        tree.GROUP, tree.COMMAND, tree.BAR,
    ]
)  # fmt: skip
_TIGHT_BEFORE = _OPERANDS | {tree.CLOSE, tree.MULTIPLY, tree.POSTFIX}
_TIGHT_AFTER = _OPERANDS | {tree.OPEN, tree.MULTIPLY, tree.POSTFIX, tree.BIG}
_ROOT_GOES_ON = _OPERANDS - {tree.ROOT} | {tree.OPEN, tree.POSTFIX}
_WORDS = frozenset([tree.NAME, tree.TEXT, tree.COMMAND, tree.CALL, tree.BIG])
_CLOSERS = frozenset([tree.CLOSE, tree.PUNCTUATION, tree.RELATION])
_COMPOUND = frozenset([tree.FRACTION, tree.MIXED, tree.GROUP, tree.ROOT])
_DELICATE = _COMPOUND | {tree.POSTFIX, tree.BAR}
_FUNCTION = re.compile(r"[fghpqFGHPQφψΦΨϕ](?:['_^]|$)")  #: letters that are usual names of functions
_DIVIDER = tree.Atom("|", tree.RELATION)
_RADICALS = frozenset("√∛∜")
_BLANK = frozenset([tree.THIN, tree.WIDE])
_PLAIN = frozenset(tree.Kind) - _WORDS - _BLANK
_DIGITS = "0123456789⁰¹²³⁴⁵⁶⁷⁸⁹"
_RUNS_ON, _RUN_INTO = frozenset(_DIGITS + "!"), frozenset(_DIGITS + ".=\\")
_NONE = tree.Tail.NONE
_OPEN_TAILS, _LETTER_TAILS = (tree.Tail.BIG, tree.Tail.OPERATOR), (tree.Tail.WORD, tree.Tail.LETTER)


def settle(parts: Sequence[tree.Atom]) -> Sequence[tree.Atom]:
    """The same parts, compound ones in parentheses if a neighbour would change their meaning."""
    kinds = {part[1] for part in parts}
    if tree.BAR in kinds:
        parts = _bars(parts)
    if _DIVIDER in parts:
        parts = _dividers(parts)
    if kinds.isdisjoint(_DELICATE):
        return parts
    if len(parts) == 1 or (kinds.isdisjoint(_COMPOUND) and tree.POSTFIX not in kinds):
        return parts
    settled = []
    for at, part in enumerate(parts):
        kind = part[1]
        may_tear = kind in _COMPOUND or (kind == tree.CALL and part.text[:1] in _RADICALS)
        if may_tear and _is_torn(_beside(parts, at, -1), part, _beside(parts, at, 1)):
            applied = at and _is_function(_beside(parts, at, -1))
            part = tree.Atom(f"·({part.text})" if applied else f"({part.text})", tree.CALL)
        settled.append(part)
    return settled


def _beside(parts: Sequence[tree.Atom], at: int, step: int) -> tree.Atom | None:
    at += step
    while 0 <= at < len(parts) and parts[at].kind == tree.THIN:
        at += step
    return parts[at] if 0 <= at < len(parts) else None


def _is_torn(before: tree.Atom | None, part: tree.Atom, after: tree.Atom | None) -> bool:
    if part.kind in (tree.ROOT, tree.CALL):
        if after is None or part.kind == tree.CALL:
            return after is not None and after.kind == tree.POSTFIX
        goes_on = after.kind in _ROOT_GOES_ON and not after.text.startswith("√")
        return goes_on or (after.kind == tree.TEXT and after.text[:1].isalnum())
    loose = part.kind == tree.GROUP
    if before is not None:
        if before.kind in _TIGHT_BEFORE or (loose and before.kind in (tree.ADD, tree.BIG)):
            return True
        if before.kind == tree.TEXT and before.text[-1:].isalnum():
            return True
    if after is None:
        return False
    return after.kind in _TIGHT_AFTER or (after.kind == tree.TEXT and after.text[:1].isalnum())


def _is_function(part: tree.Atom | None) -> bool:
    """Whether added parentheses after it would look like those of an argument."""
    return (
        part is not None
        and part.kind in (tree.LETTER, tree.SCRIPT)
        and _FUNCTION.match(part.text) is not None
    )


def _dividers(parts: Sequence[tree.Atom]) -> Sequence[tree.Atom]:
    """Dividing bars, with blanks around them if there are other bars."""
    if sum("|" in part.text for part in parts) < 2:
        return parts
    return [
        tree.Atom(" | ", tree.RELATION, part.tail) if part[:2] == ("|", tree.RELATION) else part
        for part in parts
    ]


def _bars(parts: Sequence[tree.Atom]) -> list[tree.Atom]:
    """Bars in pairs open and close; a lone one divides; any other number is ambiguous."""
    result = list(parts)
    for sign in "|‖":
        places = [at for at, part in enumerate(parts) if part.kind == tree.BAR and part.text[0] == sign]
        if len(places) == 2:
            result[places[0]] = tree.Atom(parts[places[0]].text, tree.OPEN)
            result[places[1]] = tree.Atom(parts[places[1]].text, tree.CLOSE, parts[places[1]].tail)
        elif len(places) == 1:
            result[places[0]] = tree.Atom(parts[places[0]].text, tree.RELATION, parts[places[0]].tail)
        elif len(places) % 2 and any(right - left == 1 for left, right in pairwise(places)):
            raise tree.Unsound("bars of which one divides")
    return result


def join(parts: Sequence[tree.Atom]) -> str:
    """Print settled parts, with a space only where two would run into one."""
    if len(parts) == 1:
        return parts[0].text if parts[0].kind not in _BLANK else ""
    texts: list[str] = []
    before: tree.Atom | None = None
    space: tree.Kind | None = None
    is_loud = runs_on = False
    for part in parts:
        text, kind, tail = part
        if kind in _PLAIN and not (kind is tree.RELATION and text[:1].isalpha()):
            may_part = is_loud or (runs_on and text[:1] in _RUN_INTO)
            is_loud = tail is not _NONE
        elif kind in _BLANK:
            space = kind if space != tree.WIDE else space
            is_loud = True
            continue
        else:
            may_part = is_loud = True
        if may_part and before is not None and _parted(before, part, space):
            texts.append(", " if space is tree.WIDE and _is_mixed(before, part) else " ")
        texts.append(text)
        before, space = part, None
        runs_on = text[-1:] in _RUNS_ON
    return "".join(texts)


def _parted(before: tree.Atom, part: tree.Atom, space: tree.Kind | None) -> bool:
    left, right = before.text[-1:], part.text[:1]
    if left == " " or right == " ":
        return False
    if space is not None and _kept(before, part, space):
        return True
    tail, kind = before.tail, part.kind
    if tail:
        if tail in _OPEN_TAILS:
            return kind not in _CLOSERS
        if right.isalnum() and tail in _LETTER_TAILS:
            return True
    if (kind is tree.RELATION and part.text[:2].isalpha()) or (
        before.kind is tree.RELATION and before.text[:2].isalpha()
    ):
        return left not in "([{" and right not in ")]},;."
    if not right.isalnum() and right not in "\\.":
        return (before.kind == tree.NAME and kind == tree.ADD) or (left == "!" and right == "=")
    if left.isdigit():
        return right.isdigit() or (right == "." and kind == tree.NUMBER)
    if kind in _WORDS or before.kind in _WORDS:
        return left.isalnum() or (before.kind == tree.PUNCTUATION and kind == tree.TEXT)
    return False


def _is_mixed(before: tree.Atom, part: tree.Atom) -> bool:
    """Whether a blank between them would make one number of two."""
    return before.text[-1:].isdigit() and part.text[:1].isdigit() and part.kind in (tree.FRACTION, tree.MIXED)


def _kept(before: tree.Atom, part: tree.Atom, space: tree.Kind) -> bool:
    """Whether a space of the source is shown: a wide one always, a thin one to part words and numbers."""
    if space == tree.WIDE or before.kind == tree.TEXT or part.kind == tree.TEXT:
        return True
    if before.text[-1:] == ",":
        return part.kind == tree.NUMBER and len(part.text) == 3
    return before.text[-1:].isalnum() and part.text[:1].isalnum()
