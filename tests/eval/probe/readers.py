"""Readers in this process whose misreads are known."""

from collections.abc import Callable

from vtc_r1.configuration import Named
from vtc_r1.eval.probe import Answer, Ask
from vtc_r1.renderers import Page


class Honest:
    """Reads what stands on the page, or what `misread` makes of it."""

    backend, model, prompt = "test", "honest", Named(name="none", sha256="0")
    alphabet: frozenset[str] | None = None
    answers = True
    concurrency = 2

    def __init__(self, misread: Callable[[Page, Ask], str] | None = None) -> None:
        self.revision: str | None = None
        self.misread = misread or (lambda page, ask: page.drawn)
        self.pages: list[str] = []
        self.checked = 0

    async def check(self) -> None:
        self.checked += 1
        self.revision = "one"

    async def read(self, page: Page, ask: Ask) -> Answer:
        self.pages.append(page.sha256)
        text = self.misread(page, ask)
        return Answer(text, 2 * len(text))

    async def aclose(self) -> None:
        pass
