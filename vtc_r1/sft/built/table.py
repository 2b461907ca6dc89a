"""The figures of a data set in the terminal."""

from typing import Any

from vtc_r1.compression import times
from vtc_r1.counted import count
from vtc_r1.sft.built.statistics import shares

_BAR = 40
"""Characters of the longest bar."""


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
    _quantiles("target tokens", found["target_tokens"])
    _quantiles("prompt tokens", found["prompt_tokens"])
    if len(found["tasks"]) > 1:
        _bars("examples by task", found["tasks"])
    if found["drawn"]:
        print(f"\ntraces by what was drawn of {found['styles']} ({len(found['profiles'])} profiles)")
        for key, counts in found["drawn"].items():
            print(f"  {key}: {shares(counts)}")
    _bars("examples by index of their segment", found["segment_index"])
    _bars("traces by number of segments", found["segments_a_trace"])
    _bars(f"{row}s dropped", build["dropped"])
    _bars(f"{part}s dropped", build["generations_dropped"])


def _quantiles(name: str, values: dict[float, int]) -> None:
    print(f"{name}: " + ", ".join(f"{share:.0%} {value:,}" for share, value in values.items()))


def _bars(title: str, counts: dict[Any, int]) -> None:
    if not counts:
        return
    print(f"\n{title}")
    most, width = max(counts.values()), max(len(str(name)) for name in counts)
    for name, number in counts.items():
        print(f"  {name!s:>{width}}  {'█' * max(1, round(_BAR * number / most))} {number:,}")
