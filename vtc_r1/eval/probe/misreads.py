"""Misreads: edit distances between what was read and the text on a page."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from vtc_r1.errors import MissingExtra
from vtc_r1.eval.probe.abstention import MARK, abstains, marked

_MARKS = str.maketrans("", "", "↵⏎")  #: marks that profiles draw for a newline
THIRDS = 3  #: number of equal parts of a page's text, in reading order
_NUMBER = re.compile(r"[0-9]+")
_TABLE = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—―−﹣－", "-"),
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„‟″", '"'),
    }
)


@dataclass(frozen=True)
class Errors:
    """Edits between the drawn and the read text of one page, both normalised."""

    #: insertions, deletions and substitutions, without newline marks in the drawn text; at most `length`, so
    #: that a page read as something entirely different counts once
    edits: int
    length: int  #: characters drawn
    known_edits: int  #: edits that are not due to characters that the reader cannot emit
    known_length: int  #: characters drawn that it can emit
    third_edits: tuple[int, ...]  #: the edits in each third of the page's text
    third_lengths: tuple[int, ...]  #: characters drawn in each third
    wrong_numbers: int  #: numbers (runs of digits) that are misread, compared in order; at most `numbers`
    numbers: int  #: numbers drawn
    abstained: int  #: characters drawn that the reader says it cannot read
    silent: int  #: edits of which the reader gives no sign, at most the characters it does not abstain from


def compare(drawn: str, read: str, alphabet: frozenset[str] | None = None) -> Errors:
    """Count the edits between what is drawn on a page and what was read there.

    Args:
        drawn: the characters on the page.
        read: the text that was read.
        alphabet: the characters that the reader can emit; None for all.

    Raises MissingExtra without rapidfuzz.
    """
    marked = _normalised(drawn)
    plain, seen = marked.translate(_MARKS), normalised(read)
    lengths = tuple(len(_third(plain, at)) for at in range(THIRDS))
    numbers = numbers_of(drawn)
    known = len(plain) if alphabet is None else sum(character in alphabet for character in plain)
    if len(seen) >= 2 * len(plain) + THIRDS:  # the insertions alone exceed the length
        whole, none = len(plain), len(numbers)
        return Errors(whole, whole, known, known, lengths, lengths, none, none, *_flagged(plain, read, whole))
    operations = _editops(plain, seen)
    edits = min(len(operations), len(plain))
    thirds = lengths if edits == len(plain) else _by_third(operations, lengths)
    abstained, silent = _flagged(plain, read, edits)
    return Errors(
        edits=edits,
        length=len(plain),
        known_edits=edits if alphabet is None else min(known, known_distance(marked, seen, alphabet)),
        known_length=known,
        third_edits=thirds,
        third_lengths=lengths,
        wrong_numbers=min(len(numbers), levenshtein().distance(numbers, numbers_of(read))),
        numbers=len(numbers),
        abstained=abstained,
        silent=silent,
    )


def _flagged(drawn: str, read: str, edits: int) -> tuple[int, int]:
    """Return the characters that the reader abstains from, and the edits that it gives no sign of.

    A mark of illegibility stands for all of the drawn characters around it that were not read.
    """
    said = marked(read)
    if 2 * edits > len(drawn) and abstains(said) and not abstains(drawn):
        return len(drawn), 0
    seen = normalised(said)
    if not edits or MARK not in seen or MARK in marked(drawn):
        return 0, edits
    abstained = silent = 0
    for begin, end, first, last in _changes(drawn, seen):
        if MARK in seen[first:last]:
            abstained += end - begin
        else:
            silent += max(end - begin, last - first)
    return abstained, min(silent, len(drawn) - abstained)


def normalised(text: str) -> str:
    """Normalise by NFKC, unify dashes and quotes, and remove newline marks and white space.

    White space is removed since a line may end within a word. NFKC makes `x²` and `x2` the same.
    """
    return _normalised(text).translate(_MARKS)


def numbers_of(text: str) -> list[str]:
    """Return the numbers in a text: its runs of digits, in order."""
    return _NUMBER.findall(unicodedata.normalize("NFKC", text))


def distance(one: str, other: str) -> int:
    """Return the Levenshtein distance in characters; raises MissingExtra without rapidfuzz."""
    return int(levenshtein().distance(one, other))


def known_distance(drawn: str, read: str, alphabet: frozenset[str]) -> int:
    """Count the edits that are neither at nor directly after a character outside the alphabet.

    A reader that cannot emit a character replaces it by one or two others.
    """
    foreign = {at for at, character in enumerate(drawn) if character not in alphabet}
    return sum(
        edit.src_pos not in foreign and not (edit.tag == "insert" and edit.src_pos - 1 in foreign)
        for edit in _editops(drawn, read)
    )


def _normalised(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text.translate(_TABLE)).translate(_TABLE))


def _third(text: str, at: int) -> str:
    return text[len(text) * at // THIRDS : len(text) * (at + 1) // THIRDS]


def _by_third(operations: Any, lengths: tuple[int, ...]) -> tuple[int, ...]:
    """Count the edits in each third; one after the last character belongs to the last third."""
    counts = [0] * THIRDS
    for edit in operations:
        end = 0
        for at, length in enumerate(lengths):
            end += length
            if edit.src_pos < end or at == THIRDS - 1:
                counts[at] += 1
                break
    return tuple(min(found, length) for found, length in zip(counts, lengths, strict=True))


def _changes(one: str, other: str) -> list[tuple[int, int, int, int]]:
    """Return the stretches that differ, each as its bounds in both texts; adjacent ones are joined."""
    joined: list[tuple[int, int, int, int]] = []
    for change in levenshtein().opcodes(one, other):
        if change.tag == "equal":
            continue
        begin, first = change.src_start, change.dest_start
        if joined and joined[-1][1] == begin and joined[-1][3] == first:
            begin, _, first, _ = joined.pop()
        joined.append((begin, change.src_end, first, change.dest_end))
    return joined


def _editops(one: str, other: str) -> Any:
    return levenshtein().editops(one, other)


def levenshtein() -> Any:
    """Return the module that counts edits; raises MissingExtra if it is not installed."""
    try:
        from rapidfuzz.distance import Levenshtein
    except ImportError as error:
        raise MissingExtra("rapidfuzz", "probe", "comparing what was read") from error
    return Levenshtein
