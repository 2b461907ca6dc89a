"""A stopwatch that adds up processor time by stage."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Processor seconds of this process by stage.

    Attributes:
        seconds: of each stage so far.
    """

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what runs inside to `name`."""
        began = time.process_time()
        try:
            yield
        finally:
            self.seconds[name] += time.process_time() - began
