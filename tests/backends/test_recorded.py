"""Solves on the dialects of servers of today, over real sockets: solved, or failed at the first attempt."""

import pytest

from tests.backends.recorded import FAILED, SOLVED, Dialect
from tests.backends.test_dialects import REFUSED, UNDERSTOOD
from tests.conftest import Serve
from tests.loopback import MODEL
from vtc_r1 import Solver, Trace


async def solved(serve: Serve, dialect: Dialect) -> tuple[Trace, int]:
    server = serve(dialect.script)
    async with Solver(base_url=server.base_url, model=MODEL, server_wait=0) as solver:
        trace = await solver.asolve("What is 6 times 7?")
    return trace, len(server.requests)


def test_there_are_sixty() -> None:
    assert len(SOLVED) + len(FAILED) >= 60
    assert len(SOLVED) + len(FAILED) + len(UNDERSTOOD) + len(REFUSED) >= 110


@pytest.mark.parametrize("name", SOLVED)
async def test_it_is_solved(serve: Serve, name: str) -> None:
    trace, requests = await solved(serve, SOLVED[name])
    assert (trace.status, trace.answer, trace.error) == ("answered", "42", None)
    assert requests == (SOLVED[name].requests or requests) <= 3
    assert [each.attempts for each in trace.iterations] == [max(1, SOLVED[name].requests)]


@pytest.mark.parametrize("name", FAILED)
async def test_it_fails_at_the_first_attempt_with_its_cause(serve: Serve, name: str) -> None:
    dialect = FAILED[name]
    trace, requests = await solved(serve, dialect)
    assert (trace.status, trace.cause, requests) == ("failed", dialect.cause, 1)
    assert trace.error is not None and dialect.says in trace.error and "\n" not in trace.error
