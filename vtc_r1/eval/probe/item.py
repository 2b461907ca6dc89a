"""An item: one page, a question about it, and the right answer."""

from dataclasses import dataclass
from typing import Literal

from vtc_r1.renderers import Page, Profile

Task = Literal["transcribe", "needle", "state"]
TASKS: tuple[Task, ...] = ("transcribe", "needle", "state")


@dataclass(frozen=True)
class Cell:
    """One combination of profile, scale, kind and task; its pages are measured together.

    Attributes:
        profile: the profile, scaled.
        scale: scale of the text.
        kind: name of the kind of text.
        task: the task.
    """

    profile: Profile
    scale: float
    kind: str
    task: Task


@dataclass(frozen=True)
class Item:
    """One question, or one transcription.

    Attributes:
        page: the page to read.
        question: None for a transcription.
        expected: the right answer; for a transcription, the text on the page.
        third: the third of the page's text that holds the answer; None for a transcription.
    """

    page: Page
    question: str | None
    expected: str
    third: int | None = None
