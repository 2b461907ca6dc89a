"""Reading tasks, drawn at random, on pages of a trace and on pages of unpredictable strings.

Glyph's continual pre-training reads pages of real text, and its OCR alignment continues that along with the
task (arXiv 2510.17800); prose hides misreads, random strings do not.
"""

from dataclasses import dataclass, field
from random import Random
from typing import Literal

import numpy as np

from vtc_r1.eval.probe.tasks import capacity, needle
from vtc_r1.eval.probe.texts import KINDS
from vtc_r1.renderers import Page, Profile
from vtc_r1.renderers.setting import set_text
from vtc_r1.renderers.shape import PICTURE, decode
from vtc_r1.sft.styling import Drawing, Style

ReadingTask = Literal["transcribe", "lines", "follows", "value"]


@dataclass(frozen=True)
class Reading:
    """A page, and the part of it to write."""

    task: ReadingTask  #: what is asked
    style: Style  #: of the page
    page: Page  #: what is read
    target: str  #: the right answer, as drawn on the page
    #: what the prompt says besides the task: `first`, `last`, `column`, `after`, `count`, `question`
    prompt_fields: dict[str, str | int | None] = field(default_factory=dict)


OWN = 0.5  #: share of tasks whose page is one of the trace's own
_WEIGHTS = (0.4, 0.3, 0.3)
"""Of transcribing a page, transcribing some of its lines, and answering a question about it."""
_MOST_LINES = 8
_AFTER, _FOLLOWING = 4, 6  #: words that a question quotes, and those that follow


def draw_reading(rng: Random, texts: list[str], own: Drawing, other: Drawing, most: int) -> Reading:
    """Draw one task.

    A page that does not suit the drawn task (a question about a page of two words) is transcribed.

    Args:
        rng: decides everything.
        texts: the texts of the trace.
        own: draws the trace's pages.
        other: draws a page of strings.
        most: maximum characters of such a page; a token of random characters is hardly more than one.
    """
    is_own = rng.random() < OWN
    (task,) = rng.choices(("transcribe", "lines", "question"), _WEIGHTS)
    if task == "question" and not is_own and (found := _value(rng, other.style)):
        return found
    drawing = own if is_own else other
    text = rng.choice(texts) if is_own else _strings(rng, drawing.style.profile, most)
    pages = drawing.render(text)
    at = rng.randrange(len(pages)) if is_own else 0
    made: Reading | None = None
    if task == "lines":
        columns = page_lines(text, drawing.style.profile, at)
        made = _lines(rng, drawing.style, pages[at], columns)
    elif task == "question":
        made = _follows(rng, drawing.style, pages[at])
    return made or Reading("transcribe", drawing.style, pages[at], _stands(pages[at]))


def _strings(rng: Random, profile: Profile, most: int) -> str:
    """A text of one kind, of a line or two up to about a page."""
    kind = KINDS[rng.choice(sorted(KINDS))]
    return kind.text(rng, max(16, min(most, int(capacity(profile) * rng.uniform(0.05, 0.7)))))


def _stands(page: Page) -> str:
    """The text drawn on the page, or its source if formulas are pictures."""
    return page.text if PICTURE in page.drawn else page.drawn


def _lines(rng: Random, style: Style, page: Page, columns: list[list[str]]) -> Reading | None:
    """Ask for some lines of a column."""
    if not columns:
        return None
    column = rng.randrange(len(columns))
    lines = columns[column]
    first = rng.randrange(len(lines))
    last = min(len(lines), first + rng.randint(1, _MOST_LINES))
    target = "\n".join(lines[first:last])
    if PICTURE in target:
        return None
    number = column + 1 if len(columns) > 1 else None
    return Reading("lines", style, page, target, {"first": first + 1, "last": last, "column": number})


def _follows(rng: Random, style: Style, page: Page) -> Reading | None:
    """Quote some words that occur once on the page, and ask for those that follow."""
    words = page.drawn.split()
    starts = range(len(words) - _AFTER - _FOLLOWING + 1)
    for start in rng.sample(starts, min(len(starts), 8)):
        after, end = " ".join(words[start : start + _AFTER]), start + _AFTER + _FOLLOWING
        target = " ".join(words[start + _AFTER : end])
        if " ".join(words).count(after) == 1 and PICTURE not in after + target:
            return Reading("follows", style, page, target, {"after": after, "count": _FOLLOWING})
    return None


def _value(rng: Random, style: Style) -> Reading | None:
    """Ask for one of the values under names on a page of strings."""
    items = needle(KINDS[rng.choice(sorted(KINDS))], style.profile, str(rng.random()))
    if not items:
        return None
    item = rng.choice(items)
    return Reading("value", style, item.page, item.expected, {"question": item.question})


def page_lines(text: str, profile: Profile, page: int) -> list[list[str]]:
    """Return the lines of one page of `text`, column by column; those without text are left out."""
    setting = set_text(text, profile)
    places, ends = setting.pagination, np.append(setting.lines.starts, len(setting.glyphs))
    columns: dict[int, list[str]] = {}
    for line in np.flatnonzero(places.page_of == page).tolist():
        drawn = decode(setting.shaped.points[ends[line] : ends[line + 1]]).strip()
        column = columns.setdefault(int(places.left[line]), [])
        if drawn:
            column.append(drawn)
    return [column for _, column in sorted(columns.items()) if column]
