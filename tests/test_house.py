import ast
import functools
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "vtc_r1"
LINKS = ("renderers", "prompts", "eval")
LAYERS = (
    {"disk"},
    {"renderers"},
    {"segments"},
    {"memory"},
    {"verification"},
    {"loop"},
    {"solver"},
    {"eval", "sglang"},
    {"sft"},
    {"rl"},
    {"study"},
    {"cli", "serve"},
)
LONGEST = 350
"""Lines of a file."""
HEAVY = ("torch", "transformers", "matplotlib", "datasets", "sympy", "math_verify", "pebble", "openai")


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@functools.cache
def imported(path):
    """Names of the modules that a file imports, wherever in it."""
    return tuple(_imported(path))


def _imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else node.module


def room(module):
    """The room below `vtc_r1` that a module lies in."""
    return module.split(".")[1] if module.startswith("vtc_r1.") else ""


def offences(rooms, banned):
    return [
        f"{module} imports {name}"
        for module, path in MODULES.items()
        if room(module) in rooms
        for name in imported(path)
        if room(name) in banned
    ]


def run(*arguments):
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_walk_finds_the_package():
    assert {"vtc_r1", "vtc_r1.loop", "vtc_r1.cli.main", "vtc_r1.renderers.layout"} <= MODULES.keys()
    assert "vtc_r1.renderers.draw" in set(imported(MODULES["vtc_r1.renderers.renderer"]))
    inside_a_function, for_type_checkers = "vtc_r1.renderers.atlas_cache", "vtc_r1.backends.base"
    assert inside_a_function in set(imported(MODULES["vtc_r1.renderers.loading"]))
    assert for_type_checkers in set(imported(MODULES["vtc_r1.cli.terminal.notices"]))


@pytest.mark.parametrize("name", LINKS)
def test_root_links_point_into_the_package(name):
    link = ROOT / name
    assert link.is_symlink()
    assert link.readlink() == Path("vtc_r1") / name
    assert (link / "__init__.py").is_file()


@pytest.mark.parametrize("folder", ["vtc_r1", "tests", "benchmarks"])
def test_nothing_imports_the_root_links(folder):
    files = [*(ROOT / folder).rglob("*.py")]
    assert [path for path in files if {name.split(".")[0] for name in imported(path)} & set(LINKS)] == []


@pytest.mark.process
def test_pytest_collects_nothing_through_the_root_links():
    done = run("-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *LINKS)
    assert done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED, done.stdout


@pytest.mark.parametrize("at", range(len(LAYERS)), ids=["+".join(sorted(layer)) for layer in LAYERS])
def test_imports_go_one_way(at):
    assert offences(LAYERS[at], set().union(*LAYERS[at + 1 :])) == []


def test_rooms_have_no_cycle():
    graph = graphlib.TopologicalSorter()
    for module, path in MODULES.items():
        others = {room(name) for name in imported(path)} - {room(module), ""}
        if room(module):
            graph.add(room(module), *others)
    assert {"solver", "loop", "renderers"} <= set(graph.static_order())


def test_files_have_no_cycle():
    """Imports inside functions count, and those for type checkers: both say that a file needs the other.

    A name that a package re-exports is imported from its `__init__`, which is a file like any other. That
    Python runs `__init__` before every module of a package does not count.
    """
    graph = graphlib.TopologicalSorter(
        {module: {name for name in imported(path) if name in MODULES} for module, path in MODULES.items()}
    )
    try:
        graph.prepare()
    except graphlib.CycleError as error:
        pytest.fail(" → ".join(reversed(error.args[1])))


def test_files_are_short():
    lengths = {module: len(path.read_text("utf-8").splitlines()) for module, path in MODULES.items()}
    too_long = {module: lines for module, lines in lengths.items() if lines > LONGEST}
    assert too_long == {}


@pytest.mark.parametrize(
    ("name", "known"),
    [("disk", {"errors"}), ("closed", set()), ("renderers", {"disk", "errors", "closed"})],
)
def test_the_lowest_rooms_know_little(name, known):
    rooms = {room(module) for module in MODULES}
    assert offences({name}, rooms - {name, "", *known}) == []


def test_one_room_locks_and_syncs_files():
    calls = ("flock(", "lockf(", "fsync(", "os.replace(")
    found = {
        module for module, path in MODULES.items() if any(call in path.read_text("utf-8") for call in calls)
    }
    assert {room(module) for module in found} == {"disk"}, found


def test_backends_know_nothing_of_what_uses_them():
    assert offences({"backends"}, {"memory", "loop", "solver", "eval", "sft", "serve", "cli"}) == []


def test_the_loop_knows_no_kind_of_backend():
    kinds = {name for name in imported(MODULES["vtc_r1.loop"]) if room(name) == "backends"}
    assert kinds == {"vtc_r1.backends.base"}


@pytest.mark.process
@pytest.mark.parametrize("module", ["vtc_r1", "vtc_r1.cli.main", "vtc_r1.eval.load", "vtc_r1.renderers"])
def test_importing_is_light(module):
    done = run("-c", f"import sys, {module}\nprint(*(name for name in {HEAVY} if name in sys.modules))")
    assert done.stderr == ""
    assert done.stdout.split() == []


@pytest.mark.process
def test_help_is_light():
    code = (
        "import sys\n"
        "from vtc_r1.cli.main import main\n"
        "sys.argv = ['vtc-r1', '--help']\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        f"    print(*(name for name in {HEAVY} if name in sys.modules), file=sys.stderr)\n"
    )
    done = run("-c", code)
    assert (done.returncode, done.stderr.split()) == (0, [])
