"""Markdown tables that fit the terminal: whole figures and names at every width.

A line break within a cell is where it may be broken: in a wide table it is a space.
"""

import shutil
import textwrap
from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from vtc_r1.cli.terminal.flow import Flow

Row = Sequence[str]


def room() -> int:
    """Return the columns of the terminal, or of COLUMNS; 80 where neither is known."""
    return max(1, shutil.get_terminal_size().columns)


def table(head: Row, rows: Sequence[Row]) -> str:
    """Write a Markdown table whose columns line up, however wide it is."""
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in (head, *rows)]
    widths = [max(cell_len(row[at]) for row in cells) for at in range(len(head))]
    lines = ["| " + " | ".join(map(_padded, row, widths)) + " |" for row in cells]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def parted(head: Row, rows: Sequence[Row], width: int, keys: int = 1) -> str:
    """Write a table, or several of some columns each, the first `keys` columns in all of them.

    Where even that is too wide, every row becomes a table of its own.
    """
    if _fits(whole := table(head, rows), width):
        return whole
    written: list[str] = []
    begin = keys
    while begin < len(head):
        for end in range(len(head), begin, -1):
            chosen = [*range(keys), *range(begin, end)]
            part = table([head[at] for at in chosen], [[row[at] for at in chosen] for row in rows])
            if _fits(part, width):
                break
        else:
            return turned(head, rows, width)
        written.append(part)
        begin = end
    return "\n\n".join(written)


def turned(head: Row, rows: Sequence[Row], width: int) -> str:
    """Write a table, or, where it is too wide, one whose columns are the rows, as many as fit beside another.

    A row whose name is too long for a column stands below its name.
    """
    if _fits(whole := table(head, rows), width):
        return whole
    written: list[str] = []
    begin = 0
    while begin < len(rows):
        for end in range(len(rows), begin, -1):
            part = _on_side(head, rows[begin:end])
            if _fits(part, width):
                break
        else:
            end = begin + 1
            name, *cells = rows[begin]
            values = "\n".join(_listed(head[1:], cells, width))
            part = f"{folded(name.replace(chr(10), ' '), width)}\n{values}"
        written.append(part)
        begin = end
    return "\n\n".join(written)


def folded(text: str, width: int, indent: str = "") -> str:
    """Break a text between words into lines of at most `width`; lines after the first are indented."""
    width = max(1 + len(indent), width)
    return "\n".join(textwrap.wrap(text, width, subsequent_indent=indent, break_on_hyphens=False))


def broken(text: str, width: int) -> str:
    """Break a line of parts with dots between them at the dots, and a part that is too long between words."""
    lines = Flow(Text(text)).at(width).plain.split("\n")
    return "\n".join(folded(line, width) for line in lines)


def listed(entries: Sequence[tuple[str, str]], width: int) -> str:
    """Write names and what is said of each; where there is little room, below its name."""
    longest = max((cell_len(name) for name, _ in entries), default=0)
    beside = longest + 2 <= width // 2
    written = []
    for name, says in entries:
        if beside:
            indent = " " * (longest + 2)
            written.append(folded(f"{_padded(name, longest)}  {says}", width, indent) if says else name)
        else:
            written += [name, *(f"  {line}" for line in folded(says, width - 2).split("\n") if line)]
    return "\n".join(written)


def _on_side(head: Row, rows: Sequence[Row]) -> str:
    """Write rows as columns; a line break within a cell makes a row of its own."""
    turned_rows = []
    for at, label in enumerate(head[1:], 1):
        cells = [row[at].split("\n") for row in rows]
        for line in range(max(map(len, cells))):
            parts = [cell[line] if line < len(cell) else "" for cell in cells]
            turned_rows.append([label if line == 0 else "", *parts])
    return table([head[0], *(row[0] for row in rows)], turned_rows)


def _listed(head: Row, cells: Row, width: int) -> list[str]:
    pairs = [(name, cell.replace("\n", " ")) for name, cell in zip(head, cells, strict=True)]
    return [f"  {line}" for line in listed(pairs, width - 2).split("\n")]


def _fits(text: str, width: int) -> bool:
    return cell_len(text.split("\n", 1)[0]) <= width


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))
