"""The result of a study: its table beside the published one, with commands, hashes and what differs."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vtc_r1.disk.access import writable
from vtc_r1.disk.atomic import write_atomic
from vtc_r1.errors import UsageError
from vtc_r1.study.commands import Command
from vtc_r1.study.paper import SOURCE, differences
from vtc_r1.study.plan import Plan
from vtc_r1.study.store import Record, read_object
from vtc_r1.study.table import cells, compared, rows

VERSION = 1  #: version of result.json
NOTE, RESULT, PAGE = "study.json", "result.json", "result.md"
Values = dict[str, Any]


def claim(folder: Path, study: str, store: Path) -> None:
    """Make the folder of a study's result, or refuse that of another one.

    Raises:
        UsageError: it holds something else.
        StorageError: it cannot be written.
    """
    check_folder(folder, study)
    with writable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        note = {"study": study, "store": str(store)}
        write_atomic(folder / NOTE, (json.dumps(note) + "\n").encode())


def check_folder(folder: Path, study: str) -> None:
    """Raise UsageError for a folder that holds another study, or something else."""
    note = folder / NOTE
    if note.is_file():
        known = read(note).get("study")
        if known != study:
            raise UsageError(f"{folder}: holds the study {known}, and this is {study}; choose another --out")
    elif folder.exists() and not (
        folder.is_dir() and all(one.name.startswith(".") for one in folder.iterdir())
    ):
        raise UsageError(f"{folder}: is not empty and holds no study; choose another --out")


def read(path: Path) -> Values:
    """Read an object from a JSON file; raises StorageError."""
    return read_object(path, "delete it and run the study again")


def result_of(plan: Plan, records: Mapping[str, Record], commands: Mapping[str, Command]) -> Values:
    """Return the result of the jobs that are done, as JSON values; raises StorageError.

    What depends on the machine and its load, such as seconds, is in `spent` alone; everything else is the
    same however often the study was stopped.
    """
    done = [one.job for one in plan.planned if one.job.hash in records]
    every = cells(plan.jobs, done)
    return {
        "version": VERSION,
        "study": plan.study.name,
        "title": plan.study.title,
        "owed": [one.job.label for one in plan.planned if one.job.hash not in records],
        "table": rows(every),
        "pairs": compared(every),
        "differences": [asdict(one) for one in differences(plan.jobs, commands)],
        "jobs": [
            {
                "step": job.step,
                "kind": job.kind,
                "label": job.label,
                "hash": job.hash,
                "folder": job.place,
                "command": shlex.join(_lasting(records[job.hash]["command"])),
                "needs": list(job.needs),
                "figures": _lasting_figures(records[job.hash]["figures"]),
            }
            for job in done
        ],
        "spent": {
            job.label: {name: records[job.hash].get(name) for name in ("seconds", "begun", "versions")}
            | {name: value for name, value in records[job.hash].items() if name == "node"}
            for job in done
        },
    }


def write_result(folder: Path, result: Values) -> None:
    """Write result.json and result.md; raises StorageError."""
    with writable(folder):
        text = json.dumps(result, indent=2, ensure_ascii=False) + "\n"
        write_atomic(folder / RESULT, text.encode())
        write_atomic(folder / PAGE, page(result).encode())


def page(result: Values) -> str:
    """Write the result as Markdown."""
    parts = [f"# {result['title'] or result['study']}"]
    if result["owed"]:
        parts.append(f"Not done yet: {', '.join(result['owed'])}.")
    benchmarks = list(dict.fromkeys(row["benchmark"] for row in result["table"]))
    for benchmark in benchmarks:
        chosen = [row for row in result["table"] if row["benchmark"] == benchmark]
        parts += [f"## {benchmark}", _table(chosen)]
        if found := [pair for pair in result["pairs"] if pair["benchmark"] == benchmark]:
            parts.append(_pairs(found))
    parts += ["## What differs from the paper", _differences(result["differences"])]
    parts += ["## Steps", _steps(result)]
    return "\n\n".join(parts) + "\n"


def _table(chosen: Sequence[Values]) -> str:
    lines = [
        "| | memory | accuracy | 95 % interval | problems | solves | iterations | tokens written | "
        "vision tokens read | job |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in chosen:
        figure = row["accuracy"]
        shown = [_percent(figure["mean"]), f"{_percent(figure['low'])} – {_percent(figure['high'])}"]
        counts = [f"{row['problems']:,}", f"{row['solves']:,}"]
        means = [_number(row[name]) for name in ("iterations", "completion_tokens", "vision_tokens")]
        jobs = ", ".join(f"`{job[:16]}`" for job in row["jobs"])
        lines.append(_line([row["step"], row["memory"], *shown, *counts, *means, jobs]))
    for one in {json.dumps(one): one for row in chosen for one in row["references"]}.values():
        published = f"{one['model']}, {one['method']} ({one['source']})"
        lines.append(_line([published, "", f"{one['accuracy']:.2f} %", "not published", *[""] * 6]))
    return "\n".join(lines)


def _pairs(found: Sequence[Values]) -> str:
    lines = [
        "| first | second | difference | 95 % interval | problems | p, Holm |",
        "|---|---|---|---|---|---|",
    ]
    for pair in found:
        figure = pair["difference"]
        bounds = f"{100 * figure['low']:+.1f} – {100 * figure['high']:+.1f}"
        cells = [pair["first"], pair["second"], f"{100 * figure['mean']:+.1f}", bounds]
        lines.append(_line([*cells, f"{pair['problems']:,}", f"{pair['p_holm']:.3f}"]))
    return "\n".join(lines)


def _differences(found: Sequence[Values]) -> str:
    if not found:
        return f"Nothing that a step's keys say ({SOURCE})."
    lines = [f"| step | | here | {SOURCE} |", "|---|---|---|---|"]
    return "\n".join(
        [*lines, *(_line([one[name] for name in ("step", "what", "here", "paper")]) for one in found)]
    )


def _steps(result: Values) -> str:
    parts = []
    for job in result["jobs"]:
        spent = result["spent"][job["label"]]
        again = f", begun {spent['begun']} times" if spent["begun"] > 1 else ""
        says = f"{job['label']}: `{job['hash'][:16]}`, {spent['seconds']:,.1f} s{again}"
        parts.append(f"- {says}\n\n  ```\n  {job['command']}\n  ```")
    every = [spent["versions"] for spent in result["spent"].values()]
    for package in sorted({name for one in every for name in one}):
        known = list(dict.fromkeys(one.get(package, "absent") for one in every))
        if len(known) > 1:
            parts.append(f"- not one version for all steps: {package} {', '.join(known)}")
    if every:
        last = ", ".join(f"{name} {version}" for name, version in every[-1].items())
        parts.append(f"- versions: {last}")
    return "\n".join(parts)


def _line(cells: Sequence[object]) -> str:
    return "| " + " | ".join(str(cell).replace("|", r"\|").replace("\n", " ") for cell in cells) + " |"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.1f}"


def _lasting(words: Sequence[str]) -> list[str]:
    """Leave out the port of a launched server, which may be another one each time."""
    kept, skip = [], False
    for word in words:
        if not skip and word != "--base-url":
            kept.append(word)
        skip = word == "--base-url"
    return kept


def _lasting_figures(figures: Values) -> Values:
    """Leave out what was measured by the clock."""
    runs = [
        {name: value for name, value in run.items() if name != "measured"} for run in figures.get("runs", [])
    ]
    return {**figures, "runs": runs} if runs else figures
