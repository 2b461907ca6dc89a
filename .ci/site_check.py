"""Look at a built site: python .ci/site_check.py FOLDER.

Nothing in it may be missing, or be loaded from elsewhere.
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href", "image": "href"}
"""Elements that load something by themselves, and the attribute that says what."""


class Loads(HTMLParser):
    """Collects what a page loads and where it leads."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.leads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element loads, or where it leads."""
        values = dict(attrs)
        if tag == "link" and values.get("rel") in ("canonical", "next", "prev"):
            return
        if address := values.get(LOADS.get(tag, "")):
            self.loads.append(address)
        elif tag == "a" and values.get("href"):
            self.leads.append(str(values["href"]))


def faults(folder: Path) -> list[str]:
    """What is wrong, a line each."""
    found = []
    for page in sorted(folder.rglob("*.html")):
        if page.name == "404.html":
            continue
        parser = Loads()
        parser.feed(page.read_text(encoding="utf-8"))
        for address in (*parser.loads, *parser.leads):
            parts = urlsplit(address)
            if parts.scheme in ("data", "mailto") or (parts.scheme and address in parser.leads):
                continue
            name = page.relative_to(folder)
            if parts.scheme or parts.netloc:
                found.append(f"{name} loads {address}")
            elif parts.path and not (page.parent / unquote(parts.path)).exists():
                found.append(f"{name}: {address} is missing")
    for style in folder.rglob("*.css"):
        if "url(http" in style.read_text(encoding="utf-8").replace('"', "").replace("'", ""):
            found.append(f"{style.relative_to(folder)} loads from elsewhere")
    return found


if __name__ == "__main__":
    lines = faults(Path(sys.argv[1]))
    sys.exit("\n".join(lines) if lines else 0)
