"""Source to a tree."""

import re

from vtc_r1.renderers.latex import commands
from vtc_r1.renderers.latex.parser import Parser
from vtc_r1.renderers.latex.spans import find
from vtc_r1.renderers.latex.tokens import END
from vtc_r1.renderers.latex.tree import Inset, Node, Row, Unsound, Words

_NAME = re.compile(r"_[A-Za-z]{3}")
_MANY = re.compile(r"&|\\(?:\\|cr|tag|hline)|\n[ \t]*\n")


def parse(source: str, depth: int = 0, ambiguous: frozenset[str] = frozenset()) -> Row:
    """Parse one formula, given without delimiters.

    Args:
        source: LaTeX.
        depth: levels open around it.
        ambiguous: letters whose type must be shown, from `confusable`.

    Raises Unsound if it is unbalanced, too deep or not understood.
    """
    if _NAME.search(source):
        raise Unsound("a name with an underscore")
    parser = LatexParser(source, depth, ambiguous)
    row = commands.lines(parser) if _MANY.search(source) else parser.row()
    if parser.token != END:
        raise Unsound(f"unexpected {parser.token}")
    return row


class LatexParser(Parser):
    """A parser with commands, and with formulas among words."""

    def command(self) -> Node | None:
        """Parse the command at the cursor; None for an invisible one."""
        return commands.read(self)

    def mixed(self, words: str) -> Node:
        """Parse words with formulas among them."""
        pieces: list[str | Inset] = []
        at = 0
        for span in find(words):
            pieces.append(words[at : span.start])
            row = parse(words[span.inner : span.outer].strip(), self.depth, self.ambiguous)
            pieces.append(Inset(row, span.display))
            at = span.end
        return Words((*pieces, words[at:]))
