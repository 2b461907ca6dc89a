"""The form of the answer: JSON, to which the server constrains the last segment."""

import json
from dataclasses import dataclass, replace
from typing import Any

from vtc_r1.answers import after_reasoning
from vtc_r1.backends.base import Request
from vtc_r1.errors import BackendError
from vtc_r1.iteration import Iteration
from vtc_r1.prompts.promptset import plain
from vtc_r1.trace import Spent, Status

Outcome = tuple[Status, str | None, Spent | None]
"""Status of a solve, its answer, and the budget that ran out."""


@dataclass(frozen=True)
class AnswerForm:
    """An answer in JSON; the reasoning before it is unconstrained.

    Attributes:
        response_format: the constraint in the format of OpenAI's API, of type `json_object` or `json_schema`.
    """

    response_format: dict[str, Any]

    def constrain(self, request: Request, draft: str | None) -> Request:
        """Return the request for the last segment.

        Args:
            request: the request for a segment that must conclude.
            draft: the segment that reached the answer; None if none did.
        """
        schema = (self.response_format.get("json_schema") or {}).get("schema")
        of = f" that follows this schema: {json.dumps(schema, ensure_ascii=False)}" if schema else ""
        reached = after_reasoning(draft or "").strip()
        done = f"\n\nYour conclusion:\n{reached}" if reached else ""
        last = f"{done}\n\nWrite the final answer now as JSON{of}, and nothing else: no reasoning, no box."
        prompt = replace(request.prompt, content=(*request.prompt.content, plain(last)))
        return replace(request, prompt=prompt, response_format=self.response_format)

    def settle(self, outcome: Outcome, last: Iteration) -> Outcome:
        """Return the outcome of a solve whose answer must have this form.

        Args:
            outcome: its outcome so far.
            last: its last iteration.

        Raises:
            BackendError: the server did not constrain the answer.
        """
        status, answer, exhausted = outcome
        if status == "stalled" or (last.forced and answer is not None):
            return outcome
        if last.forced and last.finish_reason == "stop":
            raise BackendError("the server did not constrain the answer to JSON", "answer")
        return "exhausted", None, exhausted or ("tokens" if last.forced else "seconds")

    def read(self, text: str) -> str | None:
        """Return the JSON of a segment, None if it has another form; only the server checks the schema."""
        answer = after_reasoning(text).strip()
        try:
            value = json.loads(answer)
        except (ValueError, RecursionError):
            return None
        return (
            None if self.response_format["type"] == "json_object" and not isinstance(value, dict) else answer
        )
