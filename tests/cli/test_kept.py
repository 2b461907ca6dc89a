"""Nothing is lost on disk: targets are tried first, only what is ours is replaced, nothing torn is left."""

import json
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Result, arguments, environment, on, vtc
from tests.conftest import Serve
from tests.loopback import Loopback, Reply
from tests.solved import solved
from vtc_r1.storage import load_trace, save_trace

pytestmark = pytest.mark.process
QUESTION = "What is 6 times 7?"
WORK = ["First, 6 times 7 is 42.\n", "So it is \\boxed{42}."]


def limited(size: int, *words: str | Path, cwd: Path) -> Result:
    """Run a command that may write no file larger than `size` bytes, as on a disk that fills."""
    done = subprocess.run(
        arguments(*words),
        cwd=cwd,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=240,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def contents(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, with some 60 kB left."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a file system can be mounted by root only")
    try:
        (place / "filling").write_bytes(bytes(64_000))
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


class TestSolve:
    def test_another_trace_is_kept_and_nothing_is_solved(self, serve: Serve, tmp_path: Path) -> None:
        save_trace(solved(), tmp_path / "run")
        before, server = contents(tmp_path), serve(WORK)
        done = vtc("solve", QUESTION, *on(server), "--save", "run", cwd=tmp_path)
        assert done.code == 2 and "run: holds a trace" in done.error and "--overwrite" in done.error
        assert contents(tmp_path) == before and not server.requests

    def test_it_is_replaced_when_that_is_said_with_its_pages(self, serve: Serve, tmp_path: Path) -> None:
        save_trace(solved(), tmp_path / "run")
        old = {path.name for path in (tmp_path / "run" / "pages").iterdir()}
        (tmp_path / "run" / "pages" / "mine.png").write_bytes(b"a stranger's")
        words = ["--save", "run", "--overwrite", "-q"]
        done = vtc("solve", QUESTION, *on(serve(WORK)), *words, cwd=tmp_path)
        assert (done.code, done.out, done.err) == (0, "42\n", "")
        trace = load_trace(tmp_path / "run")
        pages = {f"{sha256}.png" for sha256 in trace.pages}
        assert trace.question == QUESTION and pages and not pages & old
        assert {path.name for path in (tmp_path / "run" / "pages").iterdir()} == pages | {"mine.png"}

    def test_overwrite_alone_is_refused(self, tmp_path: Path) -> None:
        assert "--save" in vtc("solve", QUESTION, "--overwrite", cwd=tmp_path).error

    @pytest.mark.parametrize("name", ["plain", "plain/below", "loop", "/dev/null", "n" * 300])
    def test_a_folder_that_is_none_is_said_before_the_solve(
        self, serve: Serve, tmp_path: Path, name: str
    ) -> None:
        (tmp_path / "plain").write_text("a stranger's", encoding="utf-8")
        (tmp_path / "loop").symlink_to("loop")
        server = serve(WORK)
        done = vtc("solve", QUESTION, *on(server), "--save", name, cwd=tmp_path)
        assert done.code in (1, 2) and name[:100] in done.error and not server.requests
        assert contents(tmp_path) == {"plain": b"a stranger's"}

    def test_a_full_disk_is_said_before_the_solve(self, serve: Serve, full_disk: Path) -> None:
        (full_disk / "filling").write_bytes(bytes(128_000))
        server = serve(WORK)
        done = vtc("solve", QUESTION, *on(server), "--save", "run", cwd=full_disk)
        assert done.code == 1 and "run: cannot be written (No space left on device)" in done.error
        assert not server.requests and [*contents(full_disk)] == ["filling"]

    @pytest.mark.parametrize("json_too", [False, True])
    def test_the_answer_comes_though_it_cannot_be_stored(
        self, serve: Serve, tmp_path: Path, json_too: bool
    ) -> None:
        long = [Reply("First, 6 times 7 is 42.\n" * 300), WORK[1]]
        words = ["solve", QUESTION, *on(serve(long)), "-q", "--save", "run", *["--json"] * json_too]
        done = limited(5_000, *words, cwd=tmp_path)
        assert done.code == 1 and done.err == "vtc-r1: run: cannot be written (File too large)\n"
        assert done.out == "42\n" if not json_too else json.loads(done.out)["answer"] == "42"
        assert contents(tmp_path) == {} and not (tmp_path / "run").exists()

    def test_a_disk_that_fills_during_the_solve(self, serve: Serve, full_disk: Path) -> None:
        def script(body: dict[str, Any]) -> Reply:
            (full_disk / "filling").write_bytes(bytes(127_000))
            return Reply("\\boxed{42}")

        words = ["solve", QUESTION, *on(serve(script)), "-q", "--save", "run"]
        done = vtc(*words, cwd=full_disk)
        assert (done.code, done.out) == (1, "42\n") and "No space left on device" in done.err
        assert [*contents(full_disk)] == ["filling"]

    def test_a_trace_that_came_meanwhile_is_kept(self, serve: Serve, tmp_path: Path) -> None:
        def script(body: dict[str, Any]) -> Reply:
            if not (tmp_path / "run").exists():
                save_trace(solved(), tmp_path / "run")
            return Reply("\\boxed{42}")

        done = vtc("solve", QUESTION, *on(serve(script)), "-q", "--save", "run", cwd=tmp_path)
        assert (done.code, done.out) == (1, "42\n") and "run: holds a trace" in done.err
        assert load_trace(tmp_path / "run").question == solved().question

    def test_an_evaluation_on_a_full_disk_goes_on_later(self, serve: Serve, tmp_path: Path) -> None:
        rows = "".join(f'{{"problem": "What is {n}+0?", "answer": {n}}}\n' for n in range(6))
        (tmp_path / "rows.jsonl").write_text(rows, encoding="utf-8")
        server: Loopback = serve(lambda body: Reply("\\boxed{1}"))
        words = ["eval", "--file", "rows.jsonl", "--concurrency", "1", "-q", *on(server)]
        done = limited(9_000, *words, cwd=tmp_path)
        assert done.code == 1 and done.out == ""
        assert done.err == "vtc-r1: runs/rows/optical: cannot be written (File too large)\n"
        kept = (tmp_path / "runs" / "rows" / "optical" / "samples.jsonl").read_bytes()
        assert 0 < kept.count(b"\n") < 6 and kept.endswith(b"\n")
        asked = len(server.requests)
        done = vtc(*words, cwd=tmp_path)
        assert done.code == 0, done.err
        assert len(server.requests) == asked + 6 - kept.count(b"\n")
        again = (tmp_path / "runs" / "rows" / "optical" / "samples.jsonl").read_bytes()
        assert again.startswith(kept) and again.count(b"\n") == 6

    def test_a_batch_on_a_full_disk_goes_on_later(self, serve: Serve, tmp_path: Path) -> None:
        (tmp_path / "questions.txt").write_text("one?\ntwo?\nthree?\n", encoding="utf-8")
        server: Loopback = serve(lambda body: Reply("\\boxed{1}"))
        words = ["solve", "--batch", "questions.txt", "--out", "out.jsonl", "-q", *on(server)]
        done = limited(4_000, *words, cwd=tmp_path)
        assert done.code == 1 and done.err == "vtc-r1: out.jsonl: cannot be written (File too large)\n"
        lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
        assert 0 < len(lines) < 3 and all(json.loads(line)["answer"] == "1" for line in lines)
        assert vtc(*words, cwd=tmp_path).code == 0


class TestRender:
    @pytest.fixture
    def pages(self, tmp_path: Path) -> Path:
        (tmp_path / "long.txt").write_text("A line of a long text.\n" * 3_000, encoding="utf-8")
        (tmp_path / "short.txt").write_text("A short text.\n", encoding="utf-8")
        assert vtc("render", "long.txt", "--out", "pages", cwd=tmp_path).code == 0
        assert len([*(tmp_path / "pages").glob("page-*.png")]) > 2
        return tmp_path / "pages"

    def test_no_page_of_a_longer_text_stays(self, pages: Path) -> None:
        (pages / "notes.txt").write_text("mine", encoding="utf-8")
        (pages / "page-one.png").write_bytes(b"mine")
        words = ["render", "short.txt", "--out", "pages"]
        assert vtc(*words, "--compare", "paper,default", cwd=pages.parent).code == 0
        assert vtc(*words, cwd=pages.parent).code == 0
        names = {path.name for path in pages.iterdir() if not path.name.startswith(".")}
        assert names == {"page-0001.png", "compare.png", "notes.txt", "page-one.png"}

    def test_a_page_that_was_changed_since_stays(self, pages: Path) -> None:
        (pages / "page-0002.png").write_bytes(b"drawn over")
        assert vtc("render", "short.txt", "--out", "pages", cwd=pages.parent).code == 0
        assert {*contents(pages)} == {"page-0001.png", "page-0002.png", ".vtc-r1-render.json"}
        assert (pages / "page-0002.png").read_bytes() == b"drawn over"

    def test_a_page_of_a_stranger_is_not_replaced(self, pages: Path) -> None:
        (pages / "page-0001.png").write_bytes(b"mine")
        before = contents(pages)
        done = vtc("render", "short.txt", "--out", "pages", cwd=pages.parent)
        assert done.code == 2 and "page-0001.png: was not written by vtc-r1 render" in done.error
        assert contents(pages) == before

    def test_what_cannot_be_written_changes_nothing(self, pages: Path) -> None:
        before = contents(pages)
        words = ["render", "long.txt", "--out", "pages", "--set", "width=640"]
        done = limited(5_000, *words, cwd=pages.parent)
        assert done.code == 1 and "pages: cannot be written (File too large)" in done.error
        assert contents(pages) == before


class TestOthers:
    @pytest.mark.parametrize("there", ["notes.txt", "run/trace.json"])
    def test_a_page_for_the_browser_replaces_none_but_such_a_page(self, tmp_path: Path, there: str) -> None:
        save_trace(solved(), tmp_path / "run")
        (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
        before = contents(tmp_path)
        done = vtc("view", "run", "--html", there, cwd=tmp_path)
        assert done.code == 2 and f"{there}: exists and is not an HTML page" in done.error
        assert contents(tmp_path) == before
        for _ in range(2):
            assert vtc("view", "run", "--html", "run.html", cwd=tmp_path).code == 0

    def test_a_page_goes_into_a_pipe_and_not_in_its_place(self, tmp_path: Path) -> None:
        save_trace(solved(), tmp_path / "run")
        done = vtc("view", "run", "--html", "/dev/stdout", cwd=tmp_path)
        assert done.code == 0 and done.out.startswith("<!doctype html>") and "</html>" in done.out
        (tmp_path / "full").symlink_to("/dev/full")
        done = vtc("view", "run", "--html", "full", cwd=tmp_path)
        assert done.code == 1 and "full: cannot be written (No space left on device)" in done.error
        assert (tmp_path / "full").is_char_device()

    def test_a_link_stays_and_what_it_points_to_is_written(self, tmp_path: Path) -> None:
        save_trace(solved(), tmp_path / "run")
        (tmp_path / "site").mkdir()
        (tmp_path / "latest.html").symlink_to("site/page.html")
        assert vtc("view", "run", "--html", "latest.html", cwd=tmp_path).code == 0
        assert str((tmp_path / "latest.html").readlink()) == "site/page.html"
        assert (tmp_path / "site" / "page.html").read_bytes().startswith(b"<!doctype html>")

    def test_a_served_solve_that_could_not_be_stored_is_said_at_the_start(
        self, serve: Serve, tmp_path: Path
    ) -> None:
        pytest.importorskip("fastapi")
        (tmp_path / "plain").write_text("mine", encoding="utf-8")
        server = serve(WORK)
        done = vtc("serve", "--port", "0", "--save", "plain", *on(server), cwd=tmp_path)
        assert done.code == 1 and "plain: cannot be written (Not a directory)" in done.error
        assert not server.requests
