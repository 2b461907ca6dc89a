"""Seeds: one base, and from it one for every sample of every problem."""

import hashlib
import random

_BITS = 31


def drawn_seed() -> int:
    """Draw a base seed."""
    return random.SystemRandom().getrandbits(_BITS)


def sample_seed(base: int, problem: str, sample: int) -> int:
    """Return the seed of a sample: the same whatever else is solved, in whatever order."""
    digest = hashlib.sha256(f"{base}:{sample}:{problem}".encode()).digest()
    return int.from_bytes(digest[:4]) >> (32 - _BITS)
