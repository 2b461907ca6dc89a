"""The result of a probe: reading accuracy by profile, density, kind of text and task."""

import json
from datetime import UTC, datetime

from pydantic import Field

from vtc_r1.configuration import Named, Record
from vtc_r1.eval.counterfactual.followed import Followed
from vtc_r1.eval.probe.setup import ReaderRecord, Task
from vtc_r1.eval.summary import Figure
from vtc_r1.memory.legibility import RATE, smallest
from vtc_r1.renderers import Profile
from vtc_r1.trace import versions

VERSION = 2
READABLE = (1, VERSION)  #: version 1 has no outcomes and nothing edited


class TokenRate(Record):
    """Characters per text token of a kind, and whether the reader counted them or they are an estimate."""

    characters: float = Field(gt=0)
    counted: bool


class Outcomes(Record):
    """Shares of the characters of transcriptions, or of the answers to questions.

    Attributes:
        correct: read right.
        abstained: wrong or missing, where the reader says that it cannot read.
        silent: wrong without a sign.
        silent_limit: upper confidence limit of `silent`, one-sided at 95 %.
    """

    correct: Figure
    abstained: Figure
    silent: Figure
    silent_limit: float


class Point(Record):
    """The pages of one profile at one scale, of one kind of text, under one task.

    Attributes:
        profile: name and hash of the profile, scaled.
        scale: scale of the text relative to the profile.
        font_size: in pixels.
        kind: kind of text.
        task: the task.
        pages: number of pages read.
        failed: pages on which the reader failed; no figure includes them.
        asked: number of answers; for transcriptions, the number of pages.
        characters: characters of the texts that the pages carry.
        vision_tokens: vision tokens of the pages.
        compression_ratio: text tokens carried ÷ vision tokens.
        error: edits ÷ characters of the right answers.
        known_error: the same over the characters that the reader can emit, if these are known.
        exact: share of answers without an error.
        numbers: share of numbers misread, over transcriptions that contain any.
        thirds: error in the first, middle and last third of the page's text, None without answers there.
        outcomes: what was right, abstained from and silently wrong; None in results of version 1.
        followed: of the task `edited`: whether answers follow the page, by change and by place.
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
    outcomes: Outcomes | None = None
    followed: list[Followed] = Field(default_factory=list)

    @property
    def precision(self) -> float:
        """Share of characters read right."""
        return 1 - self.error.mean


class SafeSize(Record):
    """The smallest type of a profile in which a kind of text is safe: what is silently wrong is bounded.

    Attributes:
        profile: name of the profile.
        kind: kind of text; None for all that were transcribed.
        rate: share of the characters that may be silently wrong, at 95 % confidence.
        size: as a factor of the profile's own type; None if none of the sizes is safe.
    """

    profile: str
    kind: str | None
    rate: float
    size: float | None


class ProbeResult(Record):
    """All points of a probe.

    Attributes:
        version: version of this record.
        reader: the reader.
        seed: seed of the texts.
        pages: pages requested for every point.
        tokens: characters per text token, by kind of text.
        points: by profile, in order of compression.
        failed: pages on which the reader failed.
        complete: whether every requested page was read.
        created: time of creation, in UTC.
        versions: versions of everything that can change a result.
    """

    version: int = VERSION
    reader: ReaderRecord
    seed: int
    pages: int
    tokens: dict[str, TokenRate]
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
            raise ValueError("it is too deeply nested") from error
        if not isinstance(values, dict) or "version" not in values:
            raise ValueError("it has no version")
        if values["version"] not in READABLE:
            raise ValueError(f"it has version {values['version']}, this program reads up to {VERSION}")
        return cls.model_validate(values)

    def safe(self, rate: float = RATE) -> list[SafeSize]:
        """Return the safe type sizes of every profile: of all its kinds of text, then of each.

        Args:
            rate: share of the characters that may be silently wrong, at 95 % confidence.
        """
        found = []
        read = [point for point in self.points if point.task == "transcribe" and point.outcomes]
        for profile in dict.fromkeys(point.profile.name for point in read):
            limits: dict[str, dict[float, float]] = {}
            for point in read:
                if point.profile.name == profile and point.outcomes is not None:
                    limits.setdefault(point.kind, {})[point.scale] = point.outcomes.silent_limit
            every = set.intersection(*map(set, limits.values()))
            worst = {size: max(sizes[size] for sizes in limits.values()) for size in every}
            for kind, sizes in [(None, worst), *limits.items()]:
                found.append(SafeSize(profile=profile, kind=kind, rate=rate, size=smallest(sizes, rate)))
        return found

    def find(self, profile: Profile, kind: str, task: Task = "transcribe") -> Point | None:
        """Return the point of a profile for a kind of text and a task, None if there is none."""
        return next(
            (
                point
                for point in self.points
                if (point.profile.sha256, point.kind, point.task) == (profile.sha256, kind, task)
            ),
            None,
        )
