"""Kinds of text: what fills a page, and the values that questions ask for."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from vtc_r1.errors import UnknownName, UsageError
from vtc_r1.eval.probe.texts import strings

VERSION = 1  #: increased whenever a seed gives different texts; older readings are then not resumed


@dataclass(frozen=True)
class TextKind:
    """One kind of text.

    Attributes:
        name: the value of `--kinds`.
        stretches: yields pieces of text without end: numbers, words or sentences.
        parting: the separator of two pieces.
        value: draws a value for a question; None if the text has no values of its own, so that numbers are
            inserted between its pieces.
        letters: characters that fill a page with fixed cells without blanks; None if the text is wrapped.
        has_formulas: whether some of it is LaTeX, which a profile may draw as pictures.
        identity: distinguishes texts with the same name: the hash of a file's rows.
    """

    name: str
    stretches: Callable[[Random], Iterator[str]]
    parting: str = " "
    value: Callable[[Random], str] | None = None
    letters: str | None = None
    has_formulas: bool = False
    identity: str = ""

    def text(self, rng: Random, characters: int) -> str:
        """Draw a text of at least `characters` characters."""
        taken: list[str] = []
        length = 0
        for stretch in self.stretches(rng):
            taken.append(stretch)
            length += len(stretch) + len(self.parting)
            if length > characters + len(self.parting):
                break
        return self.parting.join(taken)


KINDS: dict[str, TextKind] = {
    kind.name: kind
    for kind in (
        TextKind(
            "characters",
            strings.endless(strings.characters),
            value=lambda rng: strings.characters(rng, 8),
            letters=strings.LETTERS,
        ),
        TextKind(
            "digits",
            strings.endless(strings.number),
            value=lambda rng: strings.number(rng, 6),
            letters=strings.DIGITS,
        ),
        TextKind("hex", strings.hexadecimal_and_uuids, value=strings.uuid, letters=strings.HEXADECIMAL),
        TextKind("words", strings.shuffled, value=strings.pair),
        TextKind("formulas", strings.formulas, parting="\n", has_formulas=True),
        TextKind("prose", strings.sentences),
    )
}
"""The kinds that need no file, least predictable first: in prose a reader can guess."""


def text_kinds(names: Sequence[str], solutions: TextKind | None = None) -> list[TextKind]:
    """Look kinds up by name, each once.

    Args:
        names: names of kinds.
        solutions: the kind `solutions`, if a file of solutions is given.

    Raises UnknownName for an unknown name, UsageError for solutions without a file.
    """
    known = KINDS if solutions is None else {**KINDS, solutions.name: solutions}
    found = []
    for name in dict.fromkeys(names):
        if name == "solutions" and solutions is None:
            raise UsageError("the kind solutions needs a file of solutions: give --file FILE")
        if name not in known:
            raise UnknownName("kind of text", name, [*KINDS, "solutions"])
        found.append(known[name])
    return found
