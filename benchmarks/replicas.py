"""Do replicas behind SGLang's router keep the prefix of a solve? python benchmarks/replicas.py --python FILE.

Starts real SGLangs on the CPU with `vtc-r1 launch --router --replicas N`, the embedded model in each, and
solves drawn problems. Counts for every prompt the tokens that it has in common with the one before it in its
solve, and those that came from the cache: all of them where the solve stayed on its replica.

    python benchmarks/replicas.py --python "$(python -m tests.servers)" --replicas 1,2,4
"""

import argparse
import json
import re
import sys
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # the tests' real servers

from tests.servers.prompts import Recorded, reuse
from tests.servers.running import free_port, sglang
from vtc_r1 import Solver
from vtc_r1.backends.embedded import checkpoint
from vtc_r1.backends.encoding import PromptEncoder
from vtc_r1.backends.openai import OpenAIBackend
from vtc_r1.cli.tables import table
from vtc_r1.eval.drawn import problems


@dataclass(frozen=True)
class Hits:
    """What was measured with so many replicas.

    Attributes:
        replicas: how many.
        answered: solves with an answer.
        prompts: those with one before them in their solve.
        whole: of them, those of which 95 % of what was in common came from the cache.
        common: tokens in common with the prompt before.
        cached: of them, those from the cache.
        shares: share of all computed prompt tokens, by replica.
    """

    replicas: int
    answered: int
    prompts: int
    whole: int
    common: int
    cached: int
    shares: list[float]


def measure(replicas: int, options: argparse.Namespace) -> Hits:
    """Solve the problems with so many replicas behind the router."""
    flags = ("--router", "--replicas", str(replicas), "--images", "256")
    more = ("--router-dp-worker-base-port", str(free_port()))
    with tempfile.TemporaryDirectory() as folder:
        with sglang(options.python, Path(folder), checkpoint(), *flags, more=more) as server:
            backend = Recorded(OpenAIBackend(server.base_url, server.model))
            with Solver(backend=backend) as solver:
                questions = [problem.question for problem in problems(options.problems, seed=7)]
                traces = list(solver.map(questions, concurrency=options.concurrency))
        log = (Path(folder) / "server.log").read_text(encoding="utf-8", errors="replace")
    read = Counter[str]()
    for replica, tokens in re.findall(r"((?:DP\d+)?)\] Prefill batch.*?#new-token: (\d+)", log):
        read[replica] += int(tokens)
    encoder = PromptEncoder(checkpoint())
    found = [each for taken in backend.taken.values() for each in reuse(taken, encoder)]
    return Hits(
        replicas=replicas,
        answered=sum(trace.status == "answered" for trace in traces),
        prompts=len(found),
        whole=sum(each.share >= 0.95 for each in found),
        common=sum(each.common for each in found),
        cached=sum(min(each.cached, each.common) for each in found),
        shares=[count / read.total() for _, count in sorted(read.items())],
    )


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", required=True, help="that of the environment of real servers")
    parser.add_argument("--replicas", default="1,2,4", help="N,N,…")
    parser.add_argument("--problems", type=int, default=40)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main() -> None:
    options = parse_arguments()
    found = []
    for replicas in map(int, options.replicas.split(",")):
        found.append(measure(replicas, options))
        print(f"{replicas} measured", file=sys.stderr)
    if options.json:
        print(json.dumps([asdict(each) for each in found], indent=2))
        return
    rows = [
        (
            str(each.replicas),
            str(each.answered),
            f"{each.whole} of {each.prompts}",
            f"{100 * each.cached / max(1, each.common):.1f} % of {each.common:,}",
            ", ".join(f"{100 * share:.0f} %" for share in each.shares),
        )
        for each in found
    ]
    head = (
        "replicas",
        "answered",
        "prompts with their prefix",
        "tokens in common, cached",
        "computed by each",
    )
    print(table(head, rows))


if __name__ == "__main__":
    main()
