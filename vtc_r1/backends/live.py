"""A model that is in this process already, such as one in training, as a backend."""

from typing import Any

from vtc_r1.backends.encoding import PromptEncoder
from vtc_r1.backends.transformers import TransformersBackend


class LiveBackend(TransformersBackend):
    """Generates with a network that its owner goes on using; only between two steps of training.

    Args:
        network: a Qwen3-VL in evaluation mode.
        encoder: its prompts' encoder.
        name: of the model, for the record.
        revision: which state of it, for the record.
        most_rows: requests that are generated together.
    """

    name = "transformers"

    def __init__(
        self, network: Any, encoder: PromptEncoder, name: str, *, revision: str, most_rows: int = 32
    ) -> None:
        super().__init__(name, device=str(network.device), most_rows=most_rows)
        self._revision, self._given = revision, (encoder, network)

    def _open(self) -> tuple[PromptEncoder, Any]:
        return self._given
