"""Servers that stand in for those whose addresses the pages name."""

import json
import re
import socket
from typing import Any

from tests.loopback import MODEL, Loopback, Reply
from tests.sglang.test_doctor import Sound

ADDRESSES = re.compile(r"(?:127\.0\.0\.1|gpu1|gpu2|gpu-host):3000[01]\b")
"""Addresses of model servers in the pages."""

_MODEL = re.compile(r"(?:--(?:proposer-)?model[ =]|model=\"|_MODEL=)([\w./-]+)")
_ANSWERS = {
    "How many positive divisors does 360 have?": "24",
    "What does Loop.trace return?": "the trace of the solve",
    "Which experiment failed, and why?": "the second, as its sample was too small",
}


class Answering(Sound):
    """A well launched server whose model knows the questions of the pages, and says 0 to others."""

    def __call__(self, body: dict[str, Any]) -> Reply:
        said = super().__call__(body)
        text = json.dumps(body["messages"], ensure_ascii=False)
        if "37 + 85" in text or ("max_tokens" in body and body["max_tokens"] == 1):
            return said
        answer = next((answer for question, answer in _ANSWERS.items() if question in text), "0")
        return Reply(f"So it is \\boxed{{{answer}}}.", usage=said.usage)


class StandIns:
    """The servers of one page, each started when it is first named."""

    def __init__(self) -> None:
        self._running: dict[tuple[str, str], Loopback] = {}

    def addresses(self, source: str) -> dict[str, str]:
        """What each address in a command is to be, by its text; starts what is not there yet."""
        models = _MODEL.findall(source)
        found: dict[str, str] = {}
        for address in dict.fromkeys(ADDRESSES.findall(source)):
            named = models[-1] if models else MODEL
            key = (address, named)
            if key not in self._running:
                self._running[key] = Loopback(Answering(), models=(named,), sees=None)
            found[address] = self._running[key].base_url.removeprefix("http://").removesuffix("/v1")
        return found

    def close(self) -> None:
        """End all of them."""
        for server in self._running.values():
            server.close()


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
