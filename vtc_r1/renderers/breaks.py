"""Breaks: where a line may start, from best to worst.

A reader takes the start of a line for the start of a token: `1050|-1150` reads as a
negative number, `f(|x)` as two operands. So a line starts after a blank or a newline mark. A formula may be
broken at its operators, code without blanks after its commas if it takes much of a line, and any other
token only if it is longer than a line.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vtc_r1.renderers import unicode
from vtc_r1.renderers.profile import LineBreaks
from vtc_r1.renderers.shape import NEWLINE, SPACE, Shaped, decode

Flags = NDArray[np.bool_]
Indices = NDArray[np.int64]

_LONG_TOKEN = 1 / 6
"""Share of a line above which code without blanks may be broken; below, moving it whole costs little."""
_OPERATORS = "+-=<>*/\\({["  #: characters before which the `operators` rule breaks
_BRACKETS = {"(": ")", "[": "]", "{": "}"}
_SCRIPT_SIGNS, _ROOTS = frozenset("^_"), frozenset("√∛∜")


def _flags(characters: str, size: int = 0x10000) -> Flags:
    flags = np.zeros(size, bool)
    flags[[ord(character) for character in characters]] = True
    return flags


_ASCII_OPERATOR = _flags(_OPERATORS, 0x80)
_RELATION = _flags("+=<>*±×·÷≤≥≠≈≡→⇒⇔∈∪∩")
_MINUS = _flags("-\u2010\u2011\u2012\u2013\u2212")
_JOINT = _flags("/,;:&?|\\") | _MINUS
"""Characters after which a token that is longer than a line may be broken."""
_OPENING = _flags("([{√∛∜⌊⌈⟨" + "（［｛〈《「『【〔〖“‘")
_CLOSING = _flags(")]}⌋⌉⟩'′″%!°")
_BRACKET = _flags("()[]{}")
_SHUT = _flags(")]}")
_IDENTIFIER = _flags("_")
_IDENTIFIER[[*range(0x30, 0x3A), *range(0x41, 0x5B), *range(0x61, 0x7B)]] = True
_OPERAND = ~(_flags("".join(map(chr, range(0x80)))) | _RELATION | _MINUS | _OPENING | _CLOSING)
_OPERAND[[*range(0x30, 0x3A), *range(0x41, 0x5B), *range(0x61, 0x7B)]] = True


@dataclass(frozen=True, eq=False)
class Breaks:
    """For each index, the last one at or before it where a line may start; shape (characters + 1,) each."""

    best: Indices  #: where a reader would break
    fair: Indices  #: inside a token that is longer than a line
    loose: Indices  #: next to a sign, so that identifiers and numbers are not split
    possible: Indices  #: anywhere except inside a number, an escape or a combined letter


def find_breaks(shaped: Shaped, ends: Indices, room: int, rule: LineBreaks) -> Breaks:
    """Find where lines of a text may start.

    Args:
        shaped: the characters.
        ends: pen position after each character, in 1/64 px.
        room: width of a line in 1/64 px.
        rule: the profile's rule for line breaks.
    """
    points = shaped.points
    blank = (points == SPACE) | (points == NEWLINE)
    free = np.append(~shaped.tied, True)
    bare = points == SPACE
    bare[:-1] &= ~unicode.is_mark(points[1:])  # a blank that carries an accent is ink
    # No line starts at a blank, except at the indentation after a newline mark: it belongs to the new line.
    if rule == "reader":
        bare &= ~_behind_marks(shaped.marks, bare)
    free[:-1] &= ~bare
    if rule == "operators":
        best = fair = _at_operators(shaped, blank) & free
    elif rule == "blanks":
        best = fair = _at_blanks(shaped, ends, room) & free
    else:
        best = _for_readers(shaped, blank, ends, room) & free
        fair = (best | _inside_tokens(shaped)) & free
    loose = fair if rule == "operators" else (fair | _beside_signs(points)) & free
    return Breaks(_latest(best), _latest(fair), _latest(loose), _latest(free))


def _latest(may: Flags) -> Indices:
    return np.maximum.accumulate(np.where(may, np.arange(len(may)), 0))


def _at_operators(shaped: Shaped, blank: Flags) -> Flags:
    """After blanks and marks, and before every operator that does not follow another one."""
    points = shaped.points
    operator = _ASCII_OPERATOR[np.minimum(points, 0x7F)]
    may = np.append(False, blank | shaped.marks)
    may[1:-1] |= operator[1:] & ~operator[:-1]
    return may | _between_wide(shaped)


def _at_blanks(shaped: Shaped, ends: Indices, room: int) -> Flags:
    """After newlines and single blanks (several stay together), and inside tokens longer than a line."""
    single = lone_blanks(shaped.points) | shaped.marks
    may = np.append(False, (shaped.points == NEWLINE) | single) | _between_wide(shaped)
    edge = np.append(True, may[1:-1])
    may[1:-1] |= _long(edge, ends, room, 1)[1:]
    return may


def lone_blanks(points: NDArray[np.uint32]) -> Flags:
    """Blanks without another blank next to them."""
    blank = np.concatenate([[False], points == SPACE, [False]])
    found: Flags = blank[1:-1] & ~blank[:-2] & ~blank[2:]
    return found


def _between_wide(shaped: Shaped) -> Flags:
    """Before and after every full-width character."""
    wide = unicode.is_east_asian(shaped.points)
    may = np.append(wide, False)
    may[1:-1] |= wide[:-1] & ~shaped.tied[1:]
    return may


def _behind_marks(marks: Flags, bare: Flags) -> Flags:
    """First blanks after a newline mark: they begin the indentation of the next line."""
    behind = np.zeros(len(bare), bool)
    behind[1:] = bare[1:] & marks[:-1]
    return behind


def _for_readers(shaped: Shaped, blank: Flags, ends: Indices, room: int) -> Flags:
    points = shaped.points
    small = np.minimum(points, 0xFFFF)
    may = np.append(False, blank | shaped.marks) | _between_wide(shaped)
    # No line starts after an indentation either, which stays with its line.
    indented = np.append(False, _indentation(shaped.marks, points == SPACE))
    may &= ~indented
    edge = np.append(True, may[1:-1])
    formula = shaped.whole[1:] == shaped.whole[:-1]
    may[1:-1] |= (_between_operands(small) | _between_brackets(small)) & formula
    may[1:-1] |= _listed(small) & ~formula & _long(edge, ends, room, _LONG_TOKEN)[1:]
    # A line that ends in an opening bracket or a root sign promises an operand that is not there.
    ink = np.maximum.accumulate(np.where(blank, -1, np.arange(len(points))))
    opened = (ink >= 0) & _OPENING[small[np.maximum(ink, 0)]]
    may[1:] &= ~opened | (points == NEWLINE)
    # Two newline marks are one blank line, which a line break would split.
    may[:-1] &= ~_second_of_pair(shaped)
    return may & ~_inside_groups(points, ends, room)


def _indentation(marks: Flags, space: Flags) -> Flags:
    """Blanks of a run that begins after a newline mark."""
    if not marks.any():
        return np.zeros(len(space), bool)
    at = np.arange(len(space))
    before = np.maximum.accumulate(np.where(space, -1, at))
    return space & (before >= 0) & marks[np.maximum(before, 0)]


def _between_operands(small: NDArray[np.uint32]) -> Flags:
    """Where a formula may be broken: before an operator, but after a minus, which would look like a sign."""
    relation, minus = _RELATION[small], _MINUS[small]
    operand = _OPERAND[small]
    left, right = operand | _CLOSING[small], operand | _OPENING[small] | (small == ord("\\"))
    found = np.zeros(len(small) - 1, bool)
    found[:-1] = relation[1:-1] & left[:-2] & (right[2:] | minus[2:])
    found[1:] |= minus[1:-1] & left[:-2] & right[2:]
    return found


def _between_brackets(small: NDArray[np.uint32]) -> Flags:
    """After a comma between two bracketed things, such as the rows of a matrix."""
    found = np.zeros(len(small) - 1, bool)
    found[1:] = _SHUT[small[:-2]] & (small[1:-1] == ord(",")) & _BRACKET[small[2:]] & ~_SHUT[small[2:]]
    return found


def _listed(small: NDArray[np.uint32]) -> Flags:
    """In a token of code: after its commas and semicolons, and before an operator after a bracket."""
    comma = (small == ord(",")) | (small == ord(";"))
    found: Flags = comma[:-1] & ~comma[1:] & ~_CLOSING[small[1:]]
    operator = _RELATION[small]
    operator[:-1] |= _MINUS[small[:-1]] & _MINUS[small[1:]]  # a single one would read as a sign
    return found | (_SHUT[small[:-1]] & operator[1:])


def _long(edge: Flags, ends: Indices, room: int, share: float) -> Flags:
    """Characters of tokens that take more than a share of a line; `edge` marks the first of each token."""
    first = np.flatnonzero(edge)
    behind = np.append(first[1:], len(ends)) - 1
    widths = ends[behind] - np.append(0, ends)[first]
    return np.repeat(widths > room * share, np.diff(np.append(first, len(ends))))


def _second_of_pair(shaped: Shaped) -> Flags:
    """Marks that are the second of a pair, which stands for one blank line."""
    starts = shaped.marks & ~shaped.tied
    second = np.zeros(len(starts), bool)
    at = np.flatnonzero(starts)
    if len(at) < 2:
        return second
    adjoining = np.append(False, shaped.marks[at[1:] - 1])
    run = np.arange(len(at)) - np.maximum.accumulate(np.where(adjoining, 0, np.arange(len(at))))
    second[at[run % 2 == 1]] = True
    return second


def _inside_tokens(shaped: Shaped) -> Flags:
    """Where a token that is longer than a line may be broken."""
    small = np.minimum(shaped.points, 0xFFFF)
    may = np.zeros(len(small) + 1, bool)
    relation = _RELATION[small]
    may[1:-1] = relation[1:] & ~relation[:-1] & ~_OPENING[small[:-1]]
    joint = _JOINT[small]
    may[1:-1] |= joint[:-1] & ~joint[1:]
    return may


def _beside_signs(points: NDArray[np.uint32]) -> Flags:
    """Anywhere except inside identifiers."""
    letter = _IDENTIFIER[np.minimum(points, 0xFFFF)]
    may = np.ones(len(points) + 1, bool)
    may[1:-1] = ~(letter[1:] & letter[:-1])
    return may


def _inside_groups(points: NDArray[np.uint32], ends: Indices, room: int) -> Flags:
    """Inside boxed answers, fractions, scripts and roots that fit on a line; shape (characters + 1,)."""
    inside = np.zeros(len(points) + 1, np.int64)
    small = np.minimum(points, 0xFFFF)
    brackets = np.flatnonzero(_BRACKET[small])
    if not len(brackets):
        return inside.astype(bool)
    text = decode(points)
    partner = _pairs(text, brackets.tolist())
    pens = np.append(0, ends)
    for start, end in partner.items():
        if end < start:
            continue
        first, last = start, end + 1
        before = text[start - 1] if start else ""
        if before == "/" or before in _SCRIPT_SIGNS:
            first = _operand_start(text, start - 1, partner)
        elif before in _ROOTS:
            first = start - 1
        elif start >= 6 and text.startswith("\\boxed", start - 6):
            first = start - 6
        if text[last : last + 1] == "/" and text[last + 1 : last + 2].strip():
            first, last = (
                min(first, _operand_start(text, last, partner)),
                _operand_end(text, last + 1, partner),
            )
        if (first, last) != (start, end + 1) and pens[last] - pens[first] <= room:
            inside[first + 1] += 1
            inside[last] -= 1
    return np.cumsum(inside) > 0


def _pairs(text: str, brackets: list[int]) -> dict[int, int]:
    """Each bracket's partner; brackets without one are absent."""
    partner: dict[int, int] = {}
    open_at: list[int] = []
    for at in brackets:
        if text[at] in _BRACKETS:
            open_at.append(at)
        elif open_at and _BRACKETS[text[open_at[-1]]] == text[at]:
            start = open_at.pop()
            partner[start], partner[at] = at, start
        else:
            open_at.clear()  # unbalanced brackets group nothing
    return partner


_LONGEST_OPERAND = 64  #: maximum characters of an operand that is not in brackets


def _operand_start(text: str, end: int, partner: dict[int, int]) -> int:
    """First character of the operand that ends before `end`."""
    at = partner.get(end - 1, end) if end and text[end - 1] in ")]}" else end
    while at > max(0, end - _LONGEST_OPERAND) and at and _is_operand(text[at - 1]):
        at -= 1
    return at


def _operand_end(text: str, start: int, partner: dict[int, int]) -> int:
    """Index after the operand that starts at `start`."""
    at = start
    while at < min(len(text), start + _LONGEST_OPERAND) and _is_operand(text[at]):
        at += 1
    if at < len(text) and text[at] in _BRACKETS:
        at = partner.get(at, at - 1) + 1
    return at


def _is_operand(character: str) -> bool:
    return character.isalnum() or character in "√∛∜.^_'′\\"
