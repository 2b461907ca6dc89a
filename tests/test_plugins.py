"""Plug-ins: a package that is installed beside this one, broken ones, and `module:Class`."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Result, environment, vtc
from tests.plugged import EXAMPLE, install, package

ROOT = EXAMPLE.parent.parent
PACKAGE = "vtc-r1-example 0.1.0"
ASKED = "37 + 85 - 19 * 2 + 46"
REPLAY = (
    "A plan.\nFirst 37 + 85 is 122.\nSo far.\n---\nThen 122 - 38 is 84.\nThat is nearly all.\n---\n"
    "<think></think>\n<answer>84.2</answer>"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(tmp_path_factory.mktemp("installed"))


@pytest.fixture
def run(site: Path, tmp_path: Path) -> Any:
    """Run a command where the example is installed."""
    (tmp_path / "replay.txt").write_text(REPLAY)

    def command(*words: str, **more: str) -> Result:
        return vtc(*words, cwd=tmp_path, PYTHONPATH=str(site), **more)

    return command


@pytest.mark.process
def test_a_policy_is_evaluated_and_its_package_recorded(run: Any, tmp_path: Path) -> None:
    rows = [{"problem": ASKED, "answer": "130"}, {"problem": "4 * 5 + 6 - 7 * 8", "answer": "-30"}]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    flags = ["--file", "rows.jsonl", "--memory", "optical,opening:segments=2", "--json", "-q"]
    done = run("eval", *flags)
    assert done.code == 0, done.err
    folder = tmp_path / "runs" / "rows" / "opening-segments=2"
    assert json.loads((folder / "run.json").read_text())["memory"] == "opening:segments=2"
    samples = [json.loads(line) for line in (folder / "samples.jsonl").read_text().splitlines()]
    assert len(samples) == 2
    for trace in (sample["trace"] for sample in samples):
        assert trace["versions"]["vtc-r1-example"] == "0.1.0"
        drawn = [bool(each["pages"]) for each in trace["iterations"][:-1]]
        assert drawn == [at >= 2 for at in range(len(drawn))]
        sent = [each["carried"] for each in trace["iterations"]]
        assert all(each["text"] > 0 for each in sent[1:]) and [each["vision"] > 0 for each in sent] == [
            at > 2 for at in range(len(sent))
        ]
    assert max(len(sample["trace"]["iterations"]) for sample in samples) > 3
    beside = (tmp_path / "runs" / "rows" / "optical" / "samples.jsonl").read_text()
    assert "vtc-r1-example" not in beside


@pytest.mark.process
def test_segment_end_density_backend_and_preset_are_used(run: Any) -> None:
    plain = run("solve", "What is it?", "--backend", "replay", "--json", "-q")
    flags = [
        "--segment-end",
        "lines:after=2",
        "--density",
        "short:factor=2",
        "--memory",
        "opening:segments=0",
    ]
    other = run("solve", "What is it?", "--backend", "replay", "--preset", "replay", *flags, "--json", "-q")
    assert (plain.code, other.code) == (0, 0), plain.err + other.err
    one, two = json.loads(plain.out), json.loads(other.out)
    assert one["model"] == two["model"] == {
        "name": "replay", "revision": None, "backend": "replay", "preset": "replay",
    }  # fmt: skip
    assert one["profile"]["name"] == "paper" and one["budget"]["segment_tokens"] == 512
    assert (two["memory"], two["segment_end"], two["density"]) == (
        "opening:segments=0", "lines:after=2", "short:factor=2",
    )  # fmt: skip
    assert one["answer"] == two["answer"] == "84.2"
    assert [each["finish_reason"] for each in one["iterations"]] == ["stop", "stop", "stop"]
    assert [each["finish_reason"] for each in two["iterations"]] == ["cut", "cut", "stop"]
    assert two["iterations"][0]["kept"] == "A plan.\nFirst 37 + 85 is 122."
    small, large = (trace["iterations"][1]["pages"][0]["vision_tokens"] for trace in (one, two))
    assert large != small
    assert one["versions"]["vtc-r1-example"] == two["versions"]["vtc-r1-example"] == "0.1.0"


@pytest.mark.process
def test_a_grader_grades_a_benchmark_and_its_version_is_on_record(run: Any, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(
        '{"problem": "one", "answer": "84"}\n{"problem": "two", "answer": "80"}\n'
    )
    (tmp_path / "mine.toml").write_text('title = "Mine"\ngrader = "near"\n')
    words = ["eval", "mine.toml", "--file", "rows.jsonl", "--backend", "replay", "--json", "-q"]
    done = run(*words)
    assert done.code == 0, done.err
    folder = tmp_path / "runs" / "mine" / "optical"
    grades = [json.loads(line)["grade"] for line in (folder / "grades.jsonl").read_text().splitlines()]
    assert sorted(grade["correct"] for grade in grades) == [False, True]
    assert json.loads((folder / "run.json").read_text())["grading"]["versions"]["vtc-r1-example"] == "0.1.0"
    again = run("eval", "--regrade")
    assert again.code == 0 and "0 verdicts changed" in again.err + again.out
    (tmp_path / "mine.toml").write_text('title = "Mine"\ngrader = "near:within=soon"\n')
    assert "mine.toml: grader near: within = 'soon'" in run(*words).error


@pytest.mark.process
def test_training_examples_carry_what_a_policy_does(run: Any, tmp_path: Path) -> None:
    flags = [
        "--segment-tokens",
        "64",
        "--max-segments",
        "30",
        "--memory",
        "opening:segments=2",
        "--limit",
        "4",
    ]
    done = run("data", "build", "--source", "example", *flags, "--workers", "2", "--out", "data", "-q")
    assert done.code == 0, done.err
    from vtc_r1.sft.built.dataset import examples_of, shard_files

    examples = [one for path in shard_files(tmp_path / "data") for one in examples_of(path)]
    assert max(one.segment for one in examples) > 2
    for one in examples:
        texts = [part for part in one.memory if isinstance(part, str)]
        assert len(texts) == min(2, one.segment) and bool(one.images) == (one.segment > 2)
        assert texts == list(one.memory[: len(texts)])
    card = (tmp_path / "data" / "README.md").read_text()
    assert "`opening:segments=2`: the first segments, which often contain a plan, as text; later ones" in card


@pytest.mark.process
def test_list_help_and_completion_tell_where_names_come_from(run: Any) -> None:
    found = json.loads(run("list", "--json").out)
    brought = {
        kind: [entry["name"] for entry in entries if entry.get("package") == PACKAGE]
        for kind, entries in found.items()
    }
    assert {kind: names for kind, names in brought.items() if names} == {
        "policies": ["opening"], "segment-ends": ["lines"], "densities": ["short"], "backends": ["replay"],
        "graders": ["near"], "presets": ["replay"],
    }  # fmt: skip
    assert f"later ones as pages · {PACKAGE}" in run("list", "policies").out
    helped = " ".join(re.sub(r"[│\s]+", " ", run("solve", "--help", COLUMNS="200").out).split())
    for name in ("opening", "lines", "short", "replay"):
        assert f"{name} ({PACKAGE})" in helped


@pytest.mark.process
def test_nothing_is_imported_before_it_is_used(run: Any, site: Path, tmp_path: Path) -> None:
    script = (
        "import sys\nfrom vtc_r1 import Solver\nfrom vtc_r1.memory import POLICIES\n"
        "assert 'opening' in POLICIES\n"
        "with Solver() as solver: assert solver.solve('1+2').answer == '3'\n"
        "print([name for name in sys.modules if name.startswith('vtc_r1_example')])\n"
    )
    for words in (["-c", script], ["-X", "importtime", "-m", "vtc_r1", "solve", "--help"]):
        done = subprocess.run(
            [sys.executable, *words], env=environment(PYTHONPATH=str(site)), cwd=tmp_path,
            capture_output=True, text=True, timeout=240, check=True,
        )  # fmt: skip
        assert "vtc_r1_example." not in done.stderr + done.stdout


def test_the_guide_shows_the_files_of_the_example() -> None:
    blocks = re.findall(
        r"^```(?:toml|python)\n(.*?)^```", (ROOT / "docs/extending.md").read_text(), re.M | re.S
    )
    files = [path for path in sorted(EXAMPLE.rglob("*")) if path.suffix in (".py", ".toml")]
    assert len(files) == 8
    for path in files:
        if path.name != "__init__.py":
            assert path.read_text() in blocks, path


BROKEN = {
    "absent": (
        "nowhere:Gone",
        "nowhere:Gone cannot be imported (ModuleNotFoundError: No module named 'nowhere')",
    ),
    "fails": ("broken_fails:Mine", "cannot be imported (ZeroDivisionError: division by zero)"),
    "leaves": ("broken_leaves:Mine", "cannot be imported (SystemExit: 3)"),
    "syntax": ("broken_syntax:Mine", "cannot be imported (SyntaxError: "),
    "lacks": ("broken_shapes:Gone", "cannot be imported (AttributeError: "),
    "module": ("broken_shapes", "cannot be imported (AttributeError: "),
    "function": (
        "broken_shapes:function",
        "broken_shapes:function is not a subclass of vtc_r1.memory.parts.Parts",
    ),
    "other": ("broken_shapes:Other", "broken_shapes:Other is not a subclass of vtc_r1.memory.parts.Parts"),
    "abstract": ("broken_shapes:Abstract", "broken_shapes:Abstract has no take"),
    "options": ("broken_shapes:Odd", "its takes is not a subclass of vtc_r1.spec.Options"),
    "made": ("broken_shapes:Made", "cannot be created (TypeError: "),
}
SHAPES = """
from vtc_r1.memory import Bounded, Parts

def function(): ...

class Other: ...

class Abstract(Parts[Bounded]): ...

class Odd(Parts[Bounded]):
    takes = 3
    def take(self, segment): return []

class Made(Parts[Bounded]):
    def __init__(self): ...
    def take(self, segment): return []

class Fails(Parts[Bounded]):
    def take(self, segment): return [1 / 0]
"""


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("broken")
    points = "".join(f"{name} = {value}\n" for name, (value, _) in BROKEN.items())
    points += "optical = broken_shapes:Made\nwith space = broken_shapes:Made\ntwice = broken_shapes:Made\n"
    package(
        site, "broken-one", f"[vtc_r1.memory]\n{points}failing = broken_shapes:Fails\n",
        broken_fails="1 / 0\n", broken_leaves="raise SystemExit(3)\n", broken_syntax="def\n",
        broken_shapes=SHAPES,
    )  # fmt: skip
    package(site, "broken-two", "[vtc_r1.memory]\ntwice = nowhere:Gone\n")
    package(site, "broken-rest", "".join(
        f"[{group}]\nbad = broken_shapes:{'Other' if at % 2 else 'function'}\n"
        for at, group in enumerate(("vtc_r1.segment_ends", "vtc_r1.densities", "vtc_r1.graders",
                                    "vtc_r1.backends", "vtc_r1.presets"))
    ))  # fmt: skip
    return site


@pytest.mark.process
def test_a_broken_plugin_is_one_line_where_it_is_used(broken: Path, tmp_path: Path) -> None:
    script = (
        "from vtc_r1.errors import PluginError\nfrom vtc_r1.memory import memory_policy\n"
        "from vtc_r1.renderers import Renderer\n"
        f"for name in {[*BROKEN, 'twice']!r}:\n"
        "    try: memory_policy(name)(Renderer())\n"
        "    except PluginError as error: print(f'{name}|{error}')\n"
        "    else: print(f'{name}|nothing')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment(PYTHONPATH=str(broken)), cwd=tmp_path,
        capture_output=True, text=True, timeout=240, check=True,
    )  # fmt: skip
    said = dict(line.split("|", 1) for line in done.stdout.splitlines())
    assert said.keys() == BROKEN.keys() | {"twice"}
    for name, (_, why) in BROKEN.items():
        assert why in said[name] and f"plug-in {name}" in said[name]
        assert name in ("options", "made") or "(vtc_r1.memory) of broken-one 1.0" in said[name]
    assert "broken-one 1.0" in said["twice"] and "broken-two 1.0 has one of the same name" in said["twice"]


@pytest.mark.process
def test_broken_plugins_break_nothing_else(broken: Path, site: Path, tmp_path: Path) -> None:
    done = vtc("list", "policies", cwd=tmp_path, PYTHONPATH=str(broken))
    lines = done.err.splitlines()
    assert done.code == 0 and "Traceback" not in done.err
    assert re.search("^optical +Every earlier", done.out, re.MULTILINE)
    assert all(line.startswith("vtc-r1: warning: plug-in ") and "broken-" in line for line in lines)
    named = {name for name in [*BROKEN, "optical", "with space", "twice"] if f"plug-in {name} " in done.err}
    assert named == {*BROKEN, "optical", "with space", "twice"} - {"options", "made"}
    assert "optical is a built-in memory policy, which is used" in done.err
    everything = vtc("list", "--json", cwd=tmp_path, PYTHONPATH=str(broken))
    assert everything.code == 0 and everything.err.count("plug-in bad (vtc_r1.") == 5
    (tmp_path / "replay.txt").write_text(REPLAY)
    both = f"{broken}{os.pathsep}{site}"

    def solve(*words: str) -> Result:
        return vtc(
            "solve",
            "What is it?",
            "-q",
            "--backend",
            "replay",
            "--preset",
            "replay",
            *words,
            cwd=tmp_path,
            PYTHONPATH=both,
        )

    solved = solve("--memory", "text")
    assert (solved.code, solved.out, solved.err) == (0, "84.2\n", "")
    warned = solve()
    assert (warned.code, warned.out) == (0, "84.2\n")
    assert re.fullmatch(r"plug-in optical \(vtc_r1.memory\) of broken-one 1.0: .*another name\n", warned.err)
    failed = solve("--memory", "fails")
    assert failed.code == 2 and "plug-in fails (vtc_r1.memory) of broken-one 1.0" in failed.error
    blamed = solve("--memory", "failing")
    assert blamed.code == 1
    assert "ZeroDivisionError: division by zero; this is a fault of broken-one 1.0" in blamed.err


MINE = """
import pathlib
pathlib.Path("imported").touch()
from vtc_r1.memory import Bounded, Parts

class Kept(Bounded):
    segments: int = 2

class Mine(Parts[Kept]):
    '''The last segments as text.'''
    def take(self, segment):
        self.parts = [*self.parts, segment][-self.options.segments:]
        return []
"""


@pytest.mark.process
def test_a_class_of_a_module_is_named_by_whoever_runs_the_program(run: Any, tmp_path: Path) -> None:
    (tmp_path / "my_policies.py").write_text(MINE)
    words = [
        "solve",
        "What is it?",
        "--backend",
        "vtc_r1_example.backends:Replay:file=replay.txt",
        "--json",
        "-q",
    ]
    trace = json.loads(run(*words, "--memory", "my_policies:Mine:segments=1").out)
    assert trace["memory"] == "my_policies:Mine:segments=1" and len(trace["iterations"]) == 3
    assert trace["model"]["backend"] == "vtc_r1_example.backends:Replay"
    (tmp_path / "vtc.toml").write_text('memory = "my_policies:Mine"\n')
    assert json.loads(run(*words).out)["memory"] == "my_policies:Mine"
    wrong = run(*words, "--memory", "my_policies:Mine:segment=1").error
    assert "unknown option of memory policy my_policies:Mine 'segment': did you mean 'segments'" in wrong
    absent = run(*words, "--memory", "my_polices:Mine").error
    assert "memory policy my_polices:Mine: my_polices:Mine cannot be imported (ModuleNotFoundError" in absent
    script = "from vtc_r1 import Solver\nprint(Solver(memory='my_policies:Mine').skeleton('').memory)"
    said = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=240
    )
    assert said.stdout == "my_policies:Mine\n"


OTHERS = (
    "evil:Mine", "evil:Mine:segments=1", "evil:", ":Mine", "evil:Mine:", " evil:Mine", "evil: Mine",
    "evil::Mine",
    "evil.x:Mine", "optical:evil:Mine", "reread:of=evil:Mine", "reread:of=evil", "os:system", "evil:a.b",
    "evil:Mine,segments=1", "vtc_r1.memory.optical:Optical", "..evil:Mine", "evil/x:Mine", "text:Mine",
    "evil:Mine\n", "evil.py:Mine", "\tevil:Mine",
)  # fmt: skip


def test_a_name_from_anybody_else_imports_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from vtc_r1 import Solver
    from vtc_r1.errors import UsageError

    (tmp_path / "evil.py").write_text(MINE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    with Solver() as solver:
        for name in OTHERS:
            with pytest.raises(UsageError):
                solver.changed({}, {}, memory=name)
            assert not (tmp_path / "imported").exists() and "evil" not in sys.modules, name


@pytest.mark.process
def test_a_stored_run_imports_nothing(run: Any, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"problem": "one", "answer": "84.2"}\n')
    done = run("eval", "--file", "rows.jsonl", "--backend", "replay", "--json", "-q")
    assert done.code == 0, done.err
    (tmp_path / "evil.py").write_text(MINE)
    path = tmp_path / "runs" / "rows" / "optical" / "run.json"
    stored = json.loads(path.read_text())
    stored["benchmark"]["grader"] = "evil:Mine"
    path.write_text(json.dumps(stored))
    refused = vtc("eval", "--regrade", cwd=tmp_path)
    assert refused.code == 2 and "unknown grader 'evil:Mine'" in refused.error
    assert "install it as a plug-in" in refused.error
    assert not (tmp_path / "imported").exists()


@pytest.mark.process
def test_a_named_backend_takes_no_address(tmp_path: Path) -> None:
    for flags, says in (
        (
            ["--backend", "embedded", "--model", "x"],
            "backend embedded: what else is given chooses transformers",
        ),
        (["--backend", "openai"], "backend openai: what else is given chooses embedded"),
        (["--backend", "opnai"], "unknown backend 'opnai': did you mean 'openai'"),
    ):
        done = vtc("solve", "1+2", *flags, cwd=tmp_path)
        assert done.code == 2 and says in done.error
    assert vtc("solve", "1+2", "-q", "--backend", "embedded", cwd=tmp_path).out == "3\n"
