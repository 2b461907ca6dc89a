"""Every command once, as a process of its own: what plain `pytest` knows of the command line."""

import json
import signal
import subprocess
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.cli.command import arguments, environment, on, vtc
from tests.conftest import Serve
from tests.loopback import Reply
from tests.sft.openr1 import row, write_jsonl

pytestmark = pytest.mark.smoke
SMALL = ["--set", "width=320", "--set", "height=320", "--segment-tokens", "100"]


def seven(_: object) -> Reply:
    return Reply("So it is \\boxed{7}.")


def test_solve_and_view(serve: Serve, tmp_path: Path) -> None:
    server = serve(["First, 6 times 7 is 42.\n", "So it is \\boxed{42}."])
    done = vtc("solve", "6 times 7?", *on(server), "--save", "run", cwd=tmp_path)
    assert (done.code, done.out) == (0, "42\n")
    viewed = vtc("view", "run", cwd=tmp_path)
    assert viewed.code == 0 and viewed.out.endswith("\n42\n")


def test_eval_and_report(serve: Serve, tmp_path: Path) -> None:
    rows = [{"problem": f"3 + {number}?", "answer": str(3 + number)} for number in (3, 4)]
    (tmp_path / "sums.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in rows), encoding="utf-8")
    words = ["--file", "sums.jsonl", "--temperature", "0", "--out", "runs", "--json", "-q"]
    done = vtc("eval", *words, *on(serve(seven)), cwd=tmp_path)
    assert done.code == 0, done.err
    (run,) = json.loads(done.out)["runs"]
    assert (run["problems"], run["owed"], run["accuracy"]["mean"]) == (2, 0, 0.5)
    told = vtc("report", "runs", "--out", "report", "--no-figures", cwd=tmp_path)
    assert (told.code, told.out) == (0, "report/index.html\n")


def test_render(tmp_path: Path) -> None:
    done = vtc("render", "-", "--out", "pages", "--json", cwd=tmp_path, stdin="12 + 30 = 42\n" * 40)
    (page,) = json.loads(done.out)["pages"]
    assert done.code == 0 and (tmp_path / page["path"]).read_bytes().startswith(b"\x89PNG")


def test_data_build_and_export(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    write_jsonl(tmp_path / "rows.jsonl", [row(number, steps=4) for number in range(3)])
    words = ["--source", "rows.jsonl", "--out", "data", *SMALL, "--workers", "1", "--json"]
    built = vtc("data", "build", *words, cwd=tmp_path)
    assert built.code == 0, built.err
    examples = json.loads(built.out)["build"]["examples"]
    assert examples >= 3
    done = vtc("data", "export", "data", "--format", "jsonl", "--out", "lines", cwd=tmp_path)
    assert done.code == 0, done.err
    (lines,) = (tmp_path / "lines").glob("*.jsonl")
    assert len(lines.read_text(encoding="utf-8").splitlines()) == examples


@pytest.mark.parametrize("command", ["probe", "tune"])
def test_reading_is_measured(serve: Serve, tmp_path: Path, command: str) -> None:
    pytest.importorskip("rapidfuzz", reason="the extra `probe` is not installed")
    words = {
        "probe": ["--profile", "default+width=256+height=256", "--scales", "1", "--tasks", "transcribe"],
        "tune": ["--vary", "width=256", "--vary", "height=256", "--evaluations", "1", "--target", "1"],
    }[command]
    same = ["--kinds", "digits", "--pages", "1", "--out", "out", "--json"]
    done = vtc(command, *words, *same, *on(serve(seven)), cwd=tmp_path)
    assert done.code == 0 and json.loads(done.out), done.err


def test_serve(serve: Serve, tmp_path: Path) -> None:
    pytest.importorskip("fastapi")
    words = arguments("serve", *on(serve(seven)), "--port", "0", "--json")
    with subprocess.Popen(words, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        told = json.loads(running.stdout.readline())
        body = {"model": told["model"], "messages": [{"role": "user", "content": "3 + 4?"}]}
        sent = json.dumps(body).encode()
        asked = Request(f"{told['base_url']}/chat/completions", sent, {"Content-Type": "application/json"})
        with urlopen(asked, timeout=60) as answer:
            assert json.load(answer)["choices"][0]["message"]["content"] == "7"
        running.send_signal(signal.SIGTERM)
    assert running.returncode == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--help"], "Optical memory for long reasoning"),
        (["--version"], "vtc-r1 "),
        (["list", "policies"], "optical"),
        (["man", "solve"], ".SH EXAMPLES"),
        (["plan"], "optical memory pays from"),
        (["launch", "Qwen/Qwen3-VL-8B-Instruct", "--print"], "sglang.launch_server"),
        (["train", "nano", "--print"], "learning_rate"),
    ],
    ids=["help", "version", "list", "man", "plan", "launch", "train"],
)
def test_what_is_printed(tmp_path: Path, words: list[str], says: str) -> None:
    done = vtc(*words, cwd=tmp_path)
    assert (done.code, done.err) == (0, "") and says in done.out


def test_study(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(
        "[steps.shipped]\nkind = 'eval'\nbenchmarks = ['lookup']\nlimit = 3\n", "utf-8"
    )
    done = vtc("study", "s.toml", "--plan", "--json", cwd=tmp_path)
    (job,) = json.loads(done.out)["jobs"]
    assert (job["label"], job["state"], len(job["hash"])) == ("shipped · lookup", "owed", 64)
    assert [path.name for path in tmp_path.iterdir()] == ["s.toml"]
