"""`vtc-r1 eval --equal-tokens`: the real command, against a server and with the embedded model."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Result, on, vtc
from tests.conftest import Serve
from tests.loopback import Loopback, Reply, refusal
from vtc_r1.cli.main import app
from vtc_r1.errors import VtcError
from vtc_r1.eval.runs import RunFolder
from vtc_r1.trace import Trace

pytestmark = pytest.mark.process

NAMES = ["one", "two", "three"]
LONG = "Therefore the argument of the first part carries over to the second one. " * 60
ROWS = ["--file", "digits.jsonl", "--question-field", "q", "--answer-field", "a", "--id-field", "name"]


def answer(body: dict[str, Any]) -> Reply:
    """Write as many segments as the question names before the answer, whatever is carried."""
    content = body["messages"][-1]["content"]
    number = NAMES.index(content[0]["text"].split()[0]) + 1
    said = "\n".join(part.get("text", "") for part in content)
    images = sum(part["type"] == "image_url" for part in content)
    done = max(images, said.count("Part "), *(at for at in range(4) if f"Part {at}" in said))
    return Reply(f"\\boxed{{{number}}}") if done > number else Reply(f"{LONG}\nPart {done + 1}.")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [{"q": f"{name} as a digit?", "a": at, "name": name} for at, name in enumerate(NAMES, 1)]
    (tmp_path / "digits.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    return tmp_path


def evaluate(server: Loopback, folder: Path, *more: str) -> Result:
    words = [*ROWS, *on(server), "--prompts", "boxed", "--temperature", "0", "--equal-tokens", *more]
    return vtc("eval", *words, cwd=folder, COLUMNS="240")


def costs(path: Path) -> dict[str, list[int]]:
    """What the memory of each problem's solve cost in each prompt."""
    return {sample.problem: spent(sample.trace) for sample in RunFolder(path).samples()}


def spent(trace: Trace) -> list[int]:
    return [each.carried.vision + each.carried.text for each in trace.iterations]


def test_every_memory_has_the_tokens_of_optical_memory_in_the_same_iteration(
    serve: Serve, folder: Path
) -> None:
    server = serve(answer)
    done = evaluate(server, folder, "--memory", "text,tail,delethink,hybrid,forget", "-q")
    assert done.code == 0, done.err
    runs = folder / "runs" / "digits"
    names = ["text", "tail", "delethink", "hybrid"]
    assert {path.name for path in runs.iterdir()} == {
        "optical",
        "forget",
        *(f"{name}-equal=optical" for name in names),
    }
    optical = costs(runs / "optical")
    assert {len(each) for each in optical.values()} == {3, 4, 5}
    for name in names:
        for problem, each in costs(runs / f"{name}-equal=optical").items():
            limits = optical[problem]
            for at, cost in enumerate(each):
                assert cost <= (limits[at] if at < len(limits) else max(588, *limits)), (name, problem)
            assert max(each) > max(limits) / 2
    rows = re.findall(r"^\| (\S+) +\| [\d.]+ %", done.out, re.MULTILINE)
    assert rows == ["optical", *(f"{name}:equal=optical" for name in names), "forget"]
    assert "− optical, points" in done.out and "In each prompt, a memory had the tokens" in done.out


def test_the_same_command_goes_on_and_a_run_without_the_flag_is_another(serve: Serve, folder: Path) -> None:
    server = serve(answer)
    assert evaluate(server, folder, "--memory", "optical,tail", "--limit", "2", "-q").code == 0
    asked = len(server.requests)
    done = evaluate(server, folder, "--memory", "optical,tail", "--json", "-q")
    assert done.code == 0 and asked < len(server.requests)
    found = json.loads(done.out)
    assert [(run["memory"], run["solved"]) for run in found["runs"]] == [
        ("optical", 3),
        ("tail:equal=optical", 3),
    ]
    (pair,) = found["pairs"]
    assert (pair["first"], pair["second"], pair["problems"]) == ("tail:equal=optical", "optical", 3)
    asked = len(server.requests)
    assert evaluate(server, folder, "--memory", "optical,tail", "-q").code == 0
    assert len(server.requests) == asked
    again = vtc("eval", "--regrade", "--out", "runs", "-q", cwd=folder, COLUMNS="240")
    assert again.code == 0 and "− optical, points" in again.out


def test_where_optical_memory_failed_nothing_is_equalled_until_it_has_run(serve: Serve, folder: Path) -> None:
    broken = [True]

    def reply(body: dict[str, Any]) -> Reply:
        is_two = body["messages"][-1]["content"][0]["text"].startswith("two")
        return refusal("no such thing") if is_two and broken[0] else answer(body)

    server = serve(reply)
    words = ["--memory", "optical,text", "--concurrency", "1"]
    done = evaluate(server, folder, *words)
    assert done.code == 1
    assert "1 solve left out, as optical has no tokens to equal: its own failed" in done.err
    assert "text:equal=optical owes 1 solves" in done.out
    assert set(costs(folder / "runs" / "digits" / "text-equal=optical")) == {"one", "three"}
    broken[0] = False
    done = evaluate(server, folder, *words, "--retry-failed", "-q")
    assert done.code == 0 and "owes" not in done.out


def refused(*words: str | Path) -> str:
    with pytest.raises(VtcError) as raised:
        app(["eval", *map(str, words)], standalone_mode=False)
    return str(raised.value)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--memory", "text:budget=9", "--equal-tokens"], "memory text:budget=9 has a budget of its own"),
        (["--memory", "text:equal=optical"], "known only to `vtc-r1 eval --equal-tokens`"),
        (["--memory", "text:equal=text"], "equal = 'text': Input should be 'optical'"),
        (["--memory", "optical,summary", "--equal-tokens"], "prompt set nano has no summary.jinja"),
        (["--regrade", "--equal-tokens"], "drop --equal-tokens"),
    ],
)
def test_what_cannot_be_equalled_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    benchmark = [] if "--regrade" in words else ["arithmetic"]
    assert says in refused(*benchmark, *words)
    assert not any(tmp_path.iterdir())


@pytest.mark.model
def test_the_embedded_model_does_no_better_with_truncated_text_at_the_tokens_of_its_pages(
    tmp_path: Path,
) -> None:
    words = ["--memory", "tail", "--equal-tokens", "--limit", "8", "--json", "-q"]
    done = vtc("eval", "arithmetic", *words, cwd=tmp_path)
    found = json.loads(done.out)
    optical, tail = (run["accuracy"]["mean"] for run in found["runs"])
    assert optical == 1 > tail and found["pairs"][0]["worse"] > 0
    limits = costs(tmp_path / "runs" / "arithmetic" / "optical")
    for problem, each in costs(tmp_path / "runs" / "arithmetic" / "tail-equal=optical").items():
        known = limits[problem]
        assert all(cost <= (*known, *[max(4, *known)] * 20)[at] for at, cost in enumerate(each))
