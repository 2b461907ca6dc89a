"""What several test files share."""

import os
import signal
import sys
from collections.abc import Iterator
from typing import Any, Protocol

import pytest
from hypothesis import settings

from tests.loopback import Loopback, Script

pytest_plugins = ["tests.costs"]
settings.register_profile("tests", deadline=None)  # a busy machine is no failure
settings.register_profile("fast", deadline=None, max_examples=30)


def pytest_configure(config: pytest.Config) -> None:
    from tests.costs import FAST  # pytest rewrites a plugin's assertions as it imports it

    settings.load_profile("fast" if config.option.markexpr == FAST else "tests")


class Serve(Protocol):
    """Starts a server that is stopped after the test."""

    def __call__(self, script: Script, **options: Any) -> Loopback: ...


@pytest.fixture
def serve() -> Iterator[Serve]:
    running: list[Loopback] = []

    def start(script: Script, **options: Any) -> Loopback:
        running.append(Loopback(script, **options))
        return running[-1]

    yield start
    for server in running:
        server.close()


@pytest.fixture(autouse=True)
def solvers_of_helpers_are_closed() -> Iterator[None]:
    yield
    small = sys.modules.get("tests.eval.small")
    while small is not None and small.OPEN:
        small.OPEN.pop().close()


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Let children be interrupted, also when the tests run in the background of a shell script."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep atlases away from the cache of whoever runs the tests."""
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take out of the environment what would change a solve or its display."""
    for name in os.environ:
        if name.startswith("VTC_") or name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "FORCE_COLOR"):
            monkeypatch.delenv(name)
