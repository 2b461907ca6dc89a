"""`vtc-r1 data sample`: the real command, end to end."""

import json
import signal
import subprocess
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow")

from tests.cli.command import Result, arguments, environment, on, vtc
from tests.conftest import Serve
from tests.loopback import Loopback, Reply, refusal
from vtc_r1.cli.main import app
from vtc_r1.errors import VtcError
from vtc_r1.eval.drawn import problems
from vtc_r1.eval.runs import RunFolder
from vtc_r1.sft.built.dataset import BuiltDataset
from vtc_r1.sft.export.messages import prompt_of

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[2]
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(ROOT / "benchmarks")
    eval_kill = import_module("eval_kill")

NAMES = ["one", "two", "three", "four", "five", "six"]
WRONG = "two"


def answer(body: dict[str, Any]) -> Reply:
    """Work on a page first, then box the digit that the question names; the work tells the seed."""
    content = body["messages"][-1]["content"]
    name = content[0]["text"].split()[0]
    if len(content) < 3:
        return Reply(f"Let me count to {name}, by {body['seed']}.\n")
    return Reply(f"\\boxed{{{0 if name == WRONG else NAMES.index(name) + 1}}}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [{"q": f"{name} as a digit?", "a": at, "name": name} for at, name in enumerate(NAMES, 1)]
    (tmp_path / "digits.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    (tmp_path / "digits.toml").write_text('title = "Digits"\ngrader = "integer"\n', encoding="utf-8")
    return tmp_path


ROWS = ["--question-field", "q", "--answer-field", "a", "--id-field", "name"]
FLAGS = ["--problems", "digits.toml", "--file", "digits.jsonl", *ROWS, "--seed", "3", "--n", "2"]


def words(server: Loopback, out: str, *more: str) -> list[str]:
    return [
        "data",
        "sample",
        *FLAGS,
        *on(server),
        "--out",
        out,
        "--choose",
        "all",
        "--shard-rows",
        "2",
        *more,
    ]


def sample(server: Loopback, folder: Path, out: str, *more: str) -> Result:
    return vtc(*words(server, out, *more), cwd=folder)


def data_set(folder: Path, out: str) -> dict[str, bytes]:
    """Every file of a data set; the time at which its solves began is in none."""
    files = [path for path in (folder / out).rglob("*") if path.is_file()]
    return {path.relative_to(folder / out).as_posix(): path.read_bytes() for path in files}


def test_a_served_model_makes_a_data_set(serve: Serve, folder: Path) -> None:
    server = serve(answer)
    done = sample(server, folder, "out")
    assert done.code == 0, done.err
    assert "digits · optical: 12 of 12 done, 83.3 % right · " in done.err
    assert "6 of 6 problems  " in done.err and "problems/s" in done.err
    assert done.out.splitlines() == [
        "out: 20 examples of 10 solves, compression 0.23×",
        "10 of 12 solves are right; 5 of 6 problems gave examples",
        "dropped 2 solves: wrong",
    ]
    data = BuiltDataset(folder / "out")
    assert (data.config.prompts, data.config.loop.model.name) == ("boxed", server.models[0])
    sent = [request for request in server.requests if len(request.images) == 1]
    for example in data:
        if example.segment:
            (page,) = prompt_of(example, data.prompts(), data.policy).pages
            assert [page.data_uri] in [request.images for request in sent]
    stats = vtc("data", "stats", "out", cwd=folder)
    assert "10 of 12 solves by Qwen/Qwen3-VL-8B-Instruct are right" in stats.out
    asked = len(server.requests)
    again = sample(server, folder, "out", "--json")
    assert (again.code, again.err, len(server.requests)) == (0, "", asked)
    assert json.loads(again.out)["build"]["generations_dropped"] == {"wrong": 2}


def test_a_finished_data_set_needs_neither_server_nor_solves(serve: Serve, folder: Path) -> None:
    server = serve(answer)
    assert sample(server, folder, "out", "-q").code == 0
    before = data_set(folder, "out")
    server.close()
    for path in sorted((folder / "out.solves").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    assert sample(server, folder, "out", "-q").code == 0
    assert data_set(folder, "out") == before


def test_flags_of_the_memory_reach_the_loop(serve: Serve, folder: Path) -> None:
    step = "A step of the work is done here, and another one follows.\n\n"

    def stepwise(body: dict[str, Any]) -> Reply:
        first = answer(body)
        return first if "boxed" in first.text else Reply(first.text + "\n" + step * 40, piece=30, pause=0.001)

    server = serve(stepwise)
    loop = ["--segment-end", "streamed:after=0.5", "--segment-tokens", "200", "--memory-tokens", "700"]
    done = sample(server, folder, "out", *loop, "--density", "fit:tokens=150,least=0.5", "-q")
    assert done.code == 0, done.err
    data = BuiltDataset(folder / "out")
    assert data.config.loop is not None and data.config.loop.budget.memory_tokens == 700
    assert (data.config.loop.segment_end, data.config.loop.density) == (
        "streamed:after=0.5",
        "fit:least=0.5,tokens=150",
    )
    work = [example for example in data if not example.segment]
    assert len(data) == 20 and all(example.target.endswith("follows.\n\n") for example in work)
    assert max(len(example.target) for example in work) < 420 + 2 * len(step)
    assert {example.vision_tokens for example in data if example.segment} <= set(range(1, 151))


def test_kill_9_changes_nothing(serve: Serve, folder: Path) -> None:
    server = serve(answer)
    assert sample(server, folder, "whole", "-q", "--concurrency", "2").code == 0
    whole, asked = data_set(folder, "whole"), len(server.requests)

    def command(out: str) -> list[str]:
        return [
            str(folder / word) if word in ("digits.toml", "digits.jsonl", out) else word
            for word in words(server, out)
        ]

    samples = folder / "killed.solves" / "digits" / "optical" / "samples.jsonl"
    killed = arguments(*command("killed"), "--concurrency", "2")
    left = eval_kill.killed_run(killed, samples, [2.5, 6.2, 11.9])
    assert left == sorted(left) and left[0] >= 2 and not (folder / "killed").exists()
    assert vtc(*command("killed"), "-q", cwd=folder).code == 0
    assert data_set(folder, "killed") == whole
    assert samples.read_bytes().count(b"\n") == 12
    assert len(server.requests) - asked <= asked + 3 * 2 * 2


def wait_for_lines(path: Path, lines: int) -> None:
    until = time.monotonic() + 60
    while eval_kill.count(path) < lines:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_an_interrupt_keeps_what_is_finished(serve: Serve, folder: Path) -> None:
    def slow(body: dict[str, Any]) -> Reply:
        return Reply(hang=True) if "four" in str(body["messages"]) else answer(body)

    server = serve(slow)
    command = arguments(*words(server, "out", "--concurrency", "1"))
    options = {"cwd": folder, "env": environment(), "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **options) as running:
        try:
            assert server.wait_for(lambda seen: len(seen.requests) == 7, 60)
            wait_for_lines(folder / "out.solves" / "digits" / "optical" / "samples.jsonl", 3)
            running.send_signal(signal.SIGINT)
            _, err = running.communicate(timeout=20)
        finally:
            running.kill()
    assert running.returncode == 130 and b"Traceback" not in err, err.decode()
    assert b"3 of 12 are in out.solves/digits/optical; run the same command again to resume" in err
    assert not (folder / "out").exists() and (folder / "out.partial").exists()
    healthy = serve(answer)
    assert sample(healthy, folder, "out", "-q").code == 0
    assert (len(healthy.requests), len(BuiltDataset(folder / "out"))) == (9 * 2, 20)


def test_failed_solves_end_with_1_and_the_same_command_goes_on(serve: Serve, folder: Path) -> None:
    server = serve(lambda body: refusal("no") if "three" in str(body["messages"]) else answer(body))
    done = sample(server, folder, "out")
    assert done.code == 1 and "2 of 12 solves failed" in done.err and not (folder / "out").exists()
    dropped = sample(server, folder, "out", "--drop-failed", "-q")
    assert dropped.code == 0 and "dropped 2 solves: failed" in dropped.out
    whole = sample(serve(answer), folder, "whole", "--solves", "out.solves", "-q")
    assert whole.code == 0 and "dropped 2 solves: wrong" in whole.out and "failed" not in whole.out


def test_no_right_solve_ends_with_1(serve: Serve, folder: Path) -> None:
    done = sample(serve(lambda body: Reply("\\boxed{99}")), folder, "out", "-q")
    assert done.code == 1 and "none of 6 problems gave an example (wrong 12, unsolved 6)" in done.error


def test_a_server_that_is_not_fit_is_told_before_anything_is_made(serve: Serve, folder: Path) -> None:
    server = serve(answer, models=("another",))
    done = sample(server, folder, "out")
    assert done.code == 2 and "is not served" in done.error
    assert server.requests == [] and len([*folder.iterdir()]) == 2


def refused(*words: str | Path) -> str:
    """Run the command in this process; return what it refuses with."""
    with pytest.raises(VtcError) as raised:
        app(["data", "sample", *map(str, words)], standalone_mode=False)
    return str(raised.value)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--problems", "mth500"], "did you mean 'math500'"),
        (["--problems", "absent.jsonl"], "--problems absent.jsonl: there is no such file"),
        (["--problems", "digits.jsonl"], "no column 'problem' or 'question' for the question"),
        (["--problems", "digits.jsonl", "--question-field", "q", "--answer-field", "b"], "no gold answer"),
        (["--problems", "digits.jsonl", "--file", "digits.jsonl"], "are both rows"),
        (["--problems", "digits.csv"], "no column 'problem' or 'question' for the question"),
        (
            ["--problems", "arithmetic", "--choose", "short"],
            "unknown --choose 'short': did you mean 'shortest'",
        ),
        (["--problems", "arithmetic", "--memory", "optical,text"], "one memory policy"),
        (["--problems", "lookup"], "benchmark lookup has documents"),
        (["--problems", "arithmetic", "--memory", "txt"], "did you mean 'text'"),
        (["--problems", "arithmetic", "--segment-end", "steps"], "unknown segment end 'steps'"),
        (["--problems", "arithmetic", "--legibility", "absent"], "legibility absent: cannot be read"),
        (["--problems", "arithmetic", "--temperature", "0"], "--n 8: with --temperature 0"),
        (["--problems", "arithmetic", "--tokenizer", "./nowhere"], "tokenizer ./nowhere"),
        (["--problems", "arithmetic", "--out", "taken"], "choose another --out"),
        (["--problems", "digits.jsonl", *ROWS], "is not of a kind that the embedded model knows"),
    ],
)
def test_bad_input_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], says: str
) -> None:
    monkeypatch.chdir(folder)
    rows = [{**json.loads(line), "b": None} for line in Path("digits.jsonl").read_text("utf-8").splitlines()]
    Path("digits.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    Path("digits.csv").write_text("q,a\n1,1\n", "utf-8")
    Path("taken").mkdir()
    Path("taken", "thesis.tex").write_text("precious", "utf-8")
    before = sorted(folder.rglob("*"))
    assert says in refused(*([] if "--out" in words else ["--out", "out"]), *words)
    assert sorted(folder.rglob("*")) == before


def test_less_than_one_solve_is_bad_usage(folder: Path) -> None:
    done = vtc("data", "sample", "--problems", "arithmetic", "--n", "0", "--out", "out", cwd=folder)
    assert done.code == 2 and "--n" in done.err and "Traceback" not in done.err


def test_another_configuration_is_refused(serve: Serve, folder: Path) -> None:
    server = serve(answer)
    assert sample(server, folder, "out", "-q").code == 0
    asked = len(server.requests)
    for more, says in (
        (["--choose", "shortest"], "is a build with another generations, choose"),
        (["--n", "3"], "is a build with another samples"),
        (["--temperature", "0.1"], "sampling.temperature: 0.7 there, 0.1 now"),
    ):
        done = sample(server, folder, "out", *more)
        assert done.code == 2 and says in done.error
    assert len(server.requests) == asked


def test_the_embedded_model_samples_and_survives_kill_9(tmp_path: Path) -> None:
    rows = [{"question": one.question, "answer": one.answer} for one in problems(6, seed=77)]
    rows[0]["answer"] = "10000"
    (tmp_path / "sums.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")

    def command(out: str) -> list[str]:
        flags = ["--n", "2", "--choose", "fewest-iterations", "--seed", "1", "--concurrency", "4"]
        place = ["--problems", tmp_path / "sums.jsonl", "--out", tmp_path / out]
        return [*map(str, ("data", "sample", *flags, *place))]

    done = vtc(*command("whole"), "--json", "-q", cwd=tmp_path)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert (found["build"]["rows"], found["build"]["rows_used"] >= 4) == (6, True)
    assert found["build"]["generations_dropped"]["wrong"] >= 2 and found["tokens"] == "vtc-r1-nano"
    data = BuiltDataset(tmp_path / "whole")
    assert {example.uuid for example in data} <= set(map(str, range(1, 6)))
    assert any(example.images for example in data)
    for example in data:
        last = example.segment + 1 == example.segments
        assert example.target.endswith(f"<answer>{example.answer}</answer>") == last
    samples = tmp_path / "killed.solves" / "sums" / "optical" / "samples.jsonl"
    eval_kill.killed_run(arguments(*command("killed")), samples, [3.0])
    assert RunFolder(samples.parent).keys()
    assert vtc(*command("killed"), "-q", cwd=tmp_path).code == 0
    assert [*BuiltDataset(tmp_path / "killed")] == [*data]
