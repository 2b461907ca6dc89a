"""Code blocks and tables: the parts of a text that keep their lines in every layout."""

import re

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[^\n]*$", re.MULTILINE)
_ROW = r"[ \t]*\|[^\n]*"
_TABLE = re.compile(
    rf"^{_ROW}\n[ \t]*\|[ \t]*:?-[-:| \t]*(?:\n{_ROW})*$",
    re.MULTILINE,
)


def code_blocks(text: str) -> list[tuple[int, int]]:
    """Start and end of each fenced code block with its fences; an unclosed one reaches to the text's end."""
    found: list[tuple[int, int]] = []
    if "```" not in text and "~~~" not in text:
        return found
    opening: re.Match[str] | None = None
    for fence in _FENCE.finditer(text):
        if opening is None:
            opening = fence
        elif fence[1][0] == opening[1][0] and len(fence[1]) >= len(opening[1]):
            found.append((opening.start(), _after_line(text, fence.end())))
            opening = None
    if opening is not None:
        found.append((opening.start(), len(text)))
    return found


def blocks(text: str) -> list[tuple[int, int]]:
    """Start and end of each code block and each Markdown table, in order."""
    code = code_blocks(text)
    found = tables(text)
    if not found:
        return code
    inside = iter([*code, (len(text) + 1, 0)])
    begin, end = next(inside)
    apart = []
    for table in found:
        while end and end <= table[0]:
            begin, end = next(inside)
        if table[0] < begin:
            apart.append(table)
    return sorted([*code, *apart])


def tables(text: str) -> list[tuple[int, int]]:
    """Start and end of each Markdown table, also in code blocks."""
    if "|" not in text or "-" not in text:
        return []
    return [(table.start(), _after_line(text, table.end())) for table in _TABLE.finditer(text)]


def unfinished(text: str) -> int | None:
    """Start of the code block or table at the end of `text`, which may continue after it."""
    code = code_blocks(text)
    if code and code[-1][1] == len(text):
        return code[-1][0]
    start = end = len(text)
    while end:
        end = text.rfind("\n", 0, end - 1) + 1
        if not text[end:start].lstrip(" \t").startswith("|"):
            break
        start = end
    return start if start < len(text) else None


def _after_line(text: str, end: int) -> int:
    return end + 1 if text[end : end + 1] == "\n" else end
