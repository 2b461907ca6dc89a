"""`vtc-r1 solve` of one question, as a process of its own."""

import json
from pathlib import Path

import pytest

from tests.cli.command import Result, on, vtc, vtc_each
from tests.conftest import Serve
from tests.loopback import MODEL, Loopback, Reply, refusal
from vtc_r1.storage import load_trace

pytestmark = pytest.mark.process

QUESTION = "What is 6 times 7?"
WORK = ["First, 6 times 7 is 42.\n", "So it is \\boxed{42}."]
TRACE = "version question status answer model memory iterations usage compression_ratio error"
ITERATION = "index text finish_reason pages usage seconds"
NESTED = {
    "usage": "prompt_tokens vision_tokens completion_tokens cached_tokens",
    "seconds": "render first_token generate",
}


def test_the_answer_alone_goes_to_standard_output(serve: Serve, tmp_path: Path) -> None:
    done = vtc("solve", QUESTION, *on(serve(WORK)), cwd=tmp_path)
    assert (done.code, done.out) == (0, "42\n")
    assert QUESTION in done.err and MODEL in done.err
    assert "iteration 2" in done.err and "▣ page" in done.err and "answered" in done.err
    assert "\x1b" not in done.err


def test_json_is_one_trace_and_save_stores_the_same(serve: Serve, tmp_path: Path) -> None:
    done = vtc("solve", QUESTION, *on(serve(WORK)), "--json", "-q", "--save", "run", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    trace = json.loads(done.out)
    assert set(TRACE.split()) <= set(trace)
    assert (trace["version"], trace["question"], trace["status"]) == (1, QUESTION, "answered")
    assert (trace["answer"], trace["memory"], trace["error"]) == ("42", "optical", None)
    for iteration in trace["iterations"]:
        assert set(ITERATION.split()) <= set(iteration)
        for name, fields in NESTED.items():
            assert set(fields.split()) == set(iteration[name])
    page = trace["iterations"][0]["pages"][0]
    assert set(page) == {"sha256", "width", "height", "vision_tokens", "text"}
    assert trace["usage"]["completion_tokens"] == 40
    stored = load_trace(tmp_path / "run")
    assert json.loads(stored.model_dump_json()) == trace
    assert list(stored.pages) == [page["sha256"]]


def test_the_question_comes_from_standard_input(serve: Serve, tmp_path: Path) -> None:
    server = serve(["\\boxed{1}"])
    done = vtc("solve", "-", *on(server), "-q", cwd=tmp_path, stdin="Zwei\nZeilen: ∑?\n")
    assert (done.code, done.out, done.err) == (0, "1\n", "")
    assert server.requests[0].content[0]["text"].startswith("Zwei\nZeilen: ∑?\n")


def test_flags_environment_and_file_reach_the_server(serve: Serve, tmp_path: Path) -> None:
    server = serve(["\\boxed{1}"])
    file = f'base_url = "{server.base_url}"\ntemperature = 0.1\ntop_p = 0.2\ntop_k = 3\n'
    (tmp_path / "vtc.toml").write_text(file, encoding="utf-8")
    flags = ["--top-k", "5", "--no-stream", "--segment-tokens", "99", "--seed", "4", "-q"]
    done = vtc("solve", QUESTION, *flags, cwd=tmp_path, VTC_MODEL=MODEL, VTC_TOP_P="0.4")
    assert (done.code, done.out) == (0, "1\n")
    body = server.requests[0].body
    assert (body["temperature"], body["top_p"], body["top_k"], body["seed"]) == (0.1, 0.4, 5, 4)
    assert (body["max_tokens"], body["model"], body["presence_penalty"]) == (99, MODEL, 1.5)
    assert not body.get("stream")


def test_no_answer_is_exit_code_1(serve: Serve, tmp_path: Path) -> None:
    done = vtc("solve", QUESTION, *on(serve(lambda _: "The same.\n")), cwd=tmp_path)
    assert (done.code, done.out) == (1, "")
    assert "stalled" in done.err


def test_a_failed_solve_is_exit_code_1_and_a_trace(serve: Serve, tmp_path: Path) -> None:
    done = vtc(
        "solve", QUESTION, *on(serve([refusal("\x1b[2J\x9b31m too\nlong")])), "--json", "-q", cwd=tmp_path
    )
    assert done.code == 1
    assert done.err.count("\n") == 1 and done.err.endswith("too long\n") and "answered 400" in done.err
    assert not set("\x1b\x9b") & set(done.err)
    trace = json.loads(done.out)
    assert (trace["status"], trace["answer"]) == ("failed", None) and "too long" in trace["error"]


HOSTILE = "\x1b]0;title\x07\x1b[2J\x9b31m\u202eevil\r\n \\boxed{4\x1b[8m2}"


def test_hostile_output_is_not_printed_raw(serve: Serve, tmp_path: Path) -> None:
    reply = Reply(HOSTILE, reasoning="\x1b[1A \x9b2K", piece=1)
    done = vtc("solve", "\x1b[31mred?", *on(serve([reply])), cwd=tmp_path)
    assert done.code == 0
    assert done.out == "4\N{REPLACEMENT CHARACTER}[8m2\n"
    assert "evil" in done.err
    assert not set("\x1b\x9b\x07\u202e\r") & set(done.err)


def test_a_hostile_server_is_not_printed_raw(serve: Serve, tmp_path: Path) -> None:
    server = serve([], models=(f"{MODEL}\x1b[2J\x9b31m",))
    done = vtc("solve", QUESTION, *on(server), cwd=tmp_path)
    assert done.code == 2 and not set("\x1b\x9b") & set(done.error)


NOWHERE = ["--base-url", "http://127.0.0.1:9/v1", "--model", MODEL]


BAD_USAGE = {
    "the question is empty": ["", *NOWHERE],
    "give one question": [],
    "--batch FILE and --out FILE.jsonl go together": ["--batch", "questions.txt", *NOWHERE],
    "--save is for one question": ["--batch", "q.txt", "--out", "o.jsonl", "--save", "run"],
    "did you mean 'optical'?": [QUESTION, "--memory", "optcal", *NOWHERE],
    "did you mean 'default'?": [QUESTION, "--profile", "defualt", *NOWHERE],
    "bad.toml": [QUESTION, "--profile", "bad.toml", *NOWHERE],
    "did you mean 'boxed'?": [QUESTION, "--prompts", "boxd", *NOWHERE],
    "did you mean 'vtc-r1'?": [QUESTION, "--preset", "vtcr1", *NOWHERE],
    "absent.txt": [QUESTION, "--system-file", "absent.txt", *NOWHERE],
    "(--model NAME)": [QUESTION, "--base-url", "http://127.0.0.1:9/v1"],
    "127.0.0.1:30000": [QUESTION, "--base-url", "127.0.0.1:30000", "--model", MODEL],
    "temperature": [QUESTION, "--temperature", "-1", *NOWHERE],
    "is not of a kind that the embedded model knows": ["Prove that 2 is prime."],
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    folder = tmp_path_factory.mktemp("bad-usage")
    (folder / "bad.toml").write_text("width = \n", encoding="utf-8")
    results = vtc_each({says: ["solve", *words] for says, words in BAD_USAGE.items()}, cwd=folder)
    assert [path.name for path in folder.iterdir()] == ["bad.toml"]
    return results


@pytest.mark.parametrize("says", BAD_USAGE)
def test_bad_usage_is_one_line_and_exit_code_2(refused: dict[str, Result], says: str) -> None:
    assert refused[says].code == 2
    assert says in refused[says].error


def test_standard_input_that_is_no_text(tmp_path: Path) -> None:
    done = vtc("solve", "-", *NOWHERE, cwd=tmp_path, stdin=b"\xff\xfe")
    assert done.code == 2 and "standard input is not UTF-8" in done.error


def test_a_corrupt_settings_file(tmp_path: Path) -> None:
    (tmp_path / "vtc.toml").write_text("memory = \n", encoding="utf-8")
    done = vtc("solve", QUESTION, *NOWHERE, cwd=tmp_path)
    assert done.code == 2 and "vtc.toml: cannot be read" in done.error


def test_a_server_that_is_down(tmp_path: Path) -> None:
    server = Loopback([])
    server.close()
    done = vtc("solve", QUESTION, *on(server), cwd=tmp_path)
    assert done.code == 1
    assert server.base_url in done.error and "cannot be reached" in done.error


def test_a_model_that_is_not_served(serve: Serve, tmp_path: Path) -> None:
    server = serve(["\\boxed{1}"])
    done = vtc("solve", QUESTION, "--base-url", server.base_url, "--model", "Qwen/Qwen3-VL-8B", cwd=tmp_path)
    assert done.code == 2
    assert f"did you mean '{MODEL}'" in done.error
    assert server.requests == []


def test_a_refused_key(serve: Serve, tmp_path: Path) -> None:
    done = vtc("solve", QUESTION, *on(serve([], key="right")), cwd=tmp_path, VTC_API_KEY="sk-wrong")
    assert done.code == 1
    assert "set VTC_API_KEY" in done.error and "sk-wrong" not in done.error


def test_a_folder_that_cannot_be_written(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = vtc("solve", QUESTION, *on(serve(WORK)), "-q", "--save", "file/run", cwd=tmp_path)
    assert done.code == 1
    assert "cannot be written" in done.error


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    done = vtc("--debug", "solve", QUESTION, "--memory", "optcal", *NOWHERE, cwd=tmp_path)
    assert done.code != 0
    assert "Traceback" in done.err and "UnknownName" in done.err
