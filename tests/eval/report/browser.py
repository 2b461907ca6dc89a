"""A real Chromium that opens files from disk and remembers everything that it should not have done."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@dataclass
class Tab:
    """A page, with what it said and where it went."""

    page: Any
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def open(self, path: Path, place: str = "") -> None:
        self.page.goto(path.resolve().as_uri() + place)
        self.page.wait_for_selector("html[data-ready=true]")

    def texts(self, selector: str) -> list[str]:
        return [found.strip() for found in self.page.locator(selector).all_inner_texts()]

    def until(self, expression: str) -> None:
        """Wait until it is true. Playwright's own wait evaluates text in the page: its policy forbids it."""
        for _ in range(400):
            if self.page.evaluate(expression):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"never true: {expression}")

    def assert_calm(self, folder: Path) -> None:
        """Nothing was said, nothing ran, and nothing outside of `folder` was asked for."""
        assert self.said == []
        assert self.page.evaluate("window.broken") is None
        inside = folder.resolve().as_uri()
        assert [address for address in self.asked if not address.startswith((inside, "data:"))] == []


@contextmanager
def tabs(*flags: str, **options: Any) -> Iterator[Tab]:
    """Open a tab of a fresh browser with flags; skips where there is none."""
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *flags])
        try:
            page = browser.new_context(**options).new_page()
            page.set_default_timeout(20_000)
            tab = Tab(page)
            page.on("console", lambda message: tab.said.append(message.text))
            page.on("pageerror", lambda error: tab.said.append(str(error)))
            page.on("dialog", lambda dialog: (tab.said.append(f"dialog {dialog.message}"), dialog.dismiss()))
            page.on("popup", lambda popup: tab.said.append(f"popup {popup.url}"))
            page.on("request", lambda request: tab.asked.append(request.url))
            yield tab
        finally:
            browser.close()
