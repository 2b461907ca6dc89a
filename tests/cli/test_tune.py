"""`vtc-r1 tune` from outside: a reader that is a server, kills, profiles that are used, bad input."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import arguments, environment, on, vtc
from tests.conftest import Serve
from tests.loopback import MODEL, Reply

pytest.importorskip("rapidfuzz", reason="the extra `probe` is not installed")

pytestmark = pytest.mark.process
QUICK = ["--vary", "width=256", "--vary", "height=256", "--kinds", "digits", "--pages", "1", "--round", "3"]


def reads_nothing(body: dict[str, Any]) -> Reply:
    return Reply("7")


def test_what_is_found_is_kept_after_a_kill_and_used_by_other_commands(serve: Serve, tmp_path: Path) -> None:
    slow = serve(lambda body: Reply("7", pause=0.2))
    words = ["tune", *QUICK, "--evaluations", "6", "--target", "1", "--concurrency", "1"]
    options = {"cwd": tmp_path, "env": environment(), "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with subprocess.Popen(arguments(*words, *on(slow), "--out", "killed"), **options) as running:
        assert slow.wait_for(lambda now: len(now.requests) >= 5, 120)
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
    read = len((tmp_path / "killed" / "readings" / "readings.jsonl").read_text(encoding="utf-8").splitlines())
    assert 3 <= read < 6

    server = serve(reads_nothing)
    done = vtc(*words, *on(server), "--out", "killed", "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    assert len(server.requests) == 6 - read
    whole = vtc(*words, *on(serve(reads_nothing)), "--out", "whole", "--json", cwd=tmp_path)
    result, other = json.loads(done.out), json.loads(whole.out)
    assert {**result, "created": ""} == {**other, "created": ""}
    assert result["tried"] == 6 and result["met"]
    for name in ("rounds.jsonl", "evaluations.jsonl", "profile.toml"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()

    (tmp_path / "text.txt").write_text("12 + 30 = 42", encoding="utf-8")
    drawn = vtc(
        "render", "text.txt", "--out", "pages", "--profile", "killed/profile.toml", "--json", cwd=tmp_path
    )
    assert drawn.code == 0, drawn.err


def test_a_model_that_proposes_nonsense_ends_the_search_in_exit_code_1(serve: Serve, tmp_path: Path) -> None:
    words = ["--strategy", "llm", "--evaluations", "6", "--target", "1"]
    proposer = serve(lambda body: Reply("Use /etc/passwd as the font!"))
    given = ["--proposer-url", proposer.base_url, "--proposer-model", MODEL]
    done = vtc("tune", *QUICK, *words, *given, *on(serve(reads_nothing)), "--out", "out", cwd=tmp_path)
    assert done.code == 1, done.err
    assert "5 proposals dropped, most because the reply is not JSON" in done.err
    assert "3 settings tried, then nothing usable" in done.err
    assert done.out.startswith("## llm: 3 settings tried")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--strategy", "evolutoin"], "did you mean 'evolution'"),
        (["--objective", "speed"], "unknown objective"),
        (["--reader", "me"], "unknown reader"),
        (["--strategy", "llm"], "--proposer-url"),
        (["--proposer-model", "x"], "--strategy llm"),
        (["--vary", "font_size"], "KEY=VALUES"),
        (["--vary", "font_size=9..7"], "is empty"),
        (["--vary", "font=absent.ttf"], "absent.ttf"),
        (["--space", "absent.toml"], "absent.toml"),
        (["--kinds", "digts"], "did you mean 'digits'"),
        (["--objective", "accuracy", "--kinds", "digits"], "--objective legibility"),
        (["--profile", "absent"], "unknown profile"),
    ],
)
def test_bad_input_is_one_line(serve: Serve, tmp_path: Path, words: list[str], said: str) -> None:
    done = vtc("tune", *on(serve([])), *words, cwd=tmp_path)
    assert done.code == 2 and said in done.error
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_tesseract_is_the_reader_where_no_model_is_named(tmp_path: Path) -> None:
    done = vtc("tune", *QUICK, "--evaluations", "3", "--json", cwd=tmp_path)
    assert done.code in (0, 1), done.err
    assert json.loads(done.out)["best"]["error"] < 0.5
    setup = json.loads((tmp_path / "tuned" / "setup.json").read_text(encoding="utf-8"))
    assert setup["objective"]["reader"] == "tesseract/tesseract"


def test_accuracy_can_be_the_objective(tmp_path: Path) -> None:
    pytest.importorskip("transformers", reason="the embedded model needs the extra local")
    fixed = ["--vary", "font_size=13", "--vary", "columns=1", "--vary", "font=DejaVuSansMono"]
    words = ["--objective", "accuracy", "--limit", "4", "--evaluations", "2", "--round", "2", "--json"]
    done = vtc("tune", *fixed, *words, cwd=tmp_path)
    assert done.code in (0, 1), done.err
    result = json.loads(done.out)
    assert result["tried"] == 2 and result["units"][0] == "problems not solved"
