"""Who may use a server that others can reach."""

import json
import stat
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.cli.command import arguments, environment, on, vtc
from tests.conftest import Serve
from tests.eval.report.browser import tabs
from tests.loopback import Reply
from tests.serve.conftest import Start
from tests.serve.test_limits import Held, running, until
from vtc_r1.errors import UsageError
from vtc_r1.serve.gate import Busy, Gate
from vtc_r1.serve.hosts import hosts_for
from vtc_r1.serve.keys import read_keys
from vtc_r1.serve.refusal import Refusal
from vtc_r1.serve.throttle import Throttle


@contextmanager
def served(where: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], Any]]:
    """`vtc-r1 serve` in a process of its own, and what it says where it listens."""
    process = subprocess.Popen(
        arguments("serve", "--port", "0", "--json", *words),
        cwd=where, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.communicate(timeout=60)


@pytest.mark.process
@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_without_keys_it_opens_to_no_network(serve: Serve, tmp_path: Path, host: str) -> None:
    server = serve([])
    done = vtc("serve", *on(server), "--port", "0", "--host", host, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert all(
        word in done.error for word in (host, "--api-key-file", "VTC_SERVE_API_KEYS", "--allow-anyone")
    )
    assert not server.requests


@pytest.mark.process
@pytest.mark.parametrize("keys", [" , ", "a b"])
def test_keys_that_are_none_start_no_open_server(serve: Serve, tmp_path: Path, keys: str) -> None:
    done = vtc("serve", *on(serve([])), "--port", "0", cwd=tmp_path, VTC_SERVE_API_KEYS=keys)
    assert done.code == 2 and "VTC_SERVE_API_KEYS: " in done.error


@pytest.mark.process
def test_anyone_may_be_allowed_and_what_they_ask_is_for_the_owner_alone(serve: Serve, tmp_path: Path) -> None:
    words = [
        "--host",
        "0.0.0.0",
        "--allow-anyone",
        "--allowed-host",
        "Vtc.Example",
        "--save",
        "traces/of/today",
    ]
    with served(tmp_path, *on(serve(lambda _: Reply("So it is \\boxed{7}."))), *words) as (process, told):
        base = told["base_url"].replace("0.0.0.0", "127.0.0.1")
        body = {"model": told["model"], "messages": [{"role": "user", "content": "3 + 4?"}]}
        for host, status in (("vtc.example:80", 200), ("127.0.0.1", 200), ("evil.example", 421)):
            headers = {"Content-Type": "application/json", "Host": host}
            request = Request(f"{base}/chat/completions", json.dumps(body).encode(), headers)
            try:
                with urlopen(request, timeout=60) as answer:
                    assert answer.status == status
            except OSError as error:
                assert error.code == status  # type: ignore[attr-defined]
                assert b"--allowed-host" in error.read()  # type: ignore[attr-defined]
        process.terminate()
        process.wait(60)
    saved = [*(tmp_path / "traces").rglob("*")]
    assert len([path for path in saved if path.name == "trace.json"]) == 2
    for path in (tmp_path / "traces", *saved):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize("keys", [" , ", " ", ",,,", "a b", "schlüssel", "a,b c", "a\nb"])
def test_a_variable_without_keys_is_an_error(keys: str) -> None:
    with pytest.raises(UsageError, match="VTC_SERVE_API_KEYS"):
        read_keys(None, {"VTC_SERVE_API_KEYS": keys})
    assert read_keys(None, {"VTC_SERVE_API_KEYS": "a, b,,"}) == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "keys"),
    [
        (b"one\ntwo\n", ["one", "two"]),
        (b"\xef\xbb\xbfone\r\ntwo\r\n", ["one", "two"]),
        (b"\xef\xbb\xbf# a comment\none", ["one"]),
        (b"  # indented\n\t#tab\none\n\n  two  \none\n", ["one", "two"]),
        (b"a#b\nsk-1_2~.!\n", ["a#b", "sk-1_2~.!"]),
        (b"# only\n\n", None),
        (b"", None),
        (b"\xef\xbb\xbf", None),
        (b"one two\n", None),
        ("ключ\n".encode(), None),
        (b"one\x00\n", None),
        ("one\n".encode("utf-16"), None),
    ],
)
def test_a_file_of_keys(tmp_path: Path, content: bytes, keys: list[str] | None) -> None:
    path = tmp_path / "keys.txt"
    path.write_bytes(content)
    if keys is None:
        with pytest.raises(UsageError, match=r"keys\.txt"):
            read_keys(path, {})
    else:
        assert read_keys(path, {"VTC_SERVE_API_KEYS": ""}) == keys


@pytest.mark.parametrize(
    ("host", "local", "open_", "named"),
    [
        ("localhost", True, True, True),
        ("LOCALHOST:8000", True, True, True),
        ("localhost.", True, True, True),
        ("vtc.localhost", True, True, True),
        ("127.0.0.1:8000", True, True, True),
        ("127.9.9.9", True, True, True),
        ("[::1]:8000", True, True, True),
        ("192.168.1.5:8000", False, True, True),
        ("[fe80::1]:8000", False, True, True),
        ("0.0.0.0:8000", False, False, False),
        ("[::]", False, False, False),
        ("vtc.example:8000", False, False, True),
        ("vtc.example.", False, False, True),
        ("sub.vtc.example", False, False, False),
        ("vtc.example.evil.example", False, False, False),
        ("127.0.0.1.evil.example", False, False, False),
        ("localhost.evil.example", False, False, False),
        ("evil.example", False, False, False),
        ("evillocalhost", False, False, False),
        ("localhost:80@evil.example", False, False, False),
        ("127.1", False, False, False),
        ("2130706433", False, False, False),
        ("0x7f.1", False, False, False),
        ("", False, False, False),
    ],
)
def test_names_of_a_server(host: str, local: bool, open_: bool, named: bool) -> None:
    for hosts, allowed in (
        (hosts_for("127.0.0.1", (), has_keys=False), local),
        (hosts_for("0.0.0.0", (), has_keys=False), open_),
        (hosts_for("::", ["VTC.example:8000"], has_keys=False), named),
        (hosts_for("0.0.0.0", (), has_keys=True), True),
        (hosts_for("0.0.0.0", ["vtc.example"], has_keys=True), named),
    ):
        assert (hosts.remedy(host) is None) == allowed


@pytest.mark.browser
def test_a_foreign_page_whose_name_resolves_here_does_nothing(start: Start) -> None:
    """DNS rebinding: the page of evil.example was loaded, and its name now resolves to this server."""
    server = start(hosts=hosts_for("0.0.0.0", (), has_keys=False))
    attack = """async () => {
      const said = [];
      const ask = async (path, options) => {
        const answer = await fetch(path, options).catch(() => null);
        said.push(answer ? answer.status : 0, answer ? await answer.text() : "");
      };
      const json = {method: "POST", headers: {"Content-Type": "application/json"}};
      await ask("/api/about");
      await ask("/api/solves");
      await ask("/api/solves", {...json, body: JSON.stringify({question: "1+2"})});
      await ask("/v1/models");
      await ask("/v1/chat/completions", {...json, body: JSON.stringify(
        {model: "scripted", messages: [{role: "user", content: "1+2"}]})});
      await ask("/metrics");
      await ask("/health");
      return said;
    }"""
    for name, status in (("evil.example", 421), ("localhost", 200)):
        # Chromium resolves the name itself, as it would after the attacker's DNS has changed its answer.
        with tabs(f"--host-resolver-rules=MAP {name} 127.0.0.1") as tab:
            origin = f"http://{name}:{server.port}"
            # Any page of that origin will do; one from elsewhere would be held up by the browser itself.
            tab.page.goto(f"{origin}/health")
            said = tab.page.evaluate(attack)
        assert {200 if one == 201 else one for one in said[0::2]} == {status}, said
        assert bool(server.service.store.all("")) == (status == 200)
        assert any("scripted" in text for text in said[1::2]) == (status == 200)


def test_guesses_of_keys_are_limited(start: Start) -> None:
    server = start(keys=("right", "other"))
    for _ in range(30):  # a client with an old key is no guesser
        assert server.chat({"Authorization": "Bearer old"}).status == 401
    assert server.chat({"Authorization": "Bearer right"}).status == 200
    cookie = server.ask("POST", "/api/session", {"key": "other"}).headers["set-cookie"].partition(";")[0]
    found = [server.ask("POST", "/api/session", {"key": f"guess {at}"}) for at in range(20)]
    assert [one.status for one in found] == [401] * 9 + [429] * 11
    assert (
        found[-1].error["code"] == "rate_limit_exceeded" and 1 <= int(found[-1].headers["retry-after"]) <= 60
    )
    assert server.chat({"Authorization": "Bearer right"}).status == 429
    assert server.ask("GET", "/api/solves", headers={"Cookie": cookie}).status == 200
    assert server.ask("GET", "/health").status == 200


def test_guesses_are_counted_by_network_and_forgotten() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])

    def waits(client: str) -> bool:
        try:
            throttle.check(client)
        except Refusal:
            return True
        return False

    for at in range(10):
        now[0] = float(at)
        for client in ("10.0.0.1", f"2001:db8::{at + 1}", ""):
            assert not waits(client)
            throttle.count(client, f"key {at}")
    for client, expected in (
        ("10.0.0.1", True), ("::ffff:10.0.0.1", True), ("10.0.0.2", False), ("2001:db8::99", True),
        ("2001:db8:0:1::1", False), ("", True), ("nobody", False),
    ):  # fmt: skip
        assert waits(client) == expected, client
    now[0] = 60.5
    assert not waits("10.0.0.1")
    throttle.count("10.0.0.1", "key 11")
    assert waits("10.0.0.1")
    for at in range(20_000):
        throttle.count(f"11.{at >> 16}.{at >> 8 & 255}.{at & 255}", "key")
    assert len(throttle._wrong) == 10_000


def test_one_key_does_not_fill_all_places() -> None:
    held = Held()
    greedy, other = ({"Authorization": f"Bearer {key}"} for key in ("greedy", "other"))
    keys = ("greedy", "other")
    with (
        running(held.solver(), keys=keys, concurrency=4, queue=4, per_key=2) as server,
        ThreadPoolExecutor(8) as pool,
    ):
        asked = [pool.submit(server.chat, greedy) for _ in range(4)]
        until(lambda: server.service.gate.waiting == 2)
        assert server.service.gate.running == 2
        assert server.chat(greedy).status == 429
        refused = server.chat(greedy, n=5)
        assert (refused.status, refused.error["param"]) == (400, "n") and "at most 4" in refused.error[
            "message"
        ]
        asked.append(pool.submit(server.chat, other, n=2))
        until(lambda: server.service.gate.running == 4)
        held.let_go.set()
        assert {one.result().status for one in asked} == {200}


async def test_owners_take_turns() -> None:
    gate = Gate(1, 6)
    order, tickets = [], []
    for owner in "aaabbc":
        tickets += gate.tickets(1, owner)
    while running := [one for one in tickets if one.turn.is_set()]:
        order.append(running[0].owner)
        running[0].leave()
        tickets.remove(running[0])
    assert "".join(order) == "abcaba" and (gate.running, gate.waiting) == (0, 0)


async def test_a_share_holds_for_places_and_for_the_queue() -> None:
    gate = Gate(4, 8, 1)
    assert gate.most == 3
    gate.tickets(3, "a")
    with pytest.raises(Busy):
        gate.tickets(1, "a")
    assert (gate.running, gate.waiting) == (1, 2)
    for owner in "bcd":
        gate.tickets(1, owner)
    assert (gate.running, gate.waiting) == (4, 2)
    gate.tickets(2, "e")
    assert (gate.running, gate.waiting) == (4, 4)
    assert Gate(1, 0, 5).most == 1 and Gate(8, 64).most == 72
