"""What takes long says so, ever more rarely; the clock is the test's."""

import subprocess
from pathlib import Path

import pytest

from tests.cli.command import arguments, environment, on
from tests.conftest import Serve
from tests.loopback import Loopback, Reply
from vtc_r1.cli.terminal.notices import Notifier
from vtc_r1.waits import Waits


class Told:
    """A teller that is looked at twice a second, and what it said when."""

    def __init__(self, *, has_progress: bool = False) -> None:
        self.now = 100.0
        self.wait: str | None = None
        self.said: list[tuple[float, str]] = []
        progress = (lambda: "1 of 2 done") if has_progress else None
        self.teller = Notifier(self.say, lambda: self.wait, progress)

    def say(self, line: str) -> None:
        self.said.append((self.now - 100, line))

    def pass_time(self, seconds: float, wait: str | None = None) -> None:
        self.wait = wait
        until = self.now + seconds
        while self.now < until:
            self.teller.look(self.now)
            self.now += 0.5

    @property
    def times(self) -> list[float]:
        return [at for at, _ in self.said]


def test_a_wait_is_told_at_once_and_then_more_and_more_rarely() -> None:
    told = Told()
    told.pass_time(5)
    told.pass_time(200, "away")
    assert told.times == [5, 15, 35, 65, 125, 185]
    told.pass_time(5)
    assert told.said[-1] == (205.5, "goes on after 202 s")


def test_a_short_wait_is_told_once() -> None:
    told = Told()
    told.pass_time(4, "away")
    told.pass_time(20)
    assert told.said == [(0, "away")]


def test_a_wait_that_flickers_is_one_wait() -> None:
    told = Told()
    for _ in range(20):
        told.pass_time(2, "away")
        told.pass_time(0.5)
    assert told.times == [0, 10, 30]


def test_many_waits_make_few_lines() -> None:
    told = Told()
    for _ in range(20):
        told.pass_time(1, "next attempt")
        told.pass_time(2)
    assert len(told.said) <= 8


def test_progress_is_told_after_two_seconds_and_then_once_a_minute() -> None:
    told = Told(has_progress=True)
    told.pass_time(200)
    assert told.times == [2, 62, 122, 182]
    told.pass_time(30, "away")
    assert [line for _, line in told.said[-3:]] == ["1 of 2 done", "away", "away"]


def test_a_wait_nobody_has_is_not_told() -> None:
    waits, nobody = Waits(), Waits()
    with waits.held(lambda seconds: f"{seconds:.0f}"), nobody.held(lambda seconds: None):
        assert waits.message(0) == "0" and nobody.message(0) is None
        assert waits.message(60) is None
        later = waits.begin(lambda seconds: "later")
        assert waits.message(0) == "0"
    assert waits.message(0) == "later"
    waits.end(later)
    assert waits.message(0) is None


@pytest.mark.process
@pytest.mark.parametrize("words", [["What is it?"], ["--batch", "questions.txt", "--out", "out.jsonl"]])
def test_a_server_that_is_away_is_told_while_it_is(serve: Serve, tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "questions.txt").write_text("one?\ntwo?\n")
    server = Loopback(lambda _: Reply("It is 42. \\boxed{42}", piece=3, hang_after=3))
    port = int(server.base_url.split(":")[2].split("/")[0])
    running = subprocess.Popen(
        arguments("solve", *words, *on(server)),
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    try:
        assert server.wait_for(lambda now: len(now.requests) >= 1, 60)
        server.kill()
        said = ""
        while "away for" not in said:
            line = running.stderr.readline()
            assert line, said
            said += line
        serve(lambda _: "It is \\boxed{42}", port=port)
        out, rest = running.communicate(timeout=60)
    finally:
        running.kill()
        running.wait()
    assert running.returncode == 0, said + rest
    assert f"server {server.base_url} (model " in said
    assert "trying again: cannot be reached (Connection refused)" in said
    assert out == ("" if "--batch" in words else "42\n")
