"""What became of a run with mishaps, against the same run without any."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vtc_r1 import Trace

SAME_BAR, REQUESTS_BAR = 0.995, 1.3


@dataclass(frozen=True)
class Verdict:
    """How the problems of a run ended.

    Attributes:
        problems: how many there were.
        same: how many got the answer of the run without mishaps.
        failed: why others ended as `failed`, by message, figures left out.
        dishonest: problems that ended otherwise: another answer, no reason, another status.
        lost: problems without a trace.
        twice: problems with more than one trace.
        requests: requests that reached a server.
        refused_connections: connections that no server took.
        calm_requests: requests of the run without mishaps.
    """

    problems: int
    same: int
    failed: dict[str, int] = field(default_factory=dict)
    dishonest: list[str] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    twice: list[int] = field(default_factory=list)
    requests: int = 0
    refused_connections: int = 0
    calm_requests: int = 0

    @property
    def share_same(self) -> float:
        """Share of the problems that got the same answer."""
        return self.same / self.problems

    @property
    def requests_ratio(self) -> float:
        """Requests, connections that no server took included, over those of the run without mishaps."""
        return (self.requests + self.refused_connections) / max(1, self.calm_requests)

    def misses(self) -> list[str]:
        """The bars that were missed, a line each."""
        found = []
        if self.share_same < SAME_BAR:
            found.append(f"{self.share_same:.2%} same answers, bar {SAME_BAR:.1%}")
        if self.requests_ratio > REQUESTS_BAR:
            found.append(f"{self.requests_ratio:.2f} times the requests, bar {REQUESTS_BAR}")
        if self.dishonest:
            found.append(f"{len(self.dishonest)} ended without an honest word, first {self.dishonest[0]}")
        if self.lost:
            found.append(f"{len(self.lost)} lost, first {self.lost[0]}")
        if self.twice:
            found.append(f"{len(self.twice)} more than once, first {self.twice[0]}")
        return found


def judge(
    calm: Mapping[int, Trace],
    found: Sequence[Trace],
    *,
    requests: int = 0,
    refused_connections: int = 0,
    calm_requests: int = 0,
) -> Verdict:
    """Compare traces with those of the run without mishaps, by index."""
    seen = Counter(trace.index for trace in found)
    same, failed, dishonest = set(), Counter[str](), []
    for trace in found:
        assert trace.index is not None
        expected = calm[trace.index]
        if trace.status == expected.status == "answered" and trace.answer == expected.answer:
            same.add(trace.index)
        elif trace.status == "failed" and trace.error and trace.answer is None:
            failed[re.sub(r"\d+", "N", trace.error)] += 1
        else:
            dishonest.append(f"{trace.index}: {trace.status}, answer {trace.answer}, error {trace.error}")
    return Verdict(
        problems=len(calm),
        same=len(same),
        failed=dict(failed.most_common()),
        dishonest=dishonest,
        lost=sorted(set(calm) - set(seen)),
        twice=sorted(index for index, count in seen.items() if index is not None and count > 1),
        requests=requests,
        refused_connections=refused_connections,
        calm_requests=calm_requests,
    )
