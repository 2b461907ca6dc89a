"""The record of a finished shard, one line of a build's journal."""

from pydantic import BaseModel, ConfigDict


class ShardRecord(BaseModel):
    """The outcome of the rows of one shard.

    Attributes:
        shard: number of the shard.
        rows: number of its rows of the source.
        used: rows that gave an example.
        examples: examples in its file; without examples there is no file.
        bytes: size of the file.
        dropped: rows that gave no example, by reason.
        generations_dropped: generations of rows that were dropped, by reason.
        seconds: processor seconds by stage.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    shard: int
    rows: int
    used: int
    examples: int
    bytes: int
    dropped: dict[str, int]
    generations_dropped: dict[str, int]
    seconds: dict[str, float]
