"""Whether rendering time grows with the text or faster: python benchmarks/growth.py.

Renders texts of several kinds at a size and at twice that size, in turn, and prints the ratio of the
median times. 2 is linear; nothing should be over 2.3.
"""

import argparse
import time
from statistics import median

from vtc_r1.renderers import Renderer, load_profile

DEFAULT = load_profile("default")
SOURCE = DEFAULT.replace(latex="source")
LINES = SOURCE.replace(layout="lines")
KINDS = {
    "prose": (DEFAULT, "the sum of 12 and 30 is 42, so "),
    "formulas": (DEFAULT, r"as $\frac{a_1+b}{2}=x^{n+1}$ holds "),
    "distinct formulas": (DEFAULT, None),
    "one formula": (DEFAULT, None),
    "one line": (SOURCE, "x"),
    "newlines": (LINES, "\n"),
    "escapes": (SOURCE, "a\u200b"),
    "dollars": (DEFAULT, "$ "),
    "fences": (DEFAULT, "```\nx\n"),
    "tables": (DEFAULT, "| a | b |\n|---|---|\n| 1 | 2 |\n\n"),
    "marks": (SOURCE, "e\u0301"),
    "right to left": (SOURCE, "שלום "),
    "open groups": (DEFAULT, r"\begin{align}{\left( $"),
    "closed groups": (DEFAULT, r"\begin{align}a&=b\\c&=d\end{align} "),
}


def text_of(kind: str, part: str | None, characters: int) -> str:
    if kind == "one formula":
        return "$" + "a+" * (characters // 2) + "b$"
    if kind == "distinct formulas":
        return " ".join(rf"$\frac{{{number}}}{{x_{number}}}$" for number in range(characters // 20))
    assert part is not None
    return part * (characters // len(part))


def seconds(renderer: Renderer, text: str) -> float:
    began = time.perf_counter()
    renderer.render(text)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--characters", type=int, default=100_000, help="size of the shorter text")
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    print(f"{'kind':20} {'ms':>8} {'ms, twice':>10} {'ratio':>6}")
    for kind, (profile, part) in KINDS.items():
        renderer = Renderer(profile, cache=None)
        once, twice = (text_of(kind, part, size * arguments.characters) for size in (1, 2))
        renderer.render(once)
        pairs = [(seconds(renderer, once), seconds(renderer, twice)) for _ in range(arguments.repeats)]
        short, long = (median(times) * 1e3 for times in zip(*pairs, strict=True))
        print(f"{kind:20} {short:8.1f} {long:10.1f} {long / short:6.2f}", flush=True)


if __name__ == "__main__":
    main()
