"""Segments: what of a generated segment is kept for the memory."""

import re

_TAGS = re.compile(r"</?(?:think|answer)>")
_SENTENCE_END = re.compile(r"[.!?。！？][\"')\]]*(?=\s)")
_TAIL, _REPETITIONS = 2_000, 8


def keep(text: str, *, cut: bool) -> str:
    """Return what the memory keeps of a segment: its reasoning, without the tags around it.

    A segment that was cut by its token limit is trimmed to a sound boundary first.
    """
    sound = trim(text) if cut else text
    return _TAGS.sub("", sound).strip()


def trim(text: str) -> str:
    """Trim a cut-off segment to its last whole line, else sentence, else word.

    At most half of the text is given up for a sounder boundary; text without any boundary in
    its second half is returned as it is.
    """
    half = len(text) // 2
    newline = text.rfind("\n")
    if newline > half:
        return text[: newline + 1]
    ends = [match.end() for match in _SENTENCE_END.finditer(text, half)]
    if ends:
        return text[: ends[-1]]
    space = max(text.rfind(" "), text.rfind("\t"))
    return text[: space + 1] if space > half else text


def is_looping(text: str) -> bool:
    """Tell whether `text` ends in the same few characters over and over.

    True where the last 2,000 characters are at least eight repetitions of one string.
    """
    tail = text[-_TAIL:]
    if len(tail) < _TAIL:
        return False
    return any(tail.startswith(tail[:-period], period) for period in range(1, _TAIL // _REPETITIONS + 1))
