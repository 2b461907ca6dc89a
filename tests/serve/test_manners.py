"""What a server of the web owes to any client."""

import gzip
import json
import urllib.request
import zlib

import pytest

from tests.serve.conftest import Start


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
