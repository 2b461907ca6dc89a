"""Preflight: is a server fit for many solves? Asked before any work is queued."""

from vtc_r1.backends.openai import addresses
from vtc_r1.errors import BackendError, UsageError
from vtc_r1.memory import memory_policy
from vtc_r1.settings import Settings
from vtc_r1.sglang.check import examine
from vtc_r1.sglang.served import ServedModel

_WITH_PAGES = ("context", "images")


def preflight(settings: Settings, *, timeout: float = 120.0) -> None:
    """Run the doctor's essential checks on every address.

    Whether images arrive is asked only where the memory carries pages.

    Raises:
        UsageError: a server has no model of that name.
        BackendError: one is unfit in another way. Both name the remedy.
    """
    drawn = memory_policy(settings.memory, trusted=True).kind.draws
    for address in addresses(settings.base_url):
        checks = ServedModel(settings.model_copy(update={"base_url": address}), timeout).checks()
        wanted = [check for check in checks if check.essential and (drawn or check.name not in _WITH_PAGES)]
        for finding in examine(wanted):
            if finding.outcome == "failed":
                kind = UsageError if finding.check == "model" else BackendError
                raise kind(f"{finding.seen}; {finding.remedy}")
