"""Lines that only grow: whole ones are kept, a torn last one was never written."""

import errno
import json
import os
from io import FileIO
from pathlib import Path

import pytest

from vtc_r1.disk.lines import (
    append_to,
    every_line,
    location,
    pass_over,
    read_lines,
    replace_lines,
    torn_line,
    whole_lines,
    write_line,
)
from vtc_r1.errors import SourceError, StorageError

WHOLE = b'{"a":1}\n{"a":2}\n'
TORN = [b"", b"{", b'{"a":3', b'{"a":3}', b"\xff\xfe", b"\0", "{“".encode()[:-1], b"x" * 200_000, b" "]


@pytest.mark.parametrize("whole", [b"", WHOLE, b"\n", b'{"a":"' + b"y" * 70_000 + b'"}\n'])
@pytest.mark.parametrize("torn", TORN, ids=range(len(TORN)))
def test_a_torn_last_line_was_never_written(tmp_path: Path, whole: bytes, torn: bytes) -> None:
    path = tmp_path / "lines"
    path.write_bytes(whole + torn)
    assert (b"".join(whole_lines(path)), torn_line(path)) == (whole, torn)
    assert b"".join(every_line(path)) == whole + torn
    with append_to(path) as file:
        write_line(file, '{"a":"é"}')
        write_line(file, b"{}")
    assert path.read_bytes() == whole + '{"a":"é"}\n{}\n'.encode()
    assert torn_line(path) == b""


def test_a_file_that_is_absent_has_no_lines(tmp_path: Path) -> None:
    path = tmp_path / "none"
    assert ([*whole_lines(path)], [*read_lines(path)], torn_line(path)) == ([], [], b"")
    assert not path.exists()
    with pytest.raises(SourceError, match=r"none: cannot be read \(No such file"):
        [*every_line(path, SourceError)]


def test_what_cannot_be_read_or_written_is_named(tmp_path: Path) -> None:
    for read in (whole_lines, read_lines, every_line):
        with pytest.raises(StorageError, match=r"cannot be read \(Is a directory\)"):
            [*read(tmp_path)]
    with pytest.raises(StorageError, match=r"cannot be read \(Is a directory\)"):
        torn_line(tmp_path)
    with pytest.raises(StorageError, match=r"cannot be written \(Is a directory\)"):
        append_to(tmp_path)
    with pytest.raises(StorageError, match=r"absent/lines: cannot be written"):
        append_to(tmp_path / "absent" / "lines")
    with pytest.raises(StorageError, match=r"absent/lines: cannot be written"):
        replace_lines(tmp_path / "absent" / "lines", [b"\n"])


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{", "is damaged"),
        (b"", "is damaged"),
        (b"[1]", "is not an object"),
        (b"1", "is not an object"),
        (b"null", "is not an object"),
        (b'{"a":\xff}', "is damaged"),
        (b'{"a":1}{"a":2}', "is damaged"),
        (b"\0\0\0", "is damaged"),
        (b"[" * 200_000, "is damaged"),
        (b"{'a': 1}", "is damaged"),
    ],
)
def test_a_damaged_line_is_named_or_told(tmp_path: Path, line: bytes, why: str) -> None:
    path = tmp_path / "lines"
    path.write_bytes(WHOLE + line + b'\n{"a":4}\n')
    with pytest.raises(StorageError, match=f"lines: line 3 {why}.*; delete the line"):
        [*read_lines(path)]
    lost: list[tuple[bytes, str]] = []
    found = read_lines(path, lambda raw, error: lost.append((raw, location(error))))
    assert [values["a"] for _, values in found] == [1, 2, 4]
    ((raw, said),) = lost
    assert raw == line + b"\n" and said.startswith(f"{path}: line 3 {why}") and "delete the line" not in said
    assert len([*read_lines(path, pass_over)]) == 3


class Full(FileIO):
    """A file on a disk that takes so many bytes more, and then none."""

    left = 5

    def write(self, data: object) -> int:
        if not self.left:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = memoryview(data)[: self.left]  # type: ignore[arg-type]
        self.left -= len(taken)
        return super().write(taken)


def test_a_line_for_which_the_disk_has_no_room_is_not_begun(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(WHOLE)
    with Full(path, "ab+") as file, pytest.raises(OSError, match="No space left"):
        write_line(file, '{"a":3}')
    assert path.read_bytes() == WHOLE


def test_a_line_is_on_the_disk_where_that_is_asked_for_or_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lines"
    with append_to(path) as file:
        write_line(file, "{}", synced=True)

        def fail(number: int) -> None:
            raise OSError(errno.EIO, f"Input/output error of {number == file.fileno()}")

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="error of True"):
            write_line(file, '{"a":1}', synced=True)
    assert path.read_bytes() == b"{}\n"


def test_lines_are_replaced_while_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"".join(json.dumps({"a": at}).encode() + b"\n" for at in range(20_000)) + b'{"a"')
    replace_lines(path, (line for line, values in read_lines(path) if values["a"] % 2))
    assert [values["a"] for _, values in read_lines(path)] == [*range(1, 20_000, 2)]
    assert [entry.name for entry in tmp_path.iterdir()] == ["lines"]


def test_lines_stay_where_new_ones_cannot_be_made(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(WHOLE + b"{\n")
    with pytest.raises(StorageError, match="line 3 is damaged"):
        replace_lines(path, (line for line, _ in read_lines(path)))
    assert path.read_bytes() == WHOLE + b"{\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["lines"]
