"""What was drawn of a distribution of styles: the values of each key, and how many traces have them."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from vtc_r1.sft.building.config import BuildConfig


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
