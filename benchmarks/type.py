"""Which type does a neural reader read best? Measured by python benchmarks/type.py.

Solutions of MATH500 in the profile `default` and in variants of it: other newline marks, another font, other
signs for powers and roots. PP-OCR's recogniser reads the pages. Every variant carries the same texts; printed
are the edits for 100 characters of the text as `default` has it, the difference to `default` with a 95 %
interval (bootstrap over the texts, in pairs), and the lines that the texts take, which are what pages cost. A
mark is no character that is to be read: one that is read as something counts as an insertion. Needs the extra
`probe`.
"""

import argparse
import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import corpus

from vtc_r1.eval.probe import Ask, PpocrReader
from vtc_r1.eval.probe.misreads import levenshtein, normalised
from vtc_r1.renderers import Profile, Renderer, load_profile
from vtc_r1.renderers.latex import linearise

DRAWS = 2000


@dataclass(frozen=True)
class Variant:
    """One way to set a text.

    Attributes:
        profile: sets what `say` makes of a text whose formulas are lines already.
        say: changes signs.
        back: changes them back in what was read.
    """

    profile: Profile
    say: Callable[[str], str] = str
    back: Callable[[str], str] = str


def variants() -> dict[str, Variant]:
    default = load_profile("default").replace(latex="source")
    return {
        "default (↵, #b0b0b0, Sans, ^, √)": Variant(default),
        "↵ #d8d8d8": Variant(default.replace(newline_ink="#d8d8d8")),
        "⏎ #b0b0b0": Variant(default.replace(newline_mark="⏎")),
        "⏎ #000000": Variant(default.replace(newline_mark="⏎", newline_ink="#000000")),
        "⏎ #d8d8d8": Variant(default.replace(newline_mark="⏎", newline_ink="#d8d8d8")),
        "no mark to be seen": Variant(default.replace(newline_ink="#ffffff")),
        "¶ #b0b0b0": Variant(default.replace(newline_mark="¶")),
        "│ #b0b0b0": Variant(default.replace(newline_mark="│")),
        "DejaVuSansMono": Variant(default.replace(font="DejaVuSansMono")),
        "DejaVuSansMono, as many lines": Variant(default.replace(font="DejaVuSansMono", font_size=8)),
        "^ as **": Variant(default, *_there_and_back("^", "**")),
        "√ as sqrt": Variant(default, *_there_and_back("√", "sqrt")),
    }


def _there_and_back(sign: str, other: str) -> tuple[Callable[[str], str], Callable[[str], str]]:
    return lambda text: text.replace(sign, other), lambda read: read.replace(other, sign)


def texts_of(data: corpus.Corpus, characters: int, count: int) -> list[str]:
    """Solutions drawn from a seed, joined to texts of at least so many characters."""
    pool, found = data.solutions[:], []
    random.Random("type").shuffle(pool)
    while pool and len(found) < count:
        text = linearise(pool.pop())
        while pool and len(text) < characters:
            text += "\n\n" + linearise(pool.pop())
        found.append(text[:characters])
    return found


async def measure(
    variant: Variant, texts: list[str], reader: PpocrReader
) -> tuple[list[float], list[int], int]:
    """Edits and characters of each text, and lines in all."""
    renderer, lines = Renderer(variant.profile, cache=None), 0

    async def edits(text: str) -> tuple[float, int]:
        nonlocal lines
        read = []
        for page in renderer.render(variant.say(text)):
            assert page.lines is not None
            lines += len(page.lines)
            read.append((await reader.read(page, Ask(None, len(text)))).text)
        drawn = text.replace("\n", "")
        return levenshtein().distance(normalised(drawn), normalised(variant.back("".join(read)))), len(
            normalised(drawn)
        )

    found = []
    for at in range(0, len(texts), reader.concurrency):
        found += await asyncio.gather(*map(edits, texts[at : at + reader.concurrency]))
    return [edit for edit, _ in found], [length for _, length in found], lines


def interval(differences: list[float], lengths: list[int]) -> tuple[float, float]:
    rng, count = random.Random(0), len(lengths)
    shares = []
    for _ in range(DRAWS):
        taken = rng.choices(range(count), k=count)
        shares.append(100 * sum(differences[at] for at in taken) / sum(lengths[at] for at in taken))
    shares.sort()
    return shares[DRAWS // 40], shares[-DRAWS // 40]


async def run(arguments: argparse.Namespace) -> None:
    reader = PpocrReader()
    await reader.check()
    texts = texts_of(corpus.load(arguments.data), arguments.characters, arguments.texts)
    base: list[float] = []
    for name, variant in variants().items():
        if base and arguments.only not in name:
            continue
        edits, lengths, lines = await measure(variant, texts, reader)
        base = base or edits
        low, high = interval([one - other for one, other in zip(edits, base, strict=True)], lengths)
        mean = 100 * (sum(edits) - sum(base)) / sum(lengths)
        row = {
            "variant": name,
            "error": round(100 * sum(edits) / sum(lengths), 2),
            "difference": [round(mean, 2), round(low, 2), round(high, 2)],
            "lines": lines,
        }
        print(json.dumps(row, ensure_ascii=False), flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="MATH500 as JSON lines with `problem` and `solution`")
    parser.add_argument("--texts", type=int, default=24)
    parser.add_argument("--only", default="", help="part of the names of the variants beside the first")
    parser.add_argument("--characters", type=int, default=1_600, help="of each text")
    try:
        asyncio.run(run(parser.parse_args()))
    except argparse.ArgumentTypeError as error:
        parser.error(str(error))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
