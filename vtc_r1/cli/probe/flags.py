"""The flags of `vtc-r1 probe`."""

from pathlib import Path

from vtc_r1.cli import options
from vtc_r1.cli.options import A_MILLION, OUTPUT, Flags, flag, record

_READER, _TEXTS, _RUN = "Who reads", "What is read", "The run"


@record
class ProbeFlags:
    """The flags of the command."""

    reader: str = flag("model; tesseract, a program; or ppocr, a small network.", _READER, default="model")
    flags: Flags
    prompt: str | None = flag(
        "How the model is asked: plain, deepseek-ocr, dots-ocr, nano, or a text.", _READER
    )
    max_tokens: int | None = flag("Token limit of one answer.", _READER, min=1)
    kinds: str | None = flag(
        "Kinds of text: digits, characters, hex, words, formulas, prose, solutions.", _TEXTS
    )
    tasks: str | None = flag(
        "What is asked: transcribe, needle, state; edited, whether a changed page is read or guessed.",
        _TEXTS,
        "--tasks",
        "--task",
    )
    profile: str | None = flag("Render profiles, or variants such as paper+font_size=8; with commas.", _TEXTS)
    scales: str | None = flag("Sizes of the text against the profile's own, such as 1,0.8.", _TEXTS)
    pages: int | None = flag("Pages of each profile, scale and kind.", _TEXTS, min=1, max=A_MILLION)
    seed: int = flag("Of the texts.", _TEXTS, default=0)
    file: Path | None = flag("Texts for the kind solutions.", _TEXTS)
    column: str = flag("Column of the texts.", _TEXTS, "--field", default="solution")
    out: Path | None = flag("Folder of the results, resumed if it exists; probes/MODEL by default.", _RUN)
    concurrency: int | None = flag("Pages read at once.", _RUN, min=1)
    rate: float = flag(
        "Share of the characters that may be silently wrong in a safe type size.",
        OUTPUT,
        "--safe-rate",
        min=0,
        max=1,
        default=0.02,
    )
    as_json: bool = flag("Print the result as JSON.", OUTPUT, "--json", default=False)
    quiet: bool = options.quiet()
