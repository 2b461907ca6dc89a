r"""Answers that nobody would write: gold answers cut, doubled, shuffled strewn with signs of every kind."""

import random
from collections.abc import Callable, Iterator

PIECES = (
    *(
        "i",
        "2i",
        "i^2",
        "<",
        ">",
        "\\le ",
        "=",
        "\\ne ",
        "\\in ",
        "\\pm ",
        "\\cup ",
        "\\setminus ",
        "^",
        "_",
        "/",
        "!",
        "|",
    ),
    *(
        "\\max(i,1)",
        "\\min(",
        "\\gcd(4,i)",
        "\\lfloor i \\rfloor",
        "\\sqrt{",
        "\\sqrt[3]",
        "\\frac{1}{",
        "\\binom{5}{",
        "\\int_0^1 ",
    ),
    *(
        "\\begin{pmatrix}1\\\\2\\end{pmatrix}",
        "\\begin{pmatrix}",
        "\\end{pmatrix}",
        "&",
        "\\\\",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "\\{",
        "\\}",
    ),
    *(
        "\\text{ cm}",
        "\\text{",
        " dollars",
        " is wrong",
        " and ",
        " or ",
        " to ",
        "\\%",
        "^\\circ ",
        "\\pmod{7}",
        "\\equiv ",
        "\\approx ",
    ),
    *(
        "0",
        "1",
        "-7",
        "0.\\overline{3}",
        "10^{-20}",
        "1e9",
        "99999",
        "x",
        "y=",
        "\\infty ",
        "\\mathbb{R}",
        "\\emptyset ",
        "e^{",
        "\\ln ",
        "\\log_2 ",
    ),
    *(
        "$",
        "\\boxed{",
        "\\boxed 5",
        "The answer is ",
        "Answer: ",
        "\n",
        "**",
        "```",
        "<b>",
        "½",
        "²",
        "∞",
        "\ud800",
        "\0",
        "答案是",
        "元",
        ",",
        ";",
        ".",
        ":",
        "'",
        '"',
    ),
)


def _cut(gold: str, rng: random.Random) -> str:
    at = sorted(rng.randrange(len(gold) + 1) for _ in range(2))
    return gold[: at[0]] + gold[at[1] :]


def _strewn(gold: str, rng: random.Random) -> str:
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(gold) + 1)
        gold = gold[:at] + rng.choice(PIECES) + gold[at:]
    return gold


def _shuffled(gold: str, rng: random.Random) -> str:
    signs = list(gold)
    for _ in range(rng.randint(1, 4)):
        if signs:
            one, other = rng.randrange(len(signs)), rng.randrange(len(signs))
            signs[one], signs[other] = signs[other], signs[one]
    return "".join(signs)


def _doubled(gold: str, rng: random.Random) -> str:
    return gold + rng.choice(PIECES) + gold


def _assembled(gold: str, rng: random.Random) -> str:
    return "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 12)))


_KINDS: tuple[Callable[[str, random.Random], str], ...] = (
    _cut,
    _strewn,
    _strewn,
    _shuffled,
    _doubled,
    _assembled,
)


def mutations(golds: list[str], wanted: int, seed: int = 0) -> Iterator[tuple[str, str]]:
    """Yield `wanted` pairs of a gold answer and a mutation of it or of another one."""
    rng = random.Random(f"fuzz:{seed}")
    for at in range(wanted):
        gold = rng.choice(golds)
        text = gold if at % 3 else f"{gold}{rng.choice(golds)}"
        yield gold, rng.choice(_KINDS)(text, rng)
