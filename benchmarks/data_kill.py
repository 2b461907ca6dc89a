"""Checks that a killed build loses and repeats nothing: `python benchmarks/data_kill.py`.

Builds rows made from MATH500 (`--data`) once without interruption, and once killed with SIGKILL at
`--kills` random moments and resumed each time; the two must be equal, file for file and row for row, and
the build be unfinished at every kill.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import corpus
import data_rows

from vtc_r1.sft.built.dataset import BuiltDataset

ROOT = Path(__file__).parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=corpus.DATA, help="MATH500 as JSON lines")
    parser.add_argument("--rows", type=int, default=600)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        records = data_rows.rows(options.rows, 4_096, path=options.data)
        data_rows.write_parquet(folder / "rows.parquet", records)
        began = time.monotonic()
        _start(folder, "whole").wait()
        taken, shards = time.monotonic() - began, _done(folder / "whole" / "data")
        killed = _kill(folder, options.kills, shards, taken, random.Random(options.seed))
        whole, resumed = (BuiltDataset(folder / each) for each in ("whole", "killed"))
        found = {
            "kills": killed,
            "examples": len(whole),
            "rows_equal": all(one == two for one, two in zip(whole, resumed, strict=True)),
            "files_equal": _contents(whole.folder) == _contents(resumed.folder),
        }
    print(json.dumps(found, indent=2))
    in_time = not any(kill["finished"] for kill in killed)
    sys.exit(0 if found["rows_equal"] and found["files_equal"] and in_time else 1)


def _kill(folder: Path, kills: int, shards: int, taken: float, rng: random.Random) -> list[dict[str, int]]:
    """Kill a build of `shards` in `taken` seconds at random moments, each some shards further on."""
    data = folder / "killed.partial" / "data"
    moments = []
    for _ in range(kills):
        wanted = _done(data) + rng.randint(0, shards // (2 * kills))
        running = _start(folder, "killed")
        while running.poll() is None and _done(data) < wanted:
            time.sleep(0.01)
        time.sleep(rng.uniform(0, taken / (4 * kills)))
        running.kill()
        running.wait()
        moments.append({"finished": (folder / "killed").exists(), "shards": _done(data)})
    _start(folder, "killed").wait()
    return moments


def _done(data: Path) -> int:
    return len([*data.glob("train-*.parquet")])


def _start(folder: Path, out: str) -> "subprocess.Popen[bytes]":
    flags = ["--source", "rows.parquet", "--out", out, "--workers", "2", "--shard-rows", "8", "--quiet"]
    return subprocess.Popen(
        [sys.executable, "-m", "vtc_r1", "data", "build", *flags],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


if __name__ == "__main__":
    main()
