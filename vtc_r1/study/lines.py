"""The command line of a job."""

import sys
from collections.abc import Mapping, Sequence

from vtc_r1.study.commands import Command
from vtc_r1.study.jobs import Job, Jobs

SERVED = ("--base-url", "http://127.0.0.1:30000/v1")  #: stands for a server that is not launched yet


def line_of(
    job: Job, jobs: Jobs, commands: Mapping[str, Command], server: Sequence[str] | None = None
) -> list[str]:
    """Return the words of a job's command, `vtc-r1` first; raises UsageError.

    Args:
        job: the job.
        jobs: all jobs of the study.
        commands: the commands of the kinds of steps.
        server: the flags that reach its server; by default those of one that may be launched later.
    """
    out = jobs.folder(job)
    if job.recipe is not None:
        return job.recipe.line(out)
    if job.grpo is not None:
        return job.grpo.line(out)
    command = commands[job.kind]
    if job.kind == "weights":
        return [*command.line(job.values), str(jobs.result(job))]
    reach: list[str] = []
    if job.server is not None:
        reach = [*SERVED, "--model", job.server.model] if server is None else list(server)
    return ["vtc-r1", *command.line(job.values), *reach, "--out", str(out)]


def program(words: Sequence[str]) -> list[str]:
    """Return the words with which this Python runs a command."""
    if words[0] == "vtc-r1":
        return [sys.executable, "-m", "vtc_r1", *words[1:]]
    return [sys.executable, *words[1:]] if words[0] == "python" else list(words)
