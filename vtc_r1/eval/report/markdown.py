"""The report's tables as Markdown."""

from collections.abc import Sequence

from vtc_r1.eval.report.differences import Differences
from vtc_r1.eval.report.row import Row
from vtc_r1.eval.report.section import Section
from vtc_r1.eval.report.table import Table

_LONGEST = 80


def markdown(
    title: str,
    lead: str,
    notes: Sequence[str],
    overview: Table | None,
    sections: Sequence[Section],
    figures: Sequence[str],
    apart: Sequence[Differences] = (),
) -> str:
    """Write the report.

    Args:
        title: its title.
        lead: the introductory sentence.
        notes: warnings.
        overview: the table of all benchmarks, if there are several.
        sections: one section per benchmark.
        figures: paths of the drawn figures, relative to the report.
        apart: differences between pairs of runs.
    """
    parts = [f"# {_plain(title)}", _plain(lead)]
    if notes:
        parts.append("\n".join(f"- {_plain(note)}" for note in notes))
    if overview is not None:
        parts.append(_table(overview))
    for one in apart:
        parts += _apart(one)
    for section in sections:
        name = section.name
        parts += [
            f"## {_plain(section.benchmark.title)}",
            _plain(section.benchmark.description),
            _table(section.accuracy),
        ]
        parts += ["### Cost", _table(section.cost)]
        if section.comparisons is not None:
            parts += ["### Pairwise comparisons", _table(section.comparisons)]
        drawn = [(figure, f"figures/{name}-{figure.name}.png") for figure in section.figures]
        parts += [f"![{_plain(figure.title)}]({path})" for figure, path in drawn if path in figures]
    return "\n\n".join(part for part in parts if part) + "\n"


def _apart(one: Differences) -> list[str]:
    first, second = one.labels
    title = f"## {_plain(one.benchmark)}: where {_plain(first)} and {_plain(second)} differ"
    count = f"{len(one.better) + len(one.worse):,} of {one.common:,} problems that both have."
    parts = [title, count]
    for label, found in ((first, one.better), (second, one.worse)):
        rows = [
            [
                each.problem.id,
                each.problem.shown_gold,
                _answer(each.first),
                _answer(each.second),
                f"{100 * each.gap:+.0f}",
            ]
            for each in found
        ]
        columns = ["problem", "gold", first, second, "points"]
        parts += [
            f"### {_plain(label)} is better: {len(found):,}",
            *([_table(Table(columns, rows))] if rows else []),
        ]
    return parts


def _answer(row: Row) -> str:
    answer = row.answer if row.answer is not None else "none"
    return f"{row.outcome}: {answer if len(answer) <= _LONGEST else answer[: _LONGEST - 1] + '…'}"


def _table(table: Table) -> str:
    lines = [table.columns, ["---", *["---:"] * (len(table.columns) - 1)], *table.rows]
    rows = "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)
    return f"{rows}\n\n{_plain(table.note)}".rstrip()


def _cell(text: str) -> str:
    return text if set(text) <= set("-:") else _plain(text)


def _plain(text: str) -> str:
    """Escape text so that Markdown does not interpret it."""
    flat = " ".join(text.split())
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>|#!" else letter for letter in flat)
