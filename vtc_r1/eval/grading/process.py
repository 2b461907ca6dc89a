"""What a grading process does first."""

import logging
import signal
from contextlib import suppress


def prepare(memory: int) -> None:
    """Make a fresh process ready: sympy warm, bounded memory, no core dumps, killed at once."""
    from vtc_r1.eval.grading import warm  # noqa: F401

    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
