"""Tables that fit the terminal: nothing cut, nothing lost, at every width."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as some
from rich.cells import cell_len

from vtc_r1.cli.tables import folded, listed, parted, table, turned

CELL = some.text(some.sampled_from("abc1 %字"), min_size=1, max_size=9).map(lambda text: f"x{text.strip()}x")
TABLE = some.integers(2, 6).flatmap(
    lambda columns: some.tuples(
        some.lists(CELL, min_size=columns, max_size=columns),
        some.lists(some.lists(CELL, min_size=columns, max_size=columns), min_size=1, max_size=5),
    )
)


def cells(text: str) -> list[list[str]]:
    """The cells of every line that is part of a table."""
    lines = [line for line in text.split("\n") if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


@given(TABLE, some.integers(40, 160))
def test_parted_and_turned_tables_fit_and_hold_every_cell(
    given_table: tuple[list[str], list[list[str]]], width: int
) -> None:
    head, rows = given_table
    for text in (parted(head, rows, width), turned(head, rows, width)):
        assert all(cell_len(line) <= width for line in text.split("\n")), text
        for cell in itertools.chain(head[1:], *rows):
            assert cell in text


@given(TABLE)
def test_where_there_is_room_it_is_one_table(given_table: tuple[list[str], list[list[str]]]) -> None:
    head, rows = given_table
    assert parted(head, rows, 500) == turned(head, rows, 500) == table(head, rows)
    assert cells(table(head, rows)) == [head, *rows]


def test_columns_that_do_not_fit_begin_another_table_with_the_same_names() -> None:
    head, rows = ["name", "a" * 20, "b" * 20, "c" * 20], [["one", "1", "2", "3"], ["two", "4", "5", "6"]]
    first, second = parted(head, rows, 60).split("\n\n")
    assert cells(first) == [["name", "a" * 20, "b" * 20], ["one", "1", "2"], ["two", "4", "5"]]
    assert cells(second) == [["name", "c" * 20], ["one", "3"], ["two", "6"]]


def test_rows_become_columns_and_a_figure_stands_above_its_interval() -> None:
    head = ["memory", "accuracy", "tokens"]
    rows = [["optical", "75.0 %\n[25.0, 100.0]", "34"], ["text", "–", "1,234"]]
    assert cells(turned(head, rows, 36)) == [
        ["memory", "optical", "text"],
        ["accuracy", "75.0 %", "–"],
        ["", "[25.0, 100.0]", ""],
        ["tokens", "34", "1,234"],
    ]


def test_a_name_that_no_column_holds_stands_above_its_figures() -> None:
    name = "decay:after=2,budget=20000,steps=0.7+0.5+0.35,keep=first"
    text = turned(["memory", "accuracy", "tokens"], [[name, "75.0 %\n[25.0, 100.0]", "34"]], 60)
    assert text == f"{name}\n  accuracy  75.0 % [25.0, 100.0]\n  tokens    34"


@pytest.mark.parametrize("width", [1, 3, 20, 40])
def test_very_narrow_terminals_lose_nothing(width: int) -> None:
    cells = ["optical", "75.0 %\n[25.0, 100.0]", "1,234"]
    text = turned(["memory", "accuracy", "tokens"], [cells], width)
    for cell in cells:
        assert "".join(cell.split()) in "".join(text.replace("|", "").split()), text


@given(some.lists(some.tuples(CELL, CELL), min_size=1, max_size=6), some.integers(30, 100))
def test_lists_hold_every_name_and_word(entries: list[tuple[str, str]], width: int) -> None:
    text = listed(entries, width)
    assert all(len(line) <= width for line in text.split("\n"))
    for name, says in entries:
        assert name in text and says.split()[0] in text


def test_folding_breaks_between_words_and_indents_what_follows() -> None:
    assert folded("one two-three four", 12, "  ") == "one\n  two-three\n  four"
