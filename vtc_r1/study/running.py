"""Running a study: every job that is owed, one after another, each marked when it has ended well."""

import socket
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from vtc_r1.disk.access import writable
from vtc_r1.study.commands import Command
from vtc_r1.study.jobs import Job
from vtc_r1.study.lines import line_of, program
from vtc_r1.study.outcome import figures, is_complete
from vtc_r1.study.plan import Plan
from vtc_r1.study.process import StepFailed, run
from vtc_r1.study.serving import Serving
from vtc_r1.study.store import PRINTED, Record, Store
from vtc_r1.trace import versions

INTERRUPTED = 130
Say = Callable[[str], None]


def run_study(
    plan: Plan,
    commands: Mapping[str, Command],
    say: Say,
    *,
    only: str | None = None,
    chosen: Collection[str] | None = None,
) -> None:
    """Do every job that is owed; raises StepFailed for the first that fails.

    What was finished before, by this study or another one with the same store, is not done again.

    Args:
        plan: of the study.
        commands: the commands of the kinds of steps.
        say: prints a line.
        only: do the jobs of this step alone, and of no other.
        chosen: do the jobs of these hashes alone.
    """
    plan.check()
    plan.store.make()
    left = [one.job for one in plan.owed if only is None or one.job.step == only]
    left = [job for job in left if chosen is None or job.hash in chosen]
    done = {one.job.hash for one in plan.planned if one.done is not None}
    doubled: set[str] = set()
    serving = Serving(_notes(plan, left), commands["serve"], say)
    try:
        while left:
            job = _next(left, done, serving)
            left.remove(job)
            if job.hash in doubled:
                continue
            _do(job, plan, commands, serving, say)
            doubled.add(job.hash)
            done.add(job.hash)
    finally:
        serving.stop()


def _notes(plan: Plan, jobs: Sequence[Job]) -> Path:
    """Return where the server that runs is noted: on a cluster, apart from those of other hosts and tasks."""
    server = next((job.server for job in jobs if job.server), None)
    if not plan.node or server is None:
        return plan.store.path
    folder = plan.store.path / "servers" / f"{server.hash[:16]}-{socket.gethostname()}"
    with writable(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _next(left: list[Job], done: set[str], serving: Serving) -> Job:
    """Choose a job whose inputs are there: one that asks the running server, else one that asks none."""
    ready = [job for job in left if done.issuperset(job.needs)]
    if not ready:
        missing = next(iter(left))
        raise StepFailed(f"{missing.step}: a step that it needs is not done; run the study without --step")

    def rank(job: Job) -> int:
        return 0 if job.server and job.server.hash == serving.hash else 1 if job.server is None else 2

    return min(ready, key=rank)


def _do(job: Job, plan: Plan, commands: Mapping[str, Command], serving: Serving, say: Say) -> None:
    """Do one job, unless another process does it meanwhile."""
    store = plan.store

    def wait() -> None:
        say(f"{job.label}: another study does this step; waiting for it")

    with store.alone(job, wait) as lock:
        if store.done(job) is not None:
            say(f"{job.label}: done by another study meanwhile")
            return
        line = line_of(job, plan.jobs, commands, serving.flags(job.server))
        begun = store.begin(job, line)
        say(f"{job.label}: {'goes on' if begun > 1 else 'begins'}")
        began = time.monotonic()
        code = run(program(line), store.folder(job) / PRINTED, [lock.fileno()])
        seconds = time.monotonic() - began
        _finish(job, plan, store, line, code, seconds, begun)
        say(f"{job.label}: done in {seconds:.1f} s")


def _finish(
    job: Job, plan: Plan, store: Store, line: list[str], code: int, seconds: float, begun: int
) -> None:
    """Record what a job made; raises StepFailed if its command failed."""
    out = plan.jobs.folder(job)
    if code == INTERRUPTED:
        raise KeyboardInterrupt
    if not is_complete(job, out, code):
        again = (
            "the same command goes on with it"
            if code != 2
            else "change what it says above, then run it again"
        )
        raise StepFailed(f"{job.label}: its command ended with exit code {code}, see above; {again}")
    record: Record = {
        "label": job.label,
        "command": line,
        "exit_code": code,
        "versions": versions(),
        "begun": begun,
        "seconds": round(seconds, 3),
        "units": plan.estimator.units(job),
        "rate": plan.estimator.rate(job),
        "figures": figures(job, out),
        **({"node": plan.node} if plan.node else {}),
    }
    store.finish(job, record)


def finished(plan: Plan) -> dict[str, Record]:
    """Return the records of a study's jobs by hash; those that are not done are left out."""
    found = {}
    for one in plan.planned:
        if (record := plan.store.done(one.job)) is not None:
            found[one.job.hash] = record
    return found
