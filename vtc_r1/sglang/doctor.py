"""The doctor: all checks of a set-up, and preflight, the essential ones before many solves."""

from collections.abc import Iterator

from vtc_r1.backends.openai import addresses
from vtc_r1.errors import BackendError, UsageError
from vtc_r1.memory import memory_policy
from vtc_r1.settings import Settings
from vtc_r1.sglang.check import Finding, examine

_WITH_PAGES = ("context", "images")


def diagnose(settings: Settings, *, timeout: float = 120.0) -> Iterator[Finding]:
    """Check the servers that the settings name, or this installation if they name none; yields each finding.

    Raises UsageError for invalid settings.
    """
    if settings.base_url is None:
        from vtc_r1.sglang.installed import installed_checks

        yield from examine(installed_checks())
        return
    from vtc_r1.sglang.served import ServedModel

    for address in addresses(settings.base_url):
        yield from examine(ServedModel(settings.model_copy(update={"base_url": address}), timeout).checks())


def preflight(settings: Settings, *, timeout: float = 120.0) -> None:
    """Run the essential checks on every address, before any work is queued.

    Images are checked only if the memory carries pages.

    Raises:
        UsageError: a server does not have the model.
        BackendError: a server fails another check. Both name the remedy.
    """
    from vtc_r1.sglang.served import ServedModel

    given = "memory" in settings.model_fields_set
    drawn = memory_policy(settings.memories, trusted=given).kind.draws
    for address in addresses(settings.base_url):
        checks = ServedModel(settings.model_copy(update={"base_url": address}), timeout).checks()
        wanted = [check for check in checks if check.essential and (drawn or check.name not in _WITH_PAGES)]
        for finding in examine(wanted):
            if finding.outcome == "failed":
                kind = UsageError if finding.check == "model" else BackendError
                raise kind(f"{finding.seen}; {finding.remedy}")
