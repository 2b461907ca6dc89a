"""Parts side by side: which of them need parentheses there, and where a space keeps two apart."""

from collections.abc import Sequence

from vtc_r1.renderers.latex.tree import Atom, Kind, Tail

_OPERANDS = frozenset(
    [
        Kind.NUMBER, Kind.LETTER, Kind.NAME, Kind.CALL, Kind.SCRIPT, Kind.ROOT, Kind.FRACTION, Kind.MIXED,
        Kind.GROUP, Kind.COMMAND, Kind.BAR,
    ]
)  # fmt: skip
_TIGHT_BEFORE = _OPERANDS | {Kind.CLOSE, Kind.MULTIPLY, Kind.POSTFIX}
_TIGHT_AFTER = _OPERANDS | {Kind.OPEN, Kind.MULTIPLY, Kind.POSTFIX, Kind.BIG}
_ROOT_GOES_ON = _OPERANDS - {Kind.ROOT} | {Kind.OPEN, Kind.POSTFIX}
_WORDS = frozenset([Kind.NAME, Kind.TEXT, Kind.COMMAND, Kind.CALL, Kind.BIG])
_CLOSERS = frozenset([Kind.CLOSE, Kind.PUNCTUATION, Kind.RELATION])
_COMPOUND = frozenset([Kind.FRACTION, Kind.MIXED, Kind.GROUP, Kind.ROOT])
_DELICATE = _COMPOUND | {Kind.POSTFIX, Kind.BAR}
_RADICALS = frozenset("√∛∜")
_BLANK = frozenset([Kind.THIN, Kind.WIDE])
_DIGITS = "0123456789⁰¹²³⁴⁵⁶⁷⁸⁹"
_RUNS_ON, _RUN_INTO = frozenset(_DIGITS + "!"), frozenset(_DIGITS + ".=\\")
_WIDE, _NAME, _ADD = Kind.WIDE, Kind.NAME, Kind.ADD
_OPEN_TAILS, _LETTER_TAILS = (Tail.BIG, Tail.OPERATOR), (Tail.WORD, Tail.LETTER)


def settle(parts: Sequence[Atom]) -> list[Atom]:
    """The same parts, compound ones in parentheses where a neighbour would break into them."""
    if len(parts) == 1:
        return _bars(parts) if parts[0].kind == Kind.BAR else list(parts)
    for part in parts:
        if part.kind in _DELICATE:
            break
    else:
        return list(parts)
    kinds = {part.kind for part in parts}
    parts = _bars(parts) if Kind.BAR in kinds else parts
    if kinds.isdisjoint(_COMPOUND) and Kind.POSTFIX not in kinds:
        return list(parts)
    settled = []
    for at, part in enumerate(parts):
        may_tear = part.kind in _COMPOUND or _is_radical(part)
        if may_tear and _is_torn(_beside(parts, at, -1), part, _beside(parts, at, 1)):
            part = Atom(f"({part.text})", Kind.CALL)
        settled.append(part)
    return settled


def _beside(parts: Sequence[Atom], at: int, step: int) -> Atom | None:
    at += step
    while 0 <= at < len(parts) and parts[at].kind == Kind.THIN:
        at += step
    return parts[at] if 0 <= at < len(parts) else None


def _is_radical(part: Atom) -> bool:
    return part.kind == Kind.CALL and part.text[0] in _RADICALS


def _is_torn(before: Atom | None, part: Atom, after: Atom | None) -> bool:
    if part.kind in (Kind.ROOT, Kind.CALL):
        if after is None or part.kind == Kind.CALL:
            return after is not None and after.kind == Kind.POSTFIX
        goes_on = after.kind in _ROOT_GOES_ON and not after.text.startswith("√")
        return goes_on or (after.kind == Kind.TEXT and after.text[0].isalnum())
    loose = part.kind == Kind.GROUP
    if before is not None:
        if before.kind in _TIGHT_BEFORE or (loose and before.kind in (Kind.ADD, Kind.BIG)):
            return True
        if before.kind == Kind.TEXT and before.text[-1].isalnum():
            return True
    if after is None:
        return False
    return after.kind in _TIGHT_AFTER or (after.kind == Kind.TEXT and after.text[0].isalnum())


def _bars(parts: Sequence[Atom]) -> list[Atom]:
    """Bars in pairs open and close; a lone one divides; of any other number nothing is known."""
    result = list(parts)
    for sign in "|‖":
        places = [at for at, part in enumerate(parts) if part.kind == Kind.BAR and part.text[0] == sign]
        if len(places) == 2:
            result[places[0]] = Atom(parts[places[0]].text, Kind.OPEN)
            result[places[1]] = Atom(parts[places[1]].text, Kind.CLOSE, parts[places[1]].tail)
        elif len(places) == 1:
            result[places[0]] = Atom(parts[places[0]].text, Kind.RELATION, parts[places[0]].tail)
    return result


def join(parts: Sequence[Atom]) -> str:
    """Print settled parts, with a space only where two would run into one."""
    texts: list[str] = []
    before: Atom | None = None
    space: Kind | None = None
    for part in parts:
        kind = part.kind
        if kind in _BLANK:
            space = kind if space != _WIDE else space
            continue
        if (
            before is not None
            and (
                space is not None
                or before.tail
                or before.kind in _WORDS
                or kind in _WORDS
                or _may_run_on(before, part)
            )
            and _parted(before, part, space)
        ):
            texts.append(" ")
        texts.append(part.text)
        before, space = part, None
    return "".join(texts)


def _may_run_on(before: Atom, part: Atom) -> bool:
    """Whether two parts, neither of them a word, may look like one: digits, or `!` and `=`."""
    return before.text[-1:] in _RUNS_ON and part.text[:1] in _RUN_INTO


def _parted(before: Atom, part: Atom, space: Kind | None) -> bool:
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
    if not right.isalnum() and right not in "\\.":
        return (before.kind == _NAME and kind == _ADD) or (left == "!" and right == "=")
    if left.isdigit():
        return right.isdigit() or (right == "." and kind == Kind.NUMBER)
    if kind in _WORDS or before.kind in _WORDS:
        return left.isalnum() or (before.kind == Kind.PUNCTUATION and kind == Kind.TEXT)
    return False


def _kept(before: Atom, part: Atom, space: Kind) -> bool:
    """Whether a space of the source is shown: a wide one always, a thin one to part words and numbers."""
    if space == Kind.WIDE or before.kind == Kind.TEXT or part.kind == Kind.TEXT:
        return True
    if before.text[-1] == ",":
        return part.kind == Kind.NUMBER and len(part.text) == 3
    return before.text[-1].isalnum() and part.text[0].isalnum()
