"""An item: one page and what is asked of it, with the right answer."""

from dataclasses import dataclass
from typing import Literal

from vtc_r1.renderers import Page, Profile

Task = Literal["transcribe", "needle", "state"]
TASKS: tuple[Task, ...] = ("transcribe", "needle", "state")


@dataclass(frozen=True)
class Cell:
    """Where items stand in the probe: the pages of one cell are measured together.

    Attributes:
        profile: at its scale.
        scale: of the text.
        kind: name of the kind of text.
        task: what is asked.
    """

    profile: Profile
    scale: float
    kind: str
    task: Task


@dataclass(frozen=True)
class Item:
    """One question, or one transcription.

    Attributes:
        page: what is read.
        question: None for a transcription.
        expected: the right answer; the text that stands on the page for a transcription.
        third: of the page's text, where the answer stands; None for a transcription.
    """

    page: Page
    question: str | None
    expected: str
    third: int | None = None
