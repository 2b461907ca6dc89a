"""The plan of a study: every job, whether it is done, and what the owed ones will take."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtc_r1.study.checks import check_ready
from vtc_r1.study.commands import Command
from vtc_r1.study.estimate import Estimate, Estimator
from vtc_r1.study.identity import Hashes
from vtc_r1.study.jobs import Job, Jobs, make_jobs
from vtc_r1.study.lines import line_of
from vtc_r1.study.refusals import Refusals, StudyRefused
from vtc_r1.study.store import PACKAGE, Record, Store
from vtc_r1.study.study import Study, load_study

HASHES = "hashes.json"  #: file of a store that remembers hashes of inputs


@dataclass(frozen=True)
class Planned:
    """One job of a plan."""

    job: Job  #: the job
    done: Record | None  #: its record if it is done
    begun: bool  #: whether it was begun before
    estimate: Estimate  #: its estimated cost, also if it is done

    @property
    def state(self) -> str:
        """The state in one word."""
        return "done" if self.done else "begun" if self.begun else "owed"


@dataclass(frozen=True)
class Plan:
    """A study that is ready to run, or says why it is not."""

    study: Study
    jobs: Jobs
    store: Store
    estimator: Estimator
    planned: tuple[Planned, ...]
    refusals: tuple[str, ...]  #: why it cannot start
    node: str = ""  #: of a cluster that does its jobs; empty on one machine

    @property
    def owed(self) -> list[Planned]:
        """The jobs that are not done."""
        return [one for one in self.planned if one.done is None]

    @property
    def others(self) -> dict[str, list[str]]:
        """Labels of the jobs that another version of this package did or began, by that version."""
        found: dict[str, list[str]] = {}
        for one in self.planned:
            version = one.done.get("versions", {}).get("vtc-r1") if one.done else self.store.begun_by(one.job)
            if version not in (None, PACKAGE):
                found.setdefault(str(version), []).append(one.job.label)
        return found

    def check(self) -> None:
        """Raise StudyRefused if it cannot start."""
        if self.refusals:
            raise StudyRefused(self.study.name, list(self.refusals))


def make_plan(
    name: str,
    settings: Sequence[str],
    store: Path,
    commands: Mapping[str, Command],
    *,
    here: bool = True,
    check: bool = True,
    only: str | None = None,
    chosen: Collection[str] | None = None,
) -> Plan:
    """Plan a study; whatever keeps it from starting is in `refusals`.

    Args:
        name: a shipped study or a TOML file.
        settings: `STEP.KEY=VALUE` each.
        store: the folder of finished jobs.
        commands: the commands of the kinds of steps.
        here: the jobs run on this machine.
        only: the step whose jobs are to be done; what others need is not looked for.
        chosen: hashes of the jobs that are to be done; what others need is not looked for.
        check: look for what the owed jobs need, such as weights and GPUs.

    Raises:
        UsageError: there is no such study, or its file cannot be read.
        StorageError: the store is something else, or damaged.
    """
    refusals = Refusals(name)
    study = load_study(name, settings, refusals)
    kept, hashes = Store(store), Hashes(store / HASHES)
    jobs = make_jobs(study, store, commands, hashes, refusals)
    hashes.save()
    estimator = Estimator(jobs, study.machine, kept.records())
    planned = []
    for job in jobs.every:
        with refusals.of(job.step):
            line = line_of(job, jobs, commands)
            if line[0] == "vtc-r1":
                commands[job.kind].check(line[1:])
        planned.append(Planned(job, kept.done(job), kept.started(job), estimator.of(job)))
    owed = [one for one in planned if one.done is None and only in (None, one.job.step)]
    owed = [one for one in owed if chosen is None or one.job.hash in chosen]
    disk = sum(one.estimate.disk or 0.0 for one in owed)
    for one in owed:
        if one.estimate.too_large:
            more = "raise gpus, or choose lora, a smaller cutoff or another [machine] gpu"
            refusals.add(one.job.step, f"the training does not fit: {one.estimate.too_large}; {more}")
    if check:
        check_ready(study, jobs, [one.job for one in owed], refusals, disk=disk, here=here)
    return Plan(study, jobs, kept, estimator, tuple(planned), tuple(refusals.reasons))


def total(values: Sequence[float | None]) -> tuple[float, bool]:
    """Return the sum of the known values, and whether all are known."""
    return sum(value for value in values if value is not None), all(value is not None for value in values)


def as_values(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON values."""
    return {
        "study": plan.study.name,
        "title": plan.study.title,
        "store": str(plan.store.path),
        "other_versions": plan.others,
        "refusals": list(plan.refusals),
        "jobs": [
            {
                "step": one.job.step,
                "kind": one.job.kind,
                "label": one.job.label,
                "hash": one.job.hash,
                "state": one.state,
                "needs": list(one.job.needs),
                "server": one.job.server.step if one.job.server else None,
                "took_seconds": one.done["seconds"] if one.done else None,
                "seconds": one.estimate.seconds,
                "gpu_seconds": one.estimate.gpu_seconds,
                "disk_bytes": one.estimate.disk,
                "tokens": one.estimate.tokens,
                "basis": one.estimate.basis,
            }
            for one in plan.planned
        ],
    }
