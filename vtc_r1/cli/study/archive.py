"""`vtc-r1 study export` and `vtc-r1 study verify`: a study as one file, and whether its figures hold."""

import json
import sys
import tempfile
from pathlib import Path

import typer

from vtc_r1.cli import completion
from vtc_r1.cli.manual import manual
from vtc_r1.cli.options import argument, flag, record
from vtc_r1.cli.study.run import STORE

EXPORT_MANUAL = manual(
    {"vtc-r1 study export nano nano.zip": "a finished study, for somebody else"},
    exits={2: "bad usage, or steps are owed"},
)
VERIFY_MANUAL = manual(
    {"vtc-r1 study verify nano.zip": "grade and count it again"},
    exits={
        0: "everything is as it says",
        1: "something differs",
        2: "it is no archive of a study, or not a safe one",
    },
)


@record
class ExportFlags:
    """The flags of the command."""

    study: str = argument("Name of a study, or its TOML file.", default=..., autocompletion=completion.study)
    out: Path = argument("The archive to write, a .zip.", default=...)
    settings: list[str] | None = flag(
        "Keys that were changed when it ran; repeatable.", None, "--set", metavar="STEP.KEY=VALUE"
    )
    store: Path = flag("Folder of finished steps.", default=STORE)


def export(asked: ExportFlags) -> None:
    """Pack a finished study: traces, configurations, versions, figures, and hashes of data and weights.

    Pages, data and weights themselves stay where they are.
    """
    from vtc_r1.cli.main import app
    from vtc_r1.cli.study.flags import commands
    from vtc_r1.counted import count
    from vtc_r1.study.archive import export as write
    from vtc_r1.study.plan import make_plan
    from vtc_r1.study.result import result_of
    from vtc_r1.study.running import finished

    known = commands(app)
    plan = make_plan(asked.study, asked.settings or [], asked.store, known, check=False)
    plan.check()
    packed = write(plan, result_of(plan, finished(plan), known), asked.out)
    print(asked.out)
    print(f"{count(len(packed.files), 'file')}, {count(packed.solves, 'solve')}", file=sys.stderr)


@record
class VerifyFlags:
    """The flags of the command."""

    archive: Path = argument("What vtc-r1 study export wrote.", default=...)
    out: Path | None = flag("Folder to unpack into, and to keep: new or empty. A temporary one by default.")
    most_bytes: int = flag("Limit of what it unpacks to, in bytes.", min=1, default=16_000_000_000)
    as_json: bool = flag("Print what was found as JSON.", None, "--json", default=False)


def verify(asked: VerifyFlags) -> None:
    """Grade every solve of an archive again, count every figure again, and say what differs.

    It is unpacked into a fresh folder; nothing in it is run, and no path leaves that folder.
    """
    from vtc_r1.disk.access import writable
    from vtc_r1.errors import UsageError

    if asked.out is None:
        with tempfile.TemporaryDirectory(prefix="vtc-r1-") as folder:
            code = _verified(asked, Path(folder))
    else:
        if asked.out.exists() and not (asked.out.is_dir() and not any(asked.out.iterdir())):
            raise UsageError(f"{asked.out}: is not an empty folder; choose another --out")
        with writable(asked.out):
            asked.out.mkdir(parents=True, exist_ok=True)
        code = _verified(asked, asked.out)
    raise typer.Exit(code)


def _verified(asked: VerifyFlags, folder: Path) -> int:
    from dataclasses import asdict

    from vtc_r1.cli.printable import printable
    from vtc_r1.cli.terminal.notices import slow_notice
    from vtc_r1.counted import count
    from vtc_r1.study.unpacking import unpack
    from vtc_r1.study.verify import verify as check

    with slow_notice(f"grading {asked.archive} again"):
        found = check(folder, *unpack(asked.archive, folder, asked.most_bytes))
    if asked.as_json:
        print(json.dumps(asdict(found), indent=2, ensure_ascii=False))
    else:
        for line in found.differences:
            print(printable(line))
        graded = f"{count(found.solves, 'solve')} of {count(found.runs, 'run')} graded again"
        differ = count(len(found.differences), "difference")
        print(printable(f"{asked.archive}: {graded}, {differ}"))
    return 1 if found.differences else 0
