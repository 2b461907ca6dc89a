"""A model server that goes away while this one serves."""

import pytest

from tests.conftest import Serve
from tests.loopback import MODEL, Loopback
from tests.serve.running import running
from tests.serve.test_limits import until
from tests.serve.test_live import begin, follow
from vtc_r1 import Solver
from vtc_r1.serve.solve import BackendWaiting


@pytest.mark.slow
def test_a_solve_says_that_its_server_is_away_and_goes_on(serve: Serve) -> None:
    model = Loopback(lambda _: "\\boxed{8}")
    port = int(model.base_url.split(":")[2].split("/")[0])
    with running(Solver(base_url=model.base_url, model=MODEL)) as server:
        follow(server, begin(server))
        model.kill()
        name = begin(server)
        solve = server.service.store.running[name]
        until(lambda: any(isinstance(entry.event, BackendWaiting) for entry in solve._entries))
        serve(lambda _: "\\boxed{8}", port=port)
        told = [event for _, event in follow(server, name)]
    held = [event["why"] for event in told if event["type"] == "held"]
    assert held[0].startswith("the model server has been away for ")
    assert "trying again: cannot be reached (Connection refused)" in held[0]
    assert held[-1] is None or told[-1]["type"] == "finished"
    assert told[-1]["answer"] == "8"
