"""Identifies the model behind an uninformative name, such as an alias, from what its server lists."""

from contextlib import suppress
from typing import Any

from vtc_r1.backends.openai import addresses
from vtc_r1.backends.wire.http import checked
from vtc_r1.backends.wire.server import Server
from vtc_r1.closed import closed, provider_at
from vtc_r1.errors import BackendError
from vtc_r1.presets import UNKNOWN, Preset, preset_for

_SECONDS = 5.0  #: time limit of the request


def served_preset(base_url: str | None, model: str | None) -> str | None:
    """Return the name of the preset of a served model, from what its server lists about it.

    The server is asked only if the name belongs to no known model, or to one that only its maker serves while
    the address is no such provider's. None if the name is enough, or the server's list does not help.
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
    """Return the preset for an entry of the list, by its model type or where it was loaded from."""
    given = [entry.get(key) for key in ("root", "model_path", "base_model", "parent")]
    names = [name for name in given if isinstance(name, str) and name and name != model]
    config = {key: entry[key] for key in ("model_type", "architectures") if entry.get(key)}
    for name in names or ([""] if config else []):
        found = preset_for(name, config or None)
        if found.is_known:
            return found
    return UNKNOWN


def _listed(base_url: str) -> list[dict[str, Any]]:
    """Return the models that a server lists, none if the request fails."""
    with suppress(BackendError):
        listed = Server(base_url, timeout=_SECONDS).get("/models").at("data")
        return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return []
