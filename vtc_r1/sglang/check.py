"""One check of a set-up, and what it found."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["ok", "warning", "failed", "skipped"]


@dataclass(frozen=True)
class Finding:
    """What a check found."""

    #: `warning` means that it works, but not as well as it could; `skipped` that it was not tried
    outcome: Outcome
    seen: str  #: the observation, in one line
    remedy: str | None = None  #: what to do about it, None if nothing needs to be done
    check: str = ""  #: name of the check


@dataclass(frozen=True)
class Check:
    """A check: its name, the function that runs it, and whether the later ones need it to pass."""

    name: str
    run: Callable[[], Finding]
    essential: bool = False


def examine(checks: Iterable[Check]) -> Iterator[Finding]:
    """Run the checks in order; once an essential one has failed, skip the rest."""
    stopped: str | None = None
    for check in checks:
        found = Finding("skipped", f"not tried, as {stopped} failed") if stopped else check.run()
        yield Finding(found.outcome, found.seen, found.remedy, check.name)
        if check.essential and found.outcome == "failed":
            stopped = check.name
