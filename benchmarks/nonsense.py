"""Nonsense through the real command line: python benchmarks/nonsense.py.

Walks all commands and flags of the application, gives each what it cannot mean (see nonsense_cases.py),
and looks at what comes of it: no traceback, exit code 1 or 2, at most three lines on standard error that
name what is wrong, nothing of anyone's changed, nothing unfinished left. A command line that may be right
after all may also do its work. Every case runs `main()` in a fork of a process that has the modules loaded,
in a folder of its own, with real standard streams. Exits with 1 where a case is at fault.
"""

import argparse
import inspect
import json
import os
import random
import shutil
import sys
import tempfile
import typing
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from nonsense_cases import Case, Command, cases, contradictions, disturbed, surroundings
from nonsense_run import TIMEOUT, Ended, run
from nonsense_whole import torn
from served import serving
from wire import MODEL, question

LINES = 3
"""Most lines of an error."""
LOADED = (
    "openai",
    "pyarrow.parquet",
    "vtc_r1.cli.probe.run",
    "vtc_r1.cli.show",
    "vtc_r1.cli.tune.run",
    "vtc_r1.eval.report",
    "vtc_r1.eval.setup",
    "vtc_r1.eval.evaluation",
    "vtc_r1.serve.server",
    "vtc_r1.settings",
    "vtc_r1.sft.building.build",
    "vtc_r1.sft.built.statistics",
    "vtc_r1.sft.export",
    "vtc_r1.sft.training.loading",
    "vtc_r1.solver",
    "vtc_r1.storage",
    "vtc_r1.study.plan",
    "vtc_r1.study.verify",
)
_ROW = {
    "problem": "光学 ∑ 𝔘: what is 1 + 2?",
    "answer": "3",
    "generations": ["<think>\n1 + 2 = 3.\n</think>\n\n\\boxed{3}"],
}
_ROW |= {"correctness_math_verify": [True], "uuid": "one", "is_reasoning_complete": [True]}
_QUESTION = f"{question(3)} 光学记忆 ∑ → 𝔘"
"""It has characters of every length in UTF-8, which many an encoding lacks."""
_FAULT = "this is a fault of vtc-r1"


@dataclass(frozen=True)
class Fault:
    """A case that was at fault, and how."""

    command: str
    kind: str
    fault: str
    words: list[str]
    err: str


def commands(app: Any, right: dict[str, dict[str, str]]) -> Iterator[Command]:
    """Yield every command of the application that does something."""

    def walk(group: Any, before: tuple[str, ...]) -> Iterator[Command]:
        for name, found in group.commands.items():
            words = (*before, name)
            if getattr(found, "commands", None):
                yield from walk(found, words)
                continue
            parameters = tuple(one for one in found.params if one.name != "help")
            quiet = {"quiet": "yes"} if any(one.name == "quiet" for one in parameters) else {}
            called = getattr(found, "whole", found).callback  # of a command that solves, with its settings
            kinds = {
                name: _kind(each.annotation) for name, each in inspect.signature(called).parameters.items()
            }
            yield Command(words, parameters, kinds, {**right.get(" ".join(words), {}), **quiet})

    return walk(typer.main.get_command(app), ())


def _kind(annotation: Any) -> str:
    """Return which of its types a parameter has that is more than a text."""
    said = str(typing.get_args(annotation)[0] if typing.get_args(annotation) else annotation)
    return next((kind for kind in ("int", "float", "bool", "Path") if kind in said), "str")


def rights(stage: Path, url: str, taken: int) -> dict[str, dict[str, str]]:
    """Return a right command line of every command, quick or ending before it begins to serve."""
    asked = {"base_url": url, "model": MODEL}
    reads = {**asked, "prompt": _QUESTION}
    rows, data, runs, trace = (str(stage / name) for name in ("rows.jsonl", "data", "runs", "trace"))
    return {
        "solve": {"question": _QUESTION, **asked},
        "eval": {"file": str(stage / "problems.jsonl"), "limit": "1", **asked},
        "report": {"folders": runs, "out": "report"},
        "view": {"stored": trace},
        "render": {"file": str(stage / "text.txt"), "out": "pages"},
        "train": {"recipe": "nano", "print_it": "yes"},
        "serve": {"port": str(taken), **asked},
        "launch": {"model": "Qwen/Qwen3-VL-8B-Instruct", "print_only": "yes"},
        "doctor": {**asked, "timeout": "5"},
        "plan": {},
        "probe": {"pages": "1", "kinds": "digits", "scales": "1", "tasks": "transcribe", **reads},
        "tune": {
            "evaluations": "1",
            "pages": "1",
            "kinds": "digits",
            "vary": "font_size=9,10",
            "reader": "model",
            "target": "1",
            **reads,
        },
        "man": {},
        "data stats": {"folder": data},
        "data export": {"folder": data, "form": "jsonl", "out": "exported"},
        "data show": {"folder": data, "number": "0", "out": "example.html"},
        "data build": {"source": rows, "out": "built", "workers": "1"},
        "data sample": {"problems": str(stage / "problems.jsonl"), "out": "sampled", "n": "1", **asked},
        "study run": {"study": str(stage / "study.toml"), "plan": "yes"},
        "study export": {
            "study": str(stage / "study.toml"),
            "out": "study.zip",
            "store": str(stage / "store"),
        },
        "study verify": {"archive": str(stage / "study.zip")},
    }


def prepare_stage(stage: Path, url: str) -> None:
    """Store what commands read: rows, problems, a text, a trace, a run, a built data set."""
    (stage / "rows.jsonl").write_text(
        "".join(json.dumps({**_ROW, "uuid": f"row {at}"}) + "\n" for at in range(2))
    )
    problem = {"id": "three", "question": _QUESTION, "answer": "3"}
    (stage / "problems.jsonl").write_text(json.dumps(problem) + "\n")
    (stage / "text.txt").write_text("A text of one line, 光学 ∑ 𝔘.\n")
    rows = json.dumps(str(stage / "rows.jsonl"))
    (stage / "study.toml").write_text(f"[steps.data]\nsource = {rows}\nworkers = 1\n")
    asked = ("--base-url", url, "--model", MODEL)
    for words in (
        ("solve", _QUESTION, "--save", "trace", *asked),
        ("eval", "--file", "problems.jsonl", "--out", "runs", *asked),
        ("data", "build", "--source", "rows.jsonl", "--out", "data", "--workers", "1"),
        ("study", "study.toml", "--store", "store", "--quiet"),
        ("study", "export", "study.toml", "study.zip", "--store", "store"),
    ):
        ended = run(Case("", words), stage, TIMEOUT * 4)
        if ended.code != 0:
            raise RuntimeError(f"{' '.join(words)} ended with {ended.code}: {ended.err}")


def judge(case: Case, root: Path, right: Ended) -> tuple[Ended, str | None]:
    """Run a case in a folder of its own, and say what is wrong with what came of it."""
    folder = Path(tempfile.mkdtemp(dir=root))
    try:
        for name, make in case.make:
            with suppress(OSError, ValueError):
                if name and not Path(name).is_absolute() and not os.path.lexists(folder / name):
                    make(folder / name)
        before = _contents(folder)
        ended = run(case, folder)
        return ended, _fault(case, ended, before, folder, right)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fault(case: Case, ended: Ended, before: dict[str, str], folder: Path, right: Ended) -> str | None:
    """Say what is wrong with how a case ended, beside the right command line; None where nothing is."""
    said, lines = ended.err + ended.out.decode("utf-8", "replace"), ended.err.strip().splitlines()
    if ended.code is None:
        return "hangs"
    if any(sign in said for sign in ("Traceback (most", _FAULT, "Exception ignored", "BrokenPipe")):
        return "traceback"
    if ended.code not in (0, 1, 2):
        return f"exit code {ended.code}"
    if ended.code and len([line for line in lines if line.strip()]) > LINES:
        return f"{len(lines)} lines"
    after = _contents(folder)
    if changed := [name for name in before if after.get(name) != before[name] and before[name] != _EMPTY]:
        return f"changed {changed[0]}"
    if left := [name for name in after if name.endswith((".tmp", ".partial")) or ".partial/" in name]:
        return f"left {left[0]}"
    if broken := torn(folder, set(before)):
        return broken
    if case.streams or case.largest is not None:
        return _disturbed(case, ended, right)
    unnoticed = ended.code == 0 or (ended.code, ended.err) == (right.code, right.err)
    if unnoticed and not case.perhaps:
        return "not noticed"
    if ended.code and not said.strip():
        return "says nothing"
    named = not case.names or any(name.lower() in said.lower() for name in case.names)
    return None if unnoticed or named else "names nothing"


def _disturbed(case: Case, ended: Ended, right: Ended) -> str | None:
    """Say what is wrong with a right command line whose streams or disk were disturbed."""
    lost = case.streams.get("stdout")
    if lost and right.out and right.code == 0:
        told = "standard output: cannot be written" in ended.err or case.streams.get("stderr") is not None
        if ended.code != 1:
            return f"exit code {ended.code}, though nobody has the result"
        return None if lost == "left" or told else "does not say that the result is lost"
    if case.largest is None and ended.code != right.code:
        return f"exit code {ended.code}, undisturbed {right.code}"
    if not lost and ended.code == 0 and bool(ended.out) != bool(right.out):
        return "printed nothing"
    if "--json" in case.words and ended.code == 0 and not lost:
        try:
            json.loads(ended.out.decode(case.streams.get("encoding", "utf-8")))
        except ValueError as error:
            return f"JSON that is none: {error}"
    return None


_EMPTY = sha256(b"").hexdigest()


def _contents(folder: Path) -> dict[str, str]:
    """Return the hash of every regular file below a folder."""
    found = {}
    for base, _, names in os.walk(folder):
        for name in names:
            path = Path(base, name)
            if path.is_file() and not path.is_symlink():
                found[os.path.relpath(path, folder)] = sha256(path.read_bytes()).hexdigest()
    return found


def all_cases(found: Sequence[Command], seed: int, at_once: int, only: str | None) -> list[tuple[str, Case]]:
    """Return every case with its command."""
    from vtc_r1.settings import Settings

    settings, rng = sorted(Settings.model_fields), random.Random(seed)
    listed = []
    for command in found:
        if only and command.name != only:
            continue
        listed += [(command.name, case) for case in cases(command)]
        listed += [(command.name, case) for case in contradictions(command, rng, at_once)]
        listed += [(command.name, case) for case in disturbed(command)]
        listed += [
            (command.name, case)
            for case in surroundings(command, settings if "base_url" in command.kinds else [])
        ]
    return listed


def parse_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sample", type=int, help="so many cases by chance; else all")
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn by chance")
    parser.add_argument(
        "--at-once", type=int, default=60, help="command lines a command with several wrong things"
    )
    parser.add_argument("--command", help="this one only")
    parser.add_argument("--disturbed", action="store_true", help="disturbed streams and disks only")
    parser.add_argument("--jobs", type=int, default=2, help="cases at a time")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(words)


def main() -> int:
    arguments = parse_arguments()
    for name in [*os.environ]:
        if name.startswith(("VTC_", "OPENAI_")):
            del os.environ[name]
    os.environ |= {"COLUMNS": "100", "NO_COLOR": "1", "HF_HUB_OFFLINE": "1"}
    app = import_module("vtc_r1.cli.main").app
    for name in LOADED:
        import_module(name)
    faults, codes, kinds = [], Counter[str](), set()
    with (
        serving("loopback_server.py", "--segments", 2, "--tokens", 50) as (server,),
        tempfile.TemporaryDirectory(prefix="nonsense-") as name,
    ):
        root = Path(name)
        os.environ["XDG_CACHE_HOME"] = str(root / "cache")
        (root / "stage").mkdir()
        prepare_stage(root / "stage", server.address)
        taken = int(server.address.rsplit(":", 1)[1].split("/")[0])
        found = [*commands(app, rights(root / "stage", server.address, taken))]
        listed = all_cases(found, arguments.seed, arguments.at_once, arguments.command)
        if arguments.disturbed:
            listed = [(name, case) for name, case in listed if case.streams or case.largest is not None]
        if arguments.sample:
            listed = random.Random(arguments.seed).sample(listed, min(arguments.sample, len(listed)))
        baseline = {one.name: run(Case("", one.line({})), Path(tempfile.mkdtemp(dir=root))) for one in found}
        for name, ended in baseline.items():
            print(f"{name}: {ended.code} {ended.err.strip()}", file=sys.stderr)
        with ThreadPoolExecutor(arguments.jobs) as pool:
            results = pool.map(lambda one: judge(one[1], root, baseline[one[0]]), listed)
            for at, ((command, case), (ended, fault)) in enumerate(zip(listed, results, strict=True)):
                kinds.add((command, case.kind))
                codes[str(ended.code)] += 1
                if fault:
                    faults.append(Fault(command, case.kind, fault, [*case.words], ended.err[:2_000]))
                    print(
                        json.dumps(asdict(faults[-1]), ensure_ascii=True)[:1_500], file=sys.stderr, flush=True
                    )
                if at % 500 == 499:
                    print(f"{at + 1} of {len(listed)}, {len(faults)} at fault", file=sys.stderr, flush=True)
    told = {
        "cases": len(listed),
        "kinds": len(kinds),
        "exit codes": dict(sorted(codes.items())),
        "faults": len(faults),
    }
    print(json.dumps(told))
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
