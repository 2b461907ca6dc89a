"""Two real SGLangs behind its own router, started by `vtc-r1 launch --router`."""

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.servers.prompts import Recorded, reuse
from tests.servers.running import Running, free_port, sglang
from vtc_r1 import Solver, Trace
from vtc_r1.backends.embedded import checkpoint
from vtc_r1.backends.encoding import PromptEncoder
from vtc_r1.backends.openai import OpenAIBackend
from vtc_r1.eval.drawn import Problem
from vtc_r1.settings import Settings
from vtc_r1.sglang.doctor import diagnose

pytestmark = pytest.mark.sglang

LEAST, SHARE, MOST_STAY = 0.95, 0.25, 0.75


@pytest.fixture(scope="module")
def router(python: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    more = ("--router-dp-worker-base-port", str(free_port()))
    folder = tmp_path_factory.mktemp("router")
    flags = ("--router", "--replicas", "2", "--images", "256")
    with sglang(python, folder, checkpoint(), *flags, more=more) as running:
        yield running


def prefilled(router: Running) -> Counter[str]:
    """Tokens that each replica has read so far, those from its cache aside, as the log says.

    Of two servers on one machine only one has loads to tell.
    """
    read = Counter[str]()
    log = router.log.read_text(encoding="utf-8", errors="replace")
    for replica, tokens in re.findall(r"(DP\d+)\] Prefill batch.*?#new-token: (\d+)", log):
        read[replica] += int(tokens)
    return read


def test_problems_are_spread_and_each_stays_on_its_replica(
    router: Running, drawn: list[Problem], embedded: list[Trace]
) -> None:
    backend = Recorded(OpenAIBackend(router.base_url, router.model))
    before = prefilled(router)
    with Solver(backend=backend) as solver:
        questions = [problem.question for problem in drawn]
        traces = sorted(solver.map(questions, concurrency=8), key=lambda trace: trace.index or 0)
    assert [trace.answer for trace in traces] == [trace.answer for trace in embedded]

    encoder = PromptEncoder(checkpoint())
    found = [each for taken in backend.taken.values() for each in reuse(taken, encoder)]
    # A solve moves where the other replica has clearly fewer requests, and reads its prompt anew there.
    assert sum(each.share >= LEAST for each in found) >= MOST_STAY * len(found), found
    read = prefilled(router)
    read.subtract(before)
    assert len(read) == 2
    assert min(read.values()) >= SHARE * read.total(), read


def test_the_doctor_finds_nothing_at_any_hop(router: Running) -> None:
    hops = [router, router.replicas()[0]]
    settings = Settings.load(base_url=",".join(hop.base_url for hop in hops), model=router.model)
    found = list(diagnose(settings, timeout=300))
    assert [each for each in found if each.outcome == "failed"] == []
    assert [each.check for each in found].count("many pages") == len(hops)
