"""The files of a checkpoint: identity and size of its weights, and what it was trained for."""

import hashlib
import json
from pathlib import Path

from vtc_r1.trained import TrainedFor

_WEIGHTS = "*.safetensors"


def digest(checkpoint: str | Path) -> str | None:
    """Return the hash of a local checkpoint's weights, None if there are none to read."""
    weights = sorted(Path(checkpoint).glob(_WEIGHTS))
    found = hashlib.sha256()
    try:
        for path in weights:
            with path.open("rb") as file:
                found.update(hashlib.file_digest(file, "sha256").digest())
    except OSError:
        return None
    return "sha256:" + found.hexdigest() if weights else None


def weights_bytes(checkpoint: str | Path) -> int | None:
    """Return the bytes of a checkpoint's weights on this machine, None if there are none yet."""
    folder = Path(checkpoint)
    if not folder.is_dir():
        found = _cached(str(checkpoint))
        if found is None:
            return None
        folder = found
    try:
        return sum(path.stat().st_size for path in folder.glob(_WEIGHTS)) or None
    except OSError:
        return None


def trained_for(checkpoint: str | Path) -> TrainedFor | None:
    """Return what a checkpoint in a folder was trained for, None if it does not say so or is not a folder.

    Raises CheckpointError if the entry is invalid.
    """
    path = Path(checkpoint) / "config.json"
    try:
        config = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None  # loading the checkpoint reports what is wrong
    return TrainedFor.read(config, str(path)) if isinstance(config, dict) else None


def _cached(name: str) -> Path | None:
    """Return the folder of a hub checkpoint in the cache, None if it is not there."""
    try:
        from huggingface_hub import try_to_load_from_cache

        found = try_to_load_from_cache(name, "config.json")
    except (ImportError, ValueError):
        return None
    return Path(found).parent if isinstance(found, str) else None
