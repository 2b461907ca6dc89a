"""A model that is held on a leash, and what a reader of the page does."""

import threading
from typing import Any

from tests.eval.report.browser import Tab
from tests.eval.report.hostile import EVERYTHING
from tests.scripted import Scripted, cut
from tests.serve.running import Running
from vtc_r1.backends.base import Request
from vtc_r1.errors import BackendError

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
            return cut(FIRST * 40 if "long" in asked else FIRST)
        return "<think>So it is five.</think><answer>\\frac{10}{2}</answer>"

    async def generate(self, request: Request) -> Any:
        import asyncio

        async for piece in super().generate(request):
            yield piece
            while not self.is_free and not self.permits.acquire(blocking=False):
                await asyncio.sleep(0.01)


def visit(tab: Tab, server: Running, place: str = "") -> None:
    tab.page.goto(f"{server.url}/{place}")
    tab.page.wait_for_selector("html[data-ready=true]")


def ask(tab: Tab, question: str) -> None:
    tab.page.fill("#question", question)
    tab.page.press("#question", "Enter")


def assert_calm(tab: Tab, server: Running) -> None:
    assert tab.said == [] and tab.page.evaluate("window.broken") is None
    assert [where for where in tab.asked if not where.startswith((server.url, "data:"))] == []
