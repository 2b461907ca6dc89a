"""Client of the model that the doctor checks: one request, one answer, no retries."""

from dataclasses import dataclass
from typing import Any

from vtc_r1.backends.wire.body import messages
from vtc_r1.backends.wire.failure import RENAMED
from vtc_r1.backends.wire.server import Answer, Server
from vtc_r1.errors import BackendError
from vtc_r1.prompts import Prompt
from vtc_r1.renderers import Page
from vtc_r1.settings import Settings
from vtc_r1.sglang.check import Finding
from vtc_r1.solver import Solver

QUESTION = "37 + 85 - 19 * 2 + 46"
_FEW = 8


@dataclass(frozen=True)
class ModelClient:
    """A server, and a solver with the settings under which its model would be used."""

    server: Server
    settings: Settings
    solver: Solver
    context: int | None = None  #: context length that the server lists, in tokens; None if it lists none

    def question(self) -> Prompt:
        """Return the prompt of a first iteration."""
        question = self.solver.preset.question(QUESTION)
        return self.solver.prompts.render(question, (), iteration=0)

    def ask(self, text: str, *pages: Page, tokens: int = _FEW, **more: Any) -> Answer:
        """Ask a question, with or without pages, for up to `tokens` tokens; `more` are fields of the body."""
        return self.post(messages(Prompt(None, (*pages, text))), tokens, **more)

    def ask_about(self, question: str, *pages: Page) -> Answer:
        """Ask as an iteration does: the question, the pages, and what comes after them; for one token."""
        return self.post(messages(Prompt(None, (question, *pages, "Go on."))), 1)

    def post(self, messages_sent: list[dict[str, Any]], tokens: int, **more: Any) -> Answer:
        """Send messages; without an answer, return one of status 0 that says why."""
        try:
            return self.server.post("/chat/completions", {**self.body(messages_sent, tokens), **more})
        except BackendError as error:
            return Answer(0, None, str(error))

    def body(self, messages_sent: list[dict[str, Any]], tokens: int) -> dict[str, Any]:
        """Return the body of a request for at most `tokens` tokens, greedy where the model takes that."""
        left_out: frozenset[str] = getattr(self.solver.backend, "left_out", frozenset())
        body = {
            "model": self.solver.backend.model,
            "messages": messages_sent,
            RENAMED if "max_tokens" in left_out else "max_tokens": tokens,
            "temperature": 0.0,
        }
        return {name: value for name, value in body.items() if name not in left_out}

    def refused(self, what: str, answer: Answer, remedy: str) -> Finding:
        """Return the finding that the server answered `what` with an error."""
        if answer.status in (401, 403):
            remedy = "set VTC_API_KEY to the server's key"
        if answer.status == 0:
            return Finding(
                "failed", f"{what}: {answer.complaint}", "check the server's log, or raise --timeout"
            )
        return Finding("failed", f"{what}: the server answered {answer.status}: {answer.complaint}", remedy)

    def image_tokens(self, answer: Answer, plain: Answer) -> int | None:
        """Return the tokens of the image: the server's count, or the difference between the two prompts."""
        counted = answer.at("usage", "prompt_tokens_details", "image_tokens")
        if isinstance(counted, int):
            return counted
        whole, without = answer.at("usage", "prompt_tokens"), plain.at("usage", "prompt_tokens")
        if not isinstance(whole, int) or not isinstance(without, int):
            return None
        return whole - without
