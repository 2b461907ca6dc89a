"""What a server of the web owes to any client."""

import gzip
import json
import urllib.request
import zlib

import pytest

from tests.serve.conftest import Start
from vtc_r1.errors import UsageError
from vtc_r1.serve.hosts import checked_origins


def test_a_head_is_answered_as_a_get_without_its_body(start: Start) -> None:
    server = start()
    for path in (
        "/",
        "/health",
        "/v1/models",
        "/v1/models/scripted",
        "/metrics",
        "/api/about",
        "/api/solves",
    ):
        head, got = server.ask("HEAD", path), server.ask("GET", path)
        assert (head.status, head.raw, got.status) == (200, b"", 200), path
        assert head.headers["content-type"] == got.headers["content-type"]
    assert server.ask("HEAD", "/v1/chat/completions").status == 405
    assert server.ask("HEAD", f"/api/solves/{'0' * 32}/events").status == 405
    assert server.ask("HEAD", "/none").status == 404


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "x", "identity, gzip"])
def test_encoded_bodies_are_refused_as_such(start: Start, encoding: str) -> None:
    server = start()
    body = json.dumps({"model": "scripted"}).encode()
    packed = {"gzip": gzip.compress, "deflate": zlib.compress}.get(encoding, bytes)(body)
    reply = server.ask("POST", "/v1/chat/completions", packed, {"Content-Encoding": encoding})
    assert reply.status == 415 and "Content-Encoding" in reply.error["message"]
    assert server.chat({"Content-Encoding": "identity"}).status == 200


@pytest.mark.parametrize(
    ("encodings", "is_packed"),
    [
        ("gzip", True), ("gzip, deflate, br", True), ("gzip;q=0.5", True), ("*", True), ("GZIP", True),
        ("", False), ("br", False), ("gzip;q=0", False), ("gzip; q=0.0, br", False), ("identity", False),
    ],
)  # fmt: skip
def test_the_page_is_compressed_for_those_who_take_it(start: Start, encodings: str, is_packed: bool) -> None:
    server = start()
    headers = {"Accept-Encoding": encodings} if encodings else {}
    request = urllib.request.Request(f"{server.url}/", headers=headers)
    with urllib.request.urlopen(request) as answer:
        raw = answer.read()
        assert (answer.headers.get("Content-Encoding") == "gzip") == is_packed
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert (gzip.decompress(raw) if is_packed else raw).startswith(b"<!doctype html>")
    assert not is_packed or len(raw) < 60_000


def test_a_wrong_host_is_told_the_remedy(start: Start) -> None:
    reply = start().ask("GET", "/health", headers={"Host": "models.example:443"})
    assert reply.status == 421
    assert "'models.example'" in reply.error["message"] and "--allowed-host" in reply.error["message"]


def test_metrics_have_a_token_of_their_own(start: Start) -> None:
    server = start(keys=("key",), metrics_token="scraper")
    for given, status in (("scraper", 200), ("key", 401), ("wrong", 401), (None, 401)):
        headers = {} if given is None else {"Authorization": f"Bearer {given}"}
        assert server.ask("GET", "/metrics", headers=headers).status == status
    assert server.chat({"Authorization": "Bearer scraper"}).status == 401
    alone = start(metrics_token="scraper")
    assert alone.ask("GET", "/metrics").status == 401 and alone.chat().status == 200


def test_scripts_of_named_sites_may_use_the_api(start: Start) -> None:
    server = start(origins=("https://chat.example",), keys=("sesame",))
    asking = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, x-custom",
    }
    for origin, allowed in (("https://chat.example", True), ("https://evil.example", False), ("null", False)):
        head = {"Origin": origin, **asking}
        before = server.ask("OPTIONS", "/v1/chat/completions", headers=head)
        assert (before.headers.get("access-control-allow-origin") == origin) == allowed
        assert (before.status == 200) == allowed
        reply = server.chat({"Origin": origin, "Authorization": "Bearer sesame"})
        assert (reply.headers.get("access-control-allow-origin") == origin) == allowed
        refused = server.chat({"Origin": origin})  # the script must see why
        assert refused.status == 401 and ("access-control-allow-origin" in refused.headers) == allowed
    assert "access-control-allow-origin" not in start().chat({"Origin": "https://chat.example"}).headers


@pytest.mark.parametrize(
    "origin",
    ["chat.example", "https://chat.example/", "https://a.example/x", "", "https://", "http://*.example"],
)
def test_what_is_no_origin_is_refused(origin: str) -> None:
    with pytest.raises(UsageError, match="is no origin"):
        checked_origins([origin], is_safe=True)


def test_every_site_only_with_keys() -> None:
    assert checked_origins(["*", "http://localhost:3000"], is_safe=True) == ("*", "http://localhost:3000")
    with pytest.raises(UsageError, match="keys"):
        checked_origins(["*"], is_safe=False)


def test_the_interface_is_described_for_programs(start: Start) -> None:
    told = start(keys=("sesame",)).ask("GET", "/openapi.json").json
    assert set(told["paths"]) >= {"/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/models"}
    for path in told["paths"].values():
        for operation in path.values():
            assert operation["summary"] and set(operation["responses"]) == {"200", "default"}
    properties = told["components"]["schemas"]["ChatRequest"]["properties"]
    assert properties["temperature"]["anyOf"][0]["maximum"] == 2 and "vtc" in properties
