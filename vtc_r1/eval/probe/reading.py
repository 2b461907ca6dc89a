"""One page that was read, as a line of a probe's folder."""

from typing import Any

from pydantic import Field

from vtc_r1.configuration import EncodableText, Record
from vtc_r1.eval.probe.item import Cell, Item, Task
from vtc_r1.eval.probe.reader import Answer

Key = tuple[str, str, Task, int]
"""The profile's hash, the kind of text, the task, and the page's number."""
_KEPT = 1_000
"""Characters that are kept of what was said, beyond four times those that were right."""


class Said(Record):
    """What was asked of a page, what would be right, and what the reader said.

    Attributes:
        question: None for a transcription.
        expected: the right answer.
        third: of the page's text in which the answer stands, None for a transcription.
        read: what was said, cut where it is many times too long.
        length: characters that were said.
        tokens: tokens of that, where the reader counts them.
    """

    question: EncodableText | None
    expected: EncodableText
    third: int | None = Field(None, ge=0, le=2)
    read: EncodableText
    length: int = Field(ge=0)
    tokens: int | None = Field(None, ge=0)

    @classmethod
    def of(cls, item: Item, answer: Answer) -> "Said":
        """Record an answer."""
        return cls(
            question=item.question,
            expected=item.expected,
            third=item.third,
            read=answer.text[: 4 * len(item.expected) + _KEPT],
            length=len(answer.text),
            tokens=answer.tokens,
        )


class Reading(Record):
    """One page, read.

    Attributes:
        profile: hash of the profile, at its scale.
        kind: kind of text.
        task: what was asked.
        number: of the page, from 0; the same number shows the same text in every profile.
        characters: of the text that the page carries.
        vision_tokens: what it costs.
        said: one for every question, one for a transcription.
    """

    profile: str
    kind: str
    task: Task
    number: int = Field(ge=0)
    characters: int = Field(ge=0)
    vision_tokens: int = Field(ge=1)
    said: list[Said]

    @property
    def key(self) -> Key:
        """Which page it is."""
        return self.profile, self.kind, self.task, self.number

    @classmethod
    def of(cls, cell: Cell, number: int, items: list[Item], answers: list[Answer]) -> "Reading":
        """Record the answers about one page."""
        page = items[0].page
        return cls(
            profile=cell.profile.sha256,
            kind=cell.kind,
            task=cell.task,
            number=number,
            characters=len(page.text),
            vision_tokens=page.vision_tokens,
            said=[Said.of(item, answer) for item, answer in zip(items, answers, strict=True)],
        )

    @classmethod
    def parse(cls, values: dict[str, Any]) -> "Reading":
        """Read one from its parsed JSON; raises ValueError."""
        return cls.model_validate(values)
