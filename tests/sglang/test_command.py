"""The command line for SGLang: its flags are SGLang's, and they suit the model."""

import argparse
import json
import shlex
from pathlib import Path

import pytest

from tests.cli.command import vtc
from vtc_r1.backends.embedded import checkpoint
from vtc_r1.errors import UsageError
from vtc_r1.sglang.command import (
    REPLICA_FLAGS,
    ROUTER_FLAGS,
    SERVER_FLAGS,
    Command,
    context_length,
    written,
)

INSTRUCT, THINKING = "Qwen/Qwen3-VL-8B-Instruct", "Qwen/Qwen3-VL-8B-Thinking"

COMMANDS = {
    "one server": (Command(INSTRUCT, mem_fraction=0.85, dp=2, tp=4), SERVER_FLAGS),
    "a thinking model": (Command(THINKING), SERVER_FLAGS),
    "replicas": (Command(INSTRUCT, replicas=3), SERVER_FLAGS + REPLICA_FLAGS),
    "workers": (Command(INSTRUCT, workers=("http://a:1", "http://b:2")), ROUTER_FLAGS),
}


@pytest.mark.parametrize("case", COMMANDS)
def test_only_flags_that_were_read_from_its_parser_are_used(case: str) -> None:
    command, known = COMMANDS[case]
    used = {word for word in command.arguments() if word.startswith("--")}
    assert used and used <= set(known)


@pytest.mark.parametrize("case", COMMANDS)
def test_the_real_parser_takes_them_where_it_is_installed(case: str) -> None:
    command, _ = COMMANDS[case]
    parser = argparse.ArgumentParser(exit_on_error=False)
    if not command.workers:
        server = pytest.importorskip("sglang.srt.server_args", reason="SGLang is not installed")
        server.ServerArgs.add_cli_args(parser)
    if command.workers or command.replicas:
        router = pytest.importorskip("sglang_router.router_args", reason="SGLang's router is not installed")
        behind = bool(command.replicas)
        router.RouterArgs.add_cli_args(parser, use_router_prefix=behind, exclude_host_port=behind)
        parser.add_argument("--router-dp-worker-base-port")
    _, left = parser.parse_known_args(command.arguments())
    assert left == []


def test_the_workload_is_told_to_the_server() -> None:
    words = Command(INSTRUCT, dp=2, images=40, context_length=16_384, stream_interval=8).words("python")
    assert words[:3] == ["python", "-m", "sglang.launch_server"]
    assert "--enable-cache-report" in words and "--reasoning-parser" not in words
    value = dict(zip(words, [*words[1:], ""], strict=True))
    assert (value["--dp-size"], value["--context-length"], value["--stream-interval"]) == ("2", "16384", "8")
    assert json.loads(value["--limit-mm-data-per-request"]) == {"image": 40, "video": 0, "audio": 0}
    assert value["--host"] == "127.0.0.1"


def test_only_thinking_models_get_a_reasoning_parser() -> None:
    words = Command(THINKING).arguments()
    assert words[words.index("--reasoning-parser") + 1] == "qwen3"


def test_the_router_is_sglangs_own() -> None:
    replicas = Command(INSTRUCT, replicas=4, tp=2)
    assert replicas.module == "sglang_router.launch_server"
    assert replicas.arguments()[replicas.arguments().index("--dp-size") + 1] == "4"
    workers = Command(INSTRUCT, workers=("http://a:1", "http://b:2"))
    assert workers.words("python")[2:6] == [
        "sglang_router.launch_router",
        "--worker-urls",
        "http://a:1",
        "http://b:2",
    ]


def test_extra_flags_come_last_and_their_key_is_ours_too() -> None:
    command = Command(INSTRUCT, extra=("--api-key", "secret"))
    assert command.arguments()[-2:] == ["--api-key", "secret"]
    assert command.api_key == "secret"
    assert Command(INSTRUCT, extra=("--api-key=secret",)).api_key == "secret"
    assert Command(INSTRUCT).api_key is None


@pytest.mark.parametrize(
    ("host", "url"),
    [("0.0.0.0", "http://127.0.0.1:7/v1"), ("::", "http://[::1]:7/v1"), ("box", "http://box:7/v1")],
)
def test_the_address_can_be_reached_from_here(host: str, url: str) -> None:
    assert Command(INSTRUCT, host=host, port=7).base_url == url


def test_a_container_sees_a_local_checkpoint_and_listens_to_its_host() -> None:
    words = Command(str(checkpoint()), port=7).container()
    assert words[:2] == ["docker", "run"] and f"{checkpoint()}:{checkpoint()}:ro" in words
    assert "127.0.0.1:7:7" in words
    assert words[words.index("--host") + 1] == "0.0.0.0"


@pytest.mark.process
def test_print_starts_nothing_and_prints_what_a_shell_takes(tmp_path: Path) -> None:
    done = vtc("launch", INSTRUCT, "--port", "7", "--print", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    _, here, _, container = done.out.splitlines()
    assert shlex.split(here) == Command(INSTRUCT, port=7).words("python")
    assert container.startswith("docker run --rm --gpus all ") and "lmsysorg/sglang" in container
    assert "python3 -m sglang.launch_server" in container
    both = json.loads(vtc("launch", INSTRUCT, "--port", "7", "--print", "--json", cwd=tmp_path).out)
    assert both["command"] == shlex.split(here)
    assert both["base_url"] == "http://127.0.0.1:7/v1"


def test_a_shell_expands_the_home_folder() -> None:
    assert written(["-v", "~/.cache/a:/b", "a b"]) == "-v ~/.cache/a:/b 'a b'"


def test_the_context_is_never_longer_than_the_checkpoint_allows(tmp_path: Path) -> None:
    assert context_length(INSTRUCT) == 32_768
    assert context_length(str(checkpoint())) == 2_048
    (tmp_path / "config.json").write_text("[]", encoding="utf-8")
    with pytest.raises(UsageError, match=r"config\.json"):
        context_length(str(tmp_path))
