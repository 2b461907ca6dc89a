"""What an outage costs a batch: python benchmarks/outage.py.

Runs `vtc-r1 solve --batch` against a server process that is killed once a tenth is done. It comes back, and
the batch must answer all; then it is killed for good, and the batch must end by itself, say why, and leave
what the same command finishes on a new server. Measures the processor time of those who wait. Exits with 1
where a bar is missed.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from served import Served, serving
from wire import MODEL, question

from vtc_r1.schedule import MIN_STREAK

SHARE_BAR = 0.02
"""Most of a core that waiting may take."""
_USED = slice(11, 13)
"""Where /proc/PID/stat has the processor time, behind the process's name."""


@dataclass(frozen=True)
class Ended:
    """What one command left.

    Attributes:
        code: exit code.
        seconds: from its start to its end.
        said: standard error.
        statuses: traces by status; failed ones by their cause.
        rows: traces in all.
        right: those whose answer is right.
        waiting_share: share of a core that was used while the server was away.
    """

    code: int
    seconds: float
    said: str
    statuses: dict[str, int]
    rows: int
    right: int
    waiting_share: float


@dataclass
class Outcome:
    """What was measured, and what missed its bar."""

    back: Ended | None = None
    gone: Ended | None = None
    second: Ended | None = None
    missed: list[str] = field(default_factory=list)

    def expect(self, holds: bool, what: str) -> None:
        """Note a bar that is missed."""
        if not holds:
            self.missed.append(what)


def batch(
    server: Served, folder: Path, arguments: argparse.Namespace, *, kill: bool = False, back: bool = False
) -> Ended:
    """Run the batch of `folder` to its end; the server may be killed at a tenth of it, and come back."""
    out = folder / "out.jsonl"
    words = ["solve", "--batch", folder / "questions.txt", "--out", out, "--base-url", server.address]
    words += ["--model", MODEL, "--concurrency", arguments.concurrency]
    words += [] if back else ["--server-wait", arguments.server_wait]
    began, share = time.monotonic(), 0.0
    errors = folder / "said.txt"
    with errors.open("w") as said:
        running = subprocess.Popen([sys.executable, "-m", "vtc_r1", *map(str, words)], stderr=said)
        try:
            if kill:
                share = _outage(running, server, out, arguments, back=back)
            code = running.wait(arguments.limit)
        finally:
            running.kill()
            running.wait()
    rows = [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []
    named = Counter(row["cause"] or row["status"] for row in rows)
    right = sum(row["answer"] == str(row["index"]) for row in rows)
    seconds = time.monotonic() - began
    return Ended(code, round(seconds, 1), errors.read_text(), dict(named), len(rows), right, share)


def _outage(
    running: "subprocess.Popen[bytes]",
    server: Served,
    out: Path,
    arguments: argparse.Namespace,
    *,
    back: bool,
) -> float:
    """Kill the server at a tenth; returns the share of a core that is used while it is away."""
    while running.poll() is None and _lines(out) * 10 < arguments.problems:
        time.sleep(0.05)
    server.kill()
    settled = min(arguments.down, arguments.server_wait) / 4
    time.sleep(settled)
    before, since = _cpu(running.pid), time.monotonic()
    time.sleep(2 * settled)
    share = (_cpu(running.pid) - before) / (time.monotonic() - since)
    if back:
        time.sleep(max(0.0, arguments.down - 3 * settled))
        server.start()
    return round(share, 4)


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def _cpu(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[_USED])) / os.sysconf("SC_CLK_TCK")


def measure(arguments: argparse.Namespace) -> Outcome:
    """Run both outages."""
    found = Outcome()
    words = ["--problems", arguments.problems, "--tokens", arguments.tokens, "--pace", arguments.pace]
    words += ["--segments", 2]
    for back in (True, False):
        with tempfile.TemporaryDirectory() as name, serving("loopback_server.py", *words) as (server,):
            folder = Path(name)
            questions = [question(number) for number in range(arguments.problems)]
            (folder / "questions.txt").write_text("\n".join(questions) + "\n")
            first = batch(server, folder, arguments, kill=True, back=back)
            if back:
                found.back = first
                _judge_back(found, first, arguments.problems)
            else:
                found.gone = first
                server.start()
                found.second = batch(server, folder, arguments)
                _judge_gone(found, first, found.second, arguments)
    return found


def _judge_back(found: Outcome, ended: Ended, problems: int) -> None:
    found.expect(ended.code == 0, f"exit code {ended.code} though the server came back")
    found.expect(
        ended.right == ended.rows == problems, f"{ended.right} of {problems} right after one command"
    )
    found.expect("away for" in ended.said, "the outage was not told while it lasted")
    found.expect(ended.waiting_share <= SHARE_BAR, f"waiting took {ended.waiting_share:.1%} of a core")


def _judge_gone(found: Outcome, first: Ended, second: Ended, arguments: argparse.Namespace) -> None:
    problems, failed = arguments.problems, first.statuses.get("away", 0)
    found.expect(first.code == 1, f"exit code {first.code} though the server was gone for good")
    counted = sum(map(int, re.findall(r"(\d+) failed, server away: ", first.said)))
    found.expect(counted == failed > 0, f"{counted} of {failed} failures are counted by their reason")
    found.expect(
        failed <= max(MIN_STREAK, arguments.concurrency), f"{failed} questions were spent on the outage"
    )
    found.expect(first.waiting_share <= SHARE_BAR, f"waiting took {first.waiting_share:.1%} of a core")
    found.expect(second.code == 0, f"exit code {second.code} of the second command")
    found.expect(second.right == second.rows == problems, f"{second.right} of {problems} right after both")


def parse_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=500, help="of a segment")
    parser.add_argument("--pace", type=float, default=0.5, help="seconds that a segment takes")
    parser.add_argument("--down", type=float, default=60.0, help="seconds that the server stays away")
    parser.add_argument("--server-wait", type=float, default=90.0, help="of the server that is gone for good")
    parser.add_argument("--limit", type=float, default=600.0, help="seconds after which a command is ended")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(words)


def shown(name: str, ended: Ended | None) -> str:
    assert ended is not None
    named = ", ".join(f"{count} {status}" for status, count in ended.statuses.items())
    return (
        f"{name:<28} exit {ended.code} after {ended.seconds:.0f} s: {ended.right} right; {named}; "
        f"waiting took {ended.waiting_share:.1%} of a core"
    )


def main() -> int:
    arguments = parse_arguments()
    found = measure(arguments)
    if arguments.json:
        values: dict[str, Any] = asdict(found)
        print(json.dumps(values, indent=2))
    else:
        print(shown(f"back after {arguments.down:g} s", found.back))
        print(shown("killed for good", found.gone))
        print(shown("the same command again", found.second))
        for ended in (found.back, found.gone, found.second):
            print(f"\n{ended.said.rstrip()}" if ended else "")
    for line in found.missed:
        print(f"missed: {line}", file=sys.stderr)
    return 1 if found.missed else 0


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        raise SystemExit(main())
    raise SystemExit(130)
