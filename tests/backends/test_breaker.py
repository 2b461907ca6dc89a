"""When a server that went away is tried again."""

import pytest

from vtc_r1.backends.wire import breaker
from vtc_r1.backends.wire.breaker import Breaker
from vtc_r1.backends.wire.failure import Failure, unreachable
from vtc_r1.errors import BackendError


class Clock:
    """Stands in for `time`, and goes on by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(breaker, "time", clock)
    monkeypatch.setattr(breaker.random, "uniform", lambda least, most: most)
    return clock


def went_away() -> Failure:
    return unreachable("http://127.0.0.1:9")


def pauses(breaker: Breaker, clock: Clock, probes: int) -> list[float]:
    """Let probes fail; return the seconds from each failure until the next one may go."""
    found = []
    for _ in range(probes):
        assert breaker.until is not None
        found.append(breaker.until - clock.now)
        clock.now = breaker.until - 0.01
        assert not breaker.admits()
        clock.now = breaker.until
        assert breaker.admits()
        probe = breaker.begin()
        assert probe is not None and not breaker.admits()
        breaker.failed(went_away(), probe)
    return found


def test_the_pause_between_probes_doubles_up_to_five_seconds_and_starts_anew(clock: Clock) -> None:
    breaker = Breaker()
    breaker.failed(went_away(), breaker.begin())
    assert breaker.away
    assert pauses(breaker, clock, 6) == pytest.approx([0.5, 1, 2, 4, 5, 5])
    breaker.served()
    assert not breaker.away and breaker.admits() and breaker.begin() is None
    breaker.failed(went_away(), None)
    assert pauses(breaker, clock, 2) == pytest.approx([0.5, 1])


def test_a_probe_that_is_given_up_lets_the_next_one_go(clock: Clock) -> None:
    breaker = Breaker()
    breaker.failed(went_away(), None)
    clock.now += 1
    probe = breaker.begin()
    breaker.abandoned(None)
    assert not breaker.admits()
    breaker.abandoned(probe)
    assert breaker.admits()


def test_five_solves_in_a_row_that_a_server_fails_take_it_out_and_one_that_it_serves_does_not(
    clock: Clock,
) -> None:
    def ill() -> Failure:
        return Failure(BackendError("500", "error"), answered=True)

    breaker = Breaker()
    for solve in "abcd":
        breaker.failed(ill(), None, solve)
    breaker.failed(ill(), None, "d")  # of one solve, however often: it may be its own fault
    assert not breaker.away
    breaker.served()
    for solve in "efgh":
        breaker.failed(ill(), None, solve)
    assert not breaker.away
    breaker.failed(ill(), None, "i")
    assert breaker.away and breaker.answered


def test_what_only_the_list_of_models_says_is_taken_back_by_one_failure(clock: Clock) -> None:
    breaker = Breaker()
    breaker.failed(went_away(), None)
    clock.now += 1
    breaker.begin()
    breaker.presume()
    assert breaker.admits() and not breaker.away
    breaker.failed(Failure(BackendError("503", "away"), away=True, answered=True), None)
    assert breaker.away
    breaker.presume()
    breaker.served()
    breaker.failed(Failure(BackendError("503", "away"), away=True, answered=True), None)
    assert not breaker.away
