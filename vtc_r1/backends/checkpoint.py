"""A checkpoint's files: what identifies its weights, how large they are, and what it was trained for."""

import hashlib
import json
from pathlib import Path

from vtc_r1.trained import TrainedFor

_WEIGHTS = "*.safetensors"


def digest(checkpoint: str | Path) -> str | None:
    """Identity of a local checkpoint: hash of its weights; None where there are none to read."""
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
    """Bytes of a checkpoint's weights on this machine; None where there are none yet."""
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
    """What a checkpoint in a folder was trained for; None where it does not say, or is elsewhere.

    Raises CheckpointError where what it says cannot be understood.
    """
    path = Path(checkpoint) / "config.json"
    try:
        config = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None  # whoever loads it says what is wrong
    return TrainedFor.read(config, str(path)) if isinstance(config, dict) else None


def _cached(name: str) -> Path | None:
    """Find the folder of a hub checkpoint that was fetched before."""
    try:
        from huggingface_hub import try_to_load_from_cache

        found = try_to_load_from_cache(name, "config.json")
    except (ImportError, ValueError):
        return None
    return Path(found).parent if isinstance(found, str) else None
