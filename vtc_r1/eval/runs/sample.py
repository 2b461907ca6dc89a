"""One solve of a problem, and its grade, as lines of a run folder."""

from typing import Any

from pydantic import Field

from vtc_r1.configuration import EncodableText, Record
from vtc_r1.eval.grading import Grade
from vtc_r1.storage import trace_of
from vtc_r1.trace import Trace

Key = tuple[str, int]
"""A problem's id and the number of the sample."""


class Sample(Record):
    """One solve: the problem's id, the number of the sample from 0, and the trace."""

    problem: EncodableText
    sample: int = Field(ge=0)
    trace: Trace

    @property
    def key(self) -> Key:
        """The problem's id and the number of the sample."""
        return self.problem, self.sample

    @classmethod
    def of(cls, values: dict[str, Any]) -> "Sample":
        """Read a sample from its parsed JSON; raises ValueError."""
        return cls.model_validate({**values, "trace": trace_of(values.get("trace"))})


class Graded(Record):
    """The grade of one sample."""

    problem: EncodableText
    sample: int = Field(ge=0)
    grade: Grade

    @property
    def key(self) -> Key:
        """The problem's id and the number of the sample."""
        return self.problem, self.sample
