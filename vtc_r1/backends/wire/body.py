"""The body of a request: chat messages, as JSON that reuses the base64 of each page."""

import json
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


def body(fields: dict[str, Any], prompt: Prompt) -> bytes:
    """Return the JSON of a request; the base64 that each page keeps is inserted unchanged.

    Args:
        fields: all fields except the messages.
        prompt: source of the messages.
    """
    system = "".join(json.dumps(message) + ", " for message in _system(prompt))
    start = f'{json.dumps(fields)[:-1]}, "messages": [{system}{{"role": "user", "content": ['
    pieces = [start.encode()]
    for at, part in enumerate(prompt.content):
        comma = b", " if at else b""
        if isinstance(part, Page):
            pieces += [comma, _PAGE[0], part.base64, _PAGE[1]]
        else:
            pieces += [comma, json.dumps(_text(part)).encode()]
    return b"".join([*pieces, b"]}]}"])


def _system(prompt: Prompt) -> list[dict[str, Any]]:
    return [{"role": "system", "content": prompt.system}] if prompt.system else []


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}
