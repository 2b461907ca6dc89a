"""The doctor: which checks a set-up gets, and whether it is fit."""

from collections.abc import Iterator

from vtc_r1.settings import Settings
from vtc_r1.sglang.check import Finding, examine


def diagnose(settings: Settings, *, timeout: float = 120.0) -> Iterator[Finding]:
    """Check the server that the settings name, or without one this installation; yields as it goes.

    Raises UsageError for settings that cannot be used.
    """
    if settings.base_url is None:
        from vtc_r1.sglang.installed import installed_checks

        yield from examine(installed_checks())
        return
    from vtc_r1.sglang.served import ServedModel

    yield from examine(ServedModel(settings, timeout).checks())
