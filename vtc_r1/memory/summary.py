"""A summary that the model writes, as in InftyThink (arXiv 2503.06692)."""

import re
from collections.abc import Sequence

from pydantic import Field

from vtc_r1.memory.parts import Bounded, Parts
from vtc_r1.memory.salience import essence
from vtc_r1.prompts.prompt import Note
from vtc_r1.renderers import Page

_SUMMARY = re.compile(r"<summary>((?:(?!<summary>).)*?)(?:</summary>|\Z)", re.DOTALL)


class SummaryOptions(Bounded):
    """`tokens`: token limit of a summary, which its prompt states; a smaller budget takes precedence."""

    tokens: int = Field(1024, ge=1)


class Summary(Parts[SummaryOptions]):
    """Only a summary of all earlier segments, written by the model.

    A segment may end with a `<summary>…</summary>`, as from a model trained for it. If it does not, the next
    iteration shows the segment once more as text, whatever it costs, and asks only for the summary. If a
    summary exceeds its limit, its end is kept.
    """

    name = "summary"
    append_only = False
    documents = "text"
    carries = "summary"
    templates = ("summary.jinja", "summarise.jinja")
    asked: bool = False  #: whether the next segment must be a summary

    @property
    def limit(self) -> int:
        """Token limit of a summary."""
        return self.options.tokens if self.tokens is None else min(self.tokens, self.options.tokens)

    def content(self) -> Sequence[str | Page]:
        """Return the summary, and the segment that is to be summarised next."""
        return [*self.parts, Note(str(self.limit), "summarise")] if self.asked else self.parts

    def add(self, segment: str) -> list[Page]:
        """Remember the summary in a segment; without one, the segment, until the model has summarised it."""
        self.dropped, self.tokens = 0, self.next_limit()
        self.take(segment)
        return []

    def take(self, segment: str) -> list[Page]:
        """Replace the parts by the summary in a segment, or append the segment and ask for its summary."""
        found = (text.strip() for text in reversed(_SUMMARY.findall(segment)))
        written = next(filter(None, found), None)
        if written is None and not self.asked:
            self.asked = True
            self.parts.append(segment)
        else:
            self.asked = False
            self._replace(written or segment)
        return []

    def shed(self) -> bool:
        """Drop the older half of the segment to be summarised; if there is none, the summary."""
        if not self.asked:
            return super().shed()
        segment = self.texts[-1]
        half = self.costs.end(segment, self.costs.part(segment) // 2)
        self.parts[-1:] = [half] if half else []
        self.asked = bool(half)
        return True

    def _replace(self, text: str) -> None:
        kept = self.costs.end(text, self.limit)
        self.dropped += kept != text
        self.parts = [Note(kept, "summary")] if kept else []


def summarised(segments: Sequence[str], characters: int) -> list[str]:
    """Return for each segment a summary of it and all earlier ones, by the rules of `essence`.

    Args:
        segments: segments of one trace.
        characters: maximum characters of a summary.
    """
    made: list[str] = []
    for segment in segments:
        made.append(essence("\n".join([*made[-1:], segment]), characters))
    return made
