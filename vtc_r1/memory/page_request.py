"""Requests that the model may write to see part of a page again.

    <reread page="2"/>
    <reread page="2" part="top" as="page"/>

`page` counts the pages of the prompt from 1, `part` is `all`, `top`, `middle` or `bottom` (thirds), `as` is
`text` or `page`, which is drawn enlarged. Anything else is refused with a line that says why.
"""

import re
from dataclasses import dataclass
from typing import Literal, cast, get_args

Part = Literal["all", "top", "middle", "bottom"]
Form = Literal["text", "page"]

REQUEST = re.compile(r"<reread\b([^<>]{0,200})>")
_ATTRIBUTE = re.compile(r'\s+([a-z]{1,12})\s{0,2}=\s{0,2}"([^"]{0,40})"')
_THIRDS: dict[Part, tuple[int, int]] = {"all": (0, 3), "top": (0, 1), "middle": (1, 2), "bottom": (2, 3)}


@dataclass(frozen=True)
class PageRequest:
    """One well-formed request: the page's number from 1, its part, and the form of the answer."""

    page: int
    part: Part = "all"
    form: Form = "text"


def parse_request(attributes: str) -> PageRequest | str:
    """Parse the text between `<reread` and `>`; returns a message if it is not a request."""
    inside = attributes.rstrip().removesuffix("/")
    values, end = {}, 0
    for found in _ATTRIBUTE.finditer(inside):
        if found.start() != end or found[1] in values:
            break
        values[found[1]], end = found[2].strip(), found.end()
    if inside[end:].strip():
        return 'a request is written <reread page="1" part="all" as="text"/>'
    if unknown := [name for name in values if name not in ("page", "part", "as")]:
        return f"{unknown[0]} is unknown: give page, part and as"
    page, part, form = values.get("page", ""), values.get("part", "all"), values.get("as", "text")
    if not (page.isascii() and page.isdecimal() and len(page) <= 6):
        return "page must be a number"
    if part not in get_args(Part):
        return f"part must be one of {', '.join(get_args(Part))}"
    if form not in get_args(Form):
        return f"as must be one of {', '.join(get_args(Form))}"
    return PageRequest(int(page), cast(Part, part), cast(Form, form))


def region(text: str, part: Part) -> str:
    """Return a third of a page's text, or all of it, without splitting words."""
    first, last = (_word_start(text, len(text) * third // 3) for third in _THIRDS[part])
    return text[first:last].strip()


def _word_start(text: str, at: int) -> int:
    """Move a position back to the start of its word, by at most 40 characters."""
    if at in (0, len(text)):
        return at
    blank = max(text.rfind(" ", max(0, at - 40), at), text.rfind("\n", max(0, at - 40), at))
    return blank + 1 if blank >= 0 else at
