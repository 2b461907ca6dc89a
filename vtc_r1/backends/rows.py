"""The rows of a batch: keys and values of several requests, each of its own length."""

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

_STEP = 256  #: tokens by which all rows grow when the longest one is full


@dataclass(frozen=True)
class Chunk:
    """Tokens that one row reads next."""

    ids: list[int]  #: the tokens
    positions: "torch.Tensor"  #: their rotary positions, shape (3, tokens)
    visual: "torch.Tensor | None" = None  #: which of them stand for pages, shape (tokens,); None if none does
    #: features of these pages, each of shape (visual tokens, width): the embeddings, then one tensor for each
    #: decoder layer that DeepStack adds to
    features: "tuple[torch.Tensor, ...]" = ()


class Rows:
    """Keys and values of a batch, padded on the right, and the passes that extend them.

    Rows lie without gaps: the last row takes the place of one that is removed. The attention mask of a row
    depends on its own length only, so a request gets the same result whatever is batched with it.

    Attributes:
        lengths: number of tokens of each row.
    """

    def __init__(self, network: Any) -> None:
        config = network.config.text_config
        self.network = network
        self.lengths: list[int] = []
        self._layers, self._shape = config.num_hidden_layers, (config.num_key_value_heads, config.head_dim)
        self._dtype = network.get_input_embeddings().weight.dtype  # parts of a model in training may differ
        self._held = self._buffer(0, 0)
        # transformers 5.24 renamed `past_key_values` to `cache`, and warns about the old name
        parameters = inspect.signature(network.model.language_model.forward).parameters
        self._cache = "cache" if "cache" in parameters else "past_key_values"

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def token_bytes(self) -> int:
        """Bytes of the keys and values of one token."""
        heads, width = self._shape
        return 2 * int(self._layers) * int(heads) * int(width) * int(self._held.element_size())

    def add(self, prefix: "torch.Tensor | None" = None) -> None:
        """Append a row that starts with a cached prefix, as returned by `kept`, or an empty one."""
        length = 0 if prefix is None else prefix.shape[2]
        self._reserve(len(self) + 1, length)
        if prefix is not None:
            self._held[:, :, len(self), :length] = prefix
        self.lengths.append(length)

    def remove(self, row: int) -> None:
        """Take a row out; the last one moves to its place."""
        last = len(self) - 1
        if row != last:
            length = self.lengths[last]
            self._held[:, :, row, :length] = self._held[:, :, last, :length]
        self.lengths[row] = self.lengths[last]
        self.lengths.pop()
        if not self.lengths:
            self._held = self._buffer(0, 0)

    def kept(self, row: int, length: int) -> "torch.Tensor":
        """Copy a row's first tokens: shape (2, layers, length, heads, width)."""
        return self._held[:, :, row, :length].clone()

    def read(self, first: int, chunks: list[Chunk]) -> "torch.Tensor":
        """Extend the rows from `first` on by one chunk each; returns logits, shape (chunks, vocabulary).

        An error leaves all rows unchanged.
        """
        import torch

        widths = [len(chunk.ids) for chunk in chunks]
        positions = torch.nn.utils.rnn.pad_sequence([chunk.positions.T for chunk in chunks]).permute(2, 1, 0)
        return self._pass(first, widths, positions, self._inputs(chunks, max(widths)))

    def step(self, first: int, tokens: list[int], positions: list[int]) -> "torch.Tensor":
        """Extend the rows from `first` on by one text token each, as `read` does."""
        import torch

        at = self.network.device
        ids = torch.tensor(tokens, device=at)[:, None]
        turned = torch.tensor(positions, device=at)[None, :, None].expand(3, -1, 1)
        inputs = {"inputs_embeds": self.network.get_input_embeddings()(ids)}
        return self._pass(first, [1] * len(tokens), turned, inputs)

    def _pass(
        self, first: int, widths: list[int], positions: "torch.Tensor", inputs: dict[str, Any]
    ) -> "torch.Tensor":
        import torch

        starts = self.lengths[first : first + len(widths)]
        end, at = max(starts) + max(widths), self.network.device
        self._reserve(len(self), end)
        columns = torch.tensor(starts, device=at)[:, None] + torch.arange(max(widths), device=at)
        # Causal mask, per row: a token sees the columns up to its own, which hides the padding on the right.
        unseen = torch.arange(end, device=at) > columns[:, None, :, None]
        mask = torch.zeros(unseen.shape, dtype=self._held.dtype, device=at)
        mask.masked_fill_(unseen, torch.finfo(mask.dtype).min)
        out = self.network.model.language_model(
            position_ids=positions,
            attention_mask=mask,
            use_cache=True,
            **{self._cache: _Window(self._held, first, columns, end)},
            **inputs,
        )
        every, last = torch.arange(len(widths), device=at), torch.tensor(widths, device=at) - 1
        logits: torch.Tensor = self.network.lm_head(out.last_hidden_state[every, last])
        self.lengths[first : first + len(widths)] = [a + b for a, b in zip(starts, widths, strict=True)]
        return logits.float()

    def _inputs(self, chunks: list[Chunk], width: int) -> dict[str, Any]:
        """Return the embeddings of the tokens, with those of pages in place, and the DeepStack features."""
        import torch

        at = self.network.device
        ids = torch.tensor([chunk.ids + [0] * (width - len(chunk.ids)) for chunk in chunks], device=at)
        embeddings = self.network.get_input_embeddings()(ids)
        if not any(chunk.features for chunk in chunks):
            return {"inputs_embeds": embeddings}
        visual = torch.zeros(ids.shape, dtype=torch.bool, device=at)
        for row, chunk in enumerate(chunks):
            if chunk.visual is not None:
                visual[row, : len(chunk.ids)] = chunk.visual
        seen = [chunk.features for chunk in chunks if chunk.features]
        first, *deeper = [torch.cat(parts).to(embeddings.dtype) for parts in zip(*seen, strict=True)]
        embeddings[visual] = first
        return {
            "inputs_embeds": embeddings,
            "visual_pos_masks": visual,
            "deepstack_visual_embeds": deeper,
        }

    def _reserve(self, rows: int, tokens: int) -> None:
        """Grow the buffer to hold this many rows and tokens."""
        slots, capacity = self._held.shape[2:4]
        if rows <= slots and tokens <= capacity:
            return
        larger = self._buffer(
            slots if rows <= slots else 2 * rows, max(capacity, -(-tokens // _STEP) * _STEP)
        )
        used = max(self.lengths, default=0)
        larger[:, :, : len(self), :used] = self._held[:, :, : len(self), :used]
        self._held = larger

    def _buffer(self, slots: int, capacity: int) -> "torch.Tensor":
        """Return an empty buffer of keys and values: shape (2, layers, slots, capacity, heads, width)."""
        import torch

        shape = (2, self._layers, slots, capacity, *self._shape)
        return torch.zeros(shape, dtype=self._dtype, device=self.network.device)


class _Window:
    """The rows that one pass extends, in the interface of the library's KV cache."""

    def __init__(self, held: "torch.Tensor", first: int, columns: "torch.Tensor", end: int) -> None:
        import torch

        self._rows = slice(first, first + len(columns))
        self._each = torch.arange(self._rows.start, self._rows.stop, device=columns.device)[:, None]
        self._held, self._columns, self._end = held, columns, end

    def update(
        self, keys: "torch.Tensor", values: "torch.Tensor", layer: int, *_: Any, **__: Any
    ) -> "tuple[torch.Tensor, torch.Tensor]":
        """Append (rows, heads, new tokens, width) to each row; return all keys and values up to `end`."""
        for held, new in zip(self._held[:, layer], (keys, values), strict=True):
            held[self._each, self._columns] = new.transpose(1, 2)
        both = self._held[:, layer, self._rows, : self._end].transpose(2, 3)
        return both[0], both[1]
