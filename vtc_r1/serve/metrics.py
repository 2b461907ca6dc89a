"""Prometheus metrics, served at `/metrics`."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from vtc_r1.serve.gate import Gate
from vtc_r1.trace import Trace

TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900)
_TOKENS = ("prompt_tokens", "vision_tokens", "completion_tokens", "cached_tokens")


class Metrics:
    """The metrics of one server, in a registry of their own."""

    def __init__(self, gate: Gate) -> None:
        self._registry = own = CollectorRegistry()
        self._requests = Counter("vtc_requests", "Requests answered.", ["route", "status"], registry=own)
        self._solves = Counter("vtc_solves", "Finished solves.", ["status"], registry=own)
        self._iterations = Counter("vtc_iterations", "Iterations of finished solves.", registry=own)
        self._tokens = Counter("vtc_tokens", "Tokens of finished solves.", ["kind"], registry=own)
        self._pages = Counter("vtc_pages", "Pages drawn by finished solves.", registry=own)
        self._seconds = Histogram("vtc_solve_seconds", "Seconds per solve.", registry=own, buckets=_SECONDS)
        self._first = Histogram(
            "vtc_first_token_seconds", "Seconds to the first token.", registry=own, buckets=_SECONDS
        )
        running = Gauge("vtc_solves_running", "Running solves.", registry=own)
        running.set_function(lambda: gate.running)
        waiting = Gauge("vtc_solves_waiting", "Queued solves.", registry=own)
        waiting.set_function(lambda: gate.waiting)

    def count_response(self, route: str, status: int) -> None:
        """Count a response; `route` is the pattern of its route."""
        self._requests.labels(route, str(status)).inc()

    def count_solve(self, trace: Trace) -> None:
        """Count a finished solve."""
        self._solves.labels(trace.status).inc()
        self._iterations.inc(len(trace.iterations))
        self._pages.inc(sum(len(iteration.pages) for iteration in trace.iterations))
        used = trace.usage
        for kind in _TOKENS:
            self._tokens.labels(kind).inc(getattr(used, kind))
        self._seconds.observe(trace.seconds)
        if trace.iterations and trace.iterations[0].seconds.first_token is not None:
            self._first.observe(trace.iterations[0].seconds.first_token)

    def text(self) -> bytes:
        """Return everything in the Prometheus text format."""
        return generate_latest(self._registry)
