"""Tesseract as a reader: a reference that knows no language model, and misreads the same way every time."""

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
"""Fixed on pages of DejaVu Sans 9/10 at 608×832, two each of prose, mathematics and strings, in lines:
error 0.30, 4.7 and 5.5 % at 3× bicubic, 0.35, 5.1 and 5.9 % at 4× bicubic; Lanczos at 3× 1.7, 5.5 and
5.7 %, and worse at 4×: the light rims that it puts around the ink cost whole lines of prose."""
BORDER = 8
"""White pixels put around a page before it is enlarged."""
OPTIONS = ("--psm", "6", "--oem", "1", "-l", "eng", "--dpi", "300")
"""One uniform block of text, the LSTM reader, English."""
SECONDS = 600
PROGRAM = "tesseract"
ALPHABET = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    "-,(/).[]<>\"'~!+@&=_|?:{}$;\\*#%é€™»®£«°©§¥¢"
)
"""What Debian's English model can read, after normalisation: its `lstm-unicharset`, which
`combine_tessdata -e eng.traineddata` unpacks. It has no `^`, `√`, `·`, `≤`, `π` and no newline mark."""


class TesseractReader:
    """Reads pages with the system's tesseract, each in a process of one thread at low priority."""

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
        """Read a page; raises BackendError with tesseract's own words where it fails."""
        return Answer(await asyncio.to_thread(recognise, page.png))

    async def aclose(self) -> None:
        """Hold nothing."""


def installed() -> bool:
    """Tell whether the program is there."""
    return shutil.which(PROGRAM) is not None


def version() -> str:
    """Return the first line of what the program says of itself; raises UsageError where it is absent."""
    if not installed():
        raise UsageError(
            "the reader tesseract needs the program tesseract, which is not installed: "
            "apt install tesseract-ocr, or brew install tesseract"
        )
    done = subprocess.run([PROGRAM, "--version"], capture_output=True, check=False)
    said = (done.stdout or done.stderr).decode(errors="replace").strip()
    return f"{said.splitlines()[0] if said else 'unknown'}, {' '.join(OPTIONS)}, {SCALE}×"


def recognise(png: bytes, scale: int = SCALE, resampling: Image.Resampling = FILTER) -> str:
    """Read a page as one block of text.

    Raises BackendError with tesseract's own words where it fails.
    """
    with Image.open(io.BytesIO(png)) as image:
        page = ImageOps.expand(image.convert("L"), BORDER, 255)
    larger, enlarged = io.BytesIO(), page.resize((page.width * scale, page.height * scale), resampling)
    enlarged.save(larger, "PNG", compress_level=1)
    try:
        done = subprocess.run(
            [*_nice(), PROGRAM, "stdin", "stdout", *OPTIONS],
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


def _nice() -> list[str]:
    return ["nice", "-n", "15"] if shutil.which("nice") else []
