"""`vtc-r1 data` as a user runs it: processes, interruptions, bad usage."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

from tests.cli.command import arguments, environment, vtc
from tests.sft.openr1 import row, write_jsonl, write_parquet

pytestmark = pytest.mark.process

FLAGS = ["--set", "width=320", "--set", "height=320", "--segment-tokens", "100", "--shard-rows", "4"]


def contents(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a source, and with what one process makes of it."""
    folder = tmp_path_factory.mktemp("data")
    rows = [row(number, steps=2 + number % 9) for number in range(60)]
    rows[7] = row(7, generations=["nothing"])
    write_parquet(folder / "rows.parquet", rows, 25)
    done = vtc("data", "build", *words("one"), "--workers", "1", cwd=folder)
    assert done.code == 0, done.err
    assert "rows/s" in done.err and "processor seconds by stage" in done.err
    assert "one: " in done.out and "dropped 1 row: no_think" in done.out
    return folder


def words(out: str, source: str = "rows.parquet") -> list[str]:
    return ["--source", source, "--out", out, *FLAGS]


def start(place: Path, out: str) -> subprocess.Popen[bytes]:
    command = arguments("data", "build", *words(out), "--workers", "2")
    options = {"cwd": place, "env": environment(), "stderr": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen(command, **options)


def wait_for_shards(place: Path, out: str, count: int) -> None:
    until = time.monotonic() + 60
    while len([*(place / f"{out}.partial" / "data").glob("train-*.parquet")]) < count:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_workers_change_nothing(place: Path) -> None:
    done = vtc("data", "build", *words("two"), "--workers", "3", "--json", cwd=place)
    assert done.code == 0, done.err
    assert json.loads(done.out)["build"]["dropped"] == {"no_think": 1}
    assert contents(place / "two") == contents(place / "one")
    again = vtc("data", "build", *words("two"), "--workers", "3", cwd=place)
    assert (again.code, again.err) == (0, "")


def test_workers_change_no_style_and_no_reading_task(place: Path) -> None:
    drawn = ["--styles", "mild", "--reading", "0.3", "--seed", "4", "--limit", "24"]
    for out, workers in (("drawn", "1"), ("drawn-too", "2")):
        done = vtc("data", "build", *words(out), *drawn, "--workers", workers, "--json", cwd=place)
        assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["styles"] == "mild" and len(found["profiles"]) > 3 and found["tasks"]["transcribe"]
    assert contents(place / "drawn-too") == contents(place / "drawn")


def test_ctrl_c_stops_and_the_same_command_resumes(place: Path) -> None:
    with start(place, "interrupted") as running:
        wait_for_shards(place, "interrupted", 2)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert err.decode().splitlines()[-1] == "vtc-r1: interrupted; run the same command again to resume"
    assert b"Traceback" not in err
    partial = place / "interrupted.partial"
    assert not (place / "interrupted").exists() and not [*partial.rglob(".*.tmp")]
    assert vtc("data", "build", *words("interrupted"), "--workers", "1", cwd=place).code == 0
    assert contents(place / "interrupted") == contents(place / "one")


def test_kill_at_any_moment_then_resume_equals_an_uninterrupted_build(place: Path) -> None:
    rng = random.Random(5)
    for _ in range(3):
        with start(place, "killed") as running:
            time.sleep(rng.uniform(0.5, 2.5))
            running.kill()
    done = vtc("data", "build", *words("killed"), "--workers", "1", cwd=place)
    assert done.code == 0, done.err
    assert contents(place / "killed") == contents(place / "one")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_workers_end_with_a_parent_that_was_killed(place: Path) -> None:
    with start(place, "orphans") as running:
        wait_for_shards(place, "orphans", 1)
        children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
        assert len(children) >= 2
        running.kill()
    until = time.monotonic() + 20
    while any(Path(f"/proc/{child}/stat").exists() for child in children):
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (["--segmentation", "sounds"], "unknown segmentation 'sounds': did you mean 'sound'?"),
        (["--engine", "spark"], "unknown engine 'spark'"),
        (["--generations", "two"], "unknown --generations 'two'"),
        (["--profile", "papr"], "unknown profile 'papr': did you mean 'paper'?"),
        (["--styles", "wid"], "unknown styles 'wid': did you mean 'wide'?"),
        (["--prompts", "boxed"], "segments end by the rule 'boxed'"),
        (["--tokenizer", "./nowhere"], "tokenizer ./nowhere"),
        (["--source", "absent.parquet"], "there is no such file"),
        (["--segment-tokens", "200", "--out", "one"], "is a build with another segment_tokens"),
    ],
)
def test_bad_usage_is_one_line_and_leaves_nothing(place: Path, changed: list[str], message: str) -> None:
    result = vtc("data", "build", *words("bad"), *changed, cwd=place)
    assert result.code in (1, 2)
    assert message in result.error
    assert not (place / "bad").exists() and not (place / "bad.partial").exists()


def test_a_source_without_columns_is_refused_before_anything_is_made(place: Path) -> None:
    write_jsonl(place / "bare.jsonl", [{"problem": "1 + 1", "answer": "2"}])
    result = vtc("data", "build", *words("bare", "bare.jsonl"), cwd=place)
    assert (result.code, "has no column generations" in result.error) == (2, True)
    assert not [*place.glob("bare*.partial")] and not (place / "bare").exists()


def test_stats(place: Path) -> None:
    pytest.importorskip("matplotlib")
    done = vtc("data", "stats", "one", "--plot", "stats.png", cwd=place)
    assert done.code == 0, done.err
    assert "traces by number of segments" in done.out and "vision tokens" in done.out
    assert (place / "stats.png").read_bytes().startswith(b"\x89PNG")
    found = json.loads(vtc("data", "stats", "one", "--json", cwd=place).out)
    assert found["build"]["rows"] == 60 and found["tokens"].startswith("estimate")


def test_show_and_export(place: Path) -> None:
    done = vtc("data", "show", "one", "3", "--out", "pages/three.html", cwd=place)
    assert (done.code, done.out) == (0, "pages/three.html\n")
    assert (place / "pages" / "three.html").read_text("utf-8").startswith("<!doctype html>")
    assert "has examples 0 to" in vtc("data", "show", "one", "100000", "--out", "x.html", cwd=place).error
    done = vtc("data", "export", "one", "--format", "jsonl", "--out", "plain", cwd=place)
    assert done.code == 0 and (place / "plain" / "train.jsonl").is_file()
    assert (
        "unknown format 'arow'"
        in vtc("data", "export", "one", "--format", "arow", "--out", "y", cwd=place).error
    )


def test_what_is_no_data_set(place: Path) -> None:
    for command in (["stats", "."], ["show", ".", "0"], ["export", ".", "--format", "trl", "--out", "z"]):
        result = vtc("data", *command, cwd=place)
        assert (result.code, "is not a finished data set" in result.error) == (2, True)
