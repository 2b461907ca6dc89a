"""Servers that talk nonsense, over real sockets: what is said of them, and for which cause a solve fails."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from tests.backends.asked import ask, backend
from vtc_r1.backends.wire.connecting import no_tls
from vtc_r1.backends.wire.retrying import Retries
from vtc_r1.backends.wire.webpage import webpage
from vtc_r1.errors import OF_SERVER, PASSING, BackendError, Cause

PAGE = "<!DOCTYPE html>\n<html><head><title>502 Bad\n Gateway</title></head><body>{}</body></html>"
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
HELLO = b'data: {"choices": [{"delta": {"content": "Hello"}}]}\n\n'


def whole(status: int, kind: str, body: str, more: str = "") -> bytes:
    head = f"HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return (head + body).encode()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


Listen = Callable[[bytes], str]


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Start servers that read a request and answer with some bytes, then leave; returns their addresses."""
    opened: list[socket.socket] = []

    def answer(server: socket.socket, said: bytes) -> None:
        with suppress(OSError):
            while True:
                taken, _ = server.accept()
                with taken, suppress(OSError):
                    if not said.startswith(b"SSH"):
                        taken.recv(1 << 16)
                    taken.sendall(said)
                    taken.shutdown(socket.SHUT_WR)
                    while taken.recv(1 << 16):
                        pass

    def start(said: bytes) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        opened.append(server)
        threading.Thread(target=answer, args=(server, said), daemon=True).start()
        return f"127.0.0.1:{server.getsockname()[1]}/v1"

    yield start
    for server in opened:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


SAID: dict[str, tuple[bytes, Cause, str]] = {
    "500": (whole(500, "application/json", '{"error": {"message": "CUDA"}}'), "error", "answered 500: CUDA"),
    "501": (whole(501, "text/plain", "no"), "address", "answered 501: no"),
    "502 page": (whole(502, "text/html", PAGE), "away", "answered 502: a web page ('502 Bad Gateway')"),
    "503": (whole(503, "application/json", '{"message": "loading"}'), "away", "answered 503: loading"),
    "429": (whole(429, "text/plain", "slow down"), "busy", "answered 429: slow down"),
    "408": (whole(408, "text/plain", ""), "late", "answered 408"),
    "200 page": (
        whole(200, "text/html", PAGE),
        "address",
        "a web page ('502 Bad Gateway') instead of a compl",
    ),
    "404 page": (
        whole(404, "text/html", "<h1>no</h1>"),
        "address",
        "answered 404: a web page; is --base",
    ),
    "301": (
        whole(301, "text/plain", "", "Location: https://a/v1\r\n"),
        "address",
        "redirects to https://a/v1",
    ),
    "401": (whole(401, "text/plain", "who?"), "key", "rejects the API key; set VTC_API_KEY"),
    "418": (whole(418, "text/plain", "teapot"), "refused", "answered 418: teapot"),
    "400": (whole(400, "text/plain", "no such field"), "refused", "answered 400: no such field"),
    "null": (
        whole(200, "application/json", "null"),
        "answer",
        "answered with something other than a completion: ",
    ),
    "empty": (whole(200, "text/event-stream", ""), "broken", "broke off before any text of the answer"),
    "closed": (b"", "broken", "broke off before any text of the answer"),
    "half": (STREAM + chunk(HELLO), "broken", "broke off in the middle of a segment"),
    "half a head": (b"HTTP/1.1 200 OK\r\nContent-Ty", "broken", "broke off before any text of the answer"),
    "no end": (STREAM + chunk(HELLO) + b"0\r\n\r\n", "broken", "broke off in the middle of a segment"),
    "torn chunk": (STREAM + chunk(HELLO) + b"zz\r\nfoo", "broken", "broke off "),
    "no event": (
        STREAM + chunk(b"data: {{{\n\n") + b"0\r\n\r\n",
        "answer",
        "something other than a completion: ",
    ),
    "a list": (
        STREAM + chunk(b"data: [1]\n\n") + b"0\r\n\r\n",
        "answer",
        "something other than a completion: ",
    ),
    "an error": (STREAM + chunk(b'data: {"error": "dead"}\n\n'), "error", "broke off: dead"),
    "ssh": (
        b"SSH-2.0-OpenSSH_9.2\r\n",
        "address",
        "answered with something other than HTTP; is --base-url right?",
    ),
    "redis": (b"-ERR unknown command\r\n", "address", "answered with something other than HTTP"),
}


@pytest.mark.parametrize("kind", SAID)
async def test_nonsense_is_named_and_has_its_cause(listen: Listen, kind: str) -> None:
    said, cause, words = SAID[kind]
    asked = backend(
        f"http://{listen(said)}", retries=Retries(attempts=2, first=0.01, server_wait=0.1, connect_wait=0.1)
    )
    with pytest.raises(BackendError) as raised:
        await ask(asked, seconds=20)
    assert raised.value.cause == cause
    assert words in str(raised.value) and "\n" not in str(raised.value) and len(str(raised.value)) < 400


@pytest.mark.parametrize(
    ("url", "cause", "words"),
    [
        ("http://127.0.0.1:9/v1", "away", "cannot be reached (Connection refused); is it running, and"),
        ("http://[::1]:9/v1", "away", "cannot be reached ("),
        ("http://nosuch.invalid/v1", "away", "cannot be reached (its host name cannot be resolved: "),
        ("https://{}", "tls", "cannot establish a secure connection: it does not speak TLS; is it http://"),
    ],
)
async def test_no_connection_is_named_with_its_reason(
    listen: Listen, url: str, cause: Cause, words: str
) -> None:
    asked = backend(url.format(listen(whole(400, "text/html", PAGE))))
    for request in (asked.check, lambda: ask(asked)):
        with pytest.raises(BackendError) as raised:
            await request()
        assert raised.value.cause == cause and words in str(raised.value)


def test_a_certificate_that_is_not_trusted_is_named() -> None:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    error.verify_message = "self-signed certificate"
    assert "its certificate is not trusted (self-signed certificate)" in str(no_tls([OSError(), error]))
    assert no_tls([OSError(111, "refused")]) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("<html><title>A &amp; B</title>", "a web page ('A & B')"),
        ("\n <!doctype HTML>", "a web page"),
        ("<center>", "a web page"),
        ("<think>no page</think>", None),
        ("1 < 2", None),
        ("", None),
    ],
)
def test_a_web_page_is_named_by_its_title(text: str, name: str | None) -> None:
    assert webpage(text) == name


def test_what_passes_is_of_the_server() -> None:
    assert PASSING < OF_SERVER and not OF_SERVER & {"refused", "context", "question", "document", "stopped"}
