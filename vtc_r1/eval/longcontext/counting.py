"""Common words, after RULER: which words of a long list are the most frequent?"""

import random

from vtc_r1.eval.longcontext.task import Counts, Drawn
from vtc_r1.eval.longcontext.words import made_up

_OFTEN, _SELDOM = 30, 3
"""How often a common word and any other word occur in the list."""
_SHARE = 2
"""Common words take up at most 1/2 of the list; in a short list they occur less often."""
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
