"""The data set card: what was built, from what and how, in the hub's format."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vtc_r1.compression import times
from vtc_r1.memory import memory_policy
from vtc_r1.plugins import described
from vtc_r1.sft.building.config import BuildConfig, LoopConfig
from vtc_r1.sft.building.example import REASONS
from vtc_r1.sft.building.glyphs import GlyphCount
from vtc_r1.sft.building.progress import BuildProgress
from vtc_r1.sft.building.shard import features
from vtc_r1.sft.built.dataset import shard_files
from vtc_r1.sft.built.statistics import Statistics, drawn, shares, statistics
from vtc_r1.sft.styling import StyleSet

_SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"))
_USE = """## Use

```python
from datasets import load_dataset

examples = load_dataset("this/folder", split="train")
```
"""


def card(folder: Path, config: BuildConfig, progress: BuildProgress) -> str:
    """Write the card of the shards in `folder`."""
    found = statistics(shard_files(folder))
    parts = [
        _header(found),
        _about(config),
        _figures(found, config, progress.glyphs),
        *_styles(found, config),
        *_reading(found, config),
        _dropped(progress, config),
        _USE,
    ]
    return "\n".join(parts)


def _header(found: Statistics) -> str:
    """The YAML with columns, split and files for the hub and `datasets`."""
    columns = "".join(_feature(name, kind) for name, kind in features().items())
    size = next((name for most, name in _SIZES if found.examples < most), "n>1M")
    return f"""---
task_categories:
- image-text-to-text
tags:
- optical-memory
- reasoning
- vtc-r1
size_categories:
- {size}
configs:
- config_name: default
  data_files:
  - split: train
    path: data/train-*.parquet
dataset_info:
  features:
{columns}  splits:
  - name: train
    num_bytes: {found.bytes}
    num_examples: {found.examples}
  download_size: {found.bytes}
  dataset_size: {found.bytes}
---
"""


def _feature(name: str, kind: Any) -> str:
    if isinstance(kind, list):
        return f"  - name: {name}\n    list:{_element(kind[0])}\n"
    return f"  - name: {name}\n    dtype: {kind['dtype']}\n"


def _element(kind: dict[str, Any]) -> str:
    """The YAML of the items of a list: images, or records of named values."""
    if kind.get("_type") == "Image":
        return " image"
    return "".join(f"\n    - name: {name}\n      dtype: {inner['dtype']}" for name, inner in kind.items())


def _about(config: BuildConfig) -> str:
    profile, command = config.profile, "build" if config.loop is None else "sample"
    said = described(memory_policy(config.memory).kind)
    memory = said[:1].lower() + said[1:]
    return f"""# Reasoning in segments

Each example is one segment of a reasoning trace. `question` and `memory` are what a model reads; `target` is
the text it learns to write. The memory is that of the loop's policy `{config.memory}`: {memory}.
The last target of a trace ends with the answer. Built by `vtc-r1 data {command}`.

| | |
|---|---|
{_traces(config) if config.loop is None else _solves(config, config.loop)}\
| memory | `{config.memory}` |
| tokens | {_cell(config.tokens)} |
| profile | `{_cell(profile.name)}` ({profile.family}), `{profile.sha256}` |
| prompt set | `{_cell(Path(config.prompts).name)}`, `{config.prompts_sha256}` |
| limits | {config.max_segments} segments a trace, {config.max_tokens} tokens an example, \
{config.max_missing:.2%} of the characters on pages without a glyph |
| fonts | {_listed([_cell(font) for font in config.fonts]) or "not recorded"} |
| configuration | `{config.sha256}` |
"""


def _traces(config: BuildConfig) -> str:
    """The source of the traces, and their segmentation."""
    lines = f", {config.segment_lines} lines a segment" if config.segmentation == "lines" else ""
    return f"""| source | {source_words(config.source)} |
| generations | {config.generations} of each problem, complete and verified |
| segmentation | `{config.segmentation}`, {config.segment_tokens} tokens a segment{lines} |
"""


def _solves(config: BuildConfig, loop: LoopConfig) -> str:
    """The loop that made the solves."""
    sampling = ", ".join(f"{name} {value}" for name, value in loop.sampling if value is not None)
    return f"""| source | {source_words(config.source)} |
| written by | {_cell(loop.model.name)} ({loop.model.backend}, preset {loop.model.preset}) |
| sampling | {sampling}; {loop.samples} solves of each problem |
| chosen | {loop.choose} of the right solves |
| segments | those of the loop, {config.segment_tokens} tokens at most, end `{loop.segment_end}` |
| density of pages | `{loop.density}` |
"""


def _figures(found: Statistics, config: BuildConfig, glyphs: GlyphCount) -> str:
    ratio = times(found.compression_ratio) if found.vision_tokens else "no pages"
    by_index = ", ".join(f"{index}: {count:,}" for index, count in found.segment_index.items())
    by_count = ", ".join(f"{count}: {traces:,}" for count, traces in found.segments_a_trace.items())
    return f"""## Figures

{found.examples:,} examples of {found.traces:,} traces.

| | |
|---|---|
| examples by index of their segment | {by_index} |
| traces by number of segments | {by_count} |
| text tokens carried by pages | {found.text_tokens:,} |
| vision tokens of the pages | {found.vision_tokens:,} |
| compression | {ratio} |
| characters on the pages without a legible glyph | {glyphs} |
| tokens of a target, median | {found.target_tokens.get(0.5, 0):,} |
| tokens of a prompt with its pages, median and most | {found.prompt_tokens.get(0.5, 0):,}, \
{found.prompt_tokens.get(1.0, 0):,} |

Text tokens: {config.tokens}. Vision tokens: the arithmetic of {config.profile.family}.
"""


def _styles(found: Statistics, config: BuildConfig) -> list[str]:
    """The distribution of the profiles."""
    if config.styles is None:
        return []
    styles = StyleSet(config.profile, config.styles, config.seed).described()
    rows = "".join(
        f"| `{key}` | {_cell(shares(counts))} |\n"
        for key, counts in drawn(config, styles, found.profiles).items()
    )
    return [
        f"""## Styles

The pages of each trace have one of {len(styles)} profiles, drawn from `{_cell(config.styles.name)}` over the
profile above (seed {config.seed}). `profile` names it, and `styles` in `build.json` says what it changes.

| key | traces |
|---|---|
{rows}"""
    ]


def _reading(found: Statistics, config: BuildConfig) -> list[str]:
    """The number of examples of each task."""
    if not config.reading:
        return []
    rows = "".join(f"| `{task}` | {count:,} |\n" for task, count in found.tasks.items())
    return [
        f"""## Tasks

Examples whose `task` is not `reason` are pages to read, of the trace or of strings without meaning:
`question` is the question, `target` the text on the page.

| task | examples |
|---|---|
{rows}"""
    ]


def _dropped(progress: BuildProgress, config: BuildConfig) -> str:
    head = f"## Dropped\n\n{progress.used:,} of {progress.rows:,} {config.rows} gave examples.\n"
    tables = [
        _reasons(config.rows, progress.dropped),
        _reasons(config.parts, progress.generations_dropped),
    ]
    if not any(tables):
        return head
    return f"{head}{''.join(tables)}\n`drops.jsonl` lists each of them.\n"


def _reasons(what: str, counts: Mapping[str, int]) -> str:
    if not counts:
        return ""
    rows = "".join(
        f"| `{reason}` | {count:,} | {REASONS[reason]} |\n" for reason, count in most_frequent(counts)
    )
    return f"\n| reason | {what} | meaning |\n|---|---|---|\n{rows}"


def most_frequent(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return counts, the highest first, in an order that does not depend on which came first."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def source_words(identity: dict[str, Any]) -> str:
    """Describe the source of the rows, as one cell of a table."""
    if identity["kind"] == "problems":
        return (
            f"problems of {_cell(identity['benchmark'])} ({_cell(identity['revision'])}), solved by the loop"
        )
    if identity["kind"] == "hub":
        parts = [identity["id"], identity["name"], identity["split"], identity["revision"]]
        return " · ".join(_cell(part) for part in parts if part)
    return _listed([_cell(file["name"]) for file in identity["files"]])


def _listed(names: list[str]) -> str:
    """The first of some names, and how many more there are."""
    shown = ", ".join(f"`{name}`" for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def _cell(text: str) -> str:
    """A text from outside as one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("`", "'")
