"""What Ctrl-C leaves behind: python benchmarks/interrupt.py.

Runs `vtc-r1 solve --batch` on a loopback server, interrupts it after a random number of requests, from
full load on, looks at the server and at the file of traces, and runs the same command again to its end.
Exits with 1 where a bar is missed.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table
from served import Served, serving
from wire import MODEL, question

from vtc_r1 import Trace
from vtc_r1.storage import parse_trace

EXIT_BAR, AFTER = 2.0, 3.0
"""Most seconds until the command has ended, and until the server runs nothing."""
_INTERRUPTED = 130
_TIMEOUT = 600
"""Seconds after which a command that does not end is killed."""


@dataclass(frozen=True)
class Outcome:
    """What one interruption left.

    Attributes:
        moment: requests that the server had seen.
        running: requests on the server at the interrupt.
        seconds: from the interrupt to the end of the command.
        still_running: requests left on the server three seconds after the interrupt.
        done: problems whose traces were in the file.
        problems: how many there were.
        faults: what is wrong with the exit code, the file, or the second run; empty where nothing is.
    """

    moment: int
    running: int
    seconds: float
    still_running: int
    done: int
    problems: int
    faults: list[str] = field(default_factory=list)

    def misses(self) -> list[str]:
        """The bars that were missed, a line each."""
        found = []
        if self.seconds > EXIT_BAR:
            found.append(f"{self.seconds:.1f} s until it ended, bar {EXIT_BAR:g}")
        if self.still_running:
            found.append(f"{self.still_running} requests still running {AFTER:g} s after the interrupt")
        return found + self.faults


class Command:
    """`vtc-r1 solve --batch` in a folder, on one server."""

    def __init__(self, server: Served, folder: Path, problems: int, concurrency: int) -> None:
        self.out, self.problems = folder / "traces.jsonl", problems
        batch = folder / "questions.txt"
        batch.write_text("".join(question(number) + "\n" for number in range(problems)), "utf-8")
        words = ["--base-url", server.address, "--model", MODEL, "--concurrency", concurrency]
        words += ["--batch", batch, "--out", self.out, "--quiet"]
        self._words = [sys.executable, "-m", "vtc_r1", "solve", *map(str, words)]

    def start(self) -> "subprocess.Popen[str]":
        """Start it."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("VTC_")}
        return subprocess.Popen(self._words, stderr=subprocess.PIPE, text=True, env=kept)

    def traces(self) -> list[Trace]:
        """Read what the file holds; raises ValueError for a line that is no trace."""
        text = self.out.read_text("utf-8") if self.out.exists() else ""
        return [parse_trace(line) for line in text.split("\n") if line]


def wrong(traces: list[Trace]) -> list[str]:
    """What is wrong with traces that should be complete, and each there once."""
    numbers = [trace.index for trace in traces]
    bad = [trace for trace in traces if trace.answer != str(trace.index) or trace.status != "answered"]
    found = []
    if twice := len(numbers) - len(set(numbers)):
        found.append(f"{twice} problems stand in the file twice")
    if bad:
        found.append(f"{len(bad)} traces without their answer, first {bad[0].index}: {bad[0].status}")
    return found


def interrupt(server: Served, command: Command, log: Path, moment: int) -> Outcome:
    """Interrupt the command once the server has seen so many requests, then finish it."""
    faults: list[str] = []
    with command.start() as first:
        while server.tallies()["requests"] < moment and first.poll() is None:
            time.sleep(0.02)
        running, sent = server.tallies()["running"], time.monotonic()
        first.send_signal(signal.SIGINT)
        _, said = first.communicate(timeout=_TIMEOUT)
        seconds = time.monotonic() - sent
    if first.returncode != _INTERRUPTED or "Traceback" in said or "Exception ignored" in said:
        faults.append(f"it ended with {first.returncode} and the words {said.strip()[-200:]!r}")
    while (still := server.tallies()["running"]) and time.monotonic() < sent + AFTER:
        time.sleep(0.05)
    before = command.out.read_bytes() if command.out.exists() else b""
    faults += wrong(done := command.traces())
    if before and not before.endswith(b"\n"):
        faults.append("the file's last line is torn")
    faults += finish(command, before, done, log)
    return Outcome(moment, running, seconds, still, len(done), command.problems, faults)


def finish(command: Command, before: bytes, done: list[Trace], log: Path) -> list[str]:
    """Run the command to its end; return what is wrong then."""
    asked = len(log.read_text().splitlines())
    with command.start() as second:
        _, said = second.communicate(timeout=_TIMEOUT)
    faults = []
    if second.returncode != 0:
        faults.append(f"run again, it ended with {second.returncode}: {said.strip()[-200:]}")
    if not command.out.read_bytes().startswith(before):
        faults.append("running it again changed traces that were done")
    again = {int(line.split()[0]) for line in log.read_text().splitlines()[asked:]}
    if repeated := again & {trace.index for trace in done}:
        faults.append(f"running it again solved {len(repeated)} problems that were done")
    traces = command.traces()
    if len(traces) != command.problems:
        faults.append(f"{len(traces)} traces of {command.problems} in the end")
    return faults + wrong(traces)


def measure(arguments: argparse.Namespace, moment: int) -> Outcome:
    """One interruption, with a server and a folder of its own."""
    with tempfile.TemporaryDirectory() as name:
        log = Path(name) / "requests.txt"
        words = ("--problems", arguments.problems, "--tokens", arguments.tokens, "--pace", arguments.pace)
        with serving("loopback_server.py", *words, "--log", log) as (server,):
            command = Command(server, Path(name), arguments.problems, arguments.concurrency)
            return interrupt(server, command, log, moment)


def table(outcomes: Sequence[Outcome]) -> Table:
    shown = Table(title="vtc-r1 solve --batch, interrupted")
    for head in (
        "requests before",
        "running",
        "seconds to its end",
        f"running {AFTER:g} s later",
        "done",
        "wrong",
    ):
        shown.add_column(head, justify="right")
    for row in outcomes:
        cells = (f"{row.moment:,}", row.running, f"{row.seconds:.2f}", row.still_running)
        shown.add_row(*map(str, cells), f"{row.done} of {row.problems}", "; ".join(row.faults) or "nothing")
    return shown


def parse_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--latest", type=int, default=300, help="most requests before an interrupt")
    parser.add_argument("--tokens", type=int, default=1_000, help="of a segment")
    parser.add_argument("--pace", type=float, default=2.0, help="seconds that a segment takes")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(words)


def main() -> int:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    arguments = parse_arguments()
    generator = random.Random(arguments.seed)
    moments = [generator.randint(arguments.concurrency, arguments.latest) for _ in range(arguments.repeats)]
    outcomes = [measure(arguments, moment) for moment in moments]
    if arguments.json:
        print(json.dumps([asdict(outcome) for outcome in outcomes], indent=2))
    else:
        (Console() if sys.stdout.isatty() else Console(width=120)).print(table(outcomes))
    missed = [line for outcome in outcomes for line in outcome.misses()]
    for line in missed:
        print(f"missed: {line}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        raise SystemExit(main())
    raise SystemExit(130)
