"""What a report costs to make and to open: python benchmarks/report.py.

Writes run folders of random mathematics (synthetic_runs.py), makes their report in a process of its own, and
measures seconds, peak memory and size. Where Chromium and Playwright are there, it opens the report from
disk: seconds until the list of samples answers, those of them that the page's thread was busy, and seconds
until a trace from the last file is shown.
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from synthetic_runs import Shape, write_runs

LAYOUTS = {
    "10,000 traces": Shape(problems=1250, samples=2),
    "500 problems × 16": Shape(problems=500, samples=16, memories=("optical",)),
}
_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def make(runs: Path, out: Path) -> dict[str, float]:
    """Make the report in a process of its own; returns seconds, processor seconds and peak megabytes."""
    words = [sys.executable, "-m", "vtc_r1", "report", str(runs), "--out", str(out)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    took = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "seconds": round(took, 1),
        "processor_seconds": round(processor, 1),
        "peak_mb": round(after.ru_maxrss / 1024),
    }


def measure_sizes(out: Path) -> dict[str, float]:
    """Megabytes of the page, of all files beside it, and how many there are."""
    files = [path for path in out.rglob("*") if path.is_file()]
    return {
        "page_mb": round((out / "index.html").stat().st_size / 1e6, 1),
        "folder_mb": round(sum(path.stat().st_size for path in files) / 1e6, 1),
        "files": len(files),
    }


def open_it(out: Path) -> dict[str, Any]:
    """Open the report in Chromium; seconds until the list answers, and until the last trace is shown."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return {}
    if _CHROMIUM is None:
        return {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        thread = page.context.new_cdp_session(page)
        thread.send("Performance.enable", {"timeDomain": "threadTicks"})
        began = time.perf_counter()
        page.goto((out / "index.html").resolve().as_uri())
        page.wait_for_selector("html[data-ready=true]")
        page.keyboard.press("j")
        page.wait_for_selector(".row[aria-current]")
        ready = time.perf_counter() - began
        metrics = thread.send("Performance.getMetrics")["metrics"]
        busy = next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")
        last = page.evaluate("JSON.parse(document.getElementById('index').textContent).chunk.length - 1")
        began = time.perf_counter()
        page.evaluate(f"location.hash = 's{last}'")
        page.wait_for_selector(".iteration")
        shown = time.perf_counter() - began
        browser.close()
    return {
        "interactive_s": round(ready, 2),
        "thread_s": round(busy, 2),
        "last_trace_s": round(shown, 2),
        "console": said,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", choices=LAYOUTS, help="one of the layouts")
    parser.add_argument("--keep", type=Path, help="keep runs and reports in this folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        for at, (name, shape) in enumerate(LAYOUTS.items()):
            if options.only not in (None, name):
                continue
            runs, out = folder / f"runs-{at}", folder / f"report-{at}"
            if not runs.exists():
                write_runs(runs, shape)
            samples = sum(path.stat().st_size for path in runs.rglob("samples.jsonl"))
            found = {"layout": name, "samples_mb": round(samples / 1e6, 1), **make(runs, out)}
            print(json.dumps({**found, **measure_sizes(out), **open_it(out)}, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
