"""Which change of a page has an effect that can be told."""

import pytest

from vtc_r1.eval.counterfactual.edits import Edit
from vtc_r1.eval.counterfactual.trials import is_of_a_name

PAGE = "d=7-3=4\ne=d-b=4-2=2\n"


@pytest.mark.parametrize(
    ("text", "old", "expected"),
    [
        (PAGE, "4\n", True),
        (PAGE, "7", False),
        (PAGE, "2=", False),
        (PAGE, "3=4\n", True),
        (PAGE.strip(), "=2", True),
        ("7^2=7*7=49=5", "5", False),
        ("12+3=15", "15", False),
        ("k7=428", "428", False),
    ],
)
def test_the_value_of_a_name_is_the_end_of_its_line(text: str, old: str, expected: bool) -> None:
    start = text.rindex(old) if old == "=2" else text.index(old)
    shown = old.strip()
    assert is_of_a_name(text, Edit(start, shown, "9")) is expected
