"""Locks keep other processes out, and end with theirs."""

import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from vtc_r1.disk.claim import claim, holds
from vtc_r1.disk.lock import Lock
from vtc_r1.errors import StorageError, UsageError

TAKEN = UsageError("another has it")
HOLD = (
    "import sys, time\nfrom pathlib import Path\nfrom vtc_r1.disk.lock import Lock\n"
    "from vtc_r1.errors import UsageError\n"
    "lock = Lock(Path(sys.argv[1]), UsageError('taken'))\nprint('has it', flush=True)\nsys.stdin.read()\n"
)


@pytest.mark.process
@pytest.mark.parametrize("name", [".", "lock"])
def test_a_lock_is_one_process_s_and_ends_with_it(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    for end in (signal.SIGKILL, None):
        command = [sys.executable, "-c", HOLD, str(path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
            assert holder.stdout is not None and holder.stdin is not None
            assert holder.stdout.readline() == "has it\n"
            with pytest.raises(UsageError, match="another has it"):
                Lock(path, TAKEN)
            if end is None:
                holder.stdin.close()
            else:
                holder.send_signal(end)
            holder.wait()
        Lock(path, TAKEN).close()


def test_a_lock_is_let_go_once(tmp_path: Path) -> None:
    with Lock(tmp_path, TAKEN) as lock, pytest.raises(UsageError):
        Lock(tmp_path, TAKEN)
    lock.close()
    Lock(tmp_path, TAKEN).close()


@pytest.mark.parametrize("again", [False, True])
def test_a_folder_that_is_taken_away_meanwhile_is_not_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    path, lock = tmp_path / "folder", fcntl.flock

    def late(file: int, how: int) -> None:
        """Lock after another process has taken the folder away, and perhaps made it anew."""
        shutil.rmtree(path)
        if again:
            path.mkdir()
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", late)
    path.mkdir()
    with pytest.raises(UsageError, match="another has it"):
        Lock(path, TAKEN)


def test_a_file_system_without_locks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(file: int, how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(StorageError, match=r"cannot be locked \(No locks available\); choose a folder"):
        Lock(tmp_path, TAKEN)


def test_a_claim_makes_the_folder_and_says_who_has_it(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    with claim(out, "vtc-r1 eval"):
        assert out.is_dir() and not [*out.iterdir()]
        with pytest.raises(StorageError, match="another vtc-r1 eval writes to it; wait until it ends"):
            claim(out, "vtc-r1 eval")
    claim(out, "vtc-r1 eval").close()


def test_a_folder_is_known_by_its_file(tmp_path: Path) -> None:
    assert not holds(tmp_path / "absent", "run.json", "run")
    assert not holds(tmp_path, "run.json", "run")
    (tmp_path / ".hidden").write_bytes(b"")
    assert not holds(tmp_path, "run.json", "run")
    (tmp_path / "thesis.tex").write_bytes(b"")
    with pytest.raises(StorageError, match=r"exists and does not hold a run \(run.json is missing\)"):
        holds(tmp_path, "run.json", "run")
    with pytest.raises(StorageError, match="does not hold a run"):
        holds(tmp_path / "thesis.tex", "run.json", "run")
    (tmp_path / "run.json").write_bytes(b"")
    assert holds(tmp_path, "run.json", "run")
