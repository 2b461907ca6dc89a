"""A model that reads: it knows the pages of some documents by sight, and answers by rule from these."""

from collections.abc import Callable, Iterable
from typing import Any

from tests.loopback import Reply
from vtc_r1.documents import Document, show
from vtc_r1.renderers import Renderer


class Reader:
    """A script of the loopback server.

    Args:
        documents: whose pages it can read; white pages and others are nothing to it.
        rule: answers, given the question and all text that it sees, in order.
        profile: how the pages are drawn.
    """

    def __init__(
        self, documents: Iterable[Document], rule: Callable[[str, str], str], profile: str = "default"
    ) -> None:
        renderer = Renderer(profile)
        self.known = {
            page.data_uri: page.text
            for document in documents
            for page in show(document, "pages", renderer).pages
        }
        self.rule = rule

    def __call__(self, body: dict[str, Any]) -> Reply:
        """Read the prompt, and answer."""
        question, *rest = body["messages"][-1]["content"]
        seen = [
            part["text"] if part["type"] == "text" else self.known.get(part["image_url"]["url"], "")
            for part in rest
        ]
        text = self.rule(question["text"], "".join(seen))
        images = sum(part["type"] == "image_url" for part in rest)
        usage = {"prompt_tokens": 100 + 590 * images, "completion_tokens": 20, "total_tokens": 120}
        return Reply(text, usage={**usage, "prompt_tokens_details": {"image_tokens": 588 * images}})
