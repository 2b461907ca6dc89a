"""Measures how fast training data is built: `python benchmarks/data_build.py`.

Rows in the schema of OpenR1-Math-220k, made from MATH500 (`--data`), built by `vtc-r1 data build` with
`--workers` processes: rows a second, processor seconds by stage, peak memory of a process. Then, in
this process and in turn shard by shard, by the renderer and by the reportlab baseline of `pipelines.py`
in the same per-row function: the ratio of what rendering takes, and of the whole.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import corpus
import data_rows
import needs
import numpy as np
import pipelines

from vtc_r1.prompts import PromptSet
from vtc_r1.renderers import Page, load_profile
from vtc_r1.renderers.vision import family
from vtc_r1.sft.building.config import BuildConfig
from vtc_r1.sft.building.row_builder import RowBuilder
from vtc_r1.sft.building.work import ShardJob, build_shard
from vtc_r1.sft.styling import Drawing
from vtc_r1.tokens import ESTIMATE

_SHARD = 16


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=corpus.DATA, help="MATH500 as JSON lines")
    parser.add_argument("--rows", type=int, default=2_000)
    parser.add_argument("--tokens", type=int, default=4_096, help="average of a trace, estimated")
    parser.add_argument("--segment-tokens", type=int, default=4_096)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--profile", default="default")
    parser.add_argument("--styles", help="of the pages, as for `vtc-r1 data build`")
    parser.add_argument("--reading", type=float, default=0, help="share of reading tasks")
    parser.add_argument("--compared", type=int, default=96, help="rows that are also built by the baseline")
    options = parser.parse_args()
    try:
        needs.require(["pyarrow", "reportlab", "pdf2image"], {"pdftoppm": "poppler-utils"})
        corpus.load(options.data)
    except argparse.ArgumentTypeError as error:
        parser.error(str(error))
    with tempfile.TemporaryDirectory() as folder:
        rows = list(data_rows.rows(options.rows, options.tokens, path=options.data))
        found = {"build": _build(Path(folder), rows, options)}
        if options.compared:
            found["compared"] = _compare(Path(folder), rows[: options.compared], options)
    print(json.dumps(found, indent=2))


def _build(folder: Path, rows: list[dict[str, Any]], options: argparse.Namespace) -> dict[str, Any]:
    """Run the command and watch its processes."""
    data_rows.write_parquet(folder / "rows.parquet", iter(rows))
    flags = ["--source", "rows.parquet", "--out", "out", "--profile", options.profile]
    flags += ["--workers", str(options.workers), "--segment-tokens", str(options.segment_tokens)]
    flags += ["--styles", options.styles] if options.styles else []
    flags += ["--reading", str(options.reading)]
    began, used = time.perf_counter(), _children_seconds()
    with subprocess.Popen(
        [sys.executable, "-m", "vtc_r1", "data", "build", *flags, "--json"],
        cwd=folder,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    ) as running:
        peaks: dict[int, int] = {}
        watcher = threading.Thread(target=_watch, args=(running, peaks), daemon=True)
        watcher.start()
        out, _ = running.communicate()
    seconds, cpu_seconds = time.perf_counter() - began, _children_seconds() - used
    statistics = json.loads(out)
    return {
        "rows": len(rows),
        "examples": statistics["examples"],
        "mean_trace_tokens": round(statistics["sum_target_tokens"] / len(rows)),
        "seconds": round(seconds, 1),
        "rows_a_second": round(len(rows) / seconds, 1),
        "cpu_seconds": round(cpu_seconds, 1),
        "rows_a_cpu_second": round(len(rows) / cpu_seconds, 1),
        "peak_mb_of_a_process": round(max(peaks.values(), default=0) / 1024),
        "bytes": statistics["bytes"],
        "compression_ratio": statistics["compression_ratio"],
    }


def _watch(running: "subprocess.Popen[bytes]", peaks: dict[int, int]) -> None:
    """Note the peak resident kilobytes of a process and its children while it runs (Linux only)."""
    while running.poll() is None:
        for pid in _family(running.pid):
            try:
                status = Path(f"/proc/{pid}/status").read_text("ascii")
            except OSError:
                continue
            peak = next((line for line in status.splitlines() if line.startswith("VmHWM")), "VmHWM: 0")
            peaks[pid] = max(peaks.get(pid, 0), int(peak.split()[1]))
        time.sleep(0.2)


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    except OSError:
        return [pid]
    return [pid, *map(int, children)]


def _compare(folder: Path, rows: list[dict[str, Any]], options: argparse.Namespace) -> dict[str, Any]:
    """Build the same rows by both ways of drawing, shard by shard; returns processor seconds."""
    config = BuildConfig(
        source={},
        tokens=ESTIMATE,
        profile=load_profile(options.profile),
        prompts_sha256=PromptSet("vtc").sha256,
        segment_tokens=options.segment_tokens,
    )
    builders = {"ours": RowBuilder(config), "baseline": RowBuilder(config, drawing=_Baseline)}
    seconds = {name: {"whole": 0.0, "drawing": 0.0} for name in builders}
    for name, builder in builders.items():
        _timed(builder, folder, rows[-_SHARD:], name)  # warm
    for at in range(0, len(rows), _SHARD):
        for name, builder in builders.items():
            whole, drawing = _timed(builder, folder, rows[at : at + _SHARD], name)
            seconds[name]["whole"] += whole
            seconds[name]["drawing"] += drawing
    ours, theirs = seconds["ours"], seconds["baseline"]
    return {
        "rows": len(rows),
        "cpu_seconds": {
            name: {key: round(value, 2) for key, value in each.items()} for name, each in seconds.items()
        },
        "rendering_faster": round(theirs["drawing"] / ours["drawing"], 1),
        "whole_faster": round(theirs["whole"] / ours["whole"], 1),
    }


def _timed(builder: RowBuilder, folder: Path, rows: list[dict[str, Any]], name: str) -> tuple[float, float]:
    """Build a shard; returns processor seconds of the whole and of drawing, poppler's included."""
    job = ShardJob(0, 0, folder / f"{name}.parquet", folder / f"{name}.jsonl")
    _drawn.clear()
    began = _all_seconds()
    record = build_shard(builder, job, rows)
    whole = _all_seconds() - began
    return whole, sum(_drawn) or record.seconds["render"] + record.seconds["encode"]


_drawn: list[float] = []


class _Baseline(Drawing):
    """Draws by the baseline; its pages come as the PNG files that it writes."""

    def draw(self, text: str) -> list[Page]:
        began = _all_seconds()
        drawn = [(page.png, page.size) for page in pipelines.baseline(text)]
        _drawn.append(_all_seconds() - began)
        return [_page(png, *size) for png, size in drawn]


def _page(png: bytes, width: int, height: int) -> Page:
    page = Page(np.empty((height, width), np.uint8), "", family("qwen3-vl").tokens(width, height))
    vars(page)["png"] = png  # in place of what it would encode
    return page


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _all_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime + _children_seconds()


if __name__ == "__main__":
    main()
