"""What cannot be read or written is named, before the work where that can be."""

import os
from pathlib import Path

import pytest

from vtc_r1.disk.access import finite, readable, try_file, try_folder, writable
from vtc_r1.errors import SourceError, StorageError, UsageError

ROOT = os.geteuid() == 0


def test_errors_name_the_file_and_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "absent"
    with (
        pytest.raises(StorageError, match=r"absent: cannot be read \(No such file or directory\)"),
        readable(path),
    ):
        path.read_bytes()
    with pytest.raises(SourceError, match="cannot be read"), readable(path, SourceError):
        path.read_bytes()
    with pytest.raises(StorageError, match=r"absent: cannot be written \(bare words\)"), writable(path):
        raise OSError("bare words")
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


@pytest.mark.skipif(ROOT, reason="permissions do not bind root")
def test_a_read_only_folder_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError, match=r"cannot be written \(Permission denied\)"):
        try_folder(tmp_path)
    with pytest.raises(StorageError, match=r"cannot be written \(Permission denied\)"):
        try_file(tmp_path / "a.svg", b"<svg", "SVG")


def test_a_file_is_replaced_by_its_own_kind_only(tmp_path: Path) -> None:
    for name, data in (("a.svg", b"<SVG x"), ("empty.svg", b""), ("new.svg", None)):
        if data is not None:
            (tmp_path / name).write_bytes(data)
        try_file(tmp_path / name, b"<svg", "SVG")
        assert not (tmp_path / name).exists() if data is None else (tmp_path / name).read_bytes() == data
    (tmp_path / "thesis.svg").write_bytes(b"words")
    with pytest.raises(UsageError, match=r"thesis.svg: is there and is no SVG; choose another name"):
        try_file(tmp_path / "thesis.svg", b"<svg", "SVG")
    with pytest.raises(StorageError, match="Is a directory"):
        try_file(tmp_path, b"<svg", "SVG")
    try_file(Path(os.devnull), b"<svg", "SVG")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.svg", "empty.svg", "thesis.svg"]


def test_a_device_without_an_end_is_refused() -> None:
    for path in ("/dev/zero", "/dev/urandom"):
        with pytest.raises(OSError, match="a device without an end"):
            finite(Path(path))
    for path in (os.devnull, __file__, "/absent/file"):
        assert finite(Path(path)) == Path(path)
