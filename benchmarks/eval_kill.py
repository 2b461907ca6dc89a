"""Measures what kill -9 costs an evaluation: the same table, however often it is killed and gone on with.

    python benchmarks/eval_kill.py --problems 200 --kills 10

The embedded model solves the arithmetic benchmark twice, greedily: once in peace, and once killed at random
moments, each time gone on with by the same command. Times, throughput and cached tokens are left out of
the comparison: they are those of other solves.
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
from pathlib import Path
from typing import Any

OTHER = ("folder", "latency", "throughput", "seconds")
"""What two runs of the same solves may differ in."""


def killed_run(
    command: Sequence[str], samples: Path, moments: Sequence[float], *, wait: float = 0.02
) -> list[int]:
    """Begin `command` again and again, killing it; the last one is not started.

    Args:
        command: what to run.
        samples: the file of samples that it writes.
        moments: when to kill it, in lines of that file; a fraction is a wait after the line.
        wait: seconds between two looks, and of a whole such fraction.

    Returns:
        The whole lines that the file had after each kill.
    """
    left = []
    for moment in moments:
        lines, fraction = divmod(moment, 1)
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while running.poll() is None and count(samples) < lines:
            time.sleep(wait)
        time.sleep(fraction * wait)
        if running.poll() is None:
            os.kill(running.pid, signal.SIGKILL)
        running.wait()
        left.append(count(samples))
    return left


def count(samples: Path) -> int:
    """Return the whole lines of a file, 0 where there is none."""
    return samples.read_bytes().count(b"\n") if samples.exists() else 0


def figures(command: Sequence[str]) -> dict[str, Any]:
    """Run `command --json` to its end; return its figures without those that are of the clock."""
    done = subprocess.run([*command, "--json", "--quiet"], check=True, capture_output=True, text=True)
    return without_times(json.loads(done.stdout))


def without_times(value: Any) -> Any:
    """Take out what two runs of the same solves may differ in."""
    if isinstance(value, dict):
        kept = {name: without_times(part) for name, part in value.items() if name not in OTHER}
        if isinstance(kept.get("tokens"), dict):
            kept["tokens"].pop("cached", None)
        return kept
    return [without_times(part) for part in value] if isinstance(value, list) else value


def main() -> None:
    """Print where it was killed, and whether the tables are equal."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--problems", type=int, default=200, help="how many (200)")
    parser.add_argument("--kills", type=int, default=10, help="how many (10)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (0)")
    parser.add_argument("--concurrency", type=int, default=16, help="solves in flight (16)")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    moments = sorted(rng.uniform(0, arguments.problems - 1) for _ in range(arguments.kills))
    with tempfile.TemporaryDirectory() as folder:

        def command(out: str) -> list[str]:
            flags = ["--limit", str(arguments.problems), "--concurrency", str(arguments.concurrency)]
            return [sys.executable, "-m", "vtc_r1", "eval", "arithmetic", *flags, "--out", f"{folder}/{out}"]

        whole = figures(command("whole"))
        samples = Path(folder, "killed", "arithmetic", "optical", "samples.jsonl")
        left = killed_run(command("killed"), samples, moments)
        pieced = figures(command("killed"))
    print(f"killed with {', '.join(map(str, left))} of {arguments.problems} solves on disk")
    print(
        f"accuracy {whole['runs'][0]['accuracy']['mean']:.3f} and {pieced['runs'][0]['accuracy']['mean']:.3f}"
    )
    print("equal" if whole == pieced else "DIFFERENT")
    sys.exit(0 if whole == pieced else 1)


if __name__ == "__main__":
    main()
