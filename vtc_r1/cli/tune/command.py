"""`vtc-r1 tune`: render settings found by search."""

import typer

from vtc_r1.cli import options
from vtc_r1.cli.manual import SETTINGS, SETTINGS_FILE, manual
from vtc_r1.cli.tune.flags import TuneFlags

MANUAL = manual(
    {
        "vtc-r1 tune --vary font_size=7..11 --kinds digits --out tuned": "no model needed, with tesseract",
        "vtc-r1 tune --base-url http://127.0.0.1:30000/v1 --model Qwen/Qwen3-VL-8B-Instruct": "a server",
    },
    exits={
        0: "the best setting meets the target",
        1: "no setting meets the target, or too few were proposed",
    },
    environment=SETTINGS,
    files=SETTINGS_FILE,
)


def tune(asked: TuneFlags) -> None:
    """Search render settings: the fewest vision tokens at which pages are still read.

    Settings are proposed in rounds, pages of controlled texts are drawn by each and read, and the Pareto
    front of error and cost is kept. --out has the best profile as profile.toml, the front in front/,
    and everything that was measured; running the same command again resumes where the last one stopped.
    """
    from vtc_r1.cli.tune.run import run_tune

    raise typer.Exit(run_tune(asked))


register = options.added_solving("tune", tune, MANUAL, only=options.REACHING)
