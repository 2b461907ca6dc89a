"""`vtc-r1 solve --batch`: many questions, resumed where it stopped."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Result, on, vtc
from tests.conftest import Serve
from tests.loopback import MODEL, Loopback, Reply, refusal
from vtc_r1 import Solver
from vtc_r1.cli.batch.rows import read_rows
from vtc_r1.cli.batch.run import solve_batch
from vtc_r1.errors import UsageError
from vtc_r1.storage import parse_trace
from vtc_r1.trace import Trace

pytestmark = pytest.mark.process

QUESTIONS = ["one?", "two?", "three?"]
SOLVED = {"one?": "1", "two?": "2", "three?": "3"}


def answer(body: dict[str, Any]) -> Reply:
    """Box what the question asks for."""
    text = body["messages"][-1]["content"][0]["text"]
    return Reply(f"\\boxed{{{SOLVED[text.split()[0]]}}}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [{"question": QUESTIONS[0]}, {"problem": QUESTIONS[1], "answer": 2}, {"question": QUESTIONS[2]}]
    lines = "\n\n".join(map(json.dumps, rows)) + "\n"
    (tmp_path / "questions.jsonl").write_text(lines, encoding="utf-8")
    return tmp_path


def batch(server: Loopback, folder: Path, *more: str, file: str = "questions.jsonl") -> Result:
    return vtc("solve", "--batch", file, "--out", "out.jsonl", *on(server), *more, cwd=folder)


def done_before(server: Loopback, folder: Path) -> bytes:
    """Solve the batch in this process, one after the other; returns what was written."""
    out = folder / "out.jsonl"
    with Solver(base_url=server.base_url, model=MODEL) as solver:
        assert solve_batch(solver, folder / "questions.jsonl", out, concurrency=1, quiet=True) == 0
    return out.read_bytes()


def traces(folder: Path) -> list[Trace]:
    text = (folder / "out.jsonl").read_text(encoding="utf-8")
    assert text.endswith("\n")
    return sorted(map(parse_trace, text[:-1].split("\n")), key=lambda trace: trace.index or 0)


def asked(server: Loopback) -> list[str]:
    return sorted(request.content[0]["text"].split()[0] for request in server.requests)


def test_a_batch_and_its_resumption(serve: Serve, folder: Path) -> None:
    server = serve(answer)
    done = batch(server, folder, "--concurrency", "2")
    assert (done.code, done.out) == (0, "")
    assert "3 of 3 answered" in done.err
    assert server.most_active <= 2
    assert [(trace.index, trace.question, trace.answer) for trace in traces(folder)] == [
        (at, question, SOLVED[question]) for at, question in enumerate(QUESTIONS)
    ]
    again = batch(server, folder)
    assert (again.code, len(server.requests)) == (0, 3)
    assert "3 of 3 answered" in again.err


def test_a_torn_last_line_is_owed_again(serve: Serve, folder: Path) -> None:
    (folder / "out.jsonl").write_bytes(done_before(serve(answer), folder)[:-40])
    server = serve(answer)
    assert batch(server, folder, "-q").code == 0
    assert asked(server) == ["three?"]
    assert [trace.answer for trace in traces(folder)] == ["1", "2", "3"]


def test_other_settings_are_refused(serve: Serve, folder: Path) -> None:
    server = serve(answer)
    before = done_before(server, folder)
    done = batch(server, folder, "--temperature", "0")
    assert done.code == 2 and "made with other settings" in done.error
    (folder / "questions.jsonl").write_text('{"question": "four?"}\n', encoding="utf-8")
    done = batch(server, folder)
    assert done.code == 2 and "other questions" in done.error
    assert ((folder / "out.jsonl").read_bytes(), len(server.requests)) == (before, 3)


def test_a_failed_question_does_not_stop_the_others(serve: Serve, folder: Path) -> None:
    server = serve(lambda body: refusal("no") if "two?" in str(body["messages"]) else answer(body))
    done = batch(server, folder)
    assert done.code == 1 and "2 of 3 answered" in done.err
    assert [trace.status for trace in traces(folder)] == ["answered", "failed", "answered"]


def test_plain_lines_are_questions(serve: Serve, folder: Path) -> None:
    (folder / "questions.txt").write_text("one?\n\n  two?\n", encoding="utf-8")
    server = serve(answer)
    assert batch(server, folder, "-q", file="questions.txt").code == 0
    assert [trace.question for trace in traces(folder)] == ["one?", "two?"]


def test_line_separators_inside_a_text_end_no_line(serve: Serve, folder: Path) -> None:
    question = "one?\u2028\x85 what"
    row = json.dumps({"question": question}, ensure_ascii=False)
    (folder / "questions.jsonl").write_text(row + "\n", encoding="utf-8")
    server = serve([Reply("It is\u2028\x85\\boxed{1}")])
    assert batch(server, folder, "-q").code == 0
    assert batch(server, folder, "-q").code == 0
    assert [(trace.question, trace.answer) for trace in traces(folder)] == [(question, "1")]
    assert len(server.requests) == 1


@pytest.mark.parametrize("notes", ["my only copy", "a line\nand another"])
def test_a_file_that_is_not_ours_is_left_as_it_is(serve: Serve, folder: Path, notes: str) -> None:
    (folder / "out.jsonl").write_text(notes, encoding="utf-8")
    done = batch(serve(answer), folder)
    assert done.code == 2 and "choose another --out" in done.error
    assert (folder / "out.jsonl").read_text(encoding="utf-8") == notes


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("absent.jsonl", None, "absent.jsonl: cannot be read"),
        ("empty.jsonl", b"\n \n", "holds no question"),
        ("bad.jsonl", b'{"question": "one?"}\n{"question": \n', "bad.jsonl:2: is not JSON"),
        ("fields.jsonl", b'{"q": "one?"}\n', "has no text field named question or problem"),
        ("list.jsonl", b"[1]\n", "has no text field"),
        ("binary.txt", b"\xff\xfe\x00", "cannot be read"),
    ],
)
def test_a_bad_file_of_questions(folder: Path, name: str, content: bytes | None, says: str) -> None:
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(UsageError) as raised:
        read_rows(folder / name)
    assert says in str(raised.value)


def test_a_bad_file_of_questions_is_one_line(folder: Path) -> None:
    nowhere = ["--base-url", "http://127.0.0.1:9/v1", "--model", "any"]
    done = vtc("solve", "--batch", "absent.jsonl", "--out", "out.jsonl", *nowhere, cwd=folder)
    assert done.code == 2 and "absent.jsonl: cannot be read" in done.error
    assert not (folder / "out.jsonl").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"sees": False}, "drops it: the prompt has no more tokens; serve a vision model"),
        ({"context": 4_096}, "4,096 tokens; a question, one page and a segment"),
        ({"key": "secret"}, "the server rejects the API key; set VTC_API_KEY"),
        ({"models": ("another",)}, "is not served; it has another; give --model another"),
    ],
    ids=["text-only", "context", "key", "model"],
)
def test_an_unfit_server_is_refused_before_anything_is_solved(
    serve: Serve, folder: Path, options: dict[str, Any], says: str
) -> None:
    server = serve(answer, **options)
    done = batch(server, folder)
    assert done.code == (2 if "models" in options else 1) and says in done.error
    assert server.requests == [] and not (folder / "out.jsonl").exists()


def test_memory_without_pages_needs_no_vision_model(serve: Serve, folder: Path) -> None:
    assert batch(serve(answer, sees=False), folder, "--memory", "text", "-q").code == 0


def ill(status: int, times: int = 6) -> Callable[[dict[str, Any]], Reply]:
    """Answer every question but the second; that one is answered after some failures."""
    failed = 0

    def reply(body: dict[str, Any]) -> Reply:
        nonlocal failed
        if "two?" not in str(body["messages"]) or failed >= times:
            return answer(body)
        failed += 1
        return refusal("on fire", status)

    return reply


def test_what_a_server_failed_is_solved_again_by_the_same_command(serve: Serve, folder: Path) -> None:
    server = serve(ill(500))
    done = batch(server, folder)
    assert done.code == 1
    assert "2 of 3 answered" in done.err and "1 failed, server error: " in done.err
    assert "answered 500: on fire; gave up after 6 attempts (questions.jsonl:3)" in done.err
    assert (
        "run the same command again to solve what is left: 1 question\n" in done.err
        and "--retry-failed" not in done.err
    )
    assert [trace.cause for trace in traces(folder)] == [None, "error", None]
    again = batch(server, folder)
    assert again.code == 0 and "1 that failed are solved again: 1 server error" in again.err
    assert [trace.answer for trace in traces(folder)] == ["1", "2", "3"]
    assert len(server.requests) == 2 + 6 + 1


def test_what_was_refused_is_solved_again_only_when_asked(serve: Serve, folder: Path) -> None:
    server = serve(ill(400, times=1))
    done = batch(server, folder)
    assert done.code == 1 and "1 failed, request refused: " in done.err and "questions.jsonl:3" in done.err
    assert "--retry-failed solves again" in done.err and "the same command" not in done.err
    kept = (folder / "out.jsonl").read_bytes()
    assert batch(server, folder).code == 1
    assert ((folder / "out.jsonl").read_bytes(), len(server.requests)) == (kept, 3)
    assert batch(server, folder, "--retry-failed").code == 0
    assert [trace.answer for trace in traces(folder)] == ["1", "2", "3"]


def test_failures_without_a_cause_on_record_are_read_and_kept(serve: Serve, folder: Path) -> None:
    server = serve(ill(500))
    assert batch(server, folder, "-q").code == 1
    out = folder / "out.jsonl"
    old = re.sub(r'"cause":(null|"error"),', "", out.read_text(encoding="utf-8"))
    assert "cause" not in old
    out.write_text(old, encoding="utf-8")
    done = batch(server, folder)
    assert done.code == 1 and "1 failed, cause not on record: " in done.err and "--retry-failed" in done.err
    assert batch(server, folder, "--retry-failed", "-q").code == 0


def test_a_question_that_cannot_be_asked_is_named_with_its_line(serve: Serve, folder: Path) -> None:
    rows = ["", '{"question": "one?"}', "", '{"question": " "}', '{"question": "two?"}']
    (folder / "questions.jsonl").write_text("\n".join(rows), encoding="utf-8")
    done = batch(serve(answer), folder, "-q")
    assert done.code == 1
    assert (
        "1 failed, question refused: the question is empty; give a problem to solve (questions.jsonl:4)"
        in (done.err)
    )
    assert [trace.cause for trace in traces(folder)] == [None, "question", None]


def test_a_key_that_is_refused_all_of_a_sudden_stops_the_batch(serve: Serve, folder: Path) -> None:
    (folder / "many.txt").write_text("one?\n" * 40, encoding="utf-8")

    def expired(body: dict[str, Any]) -> Reply:
        return answer(body) if len(server.requests) <= 10 else refusal("expired", 401)

    server = serve(expired)
    done = batch(server, folder, "--concurrency", "1", file="many.txt")
    assert done.code == 1 and "10 of 40 answered" in done.err
    assert "5 failed, API key refused: " in done.err
    assert "the 25 questions that are left are not spent on it" in done.err
    assert "run the same command again to solve what is left: 30 questions" in done.err
    server.script = answer
    assert batch(server, folder, file="many.txt").code == 0
    assert len(traces(folder)) == 40


def test_retry_failed_is_for_batches(folder: Path) -> None:
    done = vtc("solve", "1+2", "--retry-failed", cwd=folder)
    assert done.code == 2 and "--retry-failed is for --batch" in done.error
