"""`vtc-r1 study NAME`: plan a study, or run it."""

import json
import sys
from pathlib import Path

from vtc_r1.cli import completion
from vtc_r1.cli.manual import manual
from vtc_r1.cli.options import argument, flag, record

PLACES = ("here", "ray", "slurm")
STORE, STUDIES = Path("studies/store"), Path("studies")

MANUAL = manual(
    {
        "vtc-r1 study nano --plan": "what is done, what is owed, and what that will take",
        "vtc-r1 study run nano": "run it, as vtc-r1 study nano does; again: it goes on where it was stopped",
        "vtc-r1 study paper-qwen3-vl-8b --on slurm": "batch files for a cluster",
        "vtc-r1 study mine.toml --set eval.limit=20": "a study of your own, with a key changed",
    },
    exits={
        0: "everything is done, or planned without a refusal",
        1: "a step failed; what is finished is kept, and the same command goes on",
        2: "the study cannot start; all reasons are named",
    },
    environment={
        "VTC_SGLANG_PYTHON": "interpreter that has SGLang, where a step that serves names none",
        "RAY_ADDRESS": "the cluster of --on ray, where --ray names none",
        "HF_TOKEN, HF_HOME": "access token of the hub, and the folder of its cache",
    },
    files={
        "studies/store/": "finished steps, by hash, shared by all studies",
        "studies/NAME/": "result.md, result.json",
    },
)


@record
class StudyFlags:
    """The flags of the command."""

    study: str | None = argument(
        "Name of a study, or its TOML file; --list.", autocompletion=completion.study
    )
    plan: bool = flag("Print what is done and owed, with estimates; run nothing.", default=False)
    settings: list[str] | None = flag(
        "Change a key of a step; repeatable.", None, "--set", metavar="STEP.KEY=VALUE"
    )
    store: Path = flag("Folder of finished steps; studies that share it share equal steps.", default=STORE)
    out: Path | None = flag("Folder of the result; studies/NAME by default.")
    on: str = flag(
        "Where it runs: here; ray, a cluster that exists; or slurm, which writes batch files and the script "
        "that submits them.",
        default="here",
    )
    ray: str | None = flag(
        "Address of the cluster of --on ray; by default RAY_ADDRESS, else the one with a node on this host.",
        metavar="HOST:PORT",
    )
    step: str | None = flag("Do what this step owes, and no other step.")
    list_them: bool = flag("Print the studies that are shipped.", None, "--list", default=False)
    as_json: bool = flag("Print the plan or the result as JSON.", None, "--json", default=False)
    quiet: bool = flag("No progress of the study itself.", None, "--quiet", "-q", default=False)


def run(asked: StudyFlags) -> None:
    """Run a study: every step that is owed, then the table beside the published one.

    A step is done once: its hash covers its keys, the contents of its inputs and the steps that it takes, so
    a changed key redoes what depends on it and nothing else. After Ctrl-C or a crash the same command goes
    on.
    """
    from vtc_r1.cli.main import app
    from vtc_r1.cli.printable import printable
    from vtc_r1.cli.study.flags import commands
    from vtc_r1.cli.study.node import WORDS
    from vtc_r1.cli.study.output import print_plan, print_refusals, print_result, say, warn_of_others
    from vtc_r1.errors import UnknownName, UsageError
    from vtc_r1.study.plan import as_values, make_plan
    from vtc_r1.study.refusals import StudyRefused
    from vtc_r1.study.result import check_folder, claim, result_of, write_result
    from vtc_r1.study.study import study_names

    if asked.list_them:
        print("\n".join(study_names()))
        return
    if asked.study is None:
        raise UsageError(f"no study: give one of {', '.join(study_names())}, or a TOML file")
    known = commands(app)
    if asked.on not in PLACES:
        raise UnknownName("--on", asked.on, PLACES)
    if asked.ray is not None and asked.on != "ray":
        raise UsageError(f"--ray {asked.ray}: is for --on ray")
    here = asked.on == "here"
    plan = make_plan(asked.study, asked.settings or [], asked.store, known, here=here, only=asked.step)
    folder = asked.out or STUDIES / plan.study.name
    refused = list(plan.refusals)
    try:
        check_folder(folder, plan.study.name)
    except UsageError as error:
        refused.append(str(error))
    if asked.step is not None and asked.step not in (names := [one.name for one in plan.study.steps]):
        refused.append(str(UnknownName("step", asked.step, names)))
    cluster = None
    if asked.on == "ray":
        from vtc_r1.study.cluster import connect, unfit, unlike
        from vtc_r1.study.ray import run_on_ray

        try:
            cluster = connect(asked.ray)
            refused += unfit(plan, cluster, asked.step)
            if not refused and not asked.plan:
                plan.store.make()  # which all nodes must see
            refused += unlike(plan)
        except UsageError as error:
            refused.append(str(error))
    if asked.plan:
        there = {} if cluster is None else {"cluster": str(cluster)}
        if asked.as_json:
            print(json.dumps({**as_values(plan), **there, "refusals": refused}, indent=2))
        else:
            print_plan(plan)
            for line in there.values():
                print(printable(line))
    warn_of_others(plan)
    if refused:
        if not asked.as_json:
            print_refusals(refused, sys.stdout if asked.plan else sys.stderr)
        raise StudyRefused(plan.study.name, refused)
    if asked.plan:
        return
    from vtc_r1.study.running import finished, run_study

    claim(folder, plan.study.name, asked.store)
    if asked.on == "slurm":
        from vtc_r1.study.slurm import write_slurm

        sets = [word for setting in asked.settings or [] for word in ("--set", setting)]
        places = ["--store", str(asked.store), "--out", str(folder)]
        print(write_slurm(plan, ["vtc-r1", "study", asked.study, *sets, *places], folder))
        return
    tell = (lambda line: None) if asked.quiet else say
    if cluster is not None:
        run_on_ray(plan, cluster, WORDS, asked.settings or [], asked.study, tell, only=asked.step)
    else:
        run_study(plan, known, tell, only=asked.step)
    result = result_of(plan, finished(plan), known)
    write_result(folder, result)
    if asked.as_json:
        print(json.dumps(result, indent=2, ensure_ascii=False))
    else:
        print_result(result, folder)
