"""A server of OpenAI's protocol whose model reads the page images that it is sent, and misreads some.

`Reader` decodes the pixels of a page, drawn in cells, back to its lines. `Misreader` reads the newest total
on the pages, adds the next number of the question, and writes on; a misread page has other digits. Whether an
image is misread depends on its pixels and a seed alone: shown again unchanged, it is misread again.
"""

import base64
import hashlib
import io
import json
import random
import re
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vtc_r1.errors import ProfileError
from vtc_r1.estimates import tokens
from vtc_r1.renderers import Profile, Renderer
from vtc_r1.renderers.scaling import scaled

Harm = Literal["page", "characters"]
MODEL = "Qwen/Qwen3-VL-8B-Instruct"
PROFILE = Profile(
    name="cells",
    family="qwen3-vl",
    width=672,
    height=896,
    margin_x=4,
    margin_y=4,
    font="DejaVuSansMono",
    font_size=9,
    line_height=11,
    baseline=9,
    cell=6,
    latex="source",
    crop=True,
)
_SIGNS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:=+"
_SIZES = (1.0, 1.25)
_LAST = 3  #: lines that are read: the total and the code end a page
_TOTAL = re.compile(r"total = (\w+)")
_CHECK = re.compile(r"check: (\w+)")
_WORDS = (
    "so",
    "the",
    "next",
    "amount",
    "is",
    "taken",
    "from",
    "the",
    "list",
    "and",
    "joins",
    "what",
    "stood",
)
Pixels = NDArray[np.uint8]


class Reader:
    """Reads pages of `PROFILE`, in its size or a larger one, by comparing cells with glyphs."""

    def __init__(self) -> None:
        self.glyphs: dict[int, dict[bytes, str]] = {}
        for size in _SIZES:
            try:
                profile = scaled(PROFILE, size)
            except ProfileError:
                continue
            cell = profile.cell or 0
            table = self.glyphs.setdefault(cell, {})
            for sign in _SIGNS:
                pixels = Renderer(profile, cache=None).render(f"{sign}H")[0].pixels
                table[_shape(pixels[:, 4 : 4 + cell])] = sign

    def end(self, pixels: Pixels) -> str:
        """Return the last lines of a page, as one; what is no known glyph becomes `?`."""
        inked = (pixels < 200).any(axis=1)
        edges = np.flatnonzero(np.diff(np.concatenate([[0], inked.astype(np.int8), [0]])))
        bands = [pixels[first:last] for first, last in edges.reshape(-1, 2)[-_LAST:]]
        return max((self._read(bands, cell) for cell in self.glyphs), key=_known)

    def _read(self, bands: list[Pixels], cell: int) -> str:
        read = []
        for band in bands:
            inked = np.flatnonzero((band < 200).any(axis=0))
            gaps = np.flatnonzero(np.diff(inked) > 3 * cell)
            starts, ends = inked[[0, *(gaps + 1)]], inked[[*gaps, -1]] + 1
            parts = [
                self._part(band[:, max(0, a - cell) : b + cell], cell)
                for a, b in zip(starts, ends, strict=True)
            ]
            read += parts
        return " ".join(read)

    def _part(self, band: Pixels, cell: int) -> str:
        """Read a run of cells, wherever the first of them begins."""
        tries = []
        for first in range(cell):
            cells = [band[:, at : at + cell] for at in range(first, band.shape[1] - cell + 1, cell)]
            signs = [
                " " if (each >= 200).all() else self.glyphs[cell].get(_shape(each), "?") for each in cells
            ]
            tries.append("".join(signs).strip())
            if "?" not in tries[-1]:
                break
        return max(tries, key=_known)


def _shape(pixels: Pixels) -> bytes:
    """Return what identifies a glyph wherever it stands in its row."""
    ink = pixels < 200
    rows = np.flatnonzero(ink.any(axis=1))
    cut = pixels[rows[0] : rows[-1] + 1] if len(rows) else pixels[:0]
    return bytes([cut.shape[0], cut.shape[1]]) + cut.tobytes()


def _known(text: str) -> int:
    return sum(map(str.isalnum, text)) - 2 * text.count("?")


class Misreader:
    """The model: adds up the amounts of its question, one a segment, from the total on its newest page.

    Args:
        rate: share of page images that are misread.
        harm: what happens to a misread page: every code and total on it comes out different (`page`), or each
            of their characters does with a probability of a third (`characters`).
        segment: tokens of a segment.
        seed: decides which images are misread.
    """

    def __init__(self, rate: float, harm: Harm, segment: int, seed: int) -> None:
        self.rate, self.harm, self.segment, self.seed = rate, harm, segment, seed
        self.reader, self._lock = Reader(), threading.Lock()
        self.read = cache(self._read)
        self._prefixes: dict[str, list[Any]] = {}

    def reply(self, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return the segment, and the tokens that are counted for it."""
        parts = body["messages"][-1]["content"]
        parts = [{"type": "text", "text": parts}] if isinstance(parts, str) else parts
        texts = [part["text"] for part in parts if part["type"] == "text"]
        amounts = [int(found) for found in re.findall(r"amount \d+: (\d+)", texts[0])]
        codes, totals, vision, cached = [], list[str](), 0, tokens(json.dumps(body["messages"][:-1]))
        before = self._prefixes.get(texts[0])
        self._prefixes[texts[0]], is_same = parts, before is not None
        cached *= is_same
        for at, part in enumerate(parts):
            is_same = is_same and at < len(before or ()) and (before or ())[at] == part
            cost: float = tokens(part.get("text", ""))
            if part["type"] == "image_url":
                data = base64.b64decode(part["image_url"]["url"].partition(",")[2])
                code, seen, cost = self.read(data)
                vision += round(cost)
                codes += [code] if code else []
                totals += seen
            else:
                totals += _TOTAL.findall(part["text"])
            cached += cost * is_same
        step = len(totals)
        total = int(re.sub(r"\D", "", totals[-1]) or 0) if totals else 0
        total += amounts[step] if step < len(amounts) else 0
        opening = f"<canary>{' '.join(codes)}</canary>\n" if "<canary>" in texts[-1] else ""
        if step >= len(amounts) - 1:
            text = f"{opening}So the sum is \\boxed{{{total}}}."
        else:
            drawn = random.Random(f"{texts[0]} {step}")
            work = " ".join(drawn.choice(_WORDS) for _ in range(round(self.segment * 0.95)))
            text = f"{opening}{work}\ntotal = {total}"
        written = sum(map(tokens, texts)) + tokens(json.dumps(body["messages"][:-1]))
        usage = {"prompt_tokens": round(written) + vision, "completion_tokens": round(tokens(text))}
        details = {"prompt_tokens_details": {"cached_tokens": round(cached)}}
        return text, {**usage, "total_tokens": sum(usage.values()), **details}

    def _read(self, data: bytes) -> tuple[str, list[str], int]:
        """Return the code and the totals of a page as the model sees them, and the page's vision tokens."""
        with self._lock:
            pixels = np.asarray(Image.open(io.BytesIO(data)).convert("L"))
            text = self.reader.end(pixels)
        drawn = random.Random(hashlib.sha256(data + str(self.seed).encode()).digest())
        is_misread = drawn.random() < self.rate
        codes, totals = ([*found.findall(text)] for found in (_CHECK, _TOTAL))
        if is_misread:
            codes, totals = ([self._garbled(each, drawn) for each in found] for found in (codes, totals))
        cost = PROFILE.vision.tokens(pixels.shape[1], pixels.shape[0])
        return codes[-1] if codes else "", totals, cost

    def _garbled(self, text: str, drawn: random.Random) -> str:
        share = 1.0 if self.harm == "page" else 1 / 3
        changed = [_other(sign, drawn) if drawn.random() < share else sign for sign in text]
        return "".join(changed)


def _other(sign: str, drawn: random.Random) -> str:
    pool = "0123456789" if sign.isdigit() else "bcdfghjkmnpqrstvwxz"
    return drawn.choice([each for each in pool if each != sign])


class Server:
    """The model on a port of this machine, in threads; `base_url` is its address."""

    def __init__(self, model: Misreader) -> None:
        handler = type("Bound", (_Handler,), {"model": model})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self.base_url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def __enter__(self) -> "Server":
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    model: Misreader

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        card = {"id": MODEL, "object": "model", "owned_by": "benchmark", "max_model_len": 262_144}
        self._send(json.dumps({"object": "list", "data": [card]}).encode(), "application/json")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text, usage = self.model.reply(body)
        step = 40  # characters of an event, as a server streams that sends every few tokens
        pieces = [text[at : at + step] for at in range(0, len(text), step)]
        events = [self._event({"content": piece}) for piece in pieces]
        events += [self._event({}, "stop"), self._event(None, usage=usage), b"data: [DONE]\n\n"]
        try:
            self._send(b"".join(events), "text/event-stream")
        except ConnectionError:
            self.close_connection = True

    def _event(self, delta: Any, reason: str | None = None, usage: Any = None) -> bytes:
        choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": reason}]
        made = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": MODEL}
        return f"data: {json.dumps({**made, 'choices': choices, 'usage': usage})}\n\n".encode()

    def _send(self, data: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
