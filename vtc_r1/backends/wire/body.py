"""The body of a request: chat messages, as JSON that reuses the base64 of each page."""

import json
from collections.abc import AsyncIterator, Iterator
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
    """The JSON of a request, without a copy of its pages; the base64 of each is inserted unchanged.

    Args:
        fields: all fields except the messages.
        prompt: source of the messages.
    """

    def __init__(self, fields: dict[str, Any], prompt: Prompt) -> None:
        system = "".join(json.dumps(message) + ", " for message in _system(prompt))
        start = f'{json.dumps(fields)[:-1]}, "messages": [{system}{{"role": "user", "content": ['
        self._parts: list[bytes | Page] = [start.encode()]
        for at, part in enumerate(prompt.content):
            comma = b", " if at else b""
            if isinstance(part, Page):
                self._parts += [comma + _PAGE[0], part, _PAGE[1]]
            else:
                self._parts.append(comma + json.dumps(_text(part)).encode())
        self._parts.append(b"]}]}")

    def __len__(self) -> int:
        return sum(part.base64_bytes if isinstance(part, Page) else len(part) for part in self._parts)

    def __bytes__(self) -> bytes:
        return b"".join(self._joined())

    async def pieces(self, size: int) -> AsyncIterator[bytes]:
        """Yield the JSON in pieces of at most `size` bytes, so that a large body is never in memory whole."""
        for part in self._joined():
            for at in range(0, len(part), size):
                yield part[at : at + size]

    def _joined(self) -> Iterator[bytes]:
        for part in self._parts:
            yield part.base64 if isinstance(part, Page) else part


def _system(prompt: Prompt) -> list[dict[str, Any]]:
    return [{"role": "system", "content": prompt.system}] if prompt.system else []


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}
