"""The jobs of a study that a cluster gave to this node: `python -m vtc_r1.cli.study.node REQUEST`.

The request is an object in JSON: study, settings, store, hashes of the jobs, and the node.
"""

import json
import signal
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

WORDS = ("python", "-m", "vtc_r1.cli.study.node")


def do_jobs(request: dict[str, Any]) -> int:
    """Plan the study on this node, which looks for what the jobs need, and do them."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # blocked in workers of Ray
    from vtc_r1.cli.main import app
    from vtc_r1.cli.study.flags import commands
    from vtc_r1.cli.study.output import print_refusals, say
    from vtc_r1.errors import UsageError
    from vtc_r1.study.plan import make_plan
    from vtc_r1.study.running import run_study

    known, chosen, host = commands(app), set(request["jobs"]), socket.gethostname()
    store = Path(request["store"])
    plan = make_plan(request["study"], request["settings"], store, known, chosen=chosen)
    if not plan.refusals and not chosen <= {one.job.hash for one in plan.planned}:
        raise UsageError(
            f"node {host}: its files, the hub's cache or its vtc-r1 are not those of who submitted the "
            "study: share them between all nodes"
        )
    print_refusals(list(plan.refusals), sys.stderr)
    run_study(replace(plan, node=request["node"]), known, say, chosen=chosen)
    return 0


def main() -> None:
    """Run the request that is the first word."""
    from vtc_r1.cli.main import guarded
    from vtc_r1.cli.signals import end_as_interrupts
    from vtc_r1.cli.streams import prepare

    prepare()
    end_as_interrupts()
    sys.exit(guarded(lambda: do_jobs(json.loads(sys.argv[1])), debug=False))


if __name__ == "__main__":
    main()
