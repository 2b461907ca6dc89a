"""Which tests plain `pytest` runs, and that those which it leaves out say why by their marks.

Plain `pytest` runs the fast set: the tests without a mark of `COSTS`. Where paths or `-m` are given, it runs
what they name.
"""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

COSTS = ("process", "browser", "training", "harness", "model", "slow", "docs", "gpu", "sglang")
FAST = f"not ({' or '.join(COSTS)})"
_FILE_MARKS = re.compile(r"^pytestmark = (?:[^\n]|\n[ \])])*", re.MULTILINE)
_PROGRAMS = re.compile(r"python|pytest|vtc-r1|chrom|node|torchrun|uv$", re.IGNORECASE)
_started: list[str] = []
"""What the test that runs now has started that a test of the fast set must not."""
_collected: list[str] = []
"""What collecting the tests has done that it must not; the first test says so, as a worker cannot."""


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "subprocess.Popen":
        name = Path(str(arguments[0])).name
        if _PROGRAMS.match(name):
            _started.append(f"the program {name}: @pytest.mark.process")
    elif event == "import" and arguments[0].split(".")[0] == "torch" and "torch" not in sys.modules:
        _started.append("torch: @pytest.mark.model")


sys.addaudithook(_hear)


def _named(config: pytest.Config) -> bool:
    """Tell whether the user named tests, and not just `pytest`."""
    return config.args_source is pytest.Config.ArgsSource.ARGS


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if not config.option.markexpr and not _named(config):
        config.option.markexpr = FAST


def pytest_report_header(config: pytest.Config) -> str | None:
    if config.option.markexpr == FAST:
        return 'tests: the fast set; `pytest -m "not sglang"` runs all that needs no real servers'
    return None


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Run a single file in this process, as workers take longer to start than most files do.

    Else one worker more than there are cores: many tests wait for sockets.
    """
    if _named(config) and len(config.args) == 1 and ".py" in config.args[0]:
        return 0
    return (os.cpu_count() or 1) + 1


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out files which the fast set takes nothing of: some of them import for seconds."""
    if config.option.markexpr == FAST and collection_path.suffix == ".py":
        marks = _FILE_MARKS.search(collection_path.read_text(encoding="utf-8"))
        if marks and any(f"pytest.mark.{cost}" in marks[0] for cost in COSTS):
            return True
    return None


def pytest_collection_finish(session: pytest.Session) -> None:
    if session.config.option.markexpr == FAST and "torch" in sys.modules:
        _collected.append("collecting the fast set imports torch: import it in fixtures")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    _started.clear()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    result = yield
    if _collected:
        pytest.fail(_collected.pop(), pytrace=False)
    if _started and not any(item.get_closest_marker(name) for name in (*COSTS, "smoke")):
        pytest.fail(f"it has no mark, but starts {_started[0]}", pytrace=False)
    return result
