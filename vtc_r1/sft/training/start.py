"""The start of a run: processors, and weights or none."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtc_r1.backends.embedded import checkpoint as embedded
from vtc_r1.errors import CheckpointError, first_line
from vtc_r1.hub import absent, from_hub
from vtc_r1.sft.training.recipe import EMBEDDED, NEW
from vtc_r1.tokens import fingerprint

_BESIDE = (
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "chat_template.jinja",
    "chat_template.json",
    "preprocessor_config.json",
    "video_preprocessor_config.json",
    "processor_config.json",
    "generation_config.json",
)
"""Files of a checkpoint, other than its weights and their configuration, that a loader may need."""


@dataclass(frozen=True)
class Start:
    """A checkpoint to start from."""

    folder: Path  #: where its tokenizer, chat template and image configuration are on this machine
    #: folder or hub id of its weights, None for the embedded model's architecture with random weights
    weights: str | None
    name: str  #: name for the model card
    hub_id: str | None = None  #: of a checkpoint from the hub

    def processors(self) -> list[Path]:
        """Return the other files that a finished checkpoint needs besides the weights."""
        return [self.folder / name for name in _BESIDE if (self.folder / name).is_file()]

    def tokenizer(self) -> str | None:
        """Return the identity of its tokenizer, None if it has no `tokenizer.json`."""
        found = self.folder / "tokenizer.json"
        return fingerprint(found) if found.is_file() else None

    def model(self, precision: str, attention: str) -> Any:
        """Load or build the model, by the recipe's keys of these names; raises CheckpointError."""
        import torch
        import transformers

        if self.weights is None:
            from vtc_r1.sft import nano

            return nano.model(nano.tokenizer())
        dtype = torch.float32 if precision == "fp32" else torch.bfloat16
        with from_hub(self.weights) as why_not:
            try:
                return transformers.AutoModelForImageTextToText.from_pretrained(
                    self.weights, dtype=dtype, attn_implementation=attention
                )
            except Exception as error:
                said = CheckpointError(f"checkpoint {self.weights} cannot be loaded: {first_line(error)}")
                raise absent(f"checkpoint {self.weights}", why_not, said) from error


def start_of(model: str, work: Path) -> Start:
    """Find the starting checkpoint that a recipe names; new processors are written into `work`.

    Raises CheckpointError if there is no such checkpoint.
    """
    if model == NEW:
        from vtc_r1.sft import nano

        folder = work / "processors"
        folder.mkdir(parents=True, exist_ok=True)
        nano.write_processors(folder, nano.tokenizer())
        return Start(folder, None, "nothing: random weights")
    if model == EMBEDDED:
        return Start(embedded(), str(embedded()), "the embedded model")
    if Path(model).is_dir():
        return Start(Path(model), model, Path(model).resolve().name)
    if model.startswith(("/", ".", "~")):
        raise CheckpointError(f"checkpoint {model}: there is no such folder")
    return Start(_downloaded(model), model, model, model)


def _downloaded(name: str) -> Path:
    """Fetch everything of a hub checkpoint except its weights."""
    from huggingface_hub import snapshot_download

    with from_hub(name) as why_not:
        try:
            return Path(snapshot_download(name, allow_patterns=[*_BESIDE, "config.json"]))
        except Exception as error:
            reason = first_line(error)
            said = CheckpointError(
                f"checkpoint {name}: is not a folder, and cannot be loaded from the hub ({reason})"
            )
            raise absent(f"checkpoint {name}", why_not, said) from error
