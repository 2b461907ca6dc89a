"""Sources: the texts that the model was given, indexed by the words around their values."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice

from vtc_r1.verification.words import Word, words

END = "\0"  #: stands between two sources; no word of a text is equal to it
_MOST = 8  #: maximum number of places compared for one context, the newest ones
_SHORTEST, _LONGEST = 5, 64  #: minimum and maximum characters of a value that is also found by its spelling
Context = tuple[str, str, str]


class Sources:
    """Texts as one sequence of words, with the positions of their values.

    Attributes:
        keys: the words of all sources, with two ends around each source.
        values: positions of exact values in `keys`.
    """

    def __init__(self) -> None:
        self.keys: list[str] = [END, END]
        self.values: set[int] = set()
        self._texts: list[str] = []
        self._numbers: dict[str, int] = {}
        self._starts: list[int] = []
        self._offsets: list[int] = [0, 0]
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        self._contexts: defaultdict[Context, list[int]] = defaultdict(list)
        self._shortened: defaultdict[str, list[str]] = defaultdict(list)

    def add(self, text: str) -> int:
        """Take in a text, unless it is known; return its number."""
        number = self._numbers.setdefault(text, len(self._texts))
        if number < len(self._texts):
            return number
        first = len(self.keys)
        self._texts.append(text)
        self._starts.append(first)
        found, keys = padded(text)
        self.keys += keys[2:]
        self._offsets += [*(word.start for word in found), len(text), len(text)]
        for at, word in enumerate(found, first):
            if word.is_value:
                self._index(at)
        return number

    def _index(self, at: int) -> None:
        key = self.keys[at]
        self.values.add(at)
        if key not in self._places and _SHORTEST <= len(key) <= _LONGEST:
            for shorter in _shortened(key):
                self._shortened[shorter].append(key)
        self._places[key].append(at)
        for context in _contexts(self.keys, at):
            self._contexts[context].append(at)

    def source(self, at: int) -> int:
        """Return the number of the source that a position belongs to."""
        return bisect_right(self._starts, at) - 1

    def excerpt(self, at: int, around: int = 6) -> str:
        """Return the text around a position, on one line."""
        number = self.source(at)
        last = self._starts[number + 1] - 2 if number + 1 < len(self._starts) else len(self.keys) - 2
        start = self._offsets[max(at - around, self._starts[number])]
        end = self._offsets[min(at + around + 1, last)]
        return " ".join(self._texts[number][start:end].split())

    def places(self, key: str) -> list[int]:
        """Return the positions of a value."""
        return self._places.get(key, [])

    def placed_like(self, keys: Sequence[str], at: int) -> set[int]:
        """Return positions of values that stand between the same words as `keys[at]`, on either side."""
        found: set[int] = set()
        for context in _contexts(keys, at):
            found.update(self._contexts.get(context, ())[-_MOST:])
        return found

    def spelt_like(self, key: str) -> set[int]:
        """Return positions of values that one edit turns into `key`, if it is a long one."""
        if not _SHORTEST <= len(key) <= _LONGEST:
            return set()
        found = {shorter for shorter in _shortened(key) if shorter in self._places}
        for shorter in (key, *_shortened(key)):
            found.update(islice(self._shortened.get(shorter, ()), _MOST))
        return {at for other in found - {key} for at in self._places[other][-_MOST:]}


def padded(text: str) -> tuple[list[Word], list[str]]:
    """Return the words of a text, and their keys with two ends on either side."""
    found = list(words(text))
    return found, [END, END, *(word.key for word in found), END, END]


def _contexts(keys: Sequence[str], at: int) -> Iterator[Context]:
    """Yield three contexts of a value: two words before it, one on each side, two after it."""
    yield "<", keys[at - 2], keys[at - 1]
    yield "|", keys[at - 1], keys[at + 1]
    yield ">", keys[at + 1], keys[at + 2]


def _shortened(key: str) -> set[str]:
    """Return the forms of a value without one character; values one edit apart share one, or one is one."""
    return {key[:at] + key[at + 1 :] for at in range(len(key))}
