"""Are misread values caught, and how many false alarms are there? python benchmarks/quotes.py --data FILE.

The first half of every solution of MATH500 is drawn as pages; the segment that follows is the second half,
with quotes of the first between its sentences, in which a share of the digits is corrupted (`--rate`). Quotes
are whole sentences, or formulas without the words around them, which no rule can place if they are short.
Counts the values that are flagged, as misread or as ambiguous: of those corrupted, of those quoted right, and
of the new ones. Times the check, with the indexing of new pages, in CPU time. Its thresholds were chosen on
every other solution; `--part held-out` measures the rest.
"""

import argparse
import json
import random
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import corpus

from vtc_r1.cli.tables import table
from vtc_r1.configuration import Configuration
from vtc_r1.eval.metrics import wilson
from vtc_r1.memory import Costs, memory_policy
from vtc_r1.renderers import Renderer
from vtc_r1.solver import Solver
from vtc_r1.verification.guard import Guard
from vtc_r1.verification.words import words

PARTS = {"all": slice(None), "chosen-on": slice(0, None, 2), "held-out": slice(1, None, 2)}
LEADS = ("From my earlier work: ", "We found: ", "Recall that ", "So far: ", "As before, ", "")
_SENTENCE = re.compile(r"(?<=[.!?$\]])\s+(?=[A-Z$\\])|\n\n+")
_FORMULA = re.compile(r"\$[^$]+\$|\\\[.+?\\\]", re.DOTALL)


@dataclass
class Text:
    """A segment under way, with where its pieces and its corrupted digits are."""

    written: str = ""
    pieces: list[tuple[int, int, str]] = field(default_factory=list)
    corrupted: set[int] = field(default_factory=set)

    def add(self, piece: str, kind: str, rate: float, drawn: random.Random) -> None:
        """Append a piece of a kind, with a share of its digits corrupted."""
        start = len(self.written)
        for sign in piece:
            if sign.isdecimal() and drawn.random() < rate:
                self.corrupted.add(len(self.written))
                sign = drawn.choice([each for each in "0123456789" if each != sign])
            self.written += sign
        self.pieces.append((start, len(self.written), kind))

    def values(self) -> Iterator[tuple[int, int, str, bool]]:
        """Yield each value of a piece: its start and end, the piece's kind, whether a digit is corrupted."""
        pieces = iter(self.pieces)
        start, end, kind = next(pieces)
        for word in words(self.written):
            while word.start >= end and (following := next(pieces, None)):
                start, end, kind = following
            if word.is_value and start <= word.start < end:
                bad = not self.corrupted.isdisjoint(range(word.start, word.end))
                yield word.start, word.end, kind, bad


def sentences(text: str) -> list[str]:
    """Return the sentences of a solution."""
    return [each for each in _SENTENCE.split(text) if each.strip()]


def going_on(first: list[str], rest: list[str], rate: float, drawn: random.Random) -> Text:
    """Return the segment after `first`: `rest`, with up to three quotes of `first` between."""
    body = [(each, "new") for each in rest]
    quotable = [each for each in first if any(map(str.isdecimal, each))]
    for _ in range(min(3, len(quotable))):
        quote, kind = drawn.choice(quotable), drawn.choice(("sentence", "formula"))
        if kind == "formula":
            formulas = [each for each in _FORMULA.findall(quote) if any(map(str.isdecimal, each))]
            if not formulas:
                continue
            quote = drawn.choice(formulas)
        body.insert(drawn.randint(0, len(body)), (quote, kind))
    text = Text()
    for piece, kind in body:
        if kind != "new":
            text.written += drawn.choice(LEADS)
        text.add(piece, kind, 0 if kind == "new" else rate, drawn)
        text.written += " "
    return text


def measure(
    solutions: list[str], options: argparse.Namespace
) -> tuple[dict[tuple[str, bool], list[int]], list[float]]:
    """Return misread, flagged and all values by kind and whether corrupted, and the seconds of each check."""
    made = _configuration()
    counts: defaultdict[tuple[str, bool], list[int]] = defaultdict(lambda: [0, 0, 0])
    seconds = []
    for seed in range(options.seeds):
        drawn = random.Random(seed)
        for solution in solutions:
            parts = sentences(solution)
            half = max(1, len(parts) // 2)
            text = going_on(parts[:half], parts[half:], options.rate, drawn)
            if not text.pieces:
                continue
            renderer, costs = Renderer(), Costs(4.0)
            guard = Guard(memory_policy("optical")(renderer), made, renderer.profile, costs)
            guard.add(" ".join(parts[:half]))
            content = guard.content()
            began = time.thread_time()
            checked = guard.check(text.written, content, (), "")
            seconds.append(time.thread_time() - began)
            assert checked.quotes is not None
            flagged = {doubt.start: doubt.finding for doubt in checked.quotes.doubts}
            for start, _, kind, bad in text.values():
                counts[kind, bad][0] += flagged.get(start) == "misread"
                counts[kind, bad][1] += start in flagged
                counts[kind, bad][2] += 1
    return counts, seconds


def _configuration() -> Configuration:
    with Solver() as solver:
        return solver.configuration


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="MATH500 as JSON lines")
    parser.add_argument("--part", choices=PARTS, default="all", help="of the solutions")
    parser.add_argument("--rate", type=float, default=0.05, help="share of quoted digits that are corrupted")
    parser.add_argument("--seeds", type=int, default=4, help="draws of quotes and corruptions")
    parser.add_argument("--limit", type=int, help="solutions at most")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main() -> None:
    options = parse_arguments()
    solutions = corpus.load(options.data).solutions[PARTS[options.part]][: options.limit]
    counts, seconds = measure(solutions, options)
    rows, found = [], {}
    if parts := [counts[kind, True] for kind in ("sentence", "formula") if (kind, True) in counts]:
        counts["quote", True] = [sum(column) for column in zip(*parts, strict=True)]
    for (kind, bad), (misread, flagged, total) in sorted(counts.items()):
        name = {"new": "new", "quote": "quoted in either"}.get(kind, f"quoted in a {kind}")
        name += ", corrupted" if bad else ""
        shares = [wilson(number, total) for number in (misread, flagged)]
        intervals = (
            f"{100 * each.mean:.2f} [{100 * each.low:.2f}, {100 * each.high:.2f}]" for each in shares
        )
        rows.append((name, f"{total:,}", *intervals))
        found[name] = [misread, flagged, total]
    ordered = sorted(1e3 * each for each in seconds)
    mean, late = sum(ordered) / len(ordered), ordered[int(0.95 * len(ordered))]
    if options.json:
        print(json.dumps({"flagged": found, "milliseconds": {"mean": mean, "p95": late}}, indent=2))
        return
    print(table(("values", "number", "misread, %", "flagged, %"), rows))
    print(f"\na check takes {mean:.2f} ms of CPU time, 95 % at most {late:.2f} ms ({len(ordered):,} checks)")


if __name__ == "__main__":
    main()
