"""The flags of `vtc-r1 tune`."""

from pathlib import Path

from vtc_r1.cli import options
from vtc_r1.cli.options import A_MILLION, OUTPUT, Flags, flag, record

_SEARCH, _READER, _TEXTS, _RUN = "The search", "Who reads", "What is read", "The run"


@record
class TuneFlags:
    """The flags of the command."""

    strategy: str = flag("evolution, random or llm.", _SEARCH, default="evolution")
    evaluations: int = flag("Settings that are tried.", _SEARCH, min=1, max=A_MILLION, default=40)
    per_round: int = flag("Settings proposed at once.", _SEARCH, "--round", min=1, max=A_MILLION, default=5)
    target: float = flag("Highest error wanted, as a share.", _SEARCH, min=0, max=1, default=0.02)
    profile: str | None = flag("Render profile that varies, or a .toml file.", _SEARCH)
    space: Path | None = flag("TOML file that says what varies between which values.", _SEARCH)
    vary: list[str] | None = flag(
        "Setting to vary, such as font_size=7..11:0.5, dark=false or font=DejaVuSans,my.ttf.",
        _SEARCH,
        metavar="KEY=VALUES",
    )
    proposer_url: str | None = flag("/v1 address of the LLM that proposes settings.", _SEARCH)
    proposer_model: str | None = flag("Name of that LLM.", _SEARCH)
    seed: int = flag("Of the search and the texts.", _SEARCH, default=0)
    objective: str = flag(
        "legibility: pages are read; accuracy: problems are solved.", _TEXTS, default="legibility"
    )
    reader: str | None = flag("model or tesseract; tesseract if installed and no model is named.", _READER)
    flags: Flags
    prompt: str | None = flag("How the model is asked, as for probe.", _READER)
    kinds: str | None = flag("Kinds of text, with commas, as for probe.", _TEXTS)
    pages: int = flag(
        "Pages of each kind; one at first, the rest of the better half.",
        _TEXTS,
        min=1,
        max=A_MILLION,
        default=2,
    )
    benchmark: str | None = flag("Benchmark of the objective accuracy; arithmetic by default.", _TEXTS)
    limit: int = flag(
        "Its problems; a quarter at first, the rest by the better half.", _TEXTS, min=1, default=40
    )
    file: Path | None = flag("Texts for the kind solutions, or rows of the benchmark.", _TEXTS)
    column: str = flag("Column of the texts.", _TEXTS, "--field", default="solution")
    out: Path = flag("Folder of the results, resumed if it exists.", _RUN, default=Path("tuned"))
    concurrency: int | None = flag("Pages or problems at once.", _RUN, min=1)
    as_json: bool = flag("Print the result as JSON.", OUTPUT, "--json", default=False)
    quiet: bool = options.quiet()
