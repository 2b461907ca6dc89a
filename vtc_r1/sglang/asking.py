"""Asking the model under examination: one request, one answer, nothing retried."""

from dataclasses import dataclass
from typing import Any

from vtc_r1.backends.wire.body import messages
from vtc_r1.errors import BackendError
from vtc_r1.prompts import Prompt
from vtc_r1.renderers import Page
from vtc_r1.settings import Settings
from vtc_r1.sglang.check import Finding
from vtc_r1.sglang.server import Answer, Server
from vtc_r1.solver import Solver

QUESTION = "37 + 85 - 19 * 2 + 46"
_FEW = 8


@dataclass(frozen=True)
class Asking:
    """A server, and the settings with which its model would be asked."""

    server: Server
    settings: Settings
    solver: Solver

    def question(self) -> Prompt:
        """Return the prompt of a first iteration."""
        asked = self.solver.preset.question(QUESTION)
        return self.solver.prompts.render(asked, (), iteration=0)

    def ask(self, text: str, page: Page | None = None) -> Answer:
        """Ask about a page, or without one."""
        return self.post(messages(Prompt(None, (*([page] if page else []), text))), _FEW)

    def post(self, sent: list[dict[str, Any]], tokens: int) -> Answer:
        """Send messages; an answer of status 0 says why there is none."""
        try:
            return self.server.post("/chat/completions", self.body(sent, tokens))
        except BackendError as error:
            return Answer(0, None, str(error))

    def body(self, sent: list[dict[str, Any]], tokens: int) -> dict[str, Any]:
        """Return the request for at most `tokens` tokens, greedy."""
        return {
            "model": self.solver.backend.model,
            "messages": sent,
            "max_tokens": tokens,
            "temperature": 0.0,
        }

    def refused(self, what: str, answer: Answer, remedy: str) -> Finding:
        """Return the finding that `what` got an error for an answer."""
        if answer.status in (401, 403):
            remedy = "set VTC_API_KEY to the server's key"
        if answer.status == 0:
            return Finding("failed", f"{what}: {answer.complaint}", "look at its log, or raise --timeout")
        return Finding("failed", f"{what} is answered {answer.status}: {answer.complaint}", remedy)

    def image_tokens(self, answer: Answer, plain: Answer) -> int | None:
        """Tokens of the image: as the server counts them, else what the prompt grew by."""
        counted = answer.at("usage", "prompt_tokens_details", "image_tokens")
        if isinstance(counted, int):
            return counted
        whole, without = answer.at("usage", "prompt_tokens"), plain.at("usage", "prompt_tokens")
        if not isinstance(whole, int) or not isinstance(without, int):
            return None
        return whole - without
