"""The report's tables as Markdown."""

from collections.abc import Sequence

from vtc_r1.eval.report.section import Section
from vtc_r1.eval.report.table import Table


def markdown(
    title: str,
    lead: str,
    notes: Sequence[str],
    overview: Table | None,
    sections: Sequence[Section],
    figures: Sequence[str],
) -> str:
    """Write the report; `figures` are the paths of the pictures there are, relative to it."""
    parts = [f"# {_plain(title)}", _plain(lead)]
    if notes:
        parts.append("\n".join(f"- {_plain(note)}" for note in notes))
    if overview is not None:
        parts.append(_table(overview))
    for section in sections:
        name = section.name
        parts += [
            f"## {_plain(section.benchmark.title)}",
            _plain(section.benchmark.description),
            _table(section.accuracy),
        ]
        parts += ["### What it costs", _table(section.cost)]
        if section.comparisons is not None:
            parts += ["### Any two, compared", _table(section.comparisons)]
        drawn = [(figure, f"figures/{name}-{figure.name}.png") for figure in section.figures]
        parts += [f"![{_plain(figure.title)}]({path})" for figure, path in drawn if path in figures]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(table: Table) -> str:
    lines = [table.columns, ["---", *["---:"] * (len(table.columns) - 1)], *table.rows]
    rows = "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)
    return f"{rows}\n\n{_plain(table.note)}"


def _cell(text: str) -> str:
    return text if set(text) <= set("-:") else _plain(text)


def _plain(text: str) -> str:
    """Take from text what Markdown would act on."""
    flat = " ".join(text.split())
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>|#!" else letter for letter in flat)
