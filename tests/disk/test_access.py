"""What cannot be read or written is named, before the work where that can be."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from vtc_r1.disk.access import finite, readable, try_file, try_folder, writable
from vtc_r1.errors import SourceError, StorageError, UsageError


def test_errors_name_the_file_and_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "absent"
    with (
        pytest.raises(StorageError, match=r"absent: cannot be read \(No such file or directory\)"),
        readable(path),
    ):
        path.read_bytes()
    with pytest.raises(SourceError, match="cannot be read"), readable(path, SourceError):
        path.read_bytes()
    with pytest.raises(StorageError, match=r"absent: cannot be written \(bare words\)$"), writable(path):
        raise OSError("bare words")
    with pytest.raises(StorageError, match=r"\(a\); write again$"), writable(path, "write again"):
        raise OSError("a")
    named = pytest.raises(SourceError, match=r"^font b: cannot be read \(a\); look$")
    with named, readable("font b", SourceError, "look"):
        raise OSError("a")
    with pytest.raises(KeyError), readable(path), writable(path):
        raise KeyError


@pytest.mark.parametrize("name", ["out", "deep/er/out", "."])
def test_trying_a_folder_leaves_nothing(tmp_path: Path, name: str) -> None:
    try_folder(tmp_path / name)
    assert [*tmp_path.iterdir()] == []


def test_a_folder_that_cannot_take_files_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StorageError, match="cannot be written"):
            try_folder(path)
    with pytest.raises(StorageError, match="cannot be written"):
        try_folder(Path("/proc/none"))


def test_a_read_only_folder_is_told() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "a.svg").write_bytes(b"<svg>")
        folder.chmod(0o555)
        for trial in (
            lambda: try_folder(folder),
            lambda: try_folder(folder / "new"),
            lambda: try_file(folder / "a.svg", b"<svg", "SVG"),
            lambda: try_file(folder / "b.svg", b"<svg", "SVG"),
        ):
            assert "cannot be written (Permission denied)" in as_nobody(trial)
        assert [path.name for path in folder.iterdir()] == ["a.svg"]


def as_nobody(trial: Callable[[], None]) -> str:
    """Return what a trial raises in a process whose user has no rights; permissions do not bind root."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            if os.geteuid() == 0:
                os.setuid(65_534)
            trial()
        except StorageError as error:
            os.write(writing, str(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(pid, 0)
    with os.fdopen(reading) as told:
        return told.read()


def test_a_file_is_replaced_by_its_own_kind_only(tmp_path: Path) -> None:
    for name, data in (("a.svg", b"<SVG x"), ("empty.svg", b""), ("new.svg", None)):
        if data is not None:
            (tmp_path / name).write_bytes(data)
        try_file(tmp_path / name, b"<svg", "SVG")
        assert not (tmp_path / name).exists() if data is None else (tmp_path / name).read_bytes() == data
    (tmp_path / "thesis.svg").write_bytes(b"words")
    with pytest.raises(UsageError, match=r"thesis.svg: exists and is not SVG; choose another name"):
        try_file(tmp_path / "thesis.svg", b"<svg", "SVG")
    with pytest.raises(StorageError, match="Is a directory"):
        try_file(tmp_path, b"<svg", "SVG")
    try_file(Path(os.devnull), b"<svg", "SVG")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.svg", "empty.svg", "thesis.svg"]


def test_a_device_without_an_end_is_refused() -> None:
    for path in ("/dev/zero", "/dev/urandom"):
        with pytest.raises(OSError, match="an endless device"):
            finite(Path(path))
    for path in (os.devnull, __file__, "/absent/file"):
        assert finite(Path(path)) == Path(path)
