"""One row of a benchmark."""

from typing import Any

from pydantic import Field

from vtc_r1.configuration import EncodableText, Record
from vtc_r1.documents import Document, Kind
from vtc_r1.eval.scoring import Metric

_LATER = ("answers", "metric", "context")
"""Fields added together with documents; empty ones do not count, so that older identities stay the same."""


class Passage(Record):
    """A document that a question is about."""

    name: EncodableText
    text: EncodableText
    kind: Kind = "text"


class Problem(Record):
    """A question and its gold answer."""

    id: EncodableText  #: unique within its benchmark; without ids in the data, the row's number from 0
    question: EncodableText  #: the question as the solver gets it, choices included
    answer: EncodableText  #: the gold answer; a letter if there are choices
    level: EncodableText | None = None  #: its difficulty, in the data set's own terms
    subject: EncodableText | None = None  #: its field, in the data set's own terms
    choices: tuple[EncodableText, ...] = ()  #: the texts of the choices A, B, …; empty for an open question
    extra: dict[str, Any] = Field(default_factory=dict)  #: further columns that the benchmark asks to keep
    answers: tuple[EncodableText, ...] = ()  #: all gold answers if there are several; each of them is right
    metric: Metric | None = None  #: how an answer is scored against them, for the grader `scored`
    context: tuple[Passage, ...] = ()  #: the documents that the question is about

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
