"""`vtc-r1 solve` in a terminal: the loop as it happens, and a clean screen afterwards."""

import io
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pyte
import pytest
from rich.console import Console, ConsoleOptions, RenderableType
from rich.live_render import LiveRender
from rich.segment import Segment

from tests.cli.command import on, vtc
from tests.cli.terminal.emulated import PLAIN, on_terminal
from tests.conftest import Serve
from tests.loopback import Loopback, Reply
from vtc_r1.cli.terminal.graphics import PLAIN as NO_PICTURES
from vtc_r1.cli.terminal.live import TerminalView
from vtc_r1.events import TextDelta

pytestmark = pytest.mark.process

QUESTION = "What is 6 times 7?"
FIRST = "First, 6 times 7 is 42.\nThat is so because 7 times 6 is 42.\n"
WORK = [Reply(FIRST, pause=0.05), Reply("So it is \\boxed{42}.", pause=0.05)]
COLOUR = re.compile(rb"\x1b\[[0-9;]*(?:3[0-79]|4[0-79]|9[0-7])(?:;[0-9]+)*m")
MOVES = re.compile(rb"\x1b\[[0-9;?]*[A-HJKhlsu]|\x1b[78]")
HOSTILE = (
    "\x1b]0;title\x07\x1b[2J\x9b31m\x1b_Ga=T;AAAA\x1b\\\x1bP0q~\x1b\\\u202eevil\r\x08\n \\boxed{4\x1b[8m2}"
)


def test_the_loop_shows_as_it_happens_and_leaves_a_clean_screen(serve: Serve, tmp_path: Path) -> None:
    shown = on_terminal("solve", QUESTION, *on(serve(WORK)), cwd=tmp_path)
    assert shown.code == 0
    for part in (QUESTION, "First, 6 times 7 is 42.", "▣ page", "iteration 2", "So it is \\boxed{42}."):
        assert shown.text.count(part) == 1, shown.text
    assert shown.screen[-1] == "42"
    assert re.search("\\d s · iteration 1 of 8 · ≈\\d+ tokens written".encode(), shown.raw)
    assert b"compression" in shown.raw and b"vision tokens read" in shown.raw
    assert "tokens written" in shown.text and "of 8" not in shown.text
    assert shown.pictures == []
    assert (shown.cursor_hidden, shown.restored, shown.waiting) == (False, True, b"")


def test_long_lines_go_up_whole(serve: Serve, tmp_path: Path) -> None:
    words = " ".join(f"word{number}" for number in range(400))
    server = serve([Reply(words, finish_reason="length", piece=37), "\\boxed{1}"])
    shown = on_terminal("solve", QUESTION, *on(server), cwd=tmp_path, size=(20, 40))
    assert shown.code == 0
    text = " ".join(shown.screen)
    assert re.findall(r"word\d+", text) == words.split(), text


class Hesitant(Console):
    """Lets time pass between what an event prints and what is drawn below it."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        if isinstance(renderable, LiveRender) and threading.current_thread() is threading.main_thread():
            time.sleep(0.02)
        yield from super().render(renderable, options)


def test_what_is_drawn_between_events_leaves_the_lines_above_alone() -> None:
    written = io.StringIO()
    words = [f"word{number}" for number in range(400)]
    console = Hesitant(file=written, force_terminal=True, width=40, height=20)
    with TerminalView(console, NO_PICTURES) as view:
        for word in words:
            view.show(TextDelta(0, f"{word} "))
            time.sleep(0.005)
    screen = pyte.HistoryScreen(40, 20, history=500, ratio=0.5)
    pyte.Stream(screen).feed(written.getvalue().replace("\n", "\r\n"))
    rows = ["".join(row[at].data for at in range(40)) for row in screen.history.top]
    assert re.findall(r"word\d+", " ".join([*rows, *screen.display])) == words


def test_a_segment_that_begins_again_says_so(serve: Serve, tmp_path: Path) -> None:
    server = serve([Reply("A thought that is cut", cut_after=2), "\\boxed{1}"])
    shown = on_terminal("solve", QUESTION, *on(server), cwd=tmp_path)
    assert shown.code == 0 and "↻ the segment begins again" in shown.text


@pytest.mark.parametrize("size", [(6, 20), (3, 10), (24, 1)])
def test_narrow_and_low_terminals(serve: Serve, tmp_path: Path, size: tuple[int, int]) -> None:
    shown = on_terminal("solve", QUESTION, *on(serve(WORK)), cwd=tmp_path, size=size, TERM="xterm-kitty")
    assert shown.code == 0
    assert shown.screen[-1].endswith("2") and "Traceback" not in shown.text
    assert shown.pictures == []


def test_ctrl_c_leaves_the_terminal_as_it_was(serve: Serve, tmp_path: Path) -> None:
    slow = Reply("A long, slow thought. " * 200, pause=0.05)
    shown = on_terminal(
        "solve",
        QUESTION,
        *on(serve([slow])),
        cwd=tmp_path,
        keys=lambda raw: b"\x03" if raw.count(b"slow thought") > 2 else None,
    )
    assert shown.code == 130
    assert (shown.cursor_hidden, shown.restored) == (False, True)
    assert "cancelled" in shown.screen[-1] and "of 8" not in shown.text and "Traceback" not in shown.text


def test_hostile_text_steers_nothing(serve: Serve, tmp_path: Path) -> None:
    replies = [Reply(HOSTILE, reasoning="\x1b[1A \x9b2K", piece=1)]
    shown = on_terminal("solve", "\x1b[31mred?", *on(serve(replies)), cwd=tmp_path, NO_COLOR="1")
    assert shown.code == 0 and "evil" in shown.text
    assert shown.pictures == []
    for forbidden in (
        "\x1b]0",
        "\x1b[2J",
        "\x9b",
        "\x1b_",
        "\x1bP",
        "\x1b[8m",
        "\x1b[31m",
        "\u202e",
        "\x07",
        "\x08",
    ):
        assert forbidden.encode() not in shown.raw, forbidden
    assert shown.screen[-1] == "4\N{REPLACEMENT CHARACTER}[8m2"


def test_no_color_means_none(serve: Serve, tmp_path: Path) -> None:
    coloured = on_terminal("solve", QUESTION, *on(serve(WORK)), cwd=tmp_path)
    plain = on_terminal("solve", QUESTION, *on(serve(WORK)), cwd=tmp_path, NO_COLOR="1")
    assert COLOUR.search(coloured.raw)
    assert not COLOUR.search(plain.raw)


def test_a_dumb_terminal_gets_text_alone(serve: Serve, tmp_path: Path) -> None:
    shown = on_terminal("solve", QUESTION, *on(serve(WORK)), cwd=tmp_path, TERM="dumb")
    assert shown.code == 0 and b"\x1b" not in shown.raw and "▣ page" in shown.text


@pytest.mark.parametrize("pictures", ["auto", "kitty", "sixel"])
def test_what_is_piped_gets_neither_motion_nor_pictures(serve: Serve, tmp_path: Path, pictures: str) -> None:
    flags = ["--pictures", pictures]
    environment = {"TERM": "xterm-kitty", "FORCE_COLOR": "1", "NO_COLOR": ""}
    done = vtc("solve", QUESTION, *on(serve(WORK)), *flags, cwd=tmp_path, **environment)
    assert (done.code, done.out) == (0, "42\n")
    assert COLOUR.search(done.err.encode()), "FORCE_COLOR asks for colours"
    assert not MOVES.search(done.err.encode())
    assert "\x1b_" not in done.err and "\x1bP" not in done.err


def test_quiet_asks_the_terminal_nothing(serve: Serve, tmp_path: Path) -> None:
    shown = on_terminal("solve", QUESTION, *on(serve(WORK)), "--quiet", cwd=tmp_path, reply=PLAIN)
    assert shown.raw == b"42\r\n"


@pytest.mark.parametrize("words", [["What is it?"], ["--batch", "questions.txt", "--out", "out.jsonl"]])
def test_a_server_that_is_away_stands_at_the_bottom_while_it_is(
    serve: Serve, tmp_path: Path, words: list[str]
) -> None:
    (tmp_path / "questions.txt").write_text("one?\ntwo?\n")
    server = Loopback(lambda _: Reply("It is 42. \\boxed{42}", piece=3, hang_after=3))
    port = int(server.base_url.split(":")[2].split("/")[0])
    back: list[Loopback] = []

    def outage(raw: bytes) -> bytes | None:
        if server.requests and not server.stopping.is_set():
            server.kill()
        if b"away for " in raw and not back:
            back.append(serve(lambda _: "It is \\boxed{42}", port=port))
        return None

    shown = on_terminal("solve", *words, *on(server), cwd=tmp_path, keys=outage)
    assert shown.code == 0 and back
    assert b"trying again: cannot be reached" in shown.raw.replace(b"\r\n", b" ")
    assert "away for" not in shown.text and shown.restored and not shown.cursor_hidden
    assert shown.screen[-1] == ("2 of 2 answered, traces in out.jsonl" if "--batch" in words else "42")
