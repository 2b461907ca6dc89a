r"""Boxes as models write them: `\boxed{5}`, `\boxed 5`, `\fbox{5}`, `\boxed{5$`, or several per answer."""

import re

from vtc_r1.answers import boxed
from vtc_r1.eval.grading.canonical import canonical
from vtc_r1.eval.grading.numbers import number

_SPELLED = re.compile(
    r"\\+(?:boxed|Boxed|fbox|framebox|beginboxed)(?![A-Za-z])|(?<![\\A-Za-z])boxed(?=\s*\{)"
)
_BARE = re.compile(
    r"\\boxed\s*(?P<inside>-?\d+(?:[.,/]\d+)*|\\d?frac\s*\{[^{}]*\}\s*\{[^{}]*\}|[A-Za-z](?![A-Za-z]))"
)
_OPEN = re.compile(r"\\boxed\s*\{(?P<inside>[^{}$\n]+?)\s*(?:(?<!\\)\$|\\\)|\\\])(?![^\n]{0,200}\})")
_START = re.compile(r"\\boxed\s*\{")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_CHECKMARK = re.compile(
    r"\s*(?:\\text\w*\s*\{)?\s*(?:\\checkmark|✓|✔|☑|\\square|\\blacksquare|\\Box|\\qed|q\.?e\.?d\.?"
    r"|(?:is\s+)?(?:correct|verified|done|checked))\s*[.!]?\s*\}?\s*",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?P<name>[A-Za-z](?:_\{?\w+\}?)?)\s*=[\s$]*(?:\\[(\[])?[\s$]*$")
_NAMES = r"[A-Za-z](?:_\{?\w+\}?)?\s*="
_ENUMERATOR = r"(?:(?:for\s+)?(?:[Pp]art|[Cc]ase)\s*)?\(?[a-hA-H1-9ivx]\s*[).:]+|[-•*]\s"
_BETWEEN = re.compile(
    rf"(?:\s|[,;.$&]|\\[()\[\]]|\\q?quad|\\[,;: ]|\\text\s*\{{[^{{}}]{{0,40}}\}}|{_ENUMERATOR}|{_NAMES}"
    r"|(?:and|or)(?![A-Za-z])|[a-z]{2,15}(?:\s+[a-z]{2,15})?(?=\s+and\s))*"
)
_NEW_LINE = re.compile(
    rf"[,;]\s*\n|\n\s*(?:[$\s]|\\[(\[])*(?:{_ENUMERATOR}|{_NAMES}|and\s|or\s|\\text)|\n\s*\\\]"
)
_WORDS_BETWEEN = re.compile(r"\\text\s*\{([^{}]*)\}")
_ALLOWED = re.compile(r"\s*(?:,|and|or|for\s+part\s*\(?\w\)?(?:\s+and)?|and\s+for\s+part\s*\(?\w\)?)?\s*")
_TAIL = 4_000
_MOST = 20


def cleaned(text: str) -> str:
    r"""Rewrite every kind of box as `\boxed{…}`."""
    if "box" not in text and "Box" not in text:
        return text
    text = _SPELLED.sub(r"\\boxed", text)
    return _OPEN.sub(r"\\boxed{\g<inside>}", _BARE.sub(r"\\boxed{\g<inside>}", text))


def last_box(text: str) -> str | None:
    """Return the content of the last box that is not a checkmark, in cleaned text."""
    found = boxed(text)
    if found is None or not is_checkmark(found):
        return found
    others = [inside for _, _, inside in _boxes(text) if not is_checkmark(inside)]
    return others[-1] if others else found


def is_checkmark(inside: str) -> bool:
    """Tell whether a box holds nothing but a mark such as `✓`, `QED` or `correct`."""
    return _CHECKMARK.fullmatch(inside) is not None


def several(text: str) -> str | None:
    """Join the last boxes of cleaned text if they form the answer together; None for a single one."""
    found = [box for box in _boxes(text) if not is_checkmark(box[2])]
    group = found[-1:]
    while len(group) < len(found):
        box = found[-1 - len(group)]
        if not _belongs(text[box[1] : group[0][0]]):
            break
        group.insert(0, box)
    insides = list(dict.fromkeys(inside for _, _, inside in group))
    if len(insides) < 2 or _is_one_value(insides):
        return None
    names = [named["name"] if (named := _NAME.search(text[:start])) else "" for start, _, _ in group]
    if all(names) and len({*names}) == len(group) and not any("=" in inside for inside in insides):
        return ", ".join(f"{name}={inside}" for name, (_, _, inside) in zip(names, group, strict=True))
    return ", ".join(insides)


def boxed_answer(text: str) -> str | None:
    """Return the answer in the boxes of a text, None if it has no box."""
    text = cleaned(text)
    return several(text) or last_box(text)


def _boxes(text: str) -> list[tuple[int, int, str]]:
    """Return start, end and content of the last outermost boxes."""
    first = max(0, len(text) - _TAIL)
    starts = list(_START.finditer(text, first))[-_MOST:]
    found: list[tuple[int, int, str]] = []
    for start in starts:
        if found and start.start() < found[-1][1]:
            continue
        end = _closing(text, start.end())
        if end is not None and (inside := text[start.end() : end].strip()):
            found.append((start.start(), end + 1, boxed(f"\\boxed{{{inside}}}") or inside))
    return found


def _closing(text: str, at: int) -> int | None:
    depth = 1
    for brace in _BRACE.finditer(text, at):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth == 0:
            return brace.start()
    return None


def _belongs(between: str) -> bool:
    """Tell whether the text between two boxes joins them into one answer."""
    if len(between) > 120 or not _BETWEEN.fullmatch(between):
        return False
    if not all(_ALLOWED.fullmatch(words) for words in _WORDS_BETWEEN.findall(between)):
        return False
    return "\n" not in between or bool(_NEW_LINE.search(between))


def _is_one_value(insides: list[str]) -> bool:
    """Tell whether all boxes hold the same number, spelled differently."""
    values = [number(canonical(inside)) for inside in insides]
    return None not in values and len({value.value for value in values if value}) == 1
