"""`vtc-r1 solve --context`, as a process of its own."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import on, vtc, vtc_each
from tests.conftest import Serve
from tests.documents.pdfs import pdf
from tests.loopback import Reply

pytestmark = pytest.mark.process

FILES = {"a.txt": "The code is 11.", "b.py": "code = 22\n", "sub/c.md": "# Notes\nThe code is 33.\n"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "d.pdf").write_bytes(pdf(["The code is 44.", "No more."]))
    return tmp_path


def codes(body: dict[str, Any]) -> Reply:
    """Box all numbers that stand in the text behind the question."""
    texts = [part.get("text", "") for part in body["messages"][-1]["content"][1:]]
    found = re.findall(r"code (?:is|=) (\d+)", "".join(texts))
    return Reply(f"\\boxed{{{'+'.join(found) or 'none'}}}")


def test_documents_of_every_kind(serve: Serve, folder: Path) -> None:
    server = serve(codes)
    names = ["a.txt", "b.py", "sub/c.md", "d.pdf"]
    given = [word for name in names for word in ("--context", name)]
    done = vtc("solve", "Which codes?", *given, *on(server), "--save", "run", cwd=folder)
    assert done.code == 0, done.err
    assert "d.pdf · 2 pages" in done.err and re.search(
        r"document +a\.txt · 1 page · \d+ text tokens", done.err
    )
    trace = json.loads((folder / "run/trace.json").read_text(encoding="utf-8"))
    assert [record["name"] for record in trace["documents"]] == ["a.txt", "b.py", "c.md", "d.pdf"]
    assert len(server.requests[0].images) == 5
    view = vtc("view", "run", cwd=folder)
    assert view.code == 0 and "d.pdf · 2 pages" in view.out
    text = vtc("solve", "Which codes?", *given, *on(server), "--memory", "text", "-q", cwd=folder)
    assert (text.code, text.out) == (0, "11+22+33+44\n")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--context", "absent.txt"], "absent.txt: cannot be read"),
        (["--context", "a.txt", "--context", "sub"], "sub: is a folder"),
        (["--context", "binary.dat"], "binary.dat: is a binary file"),
    ],
)
def test_what_cannot_be_read_is_one_line(serve: Serve, folder: Path, words: list[str], says: str) -> None:
    (folder / "binary.dat").write_bytes(b"\x00\x01")
    server = serve(codes)
    done = vtc("solve", "Which codes?", *words, *on(server), cwd=folder)
    assert done.code == 2 and says in done.error
    assert server.requests == []


def test_the_embedded_model_takes_what_it_was_taught_alone(folder: Path) -> None:
    (folder / "pairs.txt").write_text("c2=15\nk7=428\n", encoding="utf-8")
    refused = {
        "leave the documents out": ["1 + 2 * 3", "--context", "a.txt"],
        "a.txt: line 1, 'The code is 11.', is not NAME=VALUE": ["k7?", "--context", "a.txt"],
        "pairs.txt: k8 does not occur": ["k8?", "--context", "pairs.txt"],
        "'k7?' asks for a value of a document": ["k7?"],
    }
    done = vtc_each({says: ["solve", *words] for says, words in refused.items()}, cwd=folder)
    for says, result in done.items():
        assert result.code == 2 and says in result.error


@pytest.mark.parametrize("memory", ["optical", "text"])
def test_the_embedded_model_looks_a_value_up(folder: Path, memory: str) -> None:
    pytest.importorskip("transformers", reason="the embedded model needs the extra local")
    (folder / "pairs.txt").write_text("c2 = 15\nk7 = 428\nm0 = 7\nx4 = 390\n", encoding="utf-8")
    words = ["--context", "pairs.txt", "--memory", memory, "--json", "-q"]
    done = vtc("solve", "k7?", *words, cwd=folder)
    assert done.code == 0, done.err
    trace = json.loads(done.out)
    assert (trace["answer"], len(trace["iterations"])) == ("428", 1)
    assert [len(document["pages"]) for document in trace["documents"]] == [4 if memory == "optical" else 0]


def test_too_much_for_the_context(serve: Serve, folder: Path) -> None:
    (folder / "long.txt").write_text("All work and no play. " * 20_000, encoding="utf-8")
    server = serve(codes, context=8_192)
    done = vtc("solve", "Which codes?", "--context", "long.txt", *on(server), "-q", cwd=folder)
    assert done.code == 1 and "holds 8,192" in done.error
    assert server.requests == []


def test_a_batch_with_contexts_and_its_resumption(serve: Serve, folder: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"question": "one?", "context": "a.txt"},
        {"question": "two?", "context": ["b.py", {"name": "note", "text": "The code is 55."}]},
        {"question": "three?"},
    ]
    file = folder / "sub" / "rows.jsonl"
    file.write_text(
        "".join(json.dumps(row) + "\n" for row in rows).replace("a.txt", "../a.txt"), encoding="utf-8"
    )
    (folder / "sub" / "b.py").write_text(FILES["b.py"], encoding="utf-8")
    words = [
        "solve",
        "--batch",
        "sub/rows.jsonl",
        "--out",
        "out.jsonl",
        "--context",
        "sub/c.md",
        "--memory",
        "text",
    ]
    server = serve(codes)
    assert vtc(*words, *on(server), "-q", cwd=folder).code == 0
    lines = [json.loads(line) for line in (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    answers = {line["question"]: line["answer"] for line in lines}
    assert answers == {"one?": "33+11", "two?": "33+22+55", "three?": "33"}
    assert vtc(*words, *on(server), "-q", cwd=folder).code == 0
    assert len(server.requests) == 3, "nothing is solved again"
    (folder / "a.txt").write_text("The code is 12.", encoding="utf-8")
    done = vtc(*words, *on(server), cwd=folder)
    assert done.code == 2 and "traces of other questions" in done.error


@pytest.mark.parametrize(
    ("context", "says"),
    [
        (3, "context is '3'"),
        ("absent.txt", "cannot be read"),
        ([{"text": "no name"}], "give a path"),
        ("", "give a path"),
    ],
)
def test_a_bad_context_of_a_row(serve: Serve, folder: Path, context: Any, says: str) -> None:
    (folder / "rows.jsonl").write_text(json.dumps({"question": "one?", "context": context}), encoding="utf-8")
    server = serve(codes)
    done = vtc("solve", "--batch", "rows.jsonl", "--out", "out.jsonl", *on(server), cwd=folder)
    assert done.code == 2 and says in done.error
    assert server.requests == [] and not (folder / "out.jsonl").exists()
