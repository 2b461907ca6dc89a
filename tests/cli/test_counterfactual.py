"""Read or guessed, from outside: servers that guess, under `probe --task edited`, `eval --counterfactual`."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import on, vtc
from tests.cli.test_probe import PROFILE, SMALL, pixels
from tests.conftest import Serve
from vtc_r1 import exercises
from vtc_r1.eval.probe.edited import edited
from vtc_r1.renderers.scaling import scaled

pytest.importorskip("rapidfuzz", reason="the extra `probe` is not installed")
pytestmark = pytest.mark.process
PAGES = 24
SUMS = ("37+85-19*2+46", "9*8+7-6+11", "7x+12-5=56", "gcd(84,36)", "45 base 2", "12+34-56+78-9")


@pytest.mark.parametrize(
    ("server_does", "follows"), [("guess", "prior"), ("read", "page"), ("say that it cannot", "abstained")]
)
def test_a_server_that_guesses_is_found_out(
    serve: Serve, tmp_path: Path, server_does: str, follows: str
) -> None:
    drawn = [edited(scaled(SMALL, 1.0), f"probe:0:steps:edited:{at}", asks=True)[0] for at in range(PAGES)]
    known = {item.page.pixels.tobytes(): item.edited for item in drawn}

    def script(body: dict[str, Any]) -> str:
        place = known[pixels(body)]
        assert place is not None
        if server_does == "say that it cannot":
            return "Sorry, I am unable to read that."
        answer = place.page if server_does == "read" else place.prior
        return f"The value is **{answer}**." if answer else "There is nothing written."

    words = ["--task", "edited", "--profile", PROFILE, "--scales", "1", "--pages", str(PAGES)]
    done = vtc("probe", *words, *on(serve(script)), "--out", "out", "--json", "-q", cwd=tmp_path)
    assert done.code == 0, done.err
    (point,) = json.loads(done.out)["points"]
    everything = point["followed"][-1]
    assert everything["asked"] == PAGES and everything[follows]["mean"] >= 0.8
    assert server_does == "read" or everything["page"]["mean"] <= 0.2  # blanks are rightly not read
    if server_does == "guess":
        assert everything["page"]["high"] <= 0.15 and point["outcomes"]["silent"]["mean"] == 1


def test_a_run_on_a_server_that_guesses_does_not_follow_its_pages(serve: Serve, tmp_path: Path) -> None:
    def script(body: dict[str, Any]) -> str:
        content = body["messages"][-1]["content"]
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        question = next(part["text"] for part in parts if part["type"] == "text")
        at = sum(part["type"] == "image_url" for part in parts)
        found = exercises.read(question)
        assert found is not None
        if at + 1 < len(found.lines):
            return f"<think>\n{found.lines[at]}\n"
        return f"<think>\n{found.lines[-1]}\n</think>\n<answer>{found.answer}</answer>"

    rows = [{"question": one, "answer": exercises.read(one).answer, "id": one} for one in SUMS]
    (tmp_path / "sums.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    words = ["--file", "sums.jsonl", "--prompts", "nano", "--temperature", "0", "--counterfactual"]
    server = serve(script)
    done = vtc("eval", *words, *on(server), "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    figures = json.loads(done.out)
    assert figures["runs"][0]["accuracy"]["mean"] == 1
    (result,) = figures["counterfactuals"]
    everything = result["groups"][0]
    assert everything["told"] >= 8 and everything["page"]["mean"] == 0 and everything["prior"]["mean"] == 1
    asked = len(server.requests)
    again = vtc("eval", *words, *on(server), cwd=tmp_path, COLUMNS="300")
    assert again.code == 0 and len(server.requests) == asked
    assert "## Changed pages" in again.out and "no change of" in again.err


def test_where_no_page_can_be_changed_the_exit_code_says_so(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_text('{"question": "1+1", "answer": "2"}\n', "utf-8")
    server = serve(lambda body: "\\boxed{2}")
    done = vtc("eval", "--file", "one.jsonl", "--counterfactual", *on(server), cwd=tmp_path)
    assert done.code == 1 and "solves of one segment have no pages" in done.err


def test_a_memory_without_pages_is_refused_before_anything_is_solved(tmp_path: Path) -> None:
    done = vtc("eval", "arithmetic", "--limit", "1", "--counterfactual", "--memory", "text", cwd=tmp_path)
    assert done.code == 2 and "none of these memories has any" in done.error
    assert list(tmp_path.iterdir()) == []
