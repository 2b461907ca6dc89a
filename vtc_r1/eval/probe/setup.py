"""The setup of a probe: everything that determines its readings, except how many there are; its items."""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from vtc_r1.configuration import Named, Record
from vtc_r1.eval.probe.texts.kind import VERSION as TEXTS
from vtc_r1.renderers import Page, Profile

Task = Literal["transcribe", "needle", "state", "edited"]
TASKS: tuple[Task, ...] = ("transcribe", "needle", "state", "edited")
USUAL: tuple[Task, ...] = TASKS[:3]  #: what a reader that answers questions is asked unless tasks are named
STEPS = "steps"  #: the only kind of text of the tasks `state` and `edited`


@dataclass(frozen=True)
class Cell:
    """One combination of profile, scale, kind and task; its pages are measured together."""

    profile: Profile  #: the profile, scaled
    scale: float  #: scale of the text
    kind: str  #: name of the kind of text
    task: Task  #: the task


class EditedPlace(Record):
    """The place of a page that was changed against what the rest of the page implies."""

    change: str = Field(description="kind of change: digit, sign, name, step, swap or blank.")
    third: int = Field(ge=0, le=2, description="the third of the page's text where it is.")
    page: str = Field(description="what stands there, or the answer that it gives; empty if there is none.")
    prior: str = Field(description="what stood there, or the answer that the rest of the page implies.")


@dataclass(frozen=True)
class Item:
    """One question, or one transcription."""

    page: Page  #: the page to read
    question: str | None  #: None for a transcription
    expected: str  #: the right answer; for a transcription, the text on the page
    third: int | None = None  #: the third of the page's text that holds the answer; None for a transcription
    edited: EditedPlace | None = None  #: the place that was changed, None if nothing was


class ReaderRecord(Record):
    """The reader: its backend, model, revision and instructions."""

    backend: str
    model: str
    revision: str | None = None
    prompt: Named | None = None


class ProbeSetup(Record):
    """The reader and the texts; probes with the same setup can share a folder."""

    version: int = Field(default=1, description="version of the folder's layout.")
    reader: ReaderRecord = Field(description="the reader.")
    seed: int = Field(description="seed of all texts.")
    texts: int = Field(default=TEXTS, description="version of the text generators.")
    solutions: str | None = Field(default=None, description="hash of the file of solutions, if there is one.")

    def difference(self, other: "ProbeSetup") -> str | None:
        """Name the first difference from another setup, with both values; None if there is none.

        A revision or a file that only one of them has is not a difference.
        """
        ours, theirs = _flat(self), _flat(other)
        optional = ("reader.revision", "solutions")
        return next(
            (
                f"{name}: {ours[name]!r} there, {theirs[name]!r} now"
                for name in ours
                if ours[name] != theirs[name]
                and not (name in optional and None in (ours[name], theirs[name]))
            ),
            None,
        )

    def joined(self, other: "ProbeSetup") -> "ProbeSetup":
        """Return this setup with the missing values of another filled in."""
        revision = self.reader.revision or other.reader.revision
        reader = self.reader.model_copy(update={"revision": revision})
        return self.model_copy(update={"reader": reader, "solutions": self.solutions or other.solutions})


def _flat(setup: ProbeSetup) -> dict[str, Any]:
    values = setup.model_dump(mode="json")
    reader = values.pop("reader")
    prompt = reader.pop("prompt") or {"name": None, "sha256": None}
    return {
        **{f"reader.{name}": value for name, value in reader.items()},
        **{f"prompt.{name}": value for name, value in prompt.items()},
        **values,
    }
