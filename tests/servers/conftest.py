"""Real servers, started once for the tests of this folder."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.servers import environment, versions
from tests.servers.running import Running, sglang
from vtc_r1 import Solver, Trace
from vtc_r1.backends.embedded import checkpoint
from vtc_r1.eval.drawn import Problem, problems

FOLDER = environment.place()  # before the tests get a cache folder of their own
LLAMA = os.environ.get("VTC_LLAMA_SERVER")
WANTED = bool(os.environ.get("VTC_SGLANG_BUILD"))
PROBLEMS = 20


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Write into the documentation what passed with which versions, where that is asked for."""
    stats = terminalreporter.stats
    if not os.environ.get("VTC_WRITE_VERSIONS") or stats.get("failed") or stats.get("error"):
        return
    passed = [each.nodeid for each in stats.get("passed", ()) if "sglang" in each.keywords]
    if passed:
        found = versions.installed(str(environment.interpreter(FOLDER)), LLAMA)
        versions.write(versions.table(found, passed, versions.stands()))


@pytest.fixture(scope="session")
def python() -> str:
    """The Python of the environment of real servers."""
    if not environment.is_built(FOLDER):
        if not WANTED:
            pytest.skip(f"no real servers in {FOLDER}; `{environment.BUILD}` installs them (2.5 GB)")
        environment.build(FOLDER)
    return str(environment.interpreter(FOLDER))


@pytest.fixture(scope="package")
def server(python: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """SGLang with the embedded checkpoint, started by `vtc-r1 launch`."""
    with sglang(python, tmp_path_factory.mktemp("sglang"), checkpoint(), "--images", "256") as running:
        yield running


@pytest.fixture(scope="session")
def drawn() -> list[Problem]:
    return problems(PROBLEMS, seed=7)


@pytest.fixture(scope="session")
def embedded(drawn: list[Problem]) -> list[Trace]:
    """What the embedded model makes of the problems, in this process."""
    with Solver() as solver:
        return in_order(solver, drawn)


def in_order(solver: Solver, wanted: list[Problem], concurrency: int = 8) -> list[Trace]:
    """Solve the problems; return the traces in their order."""
    traces = solver.map((problem.question for problem in wanted), concurrency=concurrency)
    return sorted(traces, key=lambda trace: trace.index or 0)
