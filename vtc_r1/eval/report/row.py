"""A sample in one line: what tables, lists and figures need of it, and where its trace lies."""

from dataclasses import dataclass
from typing import Any

from vtc_r1.eval.grading import Grade
from vtc_r1.eval.report.outcome import Outcome, outcome_of
from vtc_r1.trace import Trace

_LONGEST_ANSWER = 160


@dataclass(frozen=True, slots=True)
class Row:
    """One sample.

    Attributes:
        run: which of the report's runs.
        problem: which of the report's problems.
        sample: which of the problem's samples, from 0.
        status: how the solve ended.
        outcome: how it came out.
        answer: the beginning of the answer, None where there is none.
        rule: the rule that found the answer.
        method: how the grade was decided.
        disagrees: another rule found an answer with the other verdict.
        iterations: how many were run.
        prompt_tokens: tokens of all its prompts, vision tokens included.
        vision_tokens: vision tokens of all its prompts.
        cached_tokens: tokens of its prompts that the server had already.
        completion_tokens: tokens that the model wrote.
        carried_tokens: text tokens that the pages sent carried, an estimate.
        seconds: wall time of the solve.
        start: where its line starts in `samples.jsonl`, in bytes.
        size: how long the line is, in bytes.
    """

    run: int
    problem: int
    sample: int
    status: str
    outcome: Outcome
    answer: str | None
    rule: str | None
    method: str | None
    disagrees: bool
    iterations: int
    prompt_tokens: int
    vision_tokens: int
    cached_tokens: int
    completion_tokens: int
    carried_tokens: int
    seconds: float
    start: int = 0
    size: int = 0

    @property
    def is_right(self) -> bool:
        """Whether its answer is right."""
        return self.outcome == "right"

    @classmethod
    def of(cls, trace: Trace, grade: Grade | None, **place: Any) -> "Row":
        """Draw the line of a sample from its trace and grade; `place` says which sample it is."""
        usage = trace.usage
        answer = grade.extracted if grade is not None and grade.extracted is not None else trace.answer
        return cls(
            **place,
            status=trace.status,
            outcome=outcome_of(trace.status, trace.answer, grade),
            answer=None if answer is None else answer[:_LONGEST_ANSWER],
            rule=None if grade is None else grade.rule,
            method=None if grade is None else grade.method,
            disagrees=grade is not None and grade.disagreement is not None,
            iterations=len(trace.iterations),
            prompt_tokens=usage.prompt_tokens,
            vision_tokens=usage.vision_tokens,
            cached_tokens=usage.cached_tokens,
            completion_tokens=usage.completion_tokens,
            carried_tokens=sum(iteration.memory_text_tokens for iteration in trace.iterations),
            seconds=trace.seconds,
        )
