"""What the page asks the server: solves that run by themselves, and logs to follow."""

import json
import sys
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tests.eval.report.hostile import EVERYTHING
from tests.serve.conftest import Start
from tests.serve.running import Reply, Running, running
from tests.serve.test_limits import Held, until

pytestmark = pytest.mark.slow


def begin(server: Running, question: str = "1+2*3-4+5", **more: Any) -> str:
    reply = server.ask("POST", "/api/solves", {"question": question, **more})
    assert reply.status == 201
    return str(reply.json["id"])


def events(reply: Reply) -> list[tuple[int, dict[str, Any]]]:
    found = []
    for block in reply.raw.decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":") and line)
        if "data" in lines:
            found.append((int(lines["id"]), json.loads(lines["data"])))
    return found


def follow(server: Running, name: str, after: int = 0) -> list[tuple[int, dict[str, Any]]]:
    return events(server.ask("GET", f"/api/solves/{name}/events", headers={"Last-Event-ID": str(after)}))


def test_a_log_tells_everything_and_goes_on_from_anywhere(start: Start) -> None:
    server = start()
    name = begin(server)
    told = follow(server, name)
    kinds = [event["type"] for _, event in told if event["type"] not in ("text", "waiting")]
    once = ["iteration", "segment", "pages", "remembered"]
    assert kinds == ["started", *once, "iteration", "segment", "answered", "remembered", "finished"]
    numbers = [number for number, _ in told]
    assert numbers == sorted(set(numbers))
    assert follow(server, name, numbers[3]) == follow(server, name)[-len(follow(server, name, numbers[3])) :]
    assert follow(server, name, numbers[-1]) == []
    assert told[-1][1]["answer"] == "8" and told[-1][1]["usage"]["completion_tokens"] > 0
    (page,) = next(event for _, event in told if event["type"] == "pages")["pages"]
    image = server.ask("GET", f"/api/solves/{name}/pages/{page['sha256']}.png")
    assert image.raw.startswith(b"\x89PNG") and image.headers["content-type"] == "image/png"
    assert server.ask("GET", f"/api/solves/{name}").json["answer"] == "8"


def test_a_solve_goes_on_while_nobody_follows(start: Start) -> None:
    held = Held()
    with running(held.solver(), concurrency=1) as server:
        name, waiting = begin(server), begin(server)
        connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.request("GET", f"/api/solves/{name}/events")
        assert b"retry" in connection.getresponse().readline()
        connection.close()
        statuses = [solve["status"] for solve in server.ask("GET", "/api/solves").json["solves"]]
        assert statuses == ["waiting", "running"]
        assert server.ask("GET", f"/api/solves/{name}").error["code"] == "still_running"
        held.let_go.set()
        assert follow(server, name)[-1][1]["status"] == "answered"
        first = follow(server, waiting)[0][1]
        assert (first["type"], first["ahead"]) == ("waiting", 0)  # "at" depends on the machine


def test_a_solve_is_cancelled_once(start: Start) -> None:
    with running(Held().solver(), concurrency=1) as server:
        running_one, waiting_one = begin(server), begin(server)
        for name in (waiting_one, running_one):
            assert server.ask("DELETE", f"/api/solves/{name}").json["status"] == "cancelled"
            assert follow(server, name)[-1][1]["status"] == "cancelled"
            assert server.ask("DELETE", f"/api/solves/{name}").json["status"] == "cancelled"
        until(lambda: server.service.gate.running == 0)


def test_followers_do_not_hold_up_the_end(start: Start) -> None:
    held = Held()
    with running(held.solver(), grace=10.0) as server:
        name = begin(server)
        connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.request("GET", f"/api/solves/{name}/events")
        answer = connection.getresponse()
        server.server.should_exit = True
        answer.read()
        connection.close()
        held.let_go.set()


def test_what_was_stored_is_there_again(start: Start, tmp_path: Path) -> None:
    first = start(save=tmp_path)
    name = begin(first)
    told = follow(first, name)
    until(lambda: (tmp_path / name / "owner").is_file())
    (tmp_path / ("f" * 32)).mkdir()
    (tmp_path / ("f" * 32) / "trace.json").write_text("torn", encoding="utf-8")
    second = start(save=tmp_path)
    (line,) = second.ask("GET", "/api/solves").json["solves"]
    assert (line["id"], line["answer"], line["status"]) == (name, "8", "answered")
    again = follow(second, name)
    kinds = [event["type"] for _, event in told if event["type"] not in ("text", "waiting")]
    assert [event["type"] for _, event in again] == kinds
    (page,) = next(event for _, event in again if event["type"] == "pages")["pages"]
    assert second.ask("GET", f"/api/solves/{name}/pages/{page['sha256']}.png").status == 200
    for way in ("..", "%2e%2e", "f" * 32, "../../etc"):
        assert second.ask("GET", f"/api/solves/{way}/events").status in (200, 404)
        assert second.ask("GET", f"/api/solves/{way}").status in (200, 404)
        assert second.ask("GET", f"/api/solves/{name}/pages/{way}").status == 404


def test_solves_belong_to_their_key(start: Start) -> None:
    server = start(keys=("one", "two"))
    assert server.ask("GET", "/api/solves").status == 401
    assert server.ask("POST", "/api/session", {"key": "wrong"}).status == 401
    given = server.ask("POST", "/api/session", {"key": "one"}).headers["set-cookie"]
    assert "HttpOnly" in given and "SameSite=strict" in given
    cookie = {"Cookie": given.partition(";")[0]}
    server.ask("POST", "/api/solves", {"question": "1"}, cookie)
    server.idle()
    (line,) = server.ask("GET", "/api/solves", headers=cookie).json["solves"]
    other = {"Authorization": "Bearer two"}
    assert server.ask("GET", "/api/solves", headers=other).json["solves"] == []
    assert server.ask("GET", f"/api/solves/{line['id']}/events", headers=other).status in (200, 404)
    assert server.ask("DELETE", f"/api/solves/{line['id']}", headers=other).status == 404
    forged = {"Cookie": cookie["Cookie"][:-1] + ("0" if cookie["Cookie"][-1] != "0" else "1")}
    assert server.ask("GET", "/api/solves", headers=forged).status == 401
    assert server.ask("POST", "/v1/chat/completions", {}, cookie).status == 401


def test_questions_of_the_page_are_checked(start: Start) -> None:
    server = start()
    for body, param in (
        ({}, "question"),
        ({"question": ""}, "question"),
        ({"question": "1", "memory": "none"}, "memory"),
        ({"question": "1", "max_tokens": 1}, "max_tokens"),
        ({"question": "1", "x": 1}, "x"),
    ):
        reply = server.ask("POST", "/api/solves", body)
        assert (reply.status, reply.error["param"]) == (400, param)
    about = server.ask("GET", "/api/about").json
    assert "optical" in about["policies"] and len(about["examples"]) == 3
    assert begin(server, memory="text", seed=3, max_tokens=500)


def test_the_page_holds_everything_and_may_fetch_nothing_else(start: Start) -> None:
    reply = start().ask("GET", "/")
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    assert len(reply.raw) <= 300_000
    text = reply.raw.decode()
    assert "https://" not in text and "src=" not in text.partition("<script")[0] and "@import" not in text


def test_hostile_output_reaches_the_page_as_data(start: Start) -> None:
    server = start((f"<think>{EVERYTHING}</think><answer>{EVERYTHING.replace('<', '')}</answer>",))
    told = follow(server, begin(server, EVERYTHING[:50_000].replace("\ud800", "")))
    assert told[-1][1]["status"] == "answered"


def test_why_an_answer_may_be_wrong_stands_beside_it(start: Start) -> None:
    server = start(preset="nano")
    assert [event.get("warnings") for _, event in follow(server, begin(server))].count([]) == 2
    told = [event for _, event in follow(server, begin(server, memory="facts"))]
    for event in (told[0], told[-1]):
        (sentence,) = event["warnings"]
        assert "scripted was not trained for memory facts" in sentence
    page = server.ask("GET", "/").raw.decode()
    assert "this.warn(event.warnings)" in page


@pytest.mark.parametrize(
    "name", ["evil:Mine", "evil:Mine:segments=1", "reread:of=evil:Mine", "evil", "os:system"]
)
def test_a_request_imports_no_module(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "evil.py").write_text("import pathlib\npathlib.Path('imported').touch()\nclass Mine: ...\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    reply = start().ask("POST", "/api/solves", {"question": "1+2", "memory": name})
    assert reply.status == 400 and reply.error["code"] == "invalid_value"
    assert not (tmp_path / "imported").exists() and "evil" not in sys.modules
