"""A model that is loaded into this process shows itself."""

import io
import threading
from contextlib import redirect_stderr
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.cli.command import vtc
from tests.cli.terminal.emulated import on_terminal
from vtc_r1.backends.checkpoint import weights_bytes
from vtc_r1.backends.embedded import checkpoint
from vtc_r1.cli.terminal import loading as shown
from vtc_r1.cli.terminal.loading import loading


def backend(**fields: Any) -> Any:
    return SimpleNamespace(**{"model": "mine\x1b[2J", "load": None, "size": 17_534_247_000, **fields})


class Heard(io.StringIO):
    """What is printed, no terminal; `whole` is set once a line is."""

    def __init__(self) -> None:
        super().__init__()
        self.whole = threading.Event()

    def write(self, text: str) -> int:
        written = super().write(text)
        if text.endswith("\n"):
            self.whole.set()
        return written


def waiting() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (17_534_247_000, "17.5 GB of weights"),
        (3_300_000, "3.3 MB of weights"),
        (None, "weights from the hub"),
    ],
)
def test_what_takes_long_is_one_line_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, size: int | None, words: str
) -> None:
    monkeypatch.setattr(shown, "SHORTEST", 0.0)
    with redirect_stderr(Heard()) as heard, loading(backend(size=size)):
        assert heard.whole.wait(60)
    assert heard.getvalue() == f"vtc-r1: loading torch and mine\N{REPLACEMENT CHARACTER}[2J, {words}\n"


def test_what_is_soon_done_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "SHORTEST", 3600.0)
    with redirect_stderr(Heard()) as heard:
        with loading(backend()):
            pass
        monkeypatch.setattr(shown, "SHORTEST", 0.0)
        for other, quiet in ((SimpleNamespace(model="served"), False), (backend(), True), (None, False)):
            with loading(other, quiet=quiet):  # type: ignore[arg-type]
                pass
        assert heard.getvalue() == "" and not waiting()


def test_an_error_while_loading_ends_the_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "SHORTEST", 3600.0)
    with redirect_stderr(Heard()) as heard, pytest.raises(RuntimeError), loading(backend()):
        raise RuntimeError
    assert heard.getvalue() == "" and not waiting()


@pytest.mark.process
def test_a_terminal_sees_what_is_loaded_and_a_clean_screen_afterwards(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    done = on_terminal("solve", "1+2*3", cwd=tmp_path, size=(40, 100))
    assert done.code == 0 and done.screen[-1] == "7"
    assert b"loading torch and vtc-r1-nano, " in done.raw and b" MB of weights" in done.raw
    assert "loading torch" not in done.text and "s of loading" in done.text
    assert (done.cursor_hidden, done.restored) == (False, True)


@pytest.mark.process
def test_a_checkpoint_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    done = vtc("solve", "1+2", "--model", "./nothing", cwd=tmp_path)
    assert done.code == 2 and done.error.startswith("vtc-r1: checkpoint ./nothing: there is no such folder")


def test_the_size_is_that_of_the_weights(tmp_path: Path) -> None:
    assert weights_bytes(checkpoint()) == (checkpoint() / "model.safetensors").stat().st_size
    assert weights_bytes(tmp_path) is None and weights_bytes("nobody/has-this") is None
