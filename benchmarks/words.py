"""What pages compress, in words: python benchmarks/words.py RUN RUN.

The embedded model has a token for every byte, which flatters pages. Here a text is counted as a vocabulary
with numbers and words as tokens would count it: each number, word, other character and line end is one.
Prints for each run the words that its pages carried, the vision tokens that they cost, and the ratio.
"""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

from vtc_r1.cli.tables import table
from vtc_r1.eval.runs import RunFolder

_WORD = re.compile(r"\d+|[^\W\d_]+|\n|[^\w\s]|_")


def words(text: str) -> int:
    """Return the number of tokens of a text in such a vocabulary; its end counts as the end of a line."""
    return len(_WORD.findall(text)) + bool(text) - text.endswith("\n")


def counted(folder: Path) -> tuple[int, int]:
    """Return words and vision tokens of the pages of a run, each page once."""
    pages = [
        page
        for sample in RunFolder(folder).samples()
        for iteration in sample.trace.iterations
        for page in iteration.pages
    ]
    return sum(words(page.text) for page in pages), sum(page.vision_tokens for page in pages)


def rows(folders: Sequence[Path]) -> list[list[str]]:
    """Return one row for each run."""
    found = []
    for folder in folders:
        text, vision = counted(folder)
        found.append([str(folder), f"{text:,}", f"{vision:,}", f"{text / vision:.2f}" if vision else "–"])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folders of runs")
    print(table(["run", "words", "vision tokens", "words a token"], rows(parser.parse_args().runs)))


if __name__ == "__main__":
    main()
