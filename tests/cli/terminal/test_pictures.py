"""Pages as pictures in the terminal: the right protocol, the right pixels, and nothing elsewhere."""

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.command import on
from tests.cli.terminal.emulated import PLAIN, Shown, on_terminal
from tests.conftest import Serve
from vtc_r1.cli.terminal.graphics import Pictures, graphics
from vtc_r1.cli.terminal.picture import sixel

pytestmark = pytest.mark.process

WORK = ["First, 6 times 7 is 42.\n" * 40, "So it is \\boxed{42}."]
QUESTION = b"\x1b[16t\x1b[c"
CELL = (10, 20)


def solved(serve: Serve, folder: Path, *flags: str, **options: object) -> Shown:
    shown = on_terminal("solve", "What?", *on(serve(WORK)), *flags, cwd=folder, cell=CELL, **options)  # type: ignore[arg-type]
    assert shown.code == 0, shown.text
    assert shown.screen[-1] == "42"
    return shown


def desixel(data: bytes) -> np.ndarray:
    """Draw a sixel picture, greys in percent."""
    head = re.match(rb'\x1bP0;1;0q"1;1;(\d+);(\d+)', data)
    assert head and data.endswith(b"\x1b\\")
    width, height = int(head[1]), int(head[2])
    pixels = np.full((-(-height // 6) * 6, width), 255, np.uint8)
    greys, grey, x, top = {}, 0, 0, 0
    for token in re.findall(rb"#\d+(?:;\d+)*|!\d+.|[?-~]|[$-]", data[head.end() : -2]):
        if token.startswith(b"#"):
            number, *colour = map(int, token[1:].split(b";"))
            if colour:
                greys[number] = colour[1]
            grey = number
        elif token == b"$":
            x = 0
        elif token == b"-":
            x, top = 0, top + 6
        else:
            run = int(token[1:-1]) if token.startswith(b"!") else 1
            for row in range(6):
                if (token[-1] - 63) >> row & 1:
                    pixels[top + row, x : x + run] = greys[grey]
            x += run
    return pixels[:height]


def test_sixel_carries_the_picture() -> None:
    picture = np.linspace(0, 255, 47 * 33).reshape(33, 47).astype(np.uint8)
    drawn = desixel(sixel(picture)).astype(float) * 2.55
    assert np.abs(drawn - picture).max() <= 11


@pytest.mark.parametrize("term", ["xterm-kitty", "xterm-ghostty"])
def test_kitty(serve: Serve, tmp_path: Path, term: str) -> None:
    shown = solved(serve, tmp_path, TERM=term)
    assert QUESTION not in shown.raw
    first, *rest = shown.pictures
    assert first.startswith(b"\x1b_Ga=T,f=100,q=2,C=1,r=")
    assert all(len(part) < 4_200 for part in shown.pictures)
    assert b"m=0;" in shown.pictures[-1] and all(b"m=1;" in part for part in shown.pictures[:-1])
    data = b"".join(part.split(b";", 1)[1][:-2] for part in [first, *rest])
    rows = int(re.findall(rb"r=(\d+)", first)[0])
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    assert image.height == rows * CELL[1] and np.asarray(image).min() < 200


@pytest.mark.parametrize("told", [{"TERM_PROGRAM": "iTerm.app"}, {"LC_TERMINAL": "iTerm2"}])
def test_iterm(serve: Serve, tmp_path: Path, told: dict[str, str]) -> None:
    shown = solved(serve, tmp_path, **told)
    (picture,) = shown.pictures
    head, data = picture.split(b":", 1)
    assert head.startswith(b"\x1b]1337;File=inline=1;size=") and QUESTION not in shown.raw
    file = base64.b64decode(data[:-1])
    assert f"size={len(file)};".encode() in head and Image.open(io.BytesIO(file)).format == "PNG"


def test_sixel_where_the_terminal_says_so(serve: Serve, tmp_path: Path) -> None:
    shown = solved(serve, tmp_path, reply=b"\x1b[?62;4;22c")
    (picture,) = shown.pictures
    drawn = desixel(picture)
    assert drawn.shape[0] % CELL[1] == 0 and drawn.min() < 60
    assert shown.raw.count(QUESTION) == 1 and shown.waiting == b""


def test_the_size_of_a_character_may_come_from_the_terminal(serve: Serve, tmp_path: Path) -> None:
    reply = b"\x1b[6;30;15t\x1b[?62;4c"
    shown = on_terminal("solve", "What?", *on(serve(WORK)), cwd=tmp_path, reply=reply)
    assert desixel(shown.pictures[0]).shape[0] % 30 == 0


def test_pictures_take_the_rows_kept_for_them(serve: Serve, tmp_path: Path) -> None:
    shown = solved(serve, tmp_path, TERM="xterm-kitty")
    rows = int(re.findall(rb"r=(\d+)", shown.raw)[0])
    assert f"\x1b[{rows}A\x1b7".encode() in shown.raw and f"\x1b8\x1b[{rows}B".encode() in shown.raw


ELSEWHERE = {
    "a plain terminal": {"reply": PLAIN},
    "a multiplexer in kitty": {"TERM": "tmux-256color", "KITTY_WINDOW_ID": "1", "reply": PLAIN},
    "Apple's terminal": {"TERM_PROGRAM": "Apple_Terminal", "reply": None},
    "the console": {"TERM": "linux", "reply": None},
    "not wanted": {"TERM": "xterm-kitty", "VTC_PICTURES": "none", "reply": None},
}


@pytest.mark.parametrize("where", ELSEWHERE)
def test_no_pictures_elsewhere(serve: Serve, tmp_path: Path, where: str) -> None:
    shown = solved(serve, tmp_path, **ELSEWHERE[where])
    assert shown.pictures == [] and "▣ page" in shown.text
    assert (QUESTION in shown.raw) == (ELSEWHERE[where]["reply"] is not None)


def test_a_terminal_that_says_nothing_is_not_waited_for(serve: Serve, tmp_path: Path) -> None:
    shown = solved(serve, tmp_path, reply=None)
    assert shown.pictures == [] and shown.restored


def test_a_late_reply_stands_nowhere(serve: Serve, tmp_path: Path) -> None:
    late = b"\x1b[?62;4c"
    shown = solved(serve, tmp_path, reply=None, keys=lambda raw: late if b"First, 6" in raw else None)
    assert "62;4c" not in shown.text and shown.waiting == b"" and shown.restored


def test_wanted_by_name(serve: Serve, tmp_path: Path) -> None:
    assert solved(serve, tmp_path, "--pictures", "iterm").pictures[0].startswith(b"\x1b]1337;")


def test_a_stored_trace_shows_its_pages(serve: Serve, tmp_path: Path) -> None:
    solved(serve, tmp_path, "--save", "run")
    shown = on_terminal("view", "run", cwd=tmp_path, cell=CELL, TERM="xterm-kitty")
    assert shown.code == 0 and shown.pictures and shown.screen[-1] == "42"


def test_without_a_terminal_there_is_nothing_to_ask(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        found = graphics(Pictures.AUTO, {"TERM": "linux"}, file.fileno())
    assert (found.protocol, found.asked) == (Pictures.NONE, None)
