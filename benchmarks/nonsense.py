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
import resource
import shutil
import signal
import sys
import tempfile
import time
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
from nonsense_cases import Case, Command, cases, contradictions, surroundings
from served import serving
from wire import MODEL, question

LINES, PATIENCE = 3, 60.0
"""Most lines of an error, and seconds after which a command line hangs."""
MEMORY = 3 << 30
"""Most bytes of address space beyond what the modules take."""
LOADED = (
    "openai",
    "pyarrow.parquet",
    "vtc_r1.cli.probe_run",
    "vtc_r1.cli.show",
    "vtc_r1.cli.tune_run",
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
)
_ROW = {
    "problem": "What is 1 + 2?",
    "answer": "3",
    "generations": ["<think>\n1 + 2 = 3.\n</think>\n\n\\boxed{3}"],
}
_ROW |= {"correctness_math_verify": [True], "uuid": "one", "is_reasoning_complete": [True]}
_FAULT = "this is a fault of vtc-r1"


@dataclass(frozen=True)
class Ended:
    """How a command line ended: its exit code, None where it hung or was killed, and what it printed."""

    code: int | None
    out: str
    err: str


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
            kinds = {
                name: _kind(each.annotation)
                for name, each in inspect.signature(found.callback).parameters.items()
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
    rows, data, runs, trace = (str(stage / name) for name in ("rows.jsonl", "data", "runs", "trace"))
    return {
        "solve": {"question": question(3), **asked},
        "eval": {"file": str(stage / "problems.jsonl"), "limit": "1", **asked},
        "report": {"folders": runs, "out": "report"},
        "view": {"stored": trace},
        "render": {"file": str(stage / "text.txt"), "out": "pages"},
        "train": {"recipe": "nano", "print_it": "yes"},
        "serve": {"port": str(taken), **asked},
        "launch": {"model": "Qwen/Qwen3-VL-8B-Instruct", "print_only": "yes"},
        "doctor": {**asked, "timeout": "5"},
        "plan": {},
        "probe": {"pages": "1", "kinds": "digits", "scales": "1", "tasks": "transcribe", **asked},
        "tune": {
            "evaluations": "1",
            "pages": "1",
            "kinds": "digits",
            "vary": "font_size=9,10",
            "reader": "model",
            **asked,
        },
        "man": {},
        "data stats": {"folder": data},
        "data export": {"folder": data, "form": "jsonl", "out": "exported"},
        "data show": {"folder": data, "number": "0", "out": "example.html"},
        "data build": {"source": rows, "out": "built", "workers": "1"},
        "data sample": {"problems": str(stage / "problems.jsonl"), "out": "sampled", "n": "1", **asked},
    }


def prepare_stage(stage: Path, url: str) -> None:
    """Store what commands read: rows, problems, a text, a trace, a run, a built data set."""
    (stage / "rows.jsonl").write_text(
        "".join(json.dumps({**_ROW, "uuid": f"row {at}"}) + "\n" for at in range(2))
    )
    problem = {"id": "three", "question": question(3), "answer": "3"}
    (stage / "problems.jsonl").write_text(json.dumps(problem) + "\n")
    (stage / "text.txt").write_text("A text of one line.\n")
    asked = ("--base-url", url, "--model", MODEL)
    for words in (
        ("solve", question(3), "--save", "trace", *asked),
        ("eval", "--file", "problems.jsonl", "--out", "runs", *asked),
        ("data", "build", "--source", "rows.jsonl", "--out", "data", "--workers", "1"),
    ):
        ended = run(Case("", words), stage, PATIENCE * 4)
        if ended.code != 0:
            raise RuntimeError(f"{' '.join(words)} ended with {ended.code}: {ended.err}")


def run(case: Case, folder: Path, patience: float = PATIENCE) -> Ended:
    """Run a command line in a fork of this process, in a folder."""
    streams = tempfile.mkdtemp(prefix="nonsense-")
    paths = [Path(streams, name) for name in ("in", "out", "err")]
    paths[0].write_bytes(case.stdin)
    child = os.fork()
    if child == 0:
        _become(case, folder, paths)
    deadline, code = time.monotonic() + patience, None
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            break
        time.sleep(0.01)
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    out, err = (path.read_bytes().decode("utf-8", "replace") for path in paths[1:])
    shutil.rmtree(streams)
    return Ended(code, out, err)


def _become(case: Case, folder: Path, paths: Sequence[Path]) -> None:
    """Be the command line; does not return."""
    code = 70
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        modes = (os.O_RDONLY, os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_CREAT)
        for number, (path, mode) in enumerate(zip(paths, modes, strict=True)):
            os.dup2(os.open(path, mode, 0o600), number)
        os.chdir(folder)
        used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY,) * 2)
        os.environ.update(case.environment)
        sys.argv = ["vtc-r1", *case.words]
        from vtc_r1.__main__ import main

        try:
            main()
            code = 0
        except SystemExit as done:
            code = done.code if isinstance(done.code, int) else int(bool(done.code))
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        import traceback

        os.write(2, traceback.format_exc().encode("utf-8", "replace"))
    finally:
        os._exit(code)


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
    lines = [line for line in ended.err.splitlines() if line.strip()]
    if ended.code is None:
        return "hangs"
    if "Traceback" in ended.err or _FAULT in ended.err or "Exception ignored" in ended.err:
        return "traceback"
    if ended.code not in (0, 1, 2):
        return f"exit code {ended.code}"
    unnoticed = ended.code == 0 or (ended.code, ended.err) == (right.code, right.err)
    if unnoticed and not case.perhaps:
        return "not noticed"
    if ended.code and len(lines) > LINES:
        return f"{len(lines)} lines"
    if ended.code and not lines and not ended.out:
        return "says nothing"
    if not unnoticed and case.names and not any(name in ended.err + ended.out for name in case.names):
        return "names nothing"
    after = _contents(folder)
    if changed := [name for name in before if after.get(name) != before[name] and before[name] != _EMPTY]:
        return f"changed {changed[0]}"
    if left := [name for name in after if name.endswith((".tmp", ".partial")) or ".partial/" in name]:
        return f"left {left[0]}"
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
        serving("loopback_server.py", "--segments", 1, "--tokens", 50) as (server,),
        tempfile.TemporaryDirectory(prefix="nonsense-") as name,
    ):
        root = Path(name)
        os.environ["XDG_CACHE_HOME"] = str(root / "cache")
        (root / "stage").mkdir()
        prepare_stage(root / "stage", server.address)
        taken = int(server.address.rsplit(":", 1)[1].split("/")[0])
        found = [*commands(app, rights(root / "stage", server.address, taken))]
        listed = all_cases(found, arguments.seed, arguments.at_once, arguments.command)
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
