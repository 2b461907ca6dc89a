"""PP-OCR's recogniser as a reader: a small neural network without a language model that reads line by line.

Lines are cropped at the renderer's positions, so the probe measures how well type is recognised, not how well
lines are found. The network ships with the package `rapidocr-onnxruntime`.
"""

import asyncio
import hashlib
import os
import sys
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vtc_r1.configuration import Named
from vtc_r1.errors import BackendError, MissingExtra, UsageError
from vtc_r1.eval.probe.misreads import normalised
from vtc_r1.eval.probe.reader import Answer, Ask
from vtc_r1.renderers import Page

HEIGHT = 48  #: height in pixels to which a line is scaled, as in the network's training
BORDER, PADDING = 4, 2  #: white pixels added left and right of a line, and above and below it
_PACKAGE, _EXTRA = "rapidocr_onnxruntime", "probe"
_MODEL = "models/*_rec_*.onnx"


class PpocrReader:
    """Reads pages on the CPU, each in its own thread.

    How lines are cropped was decided on one page each of prose, hexadecimal numbers and mathematics in
    `default`: the rows of the line only, uncut, scaled to 48 rows by cubic interpolation. One more row above
    and below gives a tenth more errors on mathematics, two give twice as many; cutting lines at blanks is
    worse.
    """

    backend = "ppocr"
    model = "ppocr"
    prompt: Named | None = None
    answers = False

    def __init__(self) -> None:
        self.revision: str | None = None
        self.alphabet: frozenset[str] | None = None
        self.concurrency = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2

    async def check(self) -> None:
        """Load the network; raises MissingExtra if its package is not installed."""
        await asyncio.to_thread(lambda: self._network)
        self.revision, self.alphabet = self._network.revision, self._network.alphabet

    async def read(self, page: Page, ask: Ask) -> Answer:
        """Read a page; raises BackendError for a page that the renderer did not draw."""
        if page.lines is None:
            raise BackendError("ppocr reads line by line, and this page has no line positions")
        return Answer(await asyncio.to_thread(self._network.page, page.pixels, page.lines))

    async def aclose(self) -> None:
        """Release the network."""
        self.__dict__.pop("_network", None)

    @cached_property
    def _network(self) -> "_Network":
        return _Network(_found())


def _found() -> Path:
    """Return the network's file; raises MissingExtra."""
    package = find_spec(_PACKAGE)
    for folder in (package and package.submodule_search_locations) or ():
        for file in sorted(Path(folder).glob(_MODEL)):
            return file
    if sys.version_info >= (3, 13):
        raise UsageError("the reader ppocr needs rapidocr-onnxruntime, which needs Python 3.12 or older")
    raise MissingExtra("rapidocr-onnxruntime", _EXTRA, "the reader ppocr")


class _Network:
    """The recogniser and its character set."""

    def __init__(self, path: Path) -> None:
        try:
            onnxruntime: Any = import_module("onnxruntime")
        except ImportError as error:
            raise MissingExtra("onnxruntime", _EXTRA, "the reader ppocr") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = 1, 3
        self._session: Any = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name
        known = self._session.get_modelmeta().custom_metadata_map["character"].split("\n")
        self._characters = ["", *known, " "]
        self.alphabet = frozenset("".join(map(normalised, self._characters)))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        self.revision = f"{path.name} {digest}, onnxruntime {onnxruntime.__version__}, {HEIGHT} rows"

    def page(self, pixels: NDArray[np.uint8], lines: NDArray[np.int32]) -> str:
        """Read a page and return its lines.

        Args:
            pixels: shape (height, width), or (height, width, 3) with three channels.
            lines: left, top, right and bottom of each line, shape (lines, 4).
        """
        grey = np.asarray(Image.fromarray(pixels).convert("L"))
        background = int(np.bincount(grey.reshape(-1)).argmax())
        parts = (grey[top:bottom, left:right] for left, top, right, bottom in lines.tolist())
        return "\n".join(self._line(part, background) for part in parts if (part != background).any())

    def _line(self, part: NDArray[np.uint8], background: int) -> str:
        inked = np.flatnonzero((part != background).any(axis=0))
        cut = part[:, inked[0] : inked[-1] + 1]
        framed = Image.fromarray(np.pad(cut, ((PADDING,) * 2, (BORDER,) * 2), constant_values=background))
        width = max(1, round(framed.width * HEIGHT / framed.height))
        scaled = np.asarray(framed.resize((width, HEIGHT), Image.Resampling.BICUBIC), np.float32)
        tensor = np.repeat((scaled / 127.5 - 1)[None, None], 3, axis=1)
        best = self._session.run(None, {self._input: tensor})[0][0].argmax(axis=1)
        kept = (best > 0) & np.append(True, best[1:] != best[:-1])
        return "".join(self._characters[index] for index in best[kept])
