"""From readings to figures."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from vtc_r1.configuration import Named
from vtc_r1.estimates import CHARACTERS_PER_TOKEN
from vtc_r1.eval.metrics import pooled, wilson
from vtc_r1.eval.probe.item import Cell
from vtc_r1.eval.probe.misreads import THIRDS, Errors, compare, distance, normalised
from vtc_r1.eval.probe.reader import transcription, value
from vtc_r1.eval.probe.reading import Reading, Said
from vtc_r1.eval.probe.result import Point, Tokens
from vtc_r1.eval.summary import Figure

_READ = 0.5
"""Error above which what was said is not taken for text of the page's kind."""


@dataclass(frozen=True)
class Judged:
    """One answer, and how far it is off."""

    said: Said
    errors: Errors


def judge(said: Said, alphabet: frozenset[str] | None) -> Judged:
    """Compare one answer with what was to be said."""
    if said.question is None:
        return Judged(said, compare(said.expected, transcription(said.read), alphabet))
    expected, answer = normalised(said.expected), normalised(value(said.read))
    edits = min(len(expected), distance(expected, answer))
    thirds = tuple(edits if at == said.third else 0 for at in range(THIRDS))
    lengths = tuple(len(expected) if at == said.third else 0 for at in range(THIRDS))
    return Judged(said, Errors(edits, len(expected), edits, len(expected), thirds, lengths, 0, 0))


def point(
    cell: Cell,
    readings: Sequence[Reading],
    failed: int,
    tokens: Tokens,
    alphabet: frozenset[str] | None,
    judged: Callable[[Reading], Sequence[Judged]],
) -> Point | None:
    """Measure the pages of a cell; None where nothing was said of any of them."""
    pages = [[one.errors for one in judged(reading)] for reading in readings]
    every = [errors for page in pages for errors in page]
    if not sum(errors.length for errors in every):
        return None
    vision = sum(reading.vision_tokens for reading in readings)
    characters = sum(reading.characters for reading in readings)
    error = _share(pages, lambda one: one.edits, lambda one: one.length)
    assert error is not None
    return Point(
        profile=Named(name=cell.profile.name, sha256=cell.profile.sha256),
        scale=cell.scale,
        font_size=cell.profile.font_size,
        kind=cell.kind,
        task=cell.task,
        pages=len(readings),
        failed=failed,
        asked=len(every),
        characters=characters,
        vision_tokens=vision,
        compression_ratio=characters / tokens.characters / vision,
        error=error,
        known_error=None
        if alphabet is None or cell.task != "transcribe"
        else _share(pages, lambda one: one.known_edits, lambda one: one.known_length),
        exact=Figure.of(wilson(sum(one.edits == 0 for one in every), len(every))),
        numbers=_share(pages, lambda one: one.wrong_numbers, lambda one: one.numbers),
        thirds=[_third(pages, at) for at in range(THIRDS)],
    )


def tokens_of(judged: Mapping[str, Iterable[Judged]]) -> dict[str, Tokens]:
    """Characters a text token by kind, from the tokens of what was transcribed.

    Where nothing of a kind was read well enough, whatever the reader transcribed counts, and where it counts
    no tokens, the estimate for English mathematics.
    """
    said = {kind: [one for one in found if _counts(one)] for kind, found in judged.items()}
    anything = [one for found in said.values() for one in found]
    return {
        kind: _tokens([one for one in found if one.errors.edits < _READ * one.errors.length])
        or _tokens(anything)
        or Tokens(characters=CHARACTERS_PER_TOKEN, counted=False)
        for kind, found in said.items()
    }


def _counts(one: Judged) -> bool:
    return one.said.question is None and bool(one.said.tokens) and one.said.length > 0


def _tokens(said: Sequence[Judged]) -> Tokens | None:
    if not said:
        return None
    tokens = sum(one.said.tokens or 0 for one in said)
    return Tokens(characters=sum(one.said.length for one in said) / tokens, counted=True)


def _third(pages: Sequence[Sequence[Errors]], at: int) -> Figure | None:
    return _share(pages, lambda one: one.third_edits[at], lambda one: one.third_lengths[at])


def _share(
    pages: Sequence[Sequence[Errors]], part: Callable[[Errors], int], whole: Callable[[Errors], int]
) -> Figure | None:
    """Pool a share over pages; None where there is nothing to be a share of."""
    wholes = [sum(map(whole, page)) for page in pages]
    if not sum(wholes):
        return None
    return Figure.of(pooled([sum(map(part, page)) for page in pages], wholes))
