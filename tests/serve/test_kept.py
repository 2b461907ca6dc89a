"""What is stored, for how long, and what is logged."""

import io
import json
import logging
import os
import socket
import time
from http.client import HTTPConnection
from http.cookiejar import CookieJar
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.error import HTTPError
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest

from tests.scripted import Scripted
from tests.serve.conftest import Start
from tests.serve.running import Running, running
from tests.serve.test_limits import Held, posted, until
from tests.serve.test_live import begin, follow
from tests.solved import SEGMENTS
from vtc_r1 import Solver
from vtc_r1.errors import UsageError
from vtc_r1.serve import solve_store
from vtc_r1.serve.access_log import AccessLog
from vtc_r1.serve.retention import Retention, retention

WHOLE = "<think>It is.</think><answer>1</answer>"


def stored(folder: Path) -> set[str]:
    return {path.parent.name for path in folder.glob("*/trace.json")}


def test_an_older_solve_is_found_after_many_newer_ones(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(solve_store, "_MOST", 3)
    server = start((WHOLE,), save=tmp_path)
    names = []
    for _ in range(6):
        names.append(begin(server))
        follow(server, names[-1])
        until(lambda: names[-1] in stored(tmp_path))
    until(lambda: len(server.service.store.stored("")) == 6)
    assert server.service.store.find(names[0], "") is None
    assert server.ask("GET", f"/api/solves/{names[0]}").json["answer"] == "1"
    assert follow(server, names[0])[-1][1]["type"] == "finished"
    listed = [one["id"] for one in server.ask("GET", "/api/solves").json["solves"]]
    assert listed == names[::-1]
    (tmp_path / names[1] / "owner").write_text("another")
    assert server.ask("GET", f"/api/solves/{names[1]}").status == 404


def test_so_many_are_kept(tmp_path: Path) -> None:
    solver = Solver(backend=Scripted(lambda _: WHOLE), preset="vtc-r1")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "trace.json").write_text("{}")
    (tmp_path / ("0" * 32)).mkdir()  # of a server that was killed
    os.utime(tmp_path / ("0" * 32), (1, 1))
    names = []
    with running(solver, save=tmp_path, kept=Retention(count=2)) as server:
        for _ in range(4):
            names.append(begin(server))
            follow(server, names[-1])
            until(lambda: names[-1] in stored(tmp_path))
        until(lambda: stored(tmp_path) == {"mine", *names[-2:]})
    assert {path.name for path in tmp_path.iterdir()} == {"mine", *names[-2:]}


def test_of_so_many_days(tmp_path: Path) -> None:
    for name, days in (("a", 0.5), ("b", 2.5), ("c", 40)):
        path = tmp_path / (name * 32) / "trace.json"
        path.parent.mkdir()
        path.write_text("{}")
        os.utime(path, (time.time() - days * 86_400,) * 2)
    assert [path.name[0] for path in retention("30d").outdated(tmp_path)] == ["c"]
    assert [path.name[0] for path in retention("1d").outdated(tmp_path)] == ["b", "c"]
    assert [path.name[0] for path in retention("2").outdated(tmp_path)] == ["c"]
    assert retention(None).outdated(tmp_path) == [] == retention("9d").outdated(tmp_path / "none")
    for text in ("", "0", "-1", "d", "1.5d", "30 d", "1w", "0d", "9" * 10):
        with pytest.raises(UsageError, match="--keep"):
            retention(text)


def test_clients_that_go_away_leave_no_traceback(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    held = Held()
    with running(held.solver(), access_log=AccessLog.JSON) as server:
        head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        for rest in (b"Content-Length: 1000\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", b""):
            connection = server.raw()
            connection.sendall(head + rest)
            time.sleep(0.05)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset
            connection.close()
        for fields in ({}, {"stream": True}, {"stream": True, "n": 2}):
            connection = posted(server, **fields)
            until(lambda: server.service.gate.running > 0)
            connection.close()
            server.idle()
        assert server.ask("GET", "/health").status == 200
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [line["status"] for line in lines].count(499) >= 2 and lines[-1]["path"] == "/health"


def test_the_access_log_has_a_line_for_every_response(capfd: pytest.CaptureFixture[str]) -> None:
    solver = Solver(backend=Scripted(lambda _: SEGMENTS[1]), preset="vtc-r1")
    with running(solver, keys=("one",), access_log=AccessLog.JSON) as server:
        answer = server.chat({"Authorization": "Bearer one"})
        server.chat()
        server.ask("GET", "/no%0Athing?secret=1")
    solved, refused, absent = (json.loads(line) for line in capfd.readouterr().err.splitlines())
    assert (solved["status"], solved["bytes"]) == (200, len(answer.raw))
    assert answer.json["id"].endswith(solved["solve"]) and len(solved["owner"]) == 16
    assert (refused["status"], refused["owner"], refused["solve"]) == (401, None, None)
    assert (absent["method"], absent["path"], absent["status"]) == ("GET", "/no%0Athing", 404)
    with running(solver, access_log=AccessLog.TEXT) as server:
        server.ask("GET", "/health")
    (line,) = capfd.readouterr().err.splitlines()
    assert " 127.0.0.1 - GET /health 200 " in line


def proxied(server: Running) -> ThreadingHTTPServer:
    """A proxy that serves it below /vtc, and takes the prefix away."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            inner = HTTPConnection("127.0.0.1", server.port)
            path = self.path.removeprefix("/vtc")
            inner.request(self.command, path, self.rfile.read(size) or None, dict(self.headers))
            answer = inner.getresponse()
            body = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name not in ("transfer-encoding", "connection", "content-length"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            inner.close()

        do_POST = do_GET  # noqa: N815

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
    return made


def test_a_session_holds_behind_a_path(start: Start) -> None:
    proxy = proxied(start(keys=("sesame",)))
    try:
        for url in (f"http://127.0.0.1:{proxy.server_address[1]}/vtc",):
            client = build_opener(HTTPCookieProcessor(CookieJar()))
            with pytest.raises(HTTPError, match="401"):
                client.open(f"{url}/api/solves")
            kind = {"Content-Type": "application/json"}
            client.open(Request(f"{url}/api/session", b'{"key":"sesame"}', kind)).close()
            assert json.load(io.TextIOWrapper(client.open(f"{url}/api/solves")))["solves"] == []
            with pytest.raises(HTTPError, match="404"):
                client.open(f"{url}/none")
    finally:
        proxy.shutdown()
        proxy.server_close()
