"""One reading task."""

from dataclasses import dataclass, field
from typing import Literal

from vtc_r1.renderers import Page
from vtc_r1.sft.styling import Style

ReadingTask = Literal["transcribe", "lines", "follows", "value"]


@dataclass(frozen=True)
class Reading:
    """A page, and what of it is to be written.

    Attributes:
        task: what is asked.
        style: of the page.
        page: what is read.
        target: the right answer, as it stands on the page.
        told: what the prompt tells beside the task: `first`, `last`, `column`, `after`, `count`, `question`.
    """

    task: ReadingTask
    style: Style
    page: Page
    target: str
    told: dict[str, str | int | None] = field(default_factory=dict)
