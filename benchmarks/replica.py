"""A simulated replica of a model server, on a simulated clock.

It does what SGLang does by default: continuous batching with a bounded number of running requests,
first come first served; prefill in chunks and before any decoding; a prefix cache that gives up its
oldest entries; and where the KV cache is full, the request that has generated least goes back to the
queue and keeps what it has generated. Decoding steps between two events are computed at once, in
closed form.
"""

import heapq
import math
from collections import OrderedDict, deque
from dataclasses import dataclass, field

from vtc_r1.sglang.gpus import GPUS
from vtc_r1.sglang.roofline import Roofline
from vtc_r1.sglang.shapes import SHAPES


@dataclass(frozen=True)
class Parameters:
    """Everything that the simulation assumes beside the problems.

    Attributes:
        roofline: model, processor and the fractions of its peaks that are reached; documented there.
        slots: most running requests, SGLang's `--max-running-requests`.
        chunk: most tokens of one prefill step, SGLang's `--chunked-prefill-size`; 8,192 is its default
            on processors with 80 GB and more.
        reserve: tokens of KV cache that admission leaves free for each running request to grow into;
            stands for SGLang's estimate of what requests still generate. An assumption.
        question: tokens of system text, question and template before the memory.
        tail: tokens after the memory, which the next prompt does not share.
        compression: text tokens that one vision token of a page carries; 9.6 for `default` and 4.4 for
            `paper` on MATH500 solutions, by benchmarks/render.py.
    """

    roofline: Roofline = field(default_factory=lambda: Roofline(SHAPES["qwen3-vl-8b"], GPUS["h100"]))
    slots: int = 64
    chunk: int = 8_192
    reserve: int = 512
    question: int = 200
    tail: int = 30
    compression: float = 9.6


@dataclass(eq=False)
class Request:
    """One segment to be generated.

    Attributes:
        problem: whose prefix in the cache it may use.
        shared: tokens of the prompt with which the next prompt of the same problem begins.
        text: how many of those, at the start, are text and not pages.
        tail: tokens of the prompt after them.
        tokens: tokens to generate.
        admitted: when the server began with it.
    """

    problem: int
    shared: int
    text: int
    tail: int
    tokens: int
    admitted: float | None = None
    generated: int = 0
    held: int = 0
    joined: int = 0
    hit: int = 0
    decoding: bool = False

    @property
    def prompt(self) -> int:
        """Tokens that must be in the KV cache before it goes on generating."""
        return self.shared + self.tail + self.generated


@dataclass
class Counts:
    """What a replica did, in tokens unless said otherwise.

    Attributes:
        prefilled: computed by prefill.
        again: of those, computed before, but evicted since.
        cached: served by the prefix cache instead.
        encoded: vision tokens encoded.
        generated: generated.
        kv_peak: most that running requests held at once.
        retracted: requests sent back to the queue.
        idle: seconds without any work.
    """

    prefilled: int = 0
    again: int = 0
    cached: int = 0
    encoded: int = 0
    generated: int = 0
    kv_peak: int = 0
    retracted: int = 0
    idle: float = 0.0


@dataclass
class Replica:
    """The server; `submit` requests, `step` it, and it returns what has finished."""

    parameters: Parameters
    clock: float = 0.0
    counts: Counts = field(default_factory=Counts)

    def __post_init__(self) -> None:
        self.waiting: deque[Request] = deque()
        self.filling: dict[Request, int] = {}
        self.running: list[tuple[int, int, Request]] = []
        self.cache: OrderedDict[tuple[int, str], int] = OrderedDict()
        self.cached = self.used = self._context = self._steps = self._order = 0
        self._seen: dict[int, int] = {}
        self.capacity = self.parameters.roofline.kv_tokens

    @property
    def busy(self) -> bool:
        """Whether it has anything to do."""
        return bool(self.waiting or self.filling or self.running)

    @property
    def active(self) -> int:
        """Requests that hold a slot."""
        return len(self.filling) + len(self.running)

    def submit(self, request: Request) -> None:
        """Queue a request; raises ValueError for one that can never fit."""
        if request.prompt + request.tokens > self.capacity:
            raise ValueError(f"a request of {request.prompt + request.tokens} tokens exceeds the KV cache")
        self.waiting.append(request)

    def generated(self, request: Request) -> int:
        """Return how many tokens a request has generated so far."""
        return request.generated + (self._steps - request.joined if request.decoding else 0)

    def abort(self, request: Request) -> None:
        """Forget a request that nobody waits for; it frees its slot and its memory at once."""
        if request in self.waiting:
            self.waiting.remove(request)
        elif request in self.filling:
            del self.filling[request]
            self.used -= request.held
        elif request.decoding:
            self.running = [entry for entry in self.running if entry[2] is not request]
            heapq.heapify(self.running)
            self._stop(request)
            self._release(request, request.held)

    def wait(self, until: float) -> None:
        """Let the clock run to `until` with nothing to do."""
        self.counts.idle += until - self.clock
        self.clock = until

    def step(self, until: float = math.inf) -> list[Request]:
        """Do one prefill step, or decode until a request ends or about `until`; return what finished."""
        self._admit()
        finished = self._prefill() if self.filling else self._decode(until)
        self.counts.kv_peak = max(self.counts.kv_peak, self.used)
        return finished

    def _admit(self) -> None:
        """Start waiting requests while there are slots and memory."""
        while self.waiting and self.active < self.parameters.slots:
            request = self.waiting[0]
            room = request.prompt + self.parameters.reserve * (self.active + 1)
            if self.active and self.used + room > self.capacity:
                return
            self.waiting.popleft()
            hit = self._take(request)
            self._grow(request.prompt - hit)
            request.held, request.hit = request.prompt, hit
            request.admitted = self.clock if request.admitted is None else request.admitted
            self.filling[request] = request.prompt - hit
            self.counts.cached += hit
            before = self._seen.get(request.problem, 0)
            self.counts.again += max(0, min(before, request.shared) - hit)
            if request.generated:
                self.counts.again += request.prompt - request.shared
            self._seen[request.problem] = max(before, request.shared)

    def _take(self, request: Request) -> int:
        """Take the request's prefix out of what may be evicted; return its tokens."""
        found = self.cache.pop((request.problem, "prefix"), 0)
        hit = min(found, request.shared)
        self.cached -= found
        self.used += hit
        return hit

    def _grow(self, tokens: int) -> None:
        """Give running requests more KV cache, evicting the oldest of what nobody uses."""
        self.used += tokens
        while self.used + self.cached > self.capacity:
            key, size = next(iter(self.cache.items()))
            gone = min(size, self.used + self.cached - self.capacity)
            self.cached -= gone
            if gone == size:
                del self.cache[key]
            else:
                self.cache[key] = size - gone

    def _prefill(self) -> list[Request]:
        """Compute up to a chunk of prompts; those that are through begin to generate."""
        left, parts, pages, through = self.parameters.chunk, [], 0.0, []
        for request, missing in self.filling.items():
            new = min(left, missing)
            before = request.held - missing
            parts.append((new, before))
            pages += max(0, min(request.shared, before + new) - max(request.text, before))
            left -= new
            self.filling[request] = missing - new
            through += [request] if new == missing else []
            if not left:
                break
        self.counts.prefilled += self.parameters.chunk - left
        self.counts.encoded += round(pages)
        roofline = self.parameters.roofline
        self.clock += roofline.prefill(parts) + roofline.vision(pages)
        for request in through:
            del self.filling[request]
        return self._begin(through)

    def _begin(self, requests: list[Request]) -> list[Request]:
        """Let requests, whose first token came with the prefill, decode the others."""
        done = []
        for request in requests:
            request.generated += 1
            self.counts.generated += 1
            if request.generated == request.tokens:
                self._release(request, request.held)
                done.append(request)
                continue
            request.joined, request.decoding = self._steps, True
            self._context += request.held
            self._order += 1
            end = self._steps + request.tokens - request.generated
            heapq.heappush(self.running, (end, self._order, request))
        return done

    def _decode(self, until: float) -> list[Request]:
        """Decode steps up to the next end of a request, to `until`, or until memory is short."""
        batch = len(self.running)
        while batch and self.capacity - self.used < batch:
            self._retract()
            batch = len(self.running)
        base = self.parameters.roofline.decode_base(batch)
        each = self.parameters.roofline.decode_context
        steps = min(self.running[0][0] - self._steps, (self.capacity - self.used) // batch)
        steps = min(steps, _steps_within(until - self.clock, base + each * self._context, each * batch))
        self.clock += steps * (base + each * self._context) + each * batch * steps * (steps - 1) / 2
        self._steps += steps
        self._context += batch * steps
        self.counts.generated += batch * steps
        self._grow(batch * steps)
        return self._ended()

    def _ended(self) -> list[Request]:
        """Take out the requests that have generated everything."""
        done = []
        while self.running and self.running[0][0] == self._steps:
            request = heapq.heappop(self.running)[2]
            self._stop(request)
            self._release(request, request.held)
            done.append(request)
        return done

    def _stop(self, request: Request) -> None:
        """Note how far a request that stops decoding has come."""
        new = self._steps - request.joined
        request.generated += new
        request.held += new
        request.decoding = False
        self._context -= request.held

    def _release(self, request: Request, held: int) -> None:
        """Leave a request's tokens to the cache; what it generated is evicted before its prefix."""
        self.used -= held
        for kind, size in (("rest", held - request.shared), ("prefix", request.shared)):
            self.cached += size - self.cache.pop((request.problem, kind), 0)
            self.cache[request.problem, kind] = size

    def _retract(self) -> None:
        """Send the request that has generated least back to the queue, freeing its memory."""
        least = min(self.running, key=lambda entry: entry[2].generated + self._steps - entry[2].joined)
        self.running.remove(least)
        heapq.heapify(self.running)
        request = least[2]
        self._stop(request)
        self._release(request, request.held)
        self.counts.retracted += 1
        self.waiting.appendleft(request)


def _steps_within(seconds: float, first: float, growth: float) -> int:
    """Return the steps, at least one, after which `seconds` have passed; each lasts `growth` longer."""
    if seconds <= 0:
        return 1
    if math.isinf(seconds):
        return 1 << 60
    linear = first - growth / 2
    return max(1, math.ceil((math.sqrt(linear**2 + 2 * growth * seconds) - linear) / growth))
