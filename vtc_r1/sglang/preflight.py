"""Preflight: is a server fit for many solves? Asked before any work is queued."""

from vtc_r1.backends.openai import addresses
from vtc_r1.errors import BackendError
from vtc_r1.memory import memory_policy
from vtc_r1.settings import Settings
from vtc_r1.sglang.check import examine
from vtc_r1.sglang.served import ServedModel

_WITH_PAGES = ("context", "images")


def preflight(settings: Settings, *, timeout: float = 120.0) -> None:
    """Run the doctor's essential checks on every address; raises BackendError with the remedy.

    Whether images arrive is asked only where the memory carries pages.
    """
    drawn = memory_policy(settings.memory).draws
    for address in addresses(settings.base_url):
        checks = ServedModel(settings.model_copy(update={"base_url": address}), timeout).checks()
        wanted = [check for check in checks if check.essential and (drawn or check.name not in _WITH_PAGES)]
        for finding in examine(wanted):
            if finding.outcome == "failed":
                raise BackendError(f"{finding.seen}; {finding.remedy}")
