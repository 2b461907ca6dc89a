"""After RULER: which variables have a value, through assignments; which words of a list are most frequent?"""

import random
import string
from itertools import pairwise

from vtc_r1.eval.longcontext.task import Counts, Drawn, hide, made_up, prose

_LETTERS = 5


def variable_tracking(rng: random.Random, characters: int, depth: float, counts: Counts) -> Drawn:
    """Draw chains of assignments, spread over prose in order; the first chain is asked for.

    Its first assignment is at `depth`, the others follow at random positions.
    """
    chains, length = counts.chains, counts.hops + 1
    names = _names(rng, chains * length)
    values = [str(value) for value in rng.sample(range(10_000, 100_000), chains)]
    hidden: list[tuple[float, str]] = []
    for chain in range(chains):
        own = names[chain * length : (chain + 1) * length]
        lines = [f"VAR {own[0]} = {values[chain]}."]
        lines += [f"VAR {later} = VAR {earlier}." for earlier, later in pairwise(own)]
        start = depth if chain == 0 else rng.random()
        rest = sorted(start + (1 - start) * rng.random() for _ in own[1:])
        hidden += zip([start, *rest], lines, strict=True)
    room = characters - sum(len(line) + 1 for _, line in hidden)
    text, places = hide(prose(rng, room), hidden)
    question = (
        "The document assigns values to variables, in lines such as VAR A = 1 and VAR B = VAR A. Which "
        f"variables have the value {values[0]}, directly or through others? There are {length}. Answer with "
        "their names alone, separated by commas."
    )
    return Drawn(question, text, tuple(names[:length]), places[:length])


def _names(rng: random.Random, count: int) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(rng.choices(string.ascii_uppercase, k=_LETTERS))] = None
    return list(found)


_OFTEN, _SELDOM = 30, 3  #: how often a common word and any other word occur in the list
_SHARE = 2  #: common words take up at most 1/2 of the list; in a short list they occur less often
_WORD = 6


def common_words(rng: random.Random, characters: int, depth: float, counts: Counts) -> Drawn:
    """Draw a numbered list of words; the depth is ignored, as the words are spread over the list."""
    entries = _entries(characters)
    often = max(_SELDOM + 2, min(_OFTEN, entries // (_SHARE * counts.common)))
    seldom = max(1, (entries - often * counts.common) // _SELDOM)
    words = made_up(rng, counts.common + seldom)
    common, others = words[: counts.common], words[counts.common :]
    listed = common * often + others * _SELDOM
    rng.shuffle(listed)
    text = " ".join(f"{number}. {word}" for number, word in enumerate(listed, 1))
    question = (
        f"The document is a numbered list of words. {counts.common} of them recur far more often than all "
        "others. Which? Answer with these words alone, separated by commas."
    )
    return Drawn(question, text, tuple(common))


def _entries(characters: int) -> int:
    """Return how many numbered words fit into `characters`."""
    entries = 0
    while True:
        characters -= len(str(entries + 1)) + _WORD + 3
        if characters < 0:
            return entries
        entries += 1
