"""One check of a set-up, and what it found."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["ok", "warning", "failed", "skipped"]


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes:
        outcome: `warning` works, but not as well as it could; `skipped` was not tried.
        seen: what was seen, in one line.
        remedy: what to do about it, None where there is nothing to do.
        check: name of the check.
    """

    outcome: Outcome
    seen: str
    remedy: str | None = None
    check: str = ""


@dataclass(frozen=True)
class Check:
    """A check: its name, what looks, and whether the later ones are pointless where it fails."""

    name: str
    look: Callable[[], Finding]
    essential: bool = False


def examine(checks: Iterable[Check]) -> Iterator[Finding]:
    """Run the checks in order; after an essential one that failed, the rest is skipped."""
    stopped: str | None = None
    for check in checks:
        found = Finding("skipped", f"not tried, as {stopped} failed") if stopped else check.look()
        yield Finding(found.outcome, found.seen, found.remedy, check.name)
        if check.essential and found.outcome == "failed":
            stopped = check.name
