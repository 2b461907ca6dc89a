"""Tesseract as a reader: a deterministic baseline without a large language model."""

import asyncio
import io
import os
import shutil
import subprocess

from PIL import Image, ImageOps

from vtc_r1.configuration import Named
from vtc_r1.errors import BackendError, UsageError
from vtc_r1.eval.probe.reader import Answer, Ask
from vtc_r1.renderers import Page

SCALE = 3
FILTER = Image.Resampling.BICUBIC
"""Chosen on pages of DejaVu Sans 9/10 at 608×832, two each of prose, mathematics and strings, in lines:
error 0.30, 4.7 and 5.5 % at 3× bicubic, 0.35, 5.1 and 5.9 % at 4× bicubic; Lanczos 1.7, 5.5 and 5.7 % at
3×, and worse at 4×: the light halos around its ink cost whole lines of prose."""
BORDER = 8  #: white pixels added around a page before it is enlarged
OPTIONS = ("--psm", "6", "--oem", "1", "-l", "eng", "--dpi", "300")
"""One uniform block of text, the LSTM engine, English."""
SECONDS = 600
PROGRAM = "tesseract"
ALPHABET = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    "-,(/).[]<>\"'~!+@&=_|?:{}$;\\*#%é€™»®£«°©§¥¢"
)
"""Characters that Debian's English model can emit, after normalisation: its `lstm-unicharset`, as unpacked by
`combine_tessdata -e eng.traineddata`. It lacks `^`, `√`, `·`, `≤`, `π` and the newline mark."""


class TesseractReader:
    """Reads pages with the system's tesseract, each in a single-threaded process at low priority."""

    backend = "tesseract"
    model = "tesseract"
    prompt: Named | None = None
    alphabet: frozenset[str] | None = ALPHABET
    answers = False

    def __init__(self) -> None:
        self.revision: str | None = None
        self.concurrency = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2

    async def check(self) -> None:
        """Find the program and its version; raises UsageError that says how to install it."""
        self.revision = await asyncio.to_thread(version)

    async def read(self, page: Page, ask: Ask) -> Answer:
        """Read a page; raises BackendError with tesseract's message if it fails."""
        return Answer(await asyncio.to_thread(recognise, page.png))

    async def aclose(self) -> None:
        """Do nothing."""


def installed() -> bool:
    """Tell whether the program is installed."""
    return shutil.which(PROGRAM) is not None


def version() -> str:
    """Return the first line of the program's version output; raises UsageError if it is not installed."""
    if not installed():
        raise UsageError(
            "the reader tesseract needs the program tesseract, which is not installed: "
            "apt install tesseract-ocr, or brew install tesseract"
        )
    done = subprocess.run([PROGRAM, "--version"], capture_output=True, check=False)
    output = (done.stdout or done.stderr).decode(errors="replace").strip()
    return f"{output.splitlines()[0] if output else 'unknown'}, {' '.join(OPTIONS)}, {SCALE}×"


def recognise(png: bytes, scale: int = SCALE, resampling: Image.Resampling = FILTER) -> str:
    """Read a page as one block of text.

    Raises BackendError with tesseract's message if it fails.
    """
    with Image.open(io.BytesIO(png)) as image:
        page = ImageOps.expand(image.convert("L"), BORDER, 255)
    larger, enlarged = io.BytesIO(), page.resize((page.width * scale, page.height * scale), resampling)
    enlarged.save(larger, "PNG", compress_level=1)
    try:
        done = subprocess.run(
            [*(["nice", "-n", "15"] if shutil.which("nice") else []), PROGRAM, "stdin", "stdout", *OPTIONS],
            input=larger.getvalue(),
            capture_output=True,
            check=False,
            timeout=SECONDS,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BackendError(f"tesseract failed: {error}") from error
    if done.returncode:
        raise BackendError(f"tesseract failed: {done.stderr.decode(errors='replace').strip()[:300]}")
    return done.stdout.decode(errors="replace")
