"""A solver beyond its process: forks, pools and pickles say what to do, and none of them waits for ever."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = [pytest.mark.process, pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")]

HEAD = """
import asyncio, multiprocessing, os, sys, warnings
from concurrent.futures import ProcessPoolExecutor
warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of any fork beside threads
from tests.scripted import Scripted
from vtc_r1 import Solver

solver = Solver(backend=Scripted(lambda request: "\\\\boxed{1}"))
async def drained(items):
    return [item async for item in items]

def said(ask):
    try:
        return f"no error: {ask()!r}"
    except BaseException as error:
        return f"{type(error).__name__}: {error}"

def in_fork(ask):
    child = os.fork()
    if child == 0:
        print(said(ask), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""
FORKED = "UsageError: this Solver was made in process "
REMEDY = "make a Solver in the process that uses it"
PICKLED = "UsageError: a Solver holds a model, threads and connections, and cannot be pickled"


def lines(script: str, seconds: float = 60) -> list[str]:
    """What a script prints; it is not waited for longer, and may say nothing else."""
    done = subprocess.run(
        [sys.executable, "-c", HEAD + script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


@pytest.mark.parametrize("used", [False, True])
def test_every_face_refuses_in_a_fork(used: bool) -> None:
    said = lines(
        f"""
if {used}:
    solver.solve("one")
for ask in (
    lambda: solver.solve("one"), lambda: asyncio.run(solver.asolve("one")), lambda: list(solver.map(["one"])),
    lambda: list(solver.stream("one")), lambda: asyncio.run(drained(solver.astream("one"))),
    lambda: asyncio.run(drained(solver.amap(["one"]))), lambda: solver.check(),
    lambda: solver.changed({{}}, {{}}).solve("one"),
):
    in_fork(ask)
print(solver.solve("one").answer)
solver.close()
"""
    )
    assert len(said) == 9 and said[-1] == "1"
    assert all(line.startswith(FORKED) and line.endswith(REMEDY) for line in said[:-1]), said


def test_what_the_parent_has_begun_does_not_go_on_in_a_fork() -> None:
    said = lines(
        """
slow = Solver(backend=Scripted(lambda request: "\\\\boxed{1}", delay=0.05))
traces, events = slow.map(["one"] * 8, concurrency=2), slow.stream("one")
next(traces), next(events)
in_fork(lambda: next(traces))
in_fork(lambda: next(events))
in_fork(traces.close)
in_fork(slow.close)
in_fork(lambda: asyncio.run(slow.aclose()))
in_fork(lambda: slow.__exit__(None, None, None))
print(len(list(traces)), type(list(events)[-1]).__name__)
slow.close()
solver.close()
"""
    )
    assert all(line.startswith(FORKED) for line in said[:2]), said
    assert said[2:] == ["no error: None"] * 4 + ["7 Finished"]


def test_a_fork_makes_its_own() -> None:
    said = lines(
        """
def own():
    with Solver(backend=Scripted(lambda request: "\\\\boxed{2}")) as other:
        return other.solve("one").answer
solver.solve("one")
in_fork(own)
child = os.fork()
if child == 0:
    sys.exit(0)  # an ordinary end, with the parent's solver still there
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
solver.close()
"""
    )
    assert said == ["no error: '2'", "0"]


def test_pools_and_loaders_say_what_to_do() -> None:
    pytest.importorskip("torch")
    said = lines(
        """
solver.solve("one")
fork = multiprocessing.get_context("fork")
def ask(_):
    return solver.solve("one").answer
with ProcessPoolExecutor(1, mp_context=fork) as pool:
    print(said(lambda: pool.submit(ask, 0).result()))
with ProcessPoolExecutor(1, mp_context=fork) as pool:
    print(said(lambda: pool.submit(solver.solve, "one").result()))
with fork.Pool(1) as pool:
    print(said(lambda: pool.map(ask, [0])))
    print(said(lambda: pool.map(solver.solve, ["one"])))
print(said(multiprocessing.get_context("spawn").Process(target=solver.solve, args=("one",)).start))
from torch.utils.data import DataLoader, Dataset
class Questions(Dataset):
    def __len__(self):
        return 1
    __getitem__ = staticmethod(ask)
loaded = said(lambda: list(DataLoader(Questions(), num_workers=1)))
print(loaded.splitlines()[-1].removeprefix("vtc_r1.errors."))
print(solver.solve("one").answer)
solver.close()
"""
    )
    forked, pickled = (said[0], said[2], said[5]), (said[1], said[3], said[4])
    assert all(line.startswith(FORKED) and line.endswith(REMEDY) for line in forked), said
    assert all(line.startswith(PICKLED) for line in pickled), said
    assert said[6:] == ["1"]


def test_a_model_in_a_fork_fails_and_does_not_wait() -> None:
    pytest.importorskip("torch")
    said = lines(
        """
from vtc_r1.backends.embedded import EmbeddedBackend
backend = EmbeddedBackend()
with Solver(backend=backend) as real:
    traces = real.map(["37 + 85 - 19 * 2 + 46"] * 32, concurrency=8)
    next(traces)  # the engine's thread runs
    in_fork(lambda: Solver(backend=backend).solve("1+2*3-4").error)
    traces.close()
solver.close()
""",
        120,
    )
    assert len(said) == 1 and "of which this is a fork" in said[0], said


LEFT = {
    "solve": "solver.solve('one')",
    "map": "next(solver.map(['one'] * 99))",
    "map, held": "held = solver.map(['one'] * 99); next(held)",
}


@pytest.mark.parametrize("left", LEFT)
def test_an_interpreter_ends_though_nothing_was_closed(left: str) -> None:
    assert lines(f"{LEFT[left]}\nprint('end')") == ["end"]
