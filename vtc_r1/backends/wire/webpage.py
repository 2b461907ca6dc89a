"""Web pages where an answer of the protocol was expected: those of proxies, and of other servers."""

import html
import re

_START = re.compile(r"\s*<(?:!doctype html|html|head|body|center|h1)\b", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_LONGEST = 80


def webpage(text: str) -> str | None:
    """Name a web page by its title; None for a text that is none."""
    if not _START.match(text):
        return None
    found = _TITLE.search(text)
    title = " ".join(html.unescape(found[1]).split())[:_LONGEST] if found else ""
    return f"a web page ({title!r})" if title else "a web page"


class Webpage(Exception):
    """An answer that says all is well, and is a web page."""
