"""Runs docs/tour.ipynb and stores what its cells print and show: `python docs/write_tour.py`."""

import os
import re
import tempfile
from pathlib import Path
from typing import Any

TOUR = Path(__file__).parent / "tour.ipynb"
_SECONDS = re.compile(r"\d[\d.,]* s\b")


def executed(folder: Path) -> Any:
    """Run the notebook in a folder; returns it with its outputs, as they are stored."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(TOUR, as_version=4)
    before = dict(notebook.metadata)
    where = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources=where).execute()
    notebook.metadata = before
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = _stored(cell.outputs)
    return notebook


def _stored(outputs: list[Any]) -> list[Any]:
    """Join what was printed piece by piece, and of what is shown keep what a reader sees."""
    kept: list[Any] = []
    for output in outputs:
        if kept and output.output_type == "stream" == kept[-1].output_type and output.name == kept[-1].name:
            kept[-1].text += output.text
            continue
        if {"text/html", "image/png"} & output.get("data", {}).keys():
            output.data["text/plain"] = output.data["text/plain"][:60]
        kept.append(output)
    return kept


def comparable(notebook: Any) -> list[Any]:
    """What the cells gave, but for what differs from run to run: seconds, and which solve ends first."""
    found = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                found.append((output.name, sorted(output.text.splitlines())))
            else:
                found.append({kind: _SECONDS.sub("… s", str(value)) for kind, value in output.data.items()})
    return found


if __name__ == "__main__":
    import nbformat

    os.environ["PYTHONWARNINGS"] = "ignore:IProgress not found"  # without ipywidgets a bar is text
    with tempfile.TemporaryDirectory() as scratch:
        nbformat.write(executed(Path(scratch)), TOUR)
