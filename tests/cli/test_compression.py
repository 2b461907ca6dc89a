"""One compression: whatever shows a solve says what its trace says, and says it in the same way."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.cli.command import arguments, environment, on, vtc
from tests.cli.terminal.emulated import on_terminal
from tests.conftest import Serve
from tests.loopback import MODEL, Loopback, Reply
from vtc_r1.compression import Compression, times
from vtc_r1.storage import load_trace

QUESTION = "What is 6 times 7?"
FIGURE = re.compile(r"compression (\d+\.\d\d×|–)")
MEMORIES = ("optical", "blank", "text")


def work(body: dict[str, Any]) -> Reply:
    """Four segments, each longer than the one before, whatever they are carried as."""
    images = sum(part["type"] == "image_url" for part in body["messages"][-1]["content"])
    step = images or len(set(re.findall(r"Step (\d)", str(body["messages"]))))
    if step >= 4:
        return Reply("So it is \\boxed{42}.", pause=0.02)
    length = 90 * (step + 1) ** 2
    usage = {"prompt_tokens": 900, "completion_tokens": length, "total_tokens": 900 + length}
    return Reply(f"Step {step + 1}." + " It goes on." * (30 * (step + 1)), usage=usage, piece=300, pause=0.02)


def recount(trace: dict[str, Any]) -> list[str]:
    """The figure after each iteration, from the numbers that a trace records."""
    text = accumulate(one["memory_text_tokens"] for one in trace["iterations"])
    vision = accumulate(one["usage"]["vision_tokens"] for one in trace["iterations"])
    pairs = list(zip(text, vision, strict=True))
    return [f"{text / vision:.2f}×" if text and vision else "–" for text, vision in pairs]


@contextmanager
def served(server: Loopback, folder: Path, memory: str) -> Iterator[str]:
    """The address of a `vtc-r1 serve` process."""
    words = ["serve", *on(server), "--memory", memory, "--port", "0", "--json", "--save", "traces"]
    running = subprocess.Popen(
        arguments(*words), cwd=folder, env=environment(), stdout=subprocess.PIPE, text=True
    )
    try:
        assert running.stdout is not None
        yield json.loads(running.stdout.readline())["url"]
    finally:
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=60)


def ask(address: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(address, data, {"Content-Type": "application/json"}), timeout=60) as answer:
        return json.load(answer)


def events(address: str, name: str) -> list[dict[str, Any]]:
    """The log of a solve to its end."""
    with urlopen(f"{address}api/solves/{name}/events", timeout=60) as answer:
        lines = answer.read().decode().splitlines()
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


def assert_told(log: list[dict[str, Any]], trace: dict[str, Any]) -> None:
    """Every iteration's event tells the figure so far, the last one that of the trace."""
    told = [event["compression"] for event in log if event["type"] == "remembered"]
    assert [times(ratio) for ratio in told] == recount(trace)
    assert log[-1]["type"] == "finished" and log[-1]["compression"] == trace["compression_ratio"] == told[-1]


@pytest.mark.process
@pytest.mark.parametrize("memory", MEMORIES)
def test_one_solve_has_one_figure_wherever_it_is_shown(serve: Serve, tmp_path: Path, memory: str) -> None:
    server, flags = serve(work), ["--memory", memory]
    done = vtc("solve", QUESTION, *on(server), *flags, "--save", "one", cwd=tmp_path)
    assert done.out == "42\n", done.err
    trace = json.loads((tmp_path / "one" / "trace.json").read_text(encoding="utf-8"))
    figure = times(trace["compression_ratio"])
    said = [] if memory == "text" else [figure]
    assert recount(trace)[-1] == figure and len(trace["iterations"]) == 5
    assert (figure == "–") == (memory != "optical")
    assert FIGURE.findall(done.err) == said
    assert FIGURE.findall(vtc("view", "one", cwd=tmp_path).out) == said
    viewed = json.loads(vtc("view", "one", "--json", cwd=tmp_path).out)
    assert viewed["compression_ratio"] == trace["compression_ratio"]
    assert FIGURE.findall(load_trace(tmp_path / "one")._repr_html_()) == said
    vtc("view", "one", "--html", "one.html", cwd=tmp_path)
    assert f'"ratio":{json.dumps(trace["compression_ratio"])}' in (tmp_path / "one.html").read_text("utf-8")

    shown = on_terminal("solve", QUESTION, *on(server), *flags, cwd=tmp_path, size=(40, 160))
    found = FIGURE.findall(shown.raw.decode())
    assert found[-1:] == said and set(found) <= set(recount(trace)), found

    with served(server, tmp_path, memory) as address:
        name = ask(f"{address}api/solves", {"question": QUESTION})["id"]
        log = events(address, name)
        assert_told(log, trace)
        assert ask(f"{address}api/solves/{name}")["compression_ratio"] == trace["compression_ratio"]
        messages = [{"role": "user", "content": QUESTION}]
        answer = ask(f"{address}v1/chat/completions", {"model": MODEL, "messages": messages})
        assert answer["choices"][0]["vtc"]["compression_ratio"] == trace["compression_ratio"]
    with served(server, tmp_path, memory) as address:
        assert_told(events(address, name), trace)


@pytest.mark.process
def test_a_run_says_of_its_solve_what_the_trace_says(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_text(json.dumps({"q": QUESTION, "a": "42"}) + "\n", encoding="utf-8")
    file = ["--file", "one.jsonl", "--question-field", "q", "--answer-field", "a"]
    memories = ["--memory", ",".join(MEMORIES)]
    server = serve(work)
    done = vtc("eval", *file, *on(server), *memories, "--json", "-q", "--out", "runs", cwd=tmp_path)
    runs = {run["memory"]: run["compression"] for run in json.loads(done.out)["runs"]}
    vtc("report", "runs", "--out", "report", "--no-figures", cwd=tmp_path)
    for width in ("100", "300"):  # with a column for each run, and with a row
        table = vtc("eval", *file, *on(server), *memories, "--out", "runs", "-q", cwd=tmp_path, COLUMNS=width)
        assert all(re.search(rf"\| {times(runs[memory])} +\|", table.out) for memory in MEMORIES), table
        assert "compression" in table.out and "0.00×" not in table.out
    page = (tmp_path / "report" / "index.html").read_text("utf-8")
    for memory in MEMORIES:
        (path,) = (tmp_path / "runs").glob(f"*/{memory}/samples.jsonl")
        trace = json.loads(path.read_text("utf-8"))["trace"]
        assert runs[memory] == trace["compression_ratio"]
        cost = re.search(r">cached<.*?</table>", page, re.DOTALL)
        assert cost is not None
        row = next(row for row in cost[0].split("<tr") if f">{memory}<" in row)
        assert f">{times(runs[memory])}<" in row
        assert f'"ratio":{json.dumps(trace["compression_ratio"])}' in page
    assert times(runs["blank"]) == times(runs["text"]) == "–" != times(runs["optical"])


@pytest.mark.parametrize(
    ("text", "vision", "written"),
    [(213, 100, "2.13×"), (1, 3, "0.33×"), (0, 64, "–"), (10, 0, "–"), (0, 0, "–"), (200, 100, "2.00×")],
)
def test_a_ratio_is_written_in_one_way(text: int, vision: int, written: str) -> None:
    found = Compression(text, vision)
    assert str(found) == times(found.ratio) == written
