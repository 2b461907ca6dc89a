"""The part of a generated segment that is kept for the memory."""

import re
from collections.abc import Callable, Sequence

_TAGS = re.compile(r"</?(?:think|answer)>")
_CANARY = re.compile(r"<canary>[^<]{0,4000}</canary>\s*")  # the answer to a page's canary is no reasoning
_SENTENCE_END = re.compile(r"[.!?。！？][\"')\]]*(?=\s)")
_TAIL, _REPETITIONS = 2_000, 8
_IDENTICAL, _EMPTY = 3, 2  #: numbers of consecutive segments at which a solve has stalled


def trim(text: str) -> str:
    """Trim a cut-off segment to its last complete line, else sentence, else word.

    At most half of the text is dropped for a better boundary; text without any boundary in
    its second half is returned unchanged.
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


def keep(text: str, *, cut: bool, trim: Callable[[str], str] = trim) -> str:
    """Return what the memory keeps of a segment: its reasoning, without the tags around it and canaries.

    A segment that was cut by its token limit is trimmed to a boundary first.
    """
    sound = trim(text) if cut else text
    return _TAGS.sub("", _CANARY.sub("", sound)).strip()


def tokens_per_character(text: str, tokens: int) -> float:
    """Estimate the tokens per character of the kept part of a segment; a tag is one token."""
    tags = _TAGS.findall(text)
    return max(0, tokens - len(tags)) / max(1, len(text) - sum(map(len, tags)))


def tail(text: str, most: int) -> str:
    """Return the end of `text`, at most `most` characters, from the start of a line, else of a word.

    At most half of it is dropped for a better start; it is empty if nothing may be kept.
    """
    if len(text) <= most:
        return text
    first, half = len(text) - most, len(text) - most // 2
    for mark in ("\n", " "):
        at = text.find(mark, max(0, first - 1), half)
        if at >= 0:
            return text[at + 1 :]
    return text[first:]


def head(text: str, most: int) -> str:
    """Return the beginning of `text`, at most `most` characters, up to the end of a line, else of a word.

    At most half of it is dropped for a better end; it is empty if nothing may be kept.
    """
    if len(text) <= most:
        return text
    for mark in ("\n", " "):
        at = text.rfind(mark, most // 2, most)
        if at >= 0:
            return text[: at + 1]
    return text[: max(0, most)]


def has_stalled(kept: Sequence[str]) -> bool:
    """Return whether the last three kept segments are identical, or the last two are empty."""
    recent = kept[-_IDENTICAL:]
    same = len(recent) == _IDENTICAL and len(set(recent)) == 1
    return same or (len(kept) >= _EMPTY and not any(kept[-_EMPTY:]))


def is_looping(text: str) -> bool:
    """Return whether `text` ends in endless repetition.

    True if the last 2,000 characters are at least eight repetitions of one string.
    """
    tail = text[-_TAIL:]
    if len(tail) < _TAIL:
        return False
    # A text repeats every `period` characters if it equals itself shifted by that many.
    return any(tail.startswith(tail[:-period], period) for period in range(1, _TAIL // _REPETITIONS + 1))
