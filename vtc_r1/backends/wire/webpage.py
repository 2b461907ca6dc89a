"""Web pages in place of an API response, as proxies and other servers send them."""

import html
import re

_START = re.compile(r"\s*<(?:!doctype html|html|head|body|center|h1)\b", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_LONGEST = 80


def webpage(text: str) -> str | None:
    """Describe a web page by its title; None if the text is not a web page."""
    if not _START.match(text):
        return None
    found = _TITLE.search(text)
    title = " ".join(html.unescape(found[1]).split())[:_LONGEST] if found else ""
    return f"a web page ({title!r})" if title else "a web page"


class Webpage(Exception):
    """A web page as a response with a status that is not an error."""
