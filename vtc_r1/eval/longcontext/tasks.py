"""Tasks about long documents.

Needles in a haystack, after RULER: one; one among distractors; several values of a key; several keys.
Variables that have a value through assignments, and the most frequent words of a list, after RULER too.
After MRCR, the i-th answer of a transcript in which the same request is made several times.
"""

import random
import string
from itertools import pairwise

from vtc_r1.eval.longcontext.task import TOPICS, Counts, Drawn, hide, keys, made_up, numbers, prose, sentence

_INTRODUCTION = "Somewhere in the document, sentences give secret numbers. "


def single(rng: random.Random, characters: int, depth: float, counts: Counts) -> Drawn:
    """Draw one needle in prose."""
    return _hidden(rng, characters, depth, asked=1, others=0)


def multikey(rng: random.Random, characters: int, depth: float, counts: Counts) -> Drawn:
    """Draw the needle asked for, and distractors."""
    return _hidden(rng, characters, depth, asked=1, others=counts.needles - 1)


def multiquery(rng: random.Random, characters: int, depth: float, counts: Counts) -> Drawn:
    """Draw several needles, all of them asked for."""
    return _hidden(rng, characters, depth, asked=counts.needles, others=0)


def multivalue(rng: random.Random, characters: int, depth: float, counts: Counts) -> Drawn:
    """Draw several needles with the same key, all of them asked for."""
    (key,) = keys(rng, 1)
    values = numbers(rng, counts.needles)
    question = (
        f"{_INTRODUCTION}What are all the secret numbers of the {key}? "
        f"Answer with the numbers alone, separated by commas."
    )
    return _in_prose(rng, characters, depth, [_needle(key, value) for value in values], values, question)


def lines(rng: random.Random, characters: int, depth: float, counts: Counts) -> Drawn:
    """Draw a haystack made of needles only, one of which is asked for."""
    length = len(_needle("x" * 13, "0" * 7)) + 1
    names = keys(rng, 2 * characters // length)
    values = numbers(rng, len(names))
    needles, total = [], 0
    for key, value in zip(names, values, strict=True):
        total += len(_needle(key, value)) + 1
        if total > characters:
            break
        needles.append(_needle(key, value))
    at = min(round(depth * len(needles)), len(needles) - 1)
    place = sum(len(needle) + 1 for needle in needles[:at])
    return Drawn(_question([names[at]]), "\n".join(needles), (values[at],), (place,))


def _hidden(rng: random.Random, characters: int, depth: float, *, asked: int, others: int) -> Drawn:
    names = keys(rng, asked + others)
    values = numbers(rng, asked + others)
    needles = [_needle(key, value) for key, value in zip(names, values, strict=True)]
    return _in_prose(rng, characters, depth, needles, values[:asked], _question(names[:asked]))


def _in_prose(
    rng: random.Random, characters: int, depth: float, needles: list[str], answers: list[str], question: str
) -> Drawn:
    """Hide needles in prose: the first at the given depth, the others anywhere."""
    room = characters - sum(len(needle) + 1 for needle in needles)
    depths = [depth, *(rng.random() for _ in needles[1:])]
    text, places = hide(prose(rng, room), list(zip(depths, needles, strict=True)))
    return Drawn(question, text, tuple(answers), places[: len(answers)])


def _needle(key: str, value: str) -> str:
    return f"The secret number of the {key} is {value}."


def _question(names: list[str]) -> str:
    if len(names) == 1:
        return f"{_INTRODUCTION}What is the secret number of the {names[0]}? Answer with the number alone."
    listed = ", ".join(f"the {name}" for name in names)
    return (
        f"{_INTRODUCTION}What are the secret numbers of {listed}? "
        f"Answer with the numbers alone, separated by commas."
    )


_KINDS = ("note", "poem", "letter", "story", "speech", "riddle", "review", "song")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


def nth_answer(rng: random.Random, characters: int, depth: float, counts: Counts) -> Drawn:
    """Draw a transcript with `repeats` requests for one kind of text about one topic, and others in between.

    Every answer carries its own mark. The question asks for the i-th of `repeats`; the depth determines i.
    """
    repeats = min(counts.repeats, len(_ORDINALS))
    asked = rng.choice(_KINDS), rng.choice(TOPICS)
    others = [(kind, topic) for kind in _KINDS for topic in TOPICS if (kind, topic) != asked]
    turns: list[tuple[str, str]] = [asked] * repeats
    marks = made_up(rng, max(repeats, characters // 100 + repeats))
    written = [_turn(rng, *turn, mark) for turn, mark in zip(turns, marks, strict=False)]
    room = characters - sum(len(text) + 1 for text in written)
    for mark in marks[repeats:]:
        turn = rng.choice(others)
        text = _turn(rng, *turn, mark)
        room -= len(text) + 1
        if room < 0:
            break
        turns.append(turn)
        written.append(text)
    order = list(range(len(turns)))
    rng.shuffle(order)
    wanted = min(int(depth * repeats), repeats - 1)
    number = [at for at in order if at < repeats][wanted]
    place = sum(len(written[at]) + 1 for at in order[: order.index(number)])
    kind, topic = asked
    question = (
        f"The document is a transcript. In it, a {kind} about {topic} is asked for {repeats} times. Which "
        f"mark does the {_ORDINALS[wanted]} {kind} about {topic} carry? Answer with the mark alone."
    )
    return Drawn(question, "\n".join(written[at] for at in order), (marks[number],), (place,))


def _turn(rng: random.Random, kind: str, topic: str, mark: str) -> str:
    reply = " ".join(sentence(rng) for _ in range(rng.randint(2, 5)))
    return f"User: Write a {kind} about {topic}.\nAssistant: {reply} (mark: {mark})"


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
