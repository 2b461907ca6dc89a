"""The i-th answer, after MRCR: a transcript in which the same request is made several times."""

import random

from vtc_r1.eval.longcontext.task import Counts, Drawn
from vtc_r1.eval.longcontext.words import TOPICS, made_up, sentence

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
