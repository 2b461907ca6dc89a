"""Documents in optical memory: what 4k to 128k tokens take as pages, and a needle through a server.

python benchmarks/documents.py

For every length, a document of the task `niah-multikey` is drawn with the profile, encoded as a request
carries it, and asked about on a server in this process that speaks the protocol of a real one. Nothing reads
the pages there: it counts what arrives. Times are medians of `--times`, of the processor and of the wall.
"""

import argparse
import json
import statistics
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from vtc_r1 import Solver
from vtc_r1.backends.wire.body import Body
from vtc_r1.documents import show
from vtc_r1.eval.longcontext import LongContext, problems
from vtc_r1.eval.problem import Problem
from vtc_r1.prompts import PromptSet
from vtc_r1.renderers import Renderer

LENGTHS = (4096, 8192, 16384, 32768, 65536, 131072)


class Counting(BaseHTTPRequestHandler):
    """Answers every request with one box, and counts what came."""

    protocol_version = "HTTP/1.1"
    images = received = 0

    def do_GET(self) -> None:
        """List one model."""
        self._send({"object": "list", "data": [{"id": "counting", "max_model_len": 1_000_000}]})

    def do_POST(self) -> None:
        """Count, and answer."""
        data = self.rfile.read(int(self.headers["Content-Length"]))
        Counting.received, Counting.images = len(data), data.count(b'"image_url": {')
        message = {"role": "assistant", "content": "\\boxed{0}"}
        self._send({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": {}})

    def _send(self, values: Any) -> None:
        data = json.dumps(values).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def timed(what: Callable[[], Any], times: int) -> tuple[float, float]:
    """Return median seconds of the processor and of the wall."""
    cpu, wall = [], []
    for _ in range(times):
        began = time.process_time(), time.perf_counter()
        what()
        cpu.append(time.process_time() - began[0])
        wall.append(time.perf_counter() - began[1])
    return statistics.median(cpu), statistics.median(wall)


def measure(problem: Problem, solver: Solver, profile: str, times: int) -> list[str]:
    """Measure one problem; return the row of the table."""
    (document,) = problem.documents
    renderer, prompts = Renderer(profile, cache=None), PromptSet("boxed")

    def build() -> int:
        shown = show(document, "pages", renderer)
        prompt = prompts.render(problem.question, (), iteration=0, documents=[shown])
        return len(Body({"model": "counting"}, prompt))

    cpu, wall = timed(build, times)
    shown = show(document, "pages", renderer)
    began = time.perf_counter()
    trace = solver.solve(problem.question, problem.documents)
    seconds = time.perf_counter() - began
    assert trace.answer == "0", trace.error
    assert Counting.images == len(shown.pages)
    ratio = shown.text_tokens / shown.vision_tokens
    return [
        problem.level or "",
        f"{len(document.written):,}",
        str(len(shown.pages)),
        f"{shown.text_tokens:,}",
        f"{shown.vision_tokens:,}",
        f"{ratio:.1f}×",
        f"{cpu:.3f}",
        f"{wall:.3f}",
        f"{Counting.received / 2**20:.1f}",
        f"{seconds:.2f}",
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--profile", default="default")
    parser.add_argument("--times", type=int, default=5)
    given = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Counting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    drawn = problems(
        LongContext(kind="long-context", tasks=("niah-multikey",), lengths=LENGTHS, depths=(50,), seed=0)
    )
    print(
        "| length | characters | pages | text tokens | vision tokens | compression | build, s of processor ",
        end="",
    )
    print("| build, s | request, MiB | solve, s |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    url = f"http://127.0.0.1:{server.server_port}/v1"
    with Solver(
        base_url=url, model="counting", preset="qwen3-vl-instruct", stream=False, profile=given.profile
    ) as solver:
        solver.solve("Warm?")
        for problem in drawn:
            print("| " + " | ".join(measure(problem, solver, given.profile, given.times)) + " |", flush=True)
    server.shutdown()


if __name__ == "__main__":
    main()
