"""The configuration of a data set: builds with equal configurations have equal examples."""

import hashlib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vtc_r1.configuration import Configuration
from vtc_r1.exercises import SEGMENT_LINES
from vtc_r1.renderers.profile import Profile
from vtc_r1.sft.differences import differences
from vtc_r1.sft.styling import Styles

FORMAT = 3  #: incremented whenever the same configuration would give other examples or columns
Segmentation = Literal["sound", "inftythink", "lines", "loop"]
Generations = Literal["one", "all"]
Choose = Literal["shortest", "fewest-iterations", "all"]


class LoopConfig(Configuration):
    """How the loop made the solves that examples come from; the model's revision is left open."""

    samples: int = Field(ge=1, description="solves of each problem.")
    seed: int | None = Field(description="base of the seeds of all solves; None if sampling is greedy.")
    choose: Choose = Field(description="which of the right solves of a problem are learned from.")


class BuildConfig(BaseModel):
    """The configuration of one build."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = Field(default=FORMAT, description="version of the format.")
    source: dict[str, Any] = Field(description="identity of the source.")
    limit: int | None = Field(default=None, description="maximum number of rows read.")
    segmentation: Segmentation = Field(
        default="sound", description="how traces are cut; `loop` for the loop's own segments."
    )
    segment_tokens: int = Field(4096, ge=1, description="budget of a segment.")
    segment_lines: int = Field(
        SEGMENT_LINES, ge=1, description="lines of a segment, with `segmentation` lines."
    )
    tokens: str = Field(description="how tokens are counted: a tokenizer's name, or the estimate.")
    tokenizer_sha256: str | None = Field(
        default=None, description="identity of the tokenizer, None for the estimate."
    )
    profile: Profile = Field(description="how pages look; the base of the styles, if any.")
    styles: Styles | None = Field(
        default=None, description="distribution that the profile of each trace is drawn from."
    )
    reading: float = Field(0, ge=0, le=0.9, description="share of the examples that are reading tasks.")
    reading_sha256: str | None = Field(
        default=None, description="identity of the template of their questions, None without reading tasks."
    )
    seed: int = Field(default=0, description="of styles and reading tasks.")
    memory: str = Field(
        default="optical", description="the loop's memory policy; under `single` a trace is one segment."
    )
    prompts: str = Field(
        default="vtc", description="name or folder of the prompt set that the examples are for."
    )
    prompts_sha256: str = Field(description="identity of the prompt set.")
    generations: Generations = Field(default="one", description="one good generation of a problem, or all.")
    max_segments: int = Field(8, ge=1, description="a trace of more segments is dropped.")
    max_tokens: int = Field(32_768, ge=16, description="a trace with an example of more tokens is dropped.")
    max_characters: int = Field(1_000_000, ge=16, description="a longer generation is dropped unread.")
    max_missing: float = Field(
        0.01,
        ge=0,
        le=1,
        description="a trace with a larger share of characters on its pages that have no glyph is dropped.",
    )
    fonts: tuple[str, ...] = Field(
        default=(), description="name and hash of the fonts that can draw; empty where that is not known."
    )
    shard_rows: int = Field(256, ge=1, description="rows of the source that go into one shard.")
    loop: LoopConfig | None = Field(
        default=None, description="how the loop made the solves, None for traces from a source."
    )

    @model_validator(mode="before")
    @classmethod
    def _with_configuration(cls, values: Any) -> Any:
        """Complete the loop's configuration from a data set of version 0.1, which recorded less of it."""
        loop = values.get("loop") if isinstance(values, dict) else None
        if not isinstance(loop, dict) or not isinstance(loop.get("model"), str):
            return values
        model = {"name": loop["model"], "backend": loop["backend"], "preset": loop["preset"]}
        profile = Profile.model_validate(values["profile"])
        settings = {name: value for name, value in loop.items() if name not in ("backend", "preset")}
        return {
            **values,
            "loop": {
                **settings,
                "model": model,
                "memory": values["memory"],
                "prompts": {"name": Path(values["prompts"]).name, "sha256": values["prompts_sha256"]},
                "profile": {"name": profile.name, "sha256": profile.sha256},
            },
        }

    @property
    def sha256(self) -> str:
        """Identity of the configuration."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    @property
    def rows(self) -> str:
        """Noun for its rows."""
        return "rows" if self.loop is None else "problems"

    @property
    def parts(self) -> str:
        """Noun for the traces of a row."""
        return "generations" if self.loop is None else "solves"

    def differences(self, other: "BuildConfig") -> list[str]:
        """Names of the fields that differ, those of the loop last."""
        return differences(self._flat(), other._flat())

    def _flat(self) -> dict[str, Any]:
        """All fields, including those of `loop` and of its model."""
        fields = self.model_dump(mode="json", exclude={"loop"})
        if self.loop is None:
            return fields
        model = self.loop.model
        named = {"model": model.name, "backend": model.backend, "preset": model.preset}
        return fields | dict(sorted({**self.loop.model_dump(mode="json"), **named}.items()))
