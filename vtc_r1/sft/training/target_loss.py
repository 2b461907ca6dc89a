"""The loss of a model without the logits of all positions.

The logits of 32,768 positions over 151,936 tokens are 20 GB in fp32. Only positions of a target have a loss;
their logits are made a part at a time, and once more in the backward pass.
"""

from functools import wraps
from typing import Any

import torch
from torch.nn.functional import cross_entropy, linear, pad
from torch.utils.checkpoint import checkpoint
from transformers.modeling_outputs import CausalLMOutputWithPast

from vtc_r1.sft.collate import IGNORED

_ELEMENTS = 2**26  #: logits of a part: 256 MB in fp32


class _Head(torch.nn.Linear):  # type: ignore[misc]
    """The layer from hidden states to logits. It sums the loss in one call, as its weights may be sharded."""

    def forward(self, hidden: torch.Tensor, targets: torch.Tensor | None = None) -> torch.Tensor:
        """Return logits, (…, tokens), or with `targets`, (positions,), the sum of the losses of them."""
        if targets is None:
            return super().forward(hidden)
        rows = max(1, _ELEMENTS // self.out_features)
        parts = zip(hidden.split(rows), targets.split(rows), strict=True)
        losses = [checkpoint(self._part, *part, use_reentrant=False) for part in parts]
        return torch.stack(losses).sum()

    def _part(self, hidden: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return cross_entropy(linear(hidden, self.weight, self.bias).float(), targets, reduction="sum")


def lose_on_targets(model: Any) -> None:
    """Make `model` compute its loss on targets alone; it then returns no logits. Weights are unchanged."""
    kind = type(model)

    @wraps(kind.forward)
    def forward(
        self: Any,
        *,
        labels: torch.Tensor | None = None,
        shift_labels: torch.Tensor | None = None,
        num_items_in_batch: torch.Tensor | None = None,
        **inputs: Any,
    ) -> Any:
        if labels is None:
            return kind.forward(self, **inputs)
        hidden = self.model(**inputs)[0]
        targets = pad(labels, (0, 1), value=IGNORED)[:, 1:] if shift_labels is None else shift_labels
        counted = targets != IGNORED
        total = self.lm_head(hidden[counted], targets[counted])
        return CausalLMOutputWithPast(
            loss=total / (counted.sum() if num_items_in_batch is None else num_items_in_batch)
        )

    model.lm_head.__class__ = _Head
    model.__class__ = type(kind.__name__, (kind,), {"forward": forward})
