"""`vtc-r1 probe`: how well does a model read pages, and at what compression?"""

import typer

from vtc_r1.cli import options
from vtc_r1.cli.manual import SETTINGS, SETTINGS_FILE, manual
from vtc_r1.cli.probe.flags import ProbeFlags
from vtc_r1.errors import UsageError

MANUAL = manual(
    {
        "vtc-r1 probe --reader tesseract --kinds digits --profile paper,default": "no model needed",
        "vtc-r1 probe --pages 8 --out probes/nano": "the embedded model, on the CPU",
    },
    exits={0: "every page was read", 1: "some failed"},
    environment=SETTINGS,
    files=SETTINGS_FILE,
)


def probe(asked: ProbeFlags) -> None:
    """Measure how well pages are read, by kind of text, compression and place on the page.

    Pages are filled with texts that cannot be guessed, set larger and smaller; the model transcribes them,
    and answers questions about them. What is read is kept in --out; running the same command again resumes
    where the last one stopped. Without --base-url and --model the embedded model reads, which only
    transcribes.
    """
    from vtc_r1.cli.probe.run import run_probe

    if asked.reader not in ("model", "tesseract", "ppocr"):
        raise UsageError(f"--reader {asked.reader!r}: give model, tesseract or ppocr")
    raise typer.Exit(run_probe(asked))


register = options.added_solving("probe", probe, MANUAL, only=options.REACHING)
