"""Letters that a text has in two types that look alike on a line: bold and plain, script and calligraphic."""

import re
from collections.abc import Iterable

_ANY = re.compile(r"\\(?:mathbf|bold|boldsymbol|bm|pmb|mathsf|mathtt|textbf|bf|sf|tt|mathscr)(?![a-zA-Z])")
_TYPED = re.compile(
    r"\\(?:mathbf|bold|boldsymbol|bm|pmb|mathsf|mathtt|textbf)(?![a-zA-Z])\s*(?:\{([^{}]*)\}|(\\?[a-zA-Z]+))"
)
_SWITCHED = re.compile(r"\{\s*\\(?:bf|sf|tt)(?![a-zA-Z])([^{}]*)\}")
_SCRIPT = re.compile(r"\\(mathcal|mathscr)(?![a-zA-Z])\s*(?:\{\s*([A-Z])\s*\}|([A-Z]))")
_WORDS = re.compile(
    r"\\(?:text[a-z]*|mbox|hbox|math[a-z]+|operatorname\*?|tag\*?|label|begin|end|(?:text)?color)\s*\{[^{}]*\}"
)
_LETTER = re.compile(r"\\[a-zA-Z]+|[a-zA-Z]")
SWITCH = r"\bf"  #: represents letters after a command that changes the type of everything after it


def confusable(sources: Iterable[str]) -> frozenset[str]:
    r"""The letters, and commands of one, that the formulas of one text have in two types that look alike.

    Calligraphic ones that are script letters, too, are given as `\mathcal` with the letter.
    """
    typed: set[str] = set()
    switched: set[str] = set()
    plain: set[str] = set()
    scripts: dict[str, set[str]] = {"mathcal": set(), "mathscr": set()}
    sources = [*sources]
    if not _ANY.search("\0".join(sources)):
        return frozenset()
    for source in sources:
        for group, single in _TYPED.findall(source):
            typed.update(_LETTER.findall(group or single))
        for group in _SWITCHED.findall(source):
            switched.update(_LETTER.findall(group))
        for name, group, single in _SCRIPT.findall(source):
            scripts[name].add(group or single)
        plain.update(_LETTER.findall(_WORDS.sub("", _SWITCHED.sub("", _TYPED.sub("", source)))))
    both = typed & plain
    if switched & plain:
        both.add(SWITCH)
    return frozenset(both | {rf"\mathcal{letter}" for letter in scripts["mathcal"] & scripts["mathscr"]})


def letters(source: str) -> set[str]:
    """The letters of a source, and its commands."""
    return {*_LETTER.findall(source)}
