"""Are results read better in larger type, at the same vision tokens? python benchmarks/salience.py.

Segments of MATH500's solutions are drawn with the density `fixed` and with `salience`, and read: characters
of key lines and of all others are compared apart. Then memories of several segments: `decay:first=1`, whose
pages at both ends stay as drawn, and one whose type is smaller throughout, so that it costs no more. Readers
are tesseract and PP-OCR's recogniser, which reads line by line; characters that a reader cannot emit are left
out. Needs the extra `probe`, and `tesseract-ocr`.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import corpus
import numpy as np
from numpy.typing import NDArray

from vtc_r1.cli.tables import table
from vtc_r1.eval.metrics import pooled
from vtc_r1.eval.probe.misreads import levenshtein, normalised
from vtc_r1.eval.probe.ppocr import PpocrReader
from vtc_r1.eval.probe.tesseract import TesseractReader
from vtc_r1.memory import memory_policy
from vtc_r1.memory.density import Salience, density
from vtc_r1.memory.salience import key_parts
from vtc_r1.memory.sizes import sized
from vtc_r1.renderers import Page, Profile, Renderer, load_profile
from vtc_r1.renderers.scaling import scaled

READERS: dict[str, Any] = {"tesseract": TesseractReader, "ppocr": PpocrReader}
ENDS = "decay:after=1,block=1,first=1,steps=0.8"


@dataclass(frozen=True)
class Row:
    """One line of the table: errors in percent with their 95 % intervals over segments or memories."""

    profile: str
    reader: str
    drawn: str
    tokens: int
    sharp: tuple[float, float, float]  #: key lines, or both ends
    rest: tuple[float, float, float]
    texts: int


@dataclass(frozen=True)
class Case:
    """A text in two drawings, with the runs whose readings are counted apart."""

    runs: list[tuple[str, bool]]
    pages: dict[str, list[Page]]


def segments(data: corpus.Corpus, count: int, characters: int) -> list[str]:
    """The first segments of some length, of whole solutions."""
    found, text = [], ""
    for solution in data.solutions:
        text = f"{text}\n\n{solution}" if text else solution
        if len(text) >= characters:
            found.append(text)
            text = ""
        if len(found) == count:
            break
    return found


def by_lines(profile: Profile, texts: Sequence[str], spec: str) -> Iterator[Case]:
    """Each segment with `fixed` and with `salience`, where that draws type of two sizes."""
    plain, mixed = density("fixed", profile), density(spec, profile)
    assert isinstance(mixed, Salience)
    for text in texts:
        runs = key_parts(text, mixed.options.share, mixed.options.ends)
        pages = {"fixed": plain.render(text), "salience": mixed.render(text)}
        if len(runs) > 1 and pages["fixed"] != pages["salience"]:
            yield Case(runs, pages)


def by_ends(profile: Profile, texts: Sequence[str], length: int = 6) -> Iterator[Case]:
    """Memories of several segments: both ends as drawn, or all in one smaller size at no more tokens."""
    for first in range(0, len(texts) - length + 1, length):
        held = texts[first : first + length]
        memory = memory_policy(ENDS)(Renderer(profile))
        for text in held:
            memory.add(text)
        sharp, most = memory.pages, cost(memory.pages)
        for step in range(100, 50, -1):
            even = [page for text in held for page in sized(profile, step / 100).render(text)]
            if cost(even) <= most:
                break
        runs = [(text, at in (0, length - 1)) for at, text in enumerate(held)]
        yield Case(runs, {"one size": even, "sharp ends": sharp})


def cost(pages: Sequence[Page]) -> int:
    """Their vision tokens."""
    return sum(page.vision_tokens for page in pages)


def errors(
    case: Case, profile: Profile, drawn: str, read: str, alphabet: frozenset[str] | None
) -> tuple[NDArray[np.int64], ...] | None:
    """Edits and characters of the runs that count apart (1) and of the others (0).

    None if the runs, drawn one by one, are not what is drawn together: then nothing can be told apart.
    """
    renderer = Renderer(profile)
    each = [(normalised("".join(page.drawn for page in renderer.render(run))), key) for run, key in case.runs]
    plain = normalised(drawn)
    if "".join(text for text, _ in each) != plain:
        return None
    flags = np.repeat([key for _, key in each], [len(text) for text, _ in each]).astype(np.int64)
    known = np.array([alphabet is None or character in alphabet for character in plain])
    places = [min(edit.src_pos, len(flags) - 1) for edit in levenshtein().editops(plain, normalised(read))]
    places = [place for place in places if known[place]]
    return np.bincount(flags[places], minlength=2), np.bincount(flags[known], minlength=2)


def measure(profile: Profile, name: str, cases: Sequence[Case]) -> Iterator[Row]:
    """Read all pages of both drawings."""
    reader = READERS[name]()
    asyncio.run(reader.check())

    def read(page: Page) -> str:
        return str(asyncio.run(reader.read(page, None)).text)

    found: dict[str, list[Any]] = {}
    spent: dict[str, int] = {}
    with ThreadPoolExecutor(2) as threads:
        for case in cases:
            both = {}
            for drawn, pages in case.pages.items():
                text = "\n".join(threads.map(read, pages))
                written = "".join(page.drawn for page in pages)
                both[drawn] = errors(case, profile, written, text, reader.alphabet)
            if None in both.values():
                continue  # counted: `texts` says how many remain
            for drawn, counts in both.items():
                found.setdefault(drawn, []).append(counts)
                spent[drawn] = spent.get(drawn, 0) + cost(case.pages[drawn])
    for drawn, counts in found.items():
        sharp, rest = (interval([(edits[at], length[at]) for edits, length in counts]) for at in (1, 0))
        yield Row(profile.name, name, drawn, spent[drawn], sharp, rest, len(counts))


def interval(counts: list[tuple[int, int]]) -> tuple[float, float, float]:
    """Pooled error in percent."""
    found = pooled([int(edits) for edits, _ in counts], [int(length) for _, length in counts])
    return 100 * found.mean, 100 * found.low, 100 * found.high


def shown(rows: list[Row]) -> str:
    """Write the table."""
    head = ["profile", "reader", "drawn", "vision tokens", "key lines or ends, error %", "the rest, error %"]
    head += ["texts"]
    cells = [
        [
            *(row.profile, row.reader, row.drawn, f"{row.tokens:,}"),
            *(_figure(row.sharp), _figure(row.rest), str(row.texts)),
        ]
        for row in rows
    ]
    return table(head, cells)


def _figure(error: tuple[float, float, float]) -> str:
    mean, low, high = error
    return f"{mean:.2f} [{low:.2f}, {high:.2f}]"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--profiles", default="default,paper", help="shipped profiles, with commas")
    parser.add_argument("--readers", default="tesseract,ppocr", help="tesseract, ppocr")
    parser.add_argument("--segments", type=int, default=24, help="segments of each profile")
    parser.add_argument("--characters", type=int, default=6_000, help="least characters of a segment")
    parser.add_argument("--density", default="salience", help="salience, with options")
    parser.add_argument("--scale", type=float, default=1, help="type size, as a factor of the profile's")
    parser.add_argument("--memories", type=int, default=2, help="memories of six segments, for both ends")
    parser.add_argument("--data", type=Path, help="MATH500 as JSON lines with `problem` and `solution`")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    try:
        texts = segments(corpus.load(options.data), options.segments, options.characters)
    except argparse.ArgumentTypeError as error:
        parser.error(str(error))
    rows: list[Row] = []
    for name in options.profiles.split(","):
        profile = scaled(load_profile(name), options.scale)
        ends = islice(by_ends(profile, texts), options.memories)
        cases = [list(by_lines(profile, texts, options.density)), list(ends)]
        print(f"{profile.name}: {', '.join(str(len(one)) for one in cases)} cases", file=sys.stderr)
        for name in options.readers.split(","):
            for some in cases:
                rows += measure(profile, name, some)
    print(json.dumps([asdict(row) for row in rows], indent=2) if options.json else shown(rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
