"""The result of building a row: examples, or the reasons for none."""

from dataclasses import dataclass

REASON = "reason"
"""The task of an example that is a segment of a trace."""


@dataclass(frozen=True)
class BuiltExample:
    """One segment to learn, with the loop's prompt for it; or a page to read.

    Attributes:
        uuid: the problem's identity in its source.
        row: number of its row in the source.
        generation: which of the row's generations it comes from.
        segment: index of the segment.
        segments: segments of the trace.
        task: `reason`, or a reading task: `transcribe`, `lines`, `follows`, `value`.
        profile: name of the profile of its pages, as the manifest's `styles` has it.
        question: the problem; for a reading task the full question.
        images: pages of earlier segments as PNG files, oldest first; examples of one trace share them.
        memory: what the loop would carry, in order: the index of an image, or an earlier segment as
            text.
        target: what the model learns to write.
        answer: the bare answer; empty for a reading task.
        source: where the row's problem comes from, as its source says.
        question_tokens: tokens of the question.
        memory_tokens: text tokens of what the memory carries.
        text_tokens: those carried as text.
        vision_tokens: vision tokens of the pages.
        target_tokens: tokens of the target.
    """

    uuid: str
    row: int
    generation: int
    segment: int
    segments: int
    task: str
    profile: str
    question: str
    images: tuple[bytes, ...]
    memory: tuple[int | str, ...]
    target: str
    answer: str
    source: str | None
    question_tokens: int
    memory_tokens: int
    text_tokens: int
    vision_tokens: int
    target_tokens: int

    @property
    def tokens(self) -> int:
        """Tokens of prompt and target, without those of the prompt set."""
        return self.question_tokens + self.text_tokens + self.vision_tokens + self.target_tokens


@dataclass(frozen=True)
class Drop:
    """A row, or one generation of it, that gave no example.

    Attributes:
        row: number of the row in the source.
        uuid: its identity there, if it could be read.
        generation: which generation, None if the row as a whole is meant.
        reason: one of REASONS.
        detail: the measure or field that decided.
    """

    row: int
    uuid: str | None
    generation: int | None
    reason: str
    detail: str


@dataclass(frozen=True)
class RowResult:
    """The result of one row."""

    examples: list[BuiltExample]
    drops: list[Drop]


REASONS = {
    "malformed": "the row is not a JSON object, or a field has the wrong type",
    "no_problem": "the problem is empty",
    "no_answer": "the answer is empty",
    "no_generation": "there is no generation, or all are empty",
    "no_verdict": "no verdict on any generation",
    "none_correct": "no generation was found correct",
    "none_complete": "no correct generation is complete",
    "no_think": "no <think>…</think>",
    "empty_trace": "nothing between <think> and </think>, or in one of its segments",
    "too_long": "more characters than --max-characters",
    "too_many_segments": "more segments than --max-segments",
    "too_many_tokens": "an example has more tokens than --max-tokens",
    "answer_unreadable": "the loop would not read the answer back from the target",
    "unsolved": "no solve of the problem is right and can be learned from",
    "wrong": "the answer is wrong",
    "unanswered": "the solve ended without an answer",
    "forced": "the answer was asked for once the budget was spent",
    "failed": "the backend gave up",
    "not_chosen": "right, but another solve of the problem was chosen",
    "duplicate": "right, but word for word another solve of the problem",
    "pages_changed": "drawn again, its pages are not those that the loop showed",
}
"""Why a row, one of its generations, or a solve gives no example."""
