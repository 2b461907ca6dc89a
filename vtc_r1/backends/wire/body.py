"""What a request sends: chat messages, and their JSON without encoding a page twice."""

import json
from collections.abc import AsyncIterator
from typing import Any

from vtc_r1.prompts.prompt import Prompt
from vtc_r1.renderers.page import URI_HEAD, Page

_PAGE = b'{"type": "image_url", "image_url": {"url": "' + URI_HEAD.encode(), b'"}}'


def messages(prompt: Prompt) -> list[dict[str, Any]]:
    """Return the chat messages of a prompt; pages travel as `data:` URIs."""
    content = [
        {"type": "image_url", "image_url": {"url": part.data_uri}} if isinstance(part, Page) else _text(part)
        for part in prompt.content
    ]
    return [*_system(prompt), {"role": "user", "content": content}]


class Body:
    """The JSON of a request, in the pieces of which it is made: a page's base64 is used as it is kept.

    Args:
        fields: everything but the messages.
        prompt: what becomes the messages.
    """

    def __init__(self, fields: dict[str, Any], prompt: Prompt) -> None:
        system = "".join(json.dumps(message) + ", " for message in _system(prompt))
        start = f'{json.dumps(fields)[:-1]}, "messages": [{system}{{"role": "user", "content": ['
        self.pieces = [start.encode()]
        for at, part in enumerate(prompt.content):
            comma = b", " if at else b""
            if isinstance(part, Page):
                self.pieces += [comma + _PAGE[0], part.base64, _PAGE[1]]
            else:
                self.pieces.append(comma + json.dumps(_text(part)).encode())
        self.pieces.append(b"]}]}")

    def __len__(self) -> int:
        return sum(map(len, self.pieces))

    def __bytes__(self) -> bytes:
        return b"".join(self.pieces)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece


def _system(prompt: Prompt) -> list[dict[str, Any]]:
    return [{"role": "system", "content": prompt.system}] if prompt.system else []


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}
