"""One row of a benchmark."""

from typing import Any

from pydantic import Field

from vtc_r1.configuration import EncodableText, Record
from vtc_r1.documents import Document, Kind
from vtc_r1.eval.scoring import Metric

_LATER = ("answers", "metric", "context")
"""Fields that came with documents; when absent they do not count, so that older identities stay the same."""


class Passage(Record):
    """A document that a question is about."""

    name: EncodableText
    text: EncodableText
    kind: Kind = "text"


class Problem(Record):
    """A question and its gold answer.

    Attributes:
        id: unique within its benchmark; without ids in the data, the row's number from 0.
        question: the question as the solver gets it, choices included.
        answer: the gold answer; a letter if there are choices.
        level: its difficulty, in the data set's own terms.
        subject: its field, in the data set's own terms.
        choices: the texts of the choices A, B, …; empty for an open question.
        extra: further columns that the benchmark asks to keep.
        answers: all gold answers if there are several; each of them is right.
        metric: how an answer is scored against them, for the grader `scored`.
        context: the documents that the question is about.
    """

    id: EncodableText
    question: EncodableText
    answer: EncodableText
    level: EncodableText | None = None
    subject: EncodableText | None = None
    choices: tuple[EncodableText, ...] = ()
    extra: dict[str, Any] = Field(default_factory=dict)
    answers: tuple[EncodableText, ...] = ()
    metric: Metric | None = None
    context: tuple[Passage, ...] = ()

    @property
    def golds(self) -> tuple[str, ...]:
        """Every gold answer."""
        return self.answers or (self.answer,)

    @property
    def shown_gold(self) -> str:
        """The gold answer for display; scored answers may be compared with more than that."""
        return self.answer if self.metric else " or ".join(self.golds)

    @property
    def documents(self) -> tuple[Document, ...]:
        """The context as documents."""
        return tuple(Document.of_text(passage.text, passage.name, passage.kind) for passage in self.context)

    @property
    def identity(self) -> dict[str, Any]:
        """Everything that can change a result."""
        values = self.model_dump(mode="json")
        return {name: value for name, value in values.items() if value or name not in _LATER}
