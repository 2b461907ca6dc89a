"""What building makes of a row: examples, with what a prompt carries of earlier segments, or why none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import is_

from vtc_r1.prompts.prompt import Note
from vtc_r1.prompts.promptset import plain
from vtc_r1.renderers import Page

REASON = "reason"  #: the task of an example that is a segment of a trace


@dataclass(frozen=True)
class BuiltExample:
    """One segment to learn, with the loop's prompt for it; or a page to read."""

    uuid: str  #: the problem's identity in its source
    row: int  #: number of its row in the source
    generation: int  #: which of the row's generations it comes from
    segment: int  #: index of the segment
    segments: int  #: segments of the trace
    task: str  #: `reason`, or a reading task: `transcribe`, `lines`, `follows`, `value`
    profile: str  #: name of the profile of its pages, as the manifest's `styles` has it
    question: str  #: the problem; for a reading task the full question
    #: pages of earlier segments as PNG files, oldest first; examples of one trace share them
    images: tuple[bytes, ...]
    #: what the loop would carry, in order: the index of an image, or an earlier segment as text
    memory: tuple[int | str, ...]
    target: str  #: what the model learns to write
    answer: str  #: the bare answer; empty for a reading task
    source: str | None  #: where the row's problem comes from, as its source says
    question_tokens: int  #: tokens of the question
    memory_tokens: int  #: text tokens of what the memory carries
    text_tokens: int  #: those carried as text
    vision_tokens: int  #: vision tokens of the pages
    target_tokens: int  #: tokens of the target

    @property
    def tokens(self) -> int:
        """Tokens of prompt and target, without those of the prompt set."""
        return self.question_tokens + self.text_tokens + self.vision_tokens + self.target_tokens


@dataclass(frozen=True)
class Drop:
    """A row, or one generation of it, that gave no example."""

    row: int  #: number of the row in the source
    uuid: str | None  #: its identity there, if it could be read
    generation: int | None  #: which generation, None if the row as a whole is meant
    reason: str  #: one of REASONS
    detail: str  #: the measure or field that decided


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
    "unclear_thoughts": "several </think>, or text before <think>: it is unclear what the thoughts are",
    "empty_trace": "nothing between <think> and </think>, or in one of its segments",
    "too_long": "more characters than --max-characters",
    "too_many_segments": "more segments than --max-segments",
    "too_many_tokens": "an example has more tokens than --max-tokens",
    "missing_glyphs": "more of the characters on its pages have no legible glyph than --max-missing",
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


Content = Sequence[str | Page]


@dataclass(frozen=True)
class CountedSegment:
    """A segment whose tokens were counted in its context, the trace."""

    text: str  #: the segment
    tokens: int  #: its tokens
    pages: Sequence[Page] = ()  #: its pages; none if it was not drawn

    def begins(self, content: Content) -> int:
        """Return how many parts of `content`, from the first on, are this segment; 0 unless all of it is."""
        if isinstance(content[0], str):
            return int(content[0] == self.text)
        first = content[: len(self.pages)]
        same = len(first) == len(self.pages) and all(map(is_, first, self.pages))
        return len(first) if same else 0


@dataclass(frozen=True)
class MemoryContent:
    """The content of the memory in one prompt."""

    images: tuple[bytes, ...]  #: its pages as PNG files, in order
    items: tuple[int | str, ...]  #: its parts in order: the index of an image, or a text as the prompt has it
    memory_tokens: int  #: text tokens of everything it carries
    text_tokens: int  #: text tokens carried as text
    vision_tokens: int  #: vision tokens of the pages


def memory_content(
    content: Content, count: Callable[[str], int], segments: Sequence[CountedSegment] = ()
) -> MemoryContent:
    """Count and encode the content of a memory.

    Args:
        content: the memory's content.
        count: counts the tokens of a text.
        segments: those whose tokens are known, oldest first; everything else is counted.
    """
    left, at = list(segments), 0
    tokens = {True: 0, False: 0}
    while at < len(content):
        is_text = isinstance(content[at], str)
        whole = next((one for one in left if one.begins(content[at:])), None)
        if whole is None:
            tokens[is_text] += count(_text_of(content[at]))
            at += 1
        else:
            left.remove(whole)
            tokens[is_text] += whole.tokens
            at += whole.begins(content[at:])
    pages = [part for part in content if isinstance(part, Page)]
    numbers = iter(range(len(pages)))
    return MemoryContent(
        images=tuple(page.png for page in pages),
        items=tuple(next(numbers) if isinstance(part, Page) else _written(part) for part in content),
        memory_tokens=sum(tokens.values()),
        text_tokens=tokens[True],
        vision_tokens=sum(page.vision_tokens for page in pages),
    )


def _text_of(part: str | Page) -> str:
    return part.text if isinstance(part, Page) else plain(part)


def _written(part: str) -> str:
    return Note(plain(part), part.kind) if isinstance(part, Note) else plain(part)
