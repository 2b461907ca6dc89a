"""Lines with dots between their parts: whole at every width, in the middle of a solve and at its end."""

import itertools
import re
from pathlib import Path

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as some
from rich.cells import cell_len
from rich.text import Text

from tests.cli.command import on
from tests.cli.terminal.emulated import on_terminal
from tests.conftest import Serve
from tests.loopback import Reply
from vtc_r1.cli.terminal.flow import DOT, Flow

FIRST = "First, 6 times 7 is 42.\nThat is so because 7 times 6 is 42.\n" * 30
COUNTS = {"prompt_tokens": 123_456, "completion_tokens": 1_234, "total_tokens": 124_690}
WORK = [
    Reply(FIRST, piece=300, pause=0.02, usage=COUNTS),
    Reply("Seven sixes are what is asked. " * 8, piece=40, pause=0.05, usage=COUNTS),
    Reply("So it is \\boxed{42}.", piece=3, pause=0.15, usage=COUNTS),
]
WIDTHS = (60, 80, 100, 120)


@given(
    some.lists(some.text(some.sampled_from("abc 字×"), min_size=1, max_size=12), min_size=1),
    some.integers(4, 60),
)
def test_parts_stand_whole_and_in_order(parts: list[str], width: int) -> None:
    lines = Flow(Text(DOT.join(parts))).at(width).plain.split("\n")
    assert [part for line in lines for part in line.split(DOT)] == parts
    for line in lines:
        assert cell_len(line) <= width or DOT not in line


@given(
    some.lists(some.text(some.sampled_from("abc "), min_size=1, max_size=9), min_size=2), some.integers(4, 40)
)
def test_a_line_ends_only_where_the_next_part_would_not_fit(parts: list[str], width: int) -> None:
    lines = Flow(Text(DOT.join(parts))).at(width).plain.split("\n")
    for line, following in itertools.pairwise(lines):
        assert cell_len(line + DOT + following.split(DOT)[0]) > width


@pytest.mark.process
@pytest.mark.parametrize("width", WIDTHS)
def test_a_solve_at_every_width(serve: Serve, tmp_path: Path, width: int) -> None:
    shown = on_terminal("solve", "What?", *on(serve(WORK)), cwd=tmp_path, size=(30, width))
    assert shown.code == 0
    ended = shown.screen[-4:]
    assert re.search(
        r"answered · 3 iterations · 3,702 tokens written · [\d,]+ vision tokens read · compression [\d.]+× · "
        r"[\d.]+ s · 42",
        " · ".join(ended),
    ), ended
    for line in ended:
        assert "…" not in line and not line.startswith(" ·") and not line.endswith("·"), line
    bottoms = _bottoms(shown.raw, width)
    whole = re.compile(
        r"\d+ s · (first prompt|iteration \d of 8) · ≈?[\d,]+ tokens written"
        r"( · [\d,]+ vision tokens read)?( · compression [\d.]+×)?"
    )
    assert bottoms and all(whole.fullmatch(bottom) for bottom in bottoms), bottoms
    assert any("compression" in bottom for bottom in bottoms) and any("≈" in bottom for bottom in bottoms)


def _bottoms(raw: bytes, width: int) -> set[str]:
    """Return the totals as they stood on the screen after each piece drawn, lines joined by dots."""
    screen = pyte.Screen(width, 30)
    stream = pyte.ByteStream(screen)
    found = set()
    for frame in re.split(rb"(?=\r\x1b\[2K)", raw):
        stream.feed(frame)
        lines = [line.rstrip() for line in screen.display]
        begins = [at for at, line in enumerate(lines) if re.match(r"\d+ s · ", line)]
        if begins:
            found.add(DOT.join(line for line in lines[begins[-1] :] if line))
    return found
