"""A kind of text: what a page is filled with, and what a question about it may ask for."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from vtc_r1.errors import UnknownName, UsageError
from vtc_r1.eval.probe.texts import formulas, strings, words

VERSION = 1
"""Rises whenever the same seed gives other texts; readings of older ones are then no longer gone on with."""


@dataclass(frozen=True)
class TextKind:
    """One kind of text.

    Attributes:
        name: as `--kinds` has it.
        stretches: endless stretches of it, such as a number, a word or a sentence.
        parting: what stands between two stretches.
        value: draws a value that a question may ask for; None where the text holds none, and stretches with
            numbers are put between its own.
        letters: characters that fill a page of cells without a blank; None where stretches are wrapped.
        has_formulas: some of it is LaTeX, which a profile may draw as pictures.
        identity: tells texts of one name apart: the hash of a file's rows.
    """

    name: str
    stretches: Callable[[Random], Iterator[str]]
    parting: str = " "
    value: Callable[[Random], str] | None = None
    letters: str | None = None
    has_formulas: bool = False
    identity: str = ""

    def text(self, rng: Random, characters: int) -> str:
        """Draw a text of at least so many characters."""
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
        TextKind("words", words.shuffled, value=words.pair),
        TextKind("formulas", formulas.formulas, parting="\n", has_formulas=True),
        TextKind("prose", words.sentences),
    )
}
"""The kinds that need no file, most meaningless first: prose lets a reader guess."""


def text_kinds(names: Sequence[str], solutions: TextKind | None = None) -> list[TextKind]:
    """Look kinds up by name, each once.

    Args:
        names: of kinds.
        solutions: the kind of that name, where a file of solutions is given.

    Raises UnknownName for another name, UsageError for solutions without a file.
    """
    known = KINDS if solutions is None else {**KINDS, solutions.name: solutions}
    found = []
    for name in dict.fromkeys(names):
        if name == "solutions" and solutions is None:
            raise UsageError("the kind solutions needs a file of them: give --file FILE")
        if name not in known:
            raise UnknownName("kind of text", name, [*KINDS, "solutions"])
        found.append(known[name])
    return found
