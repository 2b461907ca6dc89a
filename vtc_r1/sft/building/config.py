"""What decides the examples of a built data set: two builds with one configuration are equal."""

import hashlib
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from vtc_r1.renderers.profile import Profile

FORMAT = 2
"""Rises whenever the same configuration would give other examples or other columns."""
Segmentation = Literal["sound", "inftythink", "lines"]
Generations = Literal["one", "all"]
MemoryKind = Literal["optical", "text", "hybrid", "single"]


class BuildConfig(BaseModel):
    """The configuration of one build.

    Attributes:
        format: version of what is written.
        source: identity of the source.
        limit: rows that are read at most.
        segmentation: how traces are cut.
        segment_tokens: budget of a segment.
        segment_lines: lines of a segment, with `segmentation` lines.
        tokens: what counts tokens: a tokenizer's name, or the estimate.
        tokenizer_sha256: identity of the tokenizer, None for the estimate.
        profile: how pages look.
        memory: how the loop would carry earlier segments; `single` is one segment, the whole trace.
        prompts: name or folder of the prompt set that the examples are for.
        prompts_sha256: identity of the prompt set.
        generations: one good generation of a problem, or all.
        max_segments: a trace of more segments is dropped.
        max_tokens: a trace with an example of more tokens is dropped.
        max_characters: a longer generation is dropped unread.
        shard_rows: rows of the source that go into one shard.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    source: dict[str, Any]
    limit: int | None = None
    segmentation: Segmentation = "sound"
    segment_tokens: int = Field(4096, ge=16)
    segment_lines: int = Field(2, ge=1)
    tokens: str
    tokenizer_sha256: str | None = None
    profile: Profile
    memory: MemoryKind = "optical"
    prompts: str = "vtc"
    prompts_sha256: str
    generations: Generations = "one"
    max_segments: int = Field(8, ge=1)
    max_tokens: int = Field(32_768, ge=16)
    max_characters: int = Field(1_000_000, ge=16)
    shard_rows: int = Field(256, ge=1)

    @property
    def sha256(self) -> str:
        """Identity of the configuration."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def differences(self, other: "BuildConfig") -> list[str]:
        """Names of the fields in which the two differ."""
        return [name for name in type(self).model_fields if getattr(self, name) != getattr(other, name)]
