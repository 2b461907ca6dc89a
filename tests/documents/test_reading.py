"""Files as documents: what is read, and how everything else is refused."""

import hashlib
import os
import re
import sys
from pathlib import Path

import pytest

from tests.documents.pdfs import pdf, scan
from vtc_r1.documents import Document, read_document, read_documents, reading
from vtc_r1.errors import DocumentError, MissingExtra
from vtc_r1.extras import remedy


def file(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.txt", "text"), ("README", "text"), ("notes.MD", "markdown"), ("paper.tex", "latex"),
        ("a.py", "code"), ("data.csv", "code"), ("Makefile.am", "code"), ("run.log", "code"),
        (".gitignore", "code"),
    ],
)  # fmt: skip
def test_what_a_file_is(tmp_path: Path, name: str, kind: str) -> None:
    content = "first line\n\n    second\n"
    found = read_document(file(tmp_path, name, content))
    assert (found.name, found.kind, found.written) == (name, kind, content)
    assert found.sha256 == hashlib.sha256(content.encode()).hexdigest()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings_that_name_themselves(tmp_path: Path, encoding: str) -> None:
    path = file(tmp_path, "a.txt", "naïve → 数\r\nnext\r".encode(encoding))
    assert read_document(path).written == "naïve → 数\nnext\n"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("none.txt", None, "cannot be read"),
        ("empty.txt", b"", "is empty"),
        ("blank.md", b" \n\t\n", "is empty"),
        ("program", b"\x7fELF\x00\x01\x02", "is a binary file"),
        ("latin.txt", "line\ncafé\n".encode("latin-1"), "line 2 is not UTF-8 (byte 0xe9)"),
        ("half.txt", b"\xff\xfea\x00b", "is not UTF-16"),
        ("broken.pdf", b"%PDF-1.7\nnothing", "is damaged, or not a PDF"),
        ("named.pdf", b"plain text", "is damaged, or not a PDF"),
    ],
)
def test_what_cannot_be_a_document(tmp_path: Path, name: str, content: bytes | None, says: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DocumentError) as raised:
        read_document(path)
    assert str(path) in str(raised.value) and says in str(raised.value)
    assert "\n" not in str(raised.value)


def test_folders_pipes_and_huge_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DocumentError, match="is a folder"):
        read_document(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DocumentError, match="not a regular file"):
        read_document(tmp_path / "pipe")
    monkeypatch.setattr(reading, "LARGEST", 2**20)
    with pytest.raises(DocumentError, match="larger than 1 MiB"):
        read_document(file(tmp_path, "huge.txt", b"x" * (2**20 + 1)))


def test_a_pdf_has_its_text_layer_and_a_scan_has_none(tmp_path: Path) -> None:
    found = read_document(file(tmp_path, "two.pdf", pdf(["The first page", "The second"])))
    assert found.kind == "pdf"
    assert [page.strip() for page in found.written.split("\f")] == ["The first page", "The second"]
    assert read_document(file(tmp_path, "scan.pdf", scan())).written == ""


def test_an_encrypted_pdf_says_so(tmp_path: Path) -> None:
    path = file(tmp_path, "locked.pdf", pdf(["secret"], password="open sesame"))
    with pytest.raises(DocumentError, match=r"locked\.pdf: is encrypted; save it without a password"):
        read_document(path)


def test_without_the_extra_a_pdf_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    with pytest.raises(MissingExtra, match=re.escape(remedy("pdf"))):
        read_document(file(tmp_path, "a.pdf", pdf(["text"])))


def test_paths_and_documents_side_by_side(tmp_path: Path) -> None:
    made = Document.of_text("at hand", "note")
    path = file(tmp_path, "a.txt", "a")
    assert [each.name for each in read_documents([str(path), path, made])] == ["a.txt", "a.txt", "note"]
    assert read_documents(str(path))[0].written == "a"
    with pytest.raises(DocumentError, match="is empty"):
        Document.of_text(" ")
