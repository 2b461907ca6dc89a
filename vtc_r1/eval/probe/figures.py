"""Figures computed from readings."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from vtc_r1.answers import after_reasoning
from vtc_r1.configuration import Named
from vtc_r1.estimates import characters_per_token
from vtc_r1.eval.counterfactual.followed import Follows, followed
from vtc_r1.eval.metrics import clustered, pooled, wilson
from vtc_r1.eval.probe.abstention import abstains, says_nothing_there
from vtc_r1.eval.probe.misreads import THIRDS, Errors, compare, distance, normalised
from vtc_r1.eval.probe.reader import answer_value, transcription
from vtc_r1.eval.probe.reading import PageReading, ReaderAnswer
from vtc_r1.eval.probe.result import Outcomes, Point, TokenRate
from vtc_r1.eval.probe.setup import Cell
from vtc_r1.eval.summary import Figure

_READ = 0.5  #: error above which an answer is not taken for a transcription of the page


@dataclass(frozen=True)
class Judged:
    """One answer and its errors."""

    answer: ReaderAnswer
    errors: Errors
    follows: Follows | None = None  #: what it follows; None if nothing on the page was changed

    @property
    def parts(self) -> tuple[int, int, int]:
        """What was abstained from, what is silently wrong, and the whole.

        They are characters of a transcription, or one answer to a question.
        """
        errors = self.errors
        if self.answer.question is None:
            return errors.abstained, errors.silent, errors.length
        return bool(errors.abstained), bool(errors.silent), 1


def judge(answer: ReaderAnswer, alphabet: frozenset[str] | None) -> Judged:
    """Compare one answer with the right one."""
    follows = None if answer.edited is None else _follows(answer)
    if answer.question is None:
        return Judged(answer, compare(answer.expected, transcription(answer.read), alphabet), follows)
    expected, given = normalised(answer.expected), normalised(answer_value(answer.read))
    length = len(expected) or 1
    edits = min(length, distance(expected, given))
    if follows is not None:
        edits = 0 if follows == "page" else edits or length
    thirds = tuple(edits if at == answer.third else 0 for at in range(THIRDS))
    lengths = tuple(length if at == answer.third else 0 for at in range(THIRDS))
    abstained = length if edits and abstains(after_reasoning(answer.read)) else 0
    silent = 0 if abstained else edits
    return Judged(
        answer, Errors(edits, length, edits, length, thirds, lengths, 0, 0, abstained, silent), follows
    )


def _follows(answer: ReaderAnswer) -> Follows:
    """Tell whether an answer about a changed place gives what the page says there."""
    place, said = answer.edited, after_reasoning(answer.read)
    assert place is not None
    if answer.question is None:
        read, page, prior = (_plain(text) for text in (transcription(answer.read), place.page, place.prior))
        # One may hold the other: a blank is a part of what stood there.
        if said_there := [text for text in (page, prior) if text in read]:
            return "page" if max(said_there, key=len) == page else "prior"
        return "abstained" if compare(answer.expected, said).abstained else "neither"
    given = _plain(answer_value(answer.read)).removeprefix("+")
    if given and given == _plain(place.page).removeprefix("+"):
        return "page"
    if given == _plain(place.prior).removeprefix("+"):
        return "prior"
    if abstains(said) or (not place.page and says_nothing_there(said)):
        return "abstained" if place.page else "page"
    return "neither"


def _plain(text: str) -> str:
    """Normalise a text for the comparison of one place, without the separators around it."""
    return normalised(text).replace(";", "").lower()


def point(
    cell: Cell,
    readings: Sequence[PageReading],
    failed: int,
    tokens: TokenRate,
    alphabet: frozenset[str] | None,
    judged: Callable[[PageReading], Sequence[Judged]],
) -> Point | None:
    """Measure the pages of a cell; None if there are no answers."""
    found = [judged(reading) for reading in readings]
    pages = [[one.errors for one in page] for page in found]
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
        outcomes=_outcomes(found),
        followed=followed(
            (one.answer.edited.change, f"third {one.answer.edited.third + 1}", one.follows)
            for page in found
            for one in page
            if one.answer.edited is not None and one.follows is not None
        ),
    )


def _outcomes(pages: Sequence[Sequence[Judged]]) -> Outcomes:
    """Return the shares of what was read right, abstained from and silently wrong, pooled over pages."""
    parts = [[sum(column) for column in zip(*(one.parts for one in page), strict=True)] for page in pages]
    abstained, silent, whole = zip(*parts, strict=True)
    right = [every - none - wrong for none, wrong, every in parts]
    return Outcomes(
        correct=Figure.of(clustered(right, whole)),
        abstained=Figure.of(clustered(abstained, whole)),
        silent=Figure.of(clustered(silent, whole)),
        silent_limit=clustered(silent, whole, level=0.9).high,  # one-sided at 95 %
    )


def tokens_of(judged: Mapping[str, Iterable[Judged]]) -> dict[str, TokenRate]:
    """Return characters per text token by kind, from the tokens of transcriptions.

    If no page of a kind was read well enough, all transcriptions count; if the reader counts no tokens, the
    estimate for the kind of text is used.
    """
    every = {kind: list(found) for kind, found in judged.items()}
    counted = {kind: [one for one in found if _counts(one)] for kind, found in every.items()}
    anything = [one for found in counted.values() for one in found]
    return {
        kind: _tokens([one for one in found if one.errors.edits < _READ * one.errors.length])
        or _tokens(anything)
        or TokenRate(
            characters=characters_per_token("\n".join(one.answer.expected for one in every[kind])),
            counted=False,
        )
        for kind, found in counted.items()
    }


def _counts(one: Judged) -> bool:
    return one.answer.question is None and bool(one.answer.tokens) and one.answer.length > 0


def _tokens(judged: Sequence[Judged]) -> TokenRate | None:
    if not judged:
        return None
    tokens = sum(one.answer.tokens or 0 for one in judged)
    return TokenRate(characters=sum(one.answer.length for one in judged) / tokens, counted=True)


def _third(pages: Sequence[Sequence[Errors]], at: int) -> Figure | None:
    return _share(pages, lambda one: one.third_edits[at], lambda one: one.third_lengths[at])


def _share(
    pages: Sequence[Sequence[Errors]], part: Callable[[Errors], int], whole: Callable[[Errors], int]
) -> Figure | None:
    """Pool a share over pages; None if the wholes are zero."""
    wholes = [sum(map(whole, page)) for page in pages]
    if not sum(wholes):
        return None
    return Figure.of(pooled([sum(map(part, page)) for page in pages], wholes))
