"""An item: one page, a question about it, and the right answer."""

from dataclasses import dataclass
from typing import Literal

from vtc_r1.renderers import Page, Profile

Task = Literal["transcribe", "needle", "state"]
TASKS: tuple[Task, ...] = ("transcribe", "needle", "state")


@dataclass(frozen=True)
class Cell:
    """One combination of profile, scale, kind and task; its pages are measured together."""

    profile: Profile  #: the profile, scaled
    scale: float  #: scale of the text
    kind: str  #: name of the kind of text
    task: Task  #: the task


@dataclass(frozen=True)
class Item:
    """One question, or one transcription."""

    page: Page  #: the page to read
    question: str | None  #: None for a transcription
    expected: str  #: the right answer; for a transcription, the text on the page
    third: int | None = None  #: the third of the page's text that holds the answer; None for a transcription
