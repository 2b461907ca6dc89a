"""How much there is to measure in a search, in pages of a kind or in problems: for the time that is left."""

from collections.abc import Sequence


def of_round(proposals: int, sizes: Sequence[int]) -> int:
    """Count what measuring a round takes: all of it at the first size, its better half at the next.

    What was looked at for a size is not looked at again for the next.
    """
    work, before = 0, 0
    for at, size in enumerate(sizes):
        proposals = -(-proposals // 2) if at else proposals
        work += proposals * (size - before)
        before = size
    return work


def of_rounds(proposals: int, per_round: int, sizes: Sequence[int]) -> int:
    """Count what measuring so many proposals takes, so many of them a round."""
    rounds, rest = divmod(max(0, proposals), per_round)
    return rounds * of_round(per_round, sizes) + of_round(rest, sizes)
