"""Which model stands behind a name that tells nothing, such as an alias: what its server lists."""

import json
from contextlib import suppress
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

from vtc_r1.backends.openai import addresses
from vtc_r1.backends.wire.http import HERE, api_key, checked
from vtc_r1.closed import closed, provider_at
from vtc_r1.presets import UNKNOWN, Preset, preset_for

_SECONDS, _LONGEST = 5.0, 4_000_000
"""Time limit of the question, and limit of the bytes that are read of the answer."""


def served_preset(base_url: str | None, model: str | None) -> str | None:
    """Return the name of the preset of a served model, told by what its server lists of it.

    The server is asked only where the name tells nothing, or is that of a model which its maker alone serves
    while the address is another's. None where the name tells enough or the server no more.
    """
    first = next(iter(addresses(base_url)), None)
    if first is None or not model:
        return None
    checked(first)
    if preset_for(model).is_known and (closed().named(model) is None or provider_at(first) is not None):
        return None
    entry = next((one for one in _listed(first) if one.get("id") == model), {})
    found = _told(entry, model)
    return found.name if found.is_known else None


def _told(entry: dict[str, Any], model: str) -> Preset:
    """Return the preset that an entry of a list tells: by its type, or by where it was loaded from."""
    given = [entry.get(key) for key in ("root", "model_path", "base_model", "parent")]
    names = [name for name in given if isinstance(name, str) and name and name != model]
    config = {key: entry[key] for key in ("model_type", "architectures") if entry.get(key)}
    for name in names or ([""] if config else []):
        found = preset_for(name, config or None)
        if found.is_known:
            return found
    return UNKNOWN


def _listed(base_url: str) -> list[dict[str, Any]]:
    """Return the models that a server lists, none where it cannot be asked."""
    here = checked(base_url).hostname in HERE
    opener = build_opener(ProxyHandler({})) if here else build_opener()
    headers = {"Authorization": f"Bearer {api_key(base_url) or 'none'}"}
    with suppress(URLError, OSError, ValueError, AttributeError):
        request = Request(f"{base_url.rstrip('/')}/models", headers=headers)
        with opener.open(request, timeout=_SECONDS) as response:
            data = json.loads(response.read(_LONGEST)).get("data")
            return [one for one in data or [] if isinstance(one, dict)]
    return []
