"""What tesseract reads on a page, and how far that is from what was drawn there."""

import io
import os
import re
import shutil
import subprocess
import unicodedata
from dataclasses import dataclass

from PIL import Image, ImageOps

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
_ALIKE = {
    **dict.fromkeys("‐‑‒–—―−﹣－", "-"),
    **dict.fromkeys("‘’‚‛′`´", "'"),
    **dict.fromkeys("“”„‟″", '"'),
}
MARK = "⏎"
ALPHABET = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    "-,(/).[]<>\"'~!+@&=_|?:{}$;\\*#%é€™»®£«°©§¥¢"
)
"""What Debian's English model can read, after normalisation: its `lstm-unicharset`, which
`combine_tessdata -e eng.traineddata` unpacks. It has no `^`, `√`, `·`, `≤`, `π` and no newline mark."""
_TABLE = str.maketrans(_ALIKE)


@dataclass(frozen=True)
class Errors:
    """Edits between the drawn and the read text of one page.

    Attributes:
        edits: insertions, deletions and substitutions, newline marks left out of the drawn text.
        length: characters drawn.
        known_edits: those that are left when what is read in the place of characters that the reader
            cannot emit is set aside.
        known_length: characters drawn that it can emit.
    """

    edits: int
    length: int
    known_edits: int
    known_length: int


def read(png: bytes, scale: int = SCALE, resampling: Image.Resampling = FILTER) -> str:
    """Read a page as one block of text, in a process of one thread at low priority.

    Raises RuntimeError with tesseract's own words where it fails.
    """
    with Image.open(io.BytesIO(png)) as image:
        page = ImageOps.expand(image.convert("L"), BORDER, 255)
    larger, enlarged = io.BytesIO(), page.resize((page.width * scale, page.height * scale), resampling)
    enlarged.save(larger, "PNG", compress_level=1)
    done = subprocess.run(
        [*_nice(), "tesseract", "stdin", "stdout", *OPTIONS],
        input=larger.getvalue(),
        capture_output=True,
        check=False,
        timeout=SECONDS,
        env={**os.environ, "OMP_THREAD_LIMIT": "1"},
    )
    if done.returncode:
        raise RuntimeError(f"tesseract failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode()


def _nice() -> list[str]:
    return ["nice", "-n", "15"] if shutil.which("nice") else []


def normalised(text: str) -> str:
    """NFKC, dashes and quotes made one, no newline mark and no white space.

    White space goes altogether, since a line may end within a word. NFKC makes `x²` and `x2` the same.
    """
    return _marked(text).replace(MARK, "")


def _marked(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text.translate(_TABLE)).translate(_TABLE))


def distance(drawn: str, read: str) -> int:
    """Levenshtein distance in characters; raises ModuleNotFoundError without rapidfuzz."""
    from rapidfuzz.distance import Levenshtein

    return int(Levenshtein.distance(drawn, read))


def known_distance(drawn: str, read: str) -> int:
    """Edits of a shortest way from drawn to read text that are not at or directly beside a foreign character.

    A reader that cannot emit a character puts one or two others in its place.
    """
    from rapidfuzz.distance import Levenshtein

    foreign = {at for at, character in enumerate(drawn) if character not in ALPHABET}
    return sum(
        edit.src_pos not in foreign and not (edit.tag == "insert" and edit.src_pos - 1 in foreign)
        for edit in Levenshtein.editops(drawn, read)
    )


def error_rate(drawn: str, read: str) -> float:
    """Edits a drawn character, after normalisation: 0 for a page read in full, 1 for an empty reading."""
    found = compare(drawn, read)
    return found.edits / max(1, found.length)


def compare(drawn: str, read: str) -> Errors:
    """Count the edits between what is drawn on a page and what was read there."""
    marked = _marked(drawn)
    drawn, read = marked.replace(MARK, ""), normalised(read)
    return Errors(
        edits=distance(drawn, read),
        length=len(drawn),
        known_edits=known_distance(marked, read),
        known_length=sum(character in ALPHABET for character in drawn),
    )
