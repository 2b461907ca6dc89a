"""The same trouble with a server ends every command with the same exit code, before anything is written."""

from pathlib import Path

import pytest

from tests.cli.command import vtc_each
from tests.conftest import Serve
from tests.loopback import MODEL

pytestmark = pytest.mark.process

COMMANDS = {
    "solve": ["solve", "What is it?"],
    "batch": ["solve", "--batch", "questions.txt", "--out", "out.jsonl"],
    "eval": ["eval", "arithmetic", "--limit", "2", "--out", "runs"],
    "sample": ["data", "sample", "--problems", "arithmetic", "--limit", "2", "--out", "data"],
    "serve": ["serve", "--port", "0"],
}


@pytest.mark.parametrize(
    ("trouble", "code", "says"),
    [
        ("away", 1, "cannot be reached"),
        ("key", 1, "set VTC_API_KEY"),
        ("model", 2, MODEL),
        ("address", 2, "is not an http:// or https:// address"),
    ],
)
def test_equal_causes_have_equal_exit_codes(
    serve: Serve, tmp_path: Path, trouble: str, code: int, says: str
) -> None:
    (tmp_path / "questions.txt").write_text("one?\n")
    url = {"away": "http://127.0.0.1:9/v1", "address": "127.0.0.1:9"}.get(trouble)
    server = serve([], key="secret" if trouble == "key" else None)
    flags = ["--base-url", url or server.base_url, "--model", "other" if trouble == "model" else MODEL]
    done = vtc_each({name: [*words, *flags] for name, words in COMMANDS.items()}, cwd=tmp_path)
    assert {name: result.code for name, result in done.items()} == dict.fromkeys(COMMANDS, code)
    assert [name for name, result in done.items() if says not in result.error] == []
    assert [path.name for path in tmp_path.iterdir()] == ["questions.txt"]
    assert server.requests == []
