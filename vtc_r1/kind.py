"""The type of a checkpoint's model, read from its folder."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any


def config_of(folder: str) -> dict[str, Any]:
    """Return the object in the `config.json` of a folder, an empty one if it cannot be read."""
    with suppress(ValueError):
        found = json.loads(_text(folder, "config.json"))
        return found if isinstance(found, dict) else {}
    return {}


def kind_of(config: Mapping[str, Any], known: Iterable[str]) -> str | None:
    """Return the `model_type` of a configuration; without one, the type in `known` that its class implies."""
    if isinstance(kind := config.get("model_type"), str):
        return kind
    classes = config.get("architectures")
    first = classes[0] if isinstance(classes, list) and classes else ""
    name = str(first).lower().replace("_", "")
    return next((kind for kind in known if name.startswith(f"{kind.replace('_', '')}for")), None)


def thinks(folder: str) -> bool:
    """Tell whether the chat template mentions `<think>`, as a Thinking model's does."""
    names = ("chat_template.jinja", "chat_template.json", "tokenizer_config.json")
    return any("<think>" in _text(folder, name) for name in names)


def _text(folder: str, name: str) -> str:
    with suppress(OSError, ValueError):
        return (Path(folder) / name).read_text(encoding="utf-8") if folder else ""
    return ""
