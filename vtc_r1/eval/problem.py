"""One row of a benchmark."""

from typing import Any

from pydantic import Field

from vtc_r1.trace import EncodableText, Record


class Problem(Record):
    """A question and its gold answer.

    Attributes:
        id: unique within its benchmark; where the data has none, the row's number, counted from 0.
        question: what the solver is asked, choices included.
        answer: the gold answer; a letter where there are choices.
        level: how hard, in the data set's own terms.
        subject: of what field, in the data set's own terms.
        choices: what the letters A, B, … stand for; empty for an open question.
        extra: further columns that the benchmark asks to keep.
    """

    id: EncodableText
    question: EncodableText
    answer: EncodableText
    level: EncodableText | None = None
    subject: EncodableText | None = None
    choices: tuple[EncodableText, ...] = ()
    extra: dict[str, Any] = Field(default_factory=dict)
