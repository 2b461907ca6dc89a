"""The preset of a model, adapted to its training as its checkpoint states it."""

import shutil
from dataclasses import replace
from pathlib import Path

from vtc_r1.backends.checkpoint import trained_for
from vtc_r1.configuration import Budget
from vtc_r1.errors import PromptError, UsageError
from vtc_r1.presets import PRESETS, Preset, preset_for
from vtc_r1.prompts import PromptSet, prompt_set_names
from vtc_r1.prompts.promptset import find_folder
from vtc_r1.renderers import Profile, load_profile
from vtc_r1.renderers.profile import profile_names
from vtc_r1.renderers.profile_toml import profile_toml
from vtc_r1.trained import TrainedFor

BESIDE = "vtc_r1"  #: folder of a checkpoint with the prompt set and the render profile of its training


def fitted(model: str, trained: TrainedFor | None = None) -> Preset:
    """Return the preset of `model`, adapted to its training if its checkpoint states that.

    A prompt set or profile of the training that is neither shipped nor kept beside the checkpoint is replaced
    by the preset's, and a solve warns of that.

    Args:
        model: name on a server, hub id or folder.
        trained: the checkpoint's statement, if it has been read already.

    Raises CheckpointError if the checkpoint's statement is invalid.
    """
    trained = trained or trained_for(model)
    if trained is None:
        return preset_for(model)
    known = trained.preset is not None and trained.preset in PRESETS
    named = PRESETS[trained.preset] if trained.preset is not None and known else preset_for(model)
    kept = Path(model) / BESIDE
    # Limits that a preset sets were chosen for its model, and outrank the longest segment in training.
    limits = {"segment_tokens": trained.segment_tokens} if named.budget == Budget() else {}
    found = {name: value for name, value in limits.items() if value is not None}
    return replace(
        named,
        prompts=_prompts(trained, kept) or named.prompts,
        profile=_profile(trained, kept) or named.profile,
        budget=named.budget.model_copy(update=found),
    )


def keep(folder: Path, prompts: str | Path, profile: Profile) -> None:
    """Keep a prompt set and a profile beside a checkpoint, where `fitted` finds them; raises OSError."""
    kept = folder / BESIDE
    source = find_folder(prompts)
    shutil.copytree(source, kept / source.name, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
    (kept / f"{profile.name}.toml").write_text(profile_toml(profile), encoding="utf-8")


def _prompts(trained: TrainedFor, kept: Path) -> str | None:
    """Return the prompt set of the training, None if no available one has its hash."""
    for wanted in trained.prompts:
        shipped = [wanted.name] if wanted.name in prompt_set_names() else []
        for place in (*shipped, str(kept / Path(wanted.name).name)):
            try:
                if PromptSet(place).sha256 == wanted.sha256:
                    return place
            except (UsageError, PromptError):
                continue
    return None


def _profile(trained: TrainedFor, kept: Path) -> str | None:
    """Return the first render profile of the training, None if no available one has its hash."""
    for wanted in trained.profiles[:1]:
        shipped = [wanted.name] if wanted.name in profile_names() else []
        for place in (*shipped, str(kept / f"{Path(wanted.name).name}.toml")):
            try:
                if load_profile(place).sha256 == wanted.sha256:
                    return place
            except UsageError:
                continue
    return None
