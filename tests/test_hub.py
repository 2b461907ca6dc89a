"""The hub where it cannot be reached: real names, real sockets."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import vtc
from tests.loopback import Loopback
from vtc_r1 import hub
from vtc_r1.errors import CheckpointError
from vtc_r1.tokens import find_tokenizer

constants = pytest.importorskip("huggingface_hub.constants", reason="the extra `data` is not installed")

NOBODY = "http://127.0.0.1:9"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def asked_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is known of the hub yet, and it may be asked."""
    monkeypatch.setattr(hub, "_found", (-hub._VALID, None))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", NOBODY)
    yield
    assert not constants.HF_HUB_OFFLINE


def test_a_hub_that_is_not_there_leaves_the_cache_alone() -> None:
    with hub.from_hub("some/model") as why:
        assert why is not None and f"{NOBODY} cannot be reached (" in why and "\n" not in why
        assert constants.HF_HUB_OFFLINE
        with hub.from_hub("another/model") as inner:
            assert inner is not None
        assert constants.HF_HUB_OFFLINE


def test_a_hub_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{mute.getsockname()[1]}")
        assert "cannot be reached" in str(hub.unreachable())


def test_a_look_up_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "_LONGEST", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{mute.getsockname()[1]}")
        assert str(hub.unreachable()).endswith("does not answer")


def test_any_answer_is_a_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Loopback([])
    monkeypatch.setattr(constants, "ENDPOINT", server.base_url)
    with hub.from_hub("some/model") as why:
        assert why is None and not constants.HF_HUB_OFFLINE
    server.close()


@pytest.mark.parametrize("name", ["./folder", "/no/such/folder", "~/models/one", "."])
def test_a_folder_is_no_matter_of_the_hub(name: str) -> None:
    with hub.from_hub(name) as why:
        assert why is None


def test_who_wants_no_network_is_not_asked_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with hub.from_hub("some/model") as why:
        assert why is None and constants.HF_HUB_OFFLINE
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)


def test_a_tokenizer_comes_from_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cached = tmp_path / "models--some--model"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text(COMMIT)
    (cached / "snapshots" / COMMIT).mkdir(parents=True)
    (cached / "snapshots" / COMMIT / "tokenizer.json").write_text("{}")
    for module in ("constants", "file_download"):
        monkeypatch.setattr(f"huggingface_hub.{module}.HF_HUB_CACHE", str(tmp_path), raising=False)
    assert find_tokenizer("some/model").read_text() == "{}"
    with pytest.raises(CheckpointError, match=r"no/model: is neither a folder here .* cannot be reached"):
        find_tokenizer("no/model")


@pytest.mark.process
def test_a_model_of_that_name_is_refused_without_trying_again_and_again(tmp_path: Path) -> None:
    pytest.importorskip("transformers", reason="the extra `local` is not installed")
    told = {"HF_ENDPOINT": NOBODY, "HF_HUB_OFFLINE": "0", "HF_HOME": str(tmp_path)}
    done = vtc("solve", "1+2", "--model", "no/model", cwd=tmp_path, **told)
    assert done.code == 1
    assert "checkpoint no/model: is neither a folder here nor complete in the hub's cache" in done.error
    assert f"{NOBODY} cannot be reached" in done.error
