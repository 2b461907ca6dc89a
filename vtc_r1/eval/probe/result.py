"""The result of a probe: how well pages are read, by profile, density, kind of text and task."""

import json
from datetime import UTC, datetime

from pydantic import Field

from vtc_r1.configuration import Named, Record
from vtc_r1.eval.probe.item import Task
from vtc_r1.eval.probe.setup import ReaderRecord
from vtc_r1.eval.summary import Figure
from vtc_r1.renderers import Profile
from vtc_r1.trace import versions

VERSION = 1


class Tokens(Record):
    """How many characters of a kind a text token has, and whether the reader counted or we assume it."""

    characters: float = Field(gt=0)
    counted: bool


class Point(Record):
    """The pages of one profile at one scale, of one kind of text, under one task.

    Attributes:
        profile: name and hash, at its scale.
        scale: of the text against the profile's own.
        font_size: in pixels.
        kind: kind of text.
        task: what was asked.
        pages: how many were read.
        failed: pages that the reader gave up on; no figure counts them.
        asked: answers; as many as pages for transcriptions.
        characters: of the texts that the pages carry.
        vision_tokens: what they cost.
        compression_ratio: text tokens carried ÷ vision tokens.
        error: edits ÷ characters of what was to be said.
        known_error: the same over the characters that the reader can emit, where it is known which.
        exact: share of answers without a mistake.
        numbers: share of numbers misread, of transcriptions that hold any.
        thirds: error in the first, middle and last third of the page's text, None where nothing was asked.
    """

    profile: Named
    scale: float
    font_size: float
    kind: str
    task: Task
    pages: int
    failed: int = 0
    asked: int
    characters: int
    vision_tokens: int
    compression_ratio: float
    error: Figure
    known_error: Figure | None = None
    exact: Figure
    numbers: Figure | None = None
    thirds: list[Figure | None] = Field(default_factory=list)

    @property
    def precision(self) -> float:
        """Share of characters read right."""
        return 1 - self.error.mean


class ProbeResult(Record):
    """All points of a probe.

    Attributes:
        version: of this record.
        reader: who read.
        seed: of the texts.
        pages: wanted of every point.
        tokens: characters a text token, by kind of text.
        points: by profile, in the order of their compression.
        failed: pages that the reader gave up on.
        complete: whether every page that was wanted was read.
        created: when, in UTC.
        versions: of what can change a result.
    """

    version: int = VERSION
    reader: ReaderRecord
    seed: int
    pages: int
    tokens: dict[str, Tokens]
    points: list[Point]
    failed: int = 0
    complete: bool
    created: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    versions: dict[str, str] = Field(default_factory=versions)

    @classmethod
    def parse(cls, data: bytes) -> "ProbeResult":
        """Read one from its JSON; raises ValueError."""
        try:
            values = json.loads(data)
        except RecursionError as error:
            raise ValueError("it is nested too deeply") from error
        if not isinstance(values, dict) or "version" not in values:
            raise ValueError("it has no version")
        if values["version"] != VERSION:
            raise ValueError(f"it has version {values['version']}, this program reads {VERSION}")
        return cls.model_validate(values)

    def find(self, profile: Profile, kind: str, task: Task = "transcribe") -> Point | None:
        """Return the point of a profile, as it would draw, for a kind of text; None where there is none."""
        return next(
            (
                point
                for point in self.points
                if (point.profile.sha256, point.kind, point.task) == (profile.sha256, kind, task)
            ),
            None,
        )
