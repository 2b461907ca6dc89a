"""What a built data set holds, in figures, also by what was drawn of a distribution of styles."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from vtc_r1.compression import Compression
from vtc_r1.sft.building.config import BuildConfig
from vtc_r1.sft.building.example import REASON
from vtc_r1.sft.built.dataset import BuiltDataset, read_columns

_COLUMNS = (
    "task",
    "profile",
    "segment",
    "segments",
    "question_tokens",
    "memory_tokens",
    "text_tokens",
    "vision_tokens",
    "target_tokens",
)
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


class Statistics(BaseModel):
    """Figures of a data set."""

    model_config = ConfigDict(frozen=True)

    examples: int = Field(description="examples.")
    traces: int = Field(description="reasoning traces that they come from.")
    tasks: dict[str, int] = Field(
        description="examples by task; all that follows but the quantiles is of the task `reason`."
    )
    profiles: dict[str, int] = Field(description="traces by the name of their profile.")
    segment_index: dict[int, int] = Field(description="examples by the index of their segment.")
    segments_a_trace: dict[int, int] = Field(description="traces by their number of segments.")
    text_tokens: int = Field(description="text tokens that the pages carry, each page counted once.")
    vision_tokens: int = Field(description="vision tokens that they cost.")
    compression_ratio: float | None = Field(
        description="the first over the second, to two digits; None without pages."
    )
    target_tokens: dict[float, int] = Field(description="quantiles of the targets' tokens.")
    prompt_tokens: dict[float, int] = Field(
        description="quantiles of the tokens of question and memory, those of pages being vision tokens."
    )
    sum_target_tokens: int = Field(description="tokens that carry loss, those of reading tasks too.")
    bytes: int = Field(description="size of the shards.")


def statistics(shards: Sequence[Path]) -> Statistics:
    """Count what the shards of a data set hold."""
    columns = read_columns(shards, _COLUMNS)
    reasons = columns["task"] == REASON
    last = reasons & (columns["segment"] == columns["segments"] - 1)
    drawn = columns["memory_tokens"] - columns["text_tokens"]
    text = int(drawn[last].sum())
    carried = columns["text_tokens"] + columns["vision_tokens"]
    vision = int(columns["vision_tokens"][last].sum())
    return Statistics(
        examples=len(last),
        traces=int(last.sum()),
        tasks=_counts(columns["task"]),
        profiles=_counts(columns["profile"][last]),
        segment_index=_counts(columns["segment"][reasons]),
        segments_a_trace=_counts(columns["segments"][last]),
        text_tokens=text,
        vision_tokens=vision,
        compression_ratio=Compression(text, vision).ratio,
        target_tokens=_quantiles(columns["target_tokens"]),
        prompt_tokens=_quantiles(columns["question_tokens"] + carried),
        sum_target_tokens=int(columns["target_tokens"].sum()),
        bytes=sum(path.stat().st_size for path in shards),
    )


def report(data: BuiltDataset) -> dict[str, Any]:
    """Return everything that is known about a data set, for programs."""
    found = statistics(data.shards)
    build = {name: value for name, value in data.manifest.items() if name not in ("config", "styles")}
    config = data.config
    return {
        "build": build,
        "source": config.source,
        "profile": config.profile.name,
        "styles": None if config.styles is None else config.styles.name,
        "drawn": drawn(data.config, data.manifest["styles"], found.profiles),
        "tokens": config.tokens,
        "memory": config.memory,
        "segmentation": config.segmentation,
        "segment_tokens": config.segment_tokens,
        **found.model_dump(),
    }


def _counts(values: Any) -> dict[Any, int]:
    import numpy as np

    kinds, counts = np.unique(values, return_counts=True)
    return dict(zip(kinds.tolist(), counts.tolist(), strict=True))


def _quantiles(values: Any) -> dict[float, int]:
    import numpy as np

    if not len(values):
        return {}
    found = np.quantile(values, QUANTILES, method="nearest")
    return dict(zip(QUANTILES, found.astype(int).tolist(), strict=True))


def drawn(
    config: BuildConfig, styles: Mapping[str, Mapping[str, Any]], profiles: Mapping[str, int]
) -> dict[str, dict[str, int]]:
    """Count traces by the values that their profiles have, for each key in which profiles differ.

    Args:
        config: has the base profile.
        styles: the manifest's: the keys that each profile changes of the base.
        profiles: traces by the name of their profile.
    """
    base = config.profile.model_dump(mode="json")
    keys = [key for key in base if any(key in style["changes"] for style in styles.values())]
    found: dict[str, dict[str, int]] = {}
    for key in keys:
        counts: Counter[Any] = Counter()
        for name, traces in profiles.items():
            value = styles[name]["changes"].get(key, base[key])
            counts[tuple(value) if isinstance(value, list) else value] += traces
        in_order = sorted(counts.items(), key=lambda item: (isinstance(item[0], str), item[0] or 0))
        found[key] = {f"{value:g}" if isinstance(value, float) else str(value): n for value, n in in_order}
    return found


def shares(counts: Mapping[str, int]) -> str:
    """Say in words how values share the traces."""
    total = sum(counts.values()) or 1
    return ", ".join(f"{value} {count / total:.0%}" for value, count in counts.items())
