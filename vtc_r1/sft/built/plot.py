"""The figures of a data set in the terminal, and its distributions as a picture."""

import io
from pathlib import Path
from typing import Any

from vtc_r1.compression import times
from vtc_r1.counted import count
from vtc_r1.disk.access import try_file, writable
from vtc_r1.disk.atomic import write_atomic
from vtc_r1.errors import MissingExtra
from vtc_r1.sft.building.glyphs import GlyphCount
from vtc_r1.sft.built.statistics import shares


def draw_statistics(found: dict[str, Any], path: Path) -> None:
    """Draw what `statistics.report` gives into a PNG file.

    Raises:
        MissingExtra: matplotlib is not installed.
        UsageError: something else than a PNG file is there.
        StorageError: the file cannot be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("matplotlib", "data", "--plot") from error
    try_file(path, b"\x89PNG", "a PNG file")
    figure = Figure(figsize=(11, 10.5 if _is_mixed(found) else 7), layout="constrained")
    (index, count), (tokens, dropped), *more = figure.subplots(3 if _is_mixed(found) else 2, 2)
    _bars(index, found["segment_index"], "examples by index of their segment")
    _bars(count, found["segments_a_trace"], "traces by number of segments")
    ratio = f" ({times(found['compression_ratio'])})" if found["vision_tokens"] else ""
    carried = {"as text": found["text_tokens"], "as pages": found["vision_tokens"]}
    _bars(tokens, carried, f"tokens of earlier segments{ratio}")
    reasons = found["build"]["dropped"]
    _bars(dropped, {"used": found["build"]["rows_used"], **reasons}, "rows")
    dropped.tick_params(axis="x", labelrotation=20 if reasons else 0)
    for tasks, profiles in more:
        _bars(tasks, found["tasks"], "examples by task")
        _bars(profiles, found["profiles"], "traces by profile")
        profiles.tick_params(axis="x", labelrotation=90, labelsize=5)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=120)
    with writable(path):
        write_atomic(path, file.getvalue())


def _is_mixed(found: dict[str, Any]) -> bool:
    """Whether there are several profiles, or tasks next to reasoning."""
    return len(found["tasks"]) > 1 or len(found["profiles"]) > 1


def _bars(axes: Any, counts: dict[Any, int], title: str) -> None:
    bars = axes.bar([str(name) for name in counts], list(counts.values()), color="#4a6fa5")
    axes.bar_label(bars, [f"{value:,}" for value in counts.values()], fontsize=8)
    axes.set_title(title, fontsize=10)
    axes.margins(y=0.15)
    axes.spines[["top", "right"]].set_visible(False)


_BAR = 40  #: characters of the longest bar


def print_statistics(found: dict[str, Any]) -> None:
    """Print figures and distributions as `statistics.report` gives them."""
    build = found["build"]
    solves = build.get("solves")
    row, part = ("row", "generation") if solves is None else ("problem", "solve")
    print(
        f"{count(found['examples'], 'example')} of {count(found['traces'], 'trace')}, "
        f"from {build['rows_used']:,} of {count(build['rows'], row)}"
    )
    if solves is not None:
        print(f"{solves['right']:,} of {solves['solves']:,} solves by {solves['model']['name']} are right")
    ratio = times(found["compression_ratio"]) if found["vision_tokens"] else "no pages"
    print(f"text tokens {found['text_tokens']:,} → vision tokens {found['vision_tokens']:,}: {ratio}")
    print(f"tokens counted by: {found['tokens']}; profile {found['profile']}; memory {found['memory']}")
    if glyphs := build.get("glyphs"):
        print(f"characters on the pages without a legible glyph: {GlyphCount(**glyphs)}")
    _quantiles("target tokens", found["target_tokens"])
    _quantiles("prompt tokens", found["prompt_tokens"])
    if len(found["tasks"]) > 1:
        _print_bars("examples by task", found["tasks"])
    if found["drawn"]:
        print(f"\ntraces by what was drawn of {found['styles']} ({len(found['profiles'])} profiles)")
        for key, counts in found["drawn"].items():
            print(f"  {key}: {shares(counts)}")
    _print_bars("examples by index of their segment", found["segment_index"])
    _print_bars("traces by number of segments", found["segments_a_trace"])
    _print_bars(f"{row}s dropped", build["dropped"])
    _print_bars(f"{part}s dropped", build["generations_dropped"])


def _quantiles(name: str, values: dict[float, int]) -> None:
    print(f"{name}: " + ", ".join(f"{share:.0%} {value:,}" for share, value in values.items()))


def _print_bars(title: str, counts: dict[Any, int]) -> None:
    if not counts:
        return
    print(f"\n{title}")
    most, width = max(counts.values()), max(len(str(name)) for name in counts)
    for name, number in counts.items():
        print(f"  {name!s:>{width}}  {'█' * max(1, round(_BAR * number / most))} {number:,}")
