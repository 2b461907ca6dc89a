"""`vtc-r1 data`: count, export and show training data; `build` and `sample` make it."""

import json
from pathlib import Path
from typing import Annotated

import typer

from vtc_r1.cli.data.build import needs_pyarrow
from vtc_r1.cli.data.build import register as register_build
from vtc_r1.cli.data.sample import register as register_sample
from vtc_r1.cli.manual import manual
from vtc_r1.cli.terminal.notices import slow_notice
from vtc_r1.errors import DataError, UnknownName, UsageError

data = typer.Typer(
    no_args_is_help=True,
    help="Training data: build examples from traces or sample them from the loop, count, export, show.",
)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    register_build(data)
    register_sample(data)
    app.add_typer(data, name="data")


_EXITS = {1: "it is damaged, or nothing can be written", 2: "bad usage, or it is not a built data set"}


@data.command(
    epilog=manual({"vtc-r1 data stats data/example --plot stats.png": "figures, and a plot"}, exits=_EXITS)
)
def stats(
    folder: Annotated[Path, typer.Argument(help="Folder of a built data set.")],
    plot: Annotated[Path | None, typer.Option(help="Draw the distributions into this PNG file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Count a data set: segments, tokens as text and as pages, compression, drops."""
    from vtc_r1.sft.built.dataset import BuiltDataset
    from vtc_r1.sft.built.statistics import report

    needs_pyarrow()
    with slow_notice(f"counting {folder}"):
        found = report(BuiltDataset(folder))
    if plot is not None:
        from vtc_r1.sft.built.plot import draw_statistics

        draw_statistics(found, plot)
    if as_json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        from vtc_r1.sft.built.plot import print_statistics

        print_statistics(found)


@data.command(
    epilog=manual(
        {"vtc-r1 data export data/example --format llamafactory --out data/factory": "for LLaMA-Factory"},
        exits=_EXITS,
    )
)
def export(
    folder: Annotated[Path, typer.Argument(help="Folder of a built data set.")],
    form: Annotated[str, typer.Option("--format", help="llamafactory, trl, webdataset or jsonl.")],
    out: Annotated[Path, typer.Option(help="Folder for the result; it must not exist.")],
    model: Annotated[
        str, typer.Option(help="Model that the training file of llamafactory names.")
    ] = "Qwen/Qwen3-VL-8B-Instruct",
) -> None:
    """Write a data set in the form that another trainer reads."""
    from vtc_r1.sft.built.dataset import BuiltDataset
    from vtc_r1.sft.export import FORMATS
    from vtc_r1.sft.export import export as run

    if form not in FORMATS:
        raise UnknownName("format", form, FORMATS)
    needs_pyarrow()
    with slow_notice(f"writing {out}"):
        count = run(BuiltDataset(folder), form, out, model=model)
    print(f"{out}: {count:,} examples")


@data.command(
    epilog=manual(
        {
            "vtc-r1 data show data/example 0": "the first example, in the browser",
            "vtc-r1 data show data/example 0 --out example.html": "the same into a file",
        },
        exits=_EXITS,
    )
)
def show(
    folder: Annotated[Path, typer.Argument(help="Folder of a built data set.")],
    number: Annotated[int, typer.Argument(help="Which example, from 0.")],
    out: Annotated[
        Path | None, typer.Option(help="Write the page here; without it, it is opened in the browser.")
    ] = None,
) -> None:
    """Show one example as an HTML page: prompt, pages, target."""
    from vtc_r1.sft.built.dataset import BuiltDataset
    from vtc_r1.sft.built.example_page import write_example_page

    needs_pyarrow()
    found = BuiltDataset(folder)
    if not 0 <= number < len(found):
        raise UsageError(f"{folder}: has examples 0 to {len(found) - 1}, none {number}")
    path = write_example_page(found, number, out or _scratch(number))
    print(path)
    if out is None:
        import webbrowser

        if not webbrowser.open(path.resolve().as_uri()):
            raise DataError(f"no browser could be opened; the page is {path}")


def _scratch(number: int) -> Path:
    import tempfile

    return Path(tempfile.mkdtemp(prefix="vtc-r1-")) / f"example-{number}.html"
