"""One attention call for all pages of a batch, instead of one call a page.

transformers loops over the pages where flash attention is absent, which on a CPU costs more than
the attention itself. Pages of one size need no loop.
"""

from typing import TYPE_CHECKING, Any

from torch.nn.functional import scaled_dot_product_attention
from transformers.models.qwen3_vl import modeling_qwen3_vl as qwen

if TYPE_CHECKING:
    import torch
    from transformers import Qwen3VLForConditionalGeneration


class BatchedVisionAttention(qwen.Qwen3VLVisionAttention):  # type: ignore[misc]
    """Vision attention that takes pages of the same number of patches in one call."""

    def forward(
        self,
        hidden_states: "torch.Tensor",
        cu_seqlens: "torch.Tensor",
        position_embeddings: Any = None,
        max_seqlen: int | None = None,
        **kwargs: Any,
    ) -> "torch.Tensor":
        """Attend within each page; `hidden_states` is (pages × patches, width)."""
        if (cu_seqlens.diff(n=2) != 0).any():
            return super().forward(hidden_states, cu_seqlens, position_embeddings, max_seqlen, **kwargs)
        pages, total = len(cu_seqlens) - 1, hidden_states.shape[0]
        query, key, value = self.qkv(hidden_states).reshape(total, 3, self.num_heads, -1).unbind(1)
        query, key = qwen.apply_rotary_pos_emb_vision(query, key, *position_embeddings)
        query, key, value = (
            part.view(pages, total // pages, self.num_heads, -1).transpose(1, 2)
            for part in (query, key, value)
        )
        mixed = scaled_dot_product_attention(query, key, value, scale=self.scaling)
        return self.proj(mixed.transpose(1, 2).reshape(total, -1))


def batch_vision(model: "Qwen3VLForConditionalGeneration") -> None:
    """Make `model` attend to equally sized pages in one call; its weights stay as they are."""
    for block in model.model.visual.blocks:
        block.attn.__class__ = BatchedVisionAttention
