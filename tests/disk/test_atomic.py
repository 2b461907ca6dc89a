"""Files and folders that are whole or not there, whatever ends the writing."""

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from vtc_r1.disk import atomic as module
from vtc_r1.disk.atomic import (
    UNFINISHED,
    atomic_file,
    atomic_folder,
    drop_unfinished,
    fresh_beside,
    put_folder,
    staged,
    write_atomic,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("name", ["a", "a.json", "ä b.txt", ".hidden", "x" * 255, "é" * 127, "a.tmp"])
def test_a_file_is_written_under_any_name(tmp_path: Path, name: str) -> None:
    write_atomic(tmp_path / name, b"new")
    write_atomic(tmp_path / name, b"newer")
    assert (names(tmp_path), (tmp_path / name).read_bytes()) == ([name], b"newer")


def test_what_fails_on_the_way_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomic(path, b"old")
    with pytest.raises(KeyboardInterrupt), atomic_file(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert (names(tmp_path), path.read_bytes()) == (["file"], b"old")


@pytest.mark.process
def test_a_full_disk_leaves_the_old_file() -> None:
    """`RLIMIT_FSIZE` makes the kernel refuse the bytes, as it does on a full disk."""
    code = (
        "import resource, signal, sys, tempfile\nfrom pathlib import Path\n"
        "from vtc_r1.disk.access import writable\nfrom vtc_r1.disk.atomic import write_atomic\n"
        "from vtc_r1.errors import StorageError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "folder = Path(tempfile.mkdtemp()); path = folder / 'file'\n"
        "write_atomic(path, b'old')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try:\n    with writable(path):\n        write_atomic(path, bytes(200_000))\n"
        "except StorageError as error:\n    print(str(error).startswith(f'{path}: cannot be written ('))\n"
        "print(path.read_bytes(), len([*folder.iterdir()]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["True", "b'old' 1"]


def test_a_link_is_followed_and_a_pipe_written_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real" / "file")
    write_atomic(tmp_path / "link", b"through")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "file").read_bytes() == b"through"
    os.mkfifo(tmp_path / "pipe")
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    write_atomic(tmp_path / "pipe", b"as it is")
    reader.join(30)
    assert read == [b"as it is"] and stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_a_file_is_on_the_disk_before_its_name_and_then_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    sync, replace = os.fsync, Path.replace

    def synced(file: int) -> None:
        told.append("folder" if stat.S_ISDIR(os.fstat(file).st_mode) else "file")
        sync(file)

    def replaced(path: Path, target: Path) -> Path:
        told.append("name")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    write_atomic(tmp_path / "file", b"data")
    assert told == ["file", "name", "folder"]


def test_threads_that_write_one_file_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "file"
    contents = [bytes([at]) * 100_000 for at in range(8)]
    threads = [threading.Thread(target=write_atomic, args=(path, data)) for data in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in contents and names(tmp_path) == ["file"]


def test_staged_files_come_together_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(RuntimeError), staged(tmp_path, {"a": b"new", "b": b"new"}):
        raise RuntimeError
    assert (names(tmp_path), (tmp_path / "a").read_bytes()) == (["a"], b"old")
    with staged(tmp_path, {"a": b"new", "b": b"new"}) as put:
        assert (tmp_path / "a").read_bytes() == b"old"
        put()
    assert (names(tmp_path), (tmp_path / "a").read_bytes()) == (["a", "b"], b"new")


@pytest.mark.parametrize("there", [False, True])
def test_a_folder_is_whole_or_as_before(tmp_path: Path, there: bool) -> None:
    out = tmp_path / "deep" / "out"
    if there:
        out.mkdir(parents=True)
    with pytest.raises(ValueError, match="half"), atomic_folder(out) as fresh:
        (fresh / "one").write_bytes(b"1")
        raise ValueError("half")
    assert out.exists() is there and names(out.parent) == (["out"] if there else [])
    with atomic_folder(out) as fresh:
        (fresh / "one").write_bytes(b"1")
    assert (names(out), names(out.parent)) == (["one"], ["out"])


def test_a_folder_that_holds_something_is_not_replaced_unasked(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine").write_bytes(b"mine")
    with pytest.raises(OSError, match="not empty"), atomic_folder(out) as fresh:
        (fresh / "one").write_bytes(b"1")
    assert (names(out), names(tmp_path)) == (["mine"], ["out"])


def test_a_replaced_folder_keeps_what_is_its_owners(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for text in (b"1", b"2"):
        with atomic_folder(out, keep=lambda name: name == "mine") as fresh:
            (fresh / "one").write_bytes(text)
        (out / "mine").write_bytes(b"mine")
        (out / "stale").write_bytes(b"stale")
    with atomic_folder(out, keep=lambda name: name == "mine") as fresh:
        (fresh / "one").write_bytes(b"3")
    assert (names(out), names(tmp_path)) == (["mine", "one"], ["out"])
    assert ((out / "one").read_bytes(), (out / "mine").read_bytes()) == (b"3", b"mine")


def test_the_old_folder_comes_back_where_the_new_one_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    with atomic_folder(out) as fresh:
        (fresh / "one").write_bytes(b"old")

    def fail(fresh: Path, path: Path) -> None:
        raise OSError("no")

    monkeypatch.setattr(module, "put_folder", fail)
    with pytest.raises(OSError, match="no"), atomic_folder(out, keep=lambda name: False) as fresh:
        (fresh / "one").write_bytes(b"new")
    assert ((out / "one").read_bytes(), names(tmp_path)) == (b"old", ["out"])


def _file(folder: Path) -> None:
    with atomic_file(folder / "out") as file:
        file.write(b"half")
        file.flush()
        os.kill(os.getpid(), signal.SIGKILL)


def _folder(folder: Path) -> None:
    with atomic_folder(folder / "out") as fresh:
        (fresh / "one").write_bytes(b"1")
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("job", [_file, _folder])
def test_what_a_killed_process_leaves_is_dropped(tmp_path: Path, job: Callable[[Path], None]) -> None:
    pid = os.fork()
    if not pid:
        try:
            job(tmp_path)
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    assert left.match(UNFINISHED)
    drop_unfinished(tmp_path)
    assert names(tmp_path) == []


def test_only_what_is_unfinished_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    for name in ("inner/a.tmp", "inner/.a", "inner/.a.1.2.tmp", ".tmp", "b"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / ".c.1.2.tmp").symlink_to(tmp_path / "inner")
    drop_unfinished(tmp_path)
    assert (names(tmp_path), names(tmp_path / "inner")) == ([".tmp", "b", "inner"], [".a", "a.tmp"])


def test_a_name_beside_stays_within_what_a_file_system_takes(tmp_path: Path) -> None:
    for name in ("x" * 255, "🙂" * 63, "a"):
        beside = fresh_beside(tmp_path / name)
        assert beside.parent == tmp_path and beside.match(UNFINISHED)
        assert len(os.fsencode(beside.name)) <= 255


def test_a_finished_folder_takes_the_place_of_an_empty_one(tmp_path: Path) -> None:
    for name in ("fresh", "out"):
        (tmp_path / name).mkdir()
    (tmp_path / "fresh" / "one").write_bytes(b"1")
    put_folder(tmp_path / "fresh", tmp_path / "out")
    assert (names(tmp_path), names(tmp_path / "out")) == (["out"], ["one"])
