"""The reading of one page, stored as a line in a probe's folder."""

from typing import Any

from pydantic import Field

from vtc_r1.configuration import EncodableText, Record
from vtc_r1.eval.probe.reader import Answer
from vtc_r1.eval.probe.setup import Cell, EditedPlace, Item, Task

Key = tuple[str, str, Task, int]
"""The profile's hash, the kind of text, the task, and the page's number."""
_KEPT = 1_000  #: characters of an answer that are stored beyond four times the length of the right one


class ReaderAnswer(Record):
    """A question about a page, the right answer, and the reader's answer."""

    question: EncodableText | None  #: None for a transcription
    expected: EncodableText  #: the right answer
    #: the third of the page's text that holds the answer, None for a transcription
    third: int | None = Field(None, ge=0, le=2)
    read: EncodableText  #: the reader's answer, cut if it is many times too long
    length: int = Field(ge=0)  #: length of the whole answer in characters
    tokens: int | None = Field(None, ge=0)  #: tokens of the answer, None if the reader does not count them
    edited: EditedPlace | None = None  #: the place of the page that was changed, None if nothing was

    @classmethod
    def of(cls, item: Item, answer: Answer) -> "ReaderAnswer":
        """Record an answer."""
        return cls(
            question=item.question,
            expected=item.expected,
            third=item.third,
            read=answer.text[: 4 * len(item.expected) + _KEPT],
            length=len(answer.text),
            tokens=answer.tokens,
            edited=item.edited,
        )


class PageReading(Record):
    """The answers about one page."""

    profile: str = Field(description="hash of the profile, scaled.")
    kind: str = Field(description="kind of text.")
    task: Task = Field(description="the task.")
    number: int = Field(
        ge=0, description="number of the page, from 0; the same number shows the same text in every profile."
    )
    characters: int = Field(ge=0, description="characters of the text that the page carries.")
    vision_tokens: int = Field(ge=1, description="vision tokens of the page.")
    said: list[ReaderAnswer] = Field(description="one answer for every question, or one transcription.")

    @property
    def key(self) -> Key:
        """Identifies the page."""
        return self.profile, self.kind, self.task, self.number

    @classmethod
    def of(cls, cell: Cell, number: int, items: list[Item], answers: list[Answer]) -> "PageReading":
        """Record the answers about one page."""
        page = items[0].page
        return cls(
            profile=cell.profile.sha256,
            kind=cell.kind,
            task=cell.task,
            number=number,
            characters=len(page.text),
            vision_tokens=page.vision_tokens,
            said=[ReaderAnswer.of(item, answer) for item, answer in zip(items, answers, strict=True)],
        )

    @classmethod
    def parse(cls, values: dict[str, Any]) -> "PageReading":
        """Read one from its parsed JSON; raises ValueError."""
        return cls.model_validate(values)
