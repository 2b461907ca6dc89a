"""What the client itself costs: python benchmarks/overhead.py.

Solves problems over loopback sockets and counts the processor time of this process, all threads, less
what drawing pages and compressing their PNGs took: milliseconds an iteration, and where they went. The
server (loopback_server.py, a process of its own) sends every piece of a stream by itself when it falls
due, as a model server does; `pieces a write` above 1 says that it could not keep that up, which makes
the client look better than it is.

    python benchmarks/overhead.py --intervals 128 --profile     # the functions that take the most

Then how much memory 10,000 queued problems take over an idle solver, and how far `Solver.map` runs ahead
of a consumer that stands still. Every measurement has a process of its own.
"""

import argparse
import json
import sys
from dataclasses import asdict
from typing import TypeVar

from client_cost import Row, measure
from memory_growth import Growth, growth_of, started_ahead
from rich.console import Console
from rich.table import Table

from vtc_r1.sglang.command import STREAM_INTERVAL

T = TypeVar("T")
CPU_BAR, MEMORY_BAR = 5.0, 300.0
"""Milliseconds an iteration at the interval that `vtc-r1 launch` sets, and megabytes."""
AHEAD_PROBLEMS, AHEAD_CONCURRENCY = 400, 8


def overhead_table(rows: list[Row]) -> Table:
    shown = Table(title="Processor time of the client, ms an iteration")
    shown.add_column("")
    for row in rows:
        shown.add_column(f"interval {row['interval']}", justify="right")
    lines = {
        "all": "cpu_ms_an_iteration",
        "drawing and PNG": "drawing_ms_an_iteration",
        "beyond that": "overhead_ms_an_iteration",
    }
    for name, key in lines.items():
        shown.add_row(name, *(f"{row[key]:.2f}" for row in rows))
    for name in dict.fromkeys(name for row in rows for name in row["parts_ms"]):
        shown.add_row(f"  {name}", *(f"{row['parts_ms'].get(name, 0.0):.2f}" for row in rows))
    shown.add_row("iterations", *(f"{row['iterations']:,}" for row in rows))
    shown.add_row("pieces a write", *(f"{row['pieces_a_write']:.1f}" for row in rows))
    shown.add_row("yardstick, ms", *(f"{row['yardstick_ms']:.1f}" for row in rows))
    shown.add_row("most at once", *(str(row["most_running"]) for row in rows))
    return shown


def memory_table(found: list[Growth]) -> Table:
    shown = Table(title="Memory of queued problems, MB over the idle solver")
    for head in ("questions from", "problems", "idle", "peak growth", "at the end", "traces alive at most"):
        shown.add_column(head, justify="left" if head == "questions from" else "right")
    for row in found:
        cells = (row.idle_mb, row.peak_growth_mb, row.end_growth_mb)
        shown.add_row(
            row.source, f"{row.problems:,}", *(f"{cell:.0f}" for cell in cells), str(row.most_alive)
        )
    return shown


def misses(rows: list[Row], grown: list[Growth], concurrency: int) -> list[str]:
    """The bars that were missed, and what spoils a measurement."""
    found = [
        f"{row['overhead_ms_an_iteration']:.2f} ms an iteration at interval {row['interval']}, bar {CPU_BAR}"
        for row in rows
        if row["interval"] == STREAM_INTERVAL and row["overhead_ms_an_iteration"] > CPU_BAR
    ]
    found += [f"{row['right']} of {row['problems']} right" for row in rows if row["right"] < row["problems"]]
    for row in grown:
        if row.peak_growth_mb > MEMORY_BAR:
            found.append(f"{row.peak_growth_mb:.0f} MB for questions from a {row.source}, bar {MEMORY_BAR}")
        if row.most_alive > 4 * concurrency:
            found.append(f"{row.most_alive} traces alive for questions from a {row.source}")
        if row.right < row.problems:
            found.append(f"{row.right} of {row.problems} right for questions from a {row.source}")
    return found


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--problems", type=int, default=512)
    parser.add_argument("--concurrency", type=int, default=256)
    parser.add_argument("--iterations", type=int, default=3, help="a problem")
    parser.add_argument("--tokens", type=int, default=2_000, help="of a segment")
    parser.add_argument(
        "--intervals", type=numbers, default=[STREAM_INTERVAL, 32, 1], help="tokens in a piece of a stream"
    )
    parser.add_argument("--pace", type=float, default=10.0, help="seconds that a segment takes")
    parser.add_argument("--queued", type=int, default=10_000, help="problems of the memory part; 0 skips it")
    parser.add_argument("--profile", action="store_true", help="trace functions instead; slower")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _told(found: T) -> T:
    """Say on standard error what was found, as the next measurement may take long."""
    print(found, file=sys.stderr)
    return found


def main() -> int:
    arguments = parse_arguments()
    rows = [_told(measure(interval, arguments)) for interval in arguments.intervals]
    grown = [
        _told(growth_of(source, arguments.queued, arguments.concurrency, arguments.tokens))
        for source in ("generator", "list")
        if arguments.queued
    ]
    ahead = started_ahead(min(AHEAD_PROBLEMS, arguments.queued), AHEAD_CONCURRENCY) if arguments.queued else 0
    if arguments.json:
        memory = [asdict(row) for row in grown]
        print(json.dumps({"overhead": rows, "memory": memory, "started_ahead": ahead}, indent=2))
    else:
        console = Console() if sys.stdout.isatty() else Console(width=120)
        for shown in (overhead_table(rows), memory_table(grown)):
            if shown.row_count:
                console.print(shown)
        if grown:
            console.print(
                f"{ahead} problems started while a consumer stood still, {AHEAD_CONCURRENCY} at once"
            )
    missed = misses([] if arguments.profile else rows, grown, arguments.concurrency)
    if ahead > 4 * AHEAD_CONCURRENCY:
        missed.append(f"{ahead} problems started while nobody took their traces")
    for line in missed:
        print(f"missed: {line}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
