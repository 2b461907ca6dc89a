"""A model that is held on a leash, and what a reader of the page does."""

import asyncio
import threading
from collections.abc import AsyncGenerator
from typing import Any

from tests.eval.report.browser import Tab
from tests.eval.report.hostile import EVERYTHING
from tests.scripted import Scripted, cut
from tests.serve.running import Running
from vtc_r1.backends.base import Completion, Delta, Request
from vtc_r1.errors import BackendError
from vtc_r1.iteration import Usage

FIRST = "<think>\nIt is $\\frac{1}{2}$ of 10.\n" * 6


class Paced(Scripted):
    """Says one segment a permit; what it says depends on the question and on the pages."""

    def __init__(self) -> None:
        super().__init__(self.say)
        self.permits = threading.Semaphore(0)
        self.is_free = True

    def say(self, request: Request) -> Any:
        asked = str(request.prompt.content[0])
        if "hostile" in asked:
            safe = EVERYTHING.replace("<answer>", "")
            return f"<think>{safe}</think><answer>{safe.replace('<', '‹')[:3000]}</answer>"
        if "fail" in asked:
            return BackendError("the scheduler died <b>now</b>")
        texts = "".join(part for part in request.prompt.content if isinstance(part, str))
        if not request.prompt.pages and "It is" not in texts:
            return cut(FIRST)
        return "<think>So it is five.</think><answer>\\frac{10}{2}</answer>"

    async def generate(self, request: Request) -> Any:
        async for piece in super().generate(request):
            yield piece
            while not self.is_free and not self.permits.acquire(blocking=False):
                await asyncio.sleep(0.01)


class Slow(Scripted):
    """Writes long segments line by line, with room for a few frames of the page between them."""

    def __init__(self) -> None:
        super().__init__(())

    async def generate(self, request: Request) -> AsyncGenerator[Delta | Completion]:
        text = f"<think>\nSegment {len(request.prompt.pages) + 1}.\n"
        yield Delta(text)
        for line in range(200):
            await asyncio.sleep(0.02)
            yield Delta(more := f"Line {line}: ${line}^2 = {line * line}$, and so on with this segment.\n")
            text += more
        yield Completion(text, "stop", Usage(prompt_tokens=90, completion_tokens=3_000))


def visit(tab: Tab, server: Running, place: str = "") -> None:
    tab.page.goto(f"{server.url}/{place}")
    tab.page.wait_for_selector("html[data-ready=true]")


def ask(tab: Tab, question: str) -> None:
    tab.page.fill("#question", question)
    tab.page.press("#question", "Enter")


def assert_calm(tab: Tab, server: Running) -> None:
    assert tab.said == [] and tab.page.evaluate("window.broken") is None
    assert [where for where in tab.asked if not where.startswith((server.url, "data:"))] == []
