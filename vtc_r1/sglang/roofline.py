"""A server's time by the roofline model: the larger of compute time and memory time, plus overhead.

The matrices of a layer and its attention run one after the other, so each has a roofline of its own.
"""

from dataclasses import dataclass

from vtc_r1.sglang.gpus import Gpu
from vtc_r1.sglang.shapes import ModelShape


@dataclass(frozen=True)
class Roofline:
    """A model on one GPU, and the fractions of its peaks that are reached in practice."""

    model: ModelShape  #: shape of the model; `shapes.py` has the source
    gpu: Gpu  #: the GPU; `gpus.py` has the source
    #: fraction of the peak that the language model reaches. FlashAttention-3 (arXiv 2407.08608) reports 0.75
    #: for attention alone on an H100; a whole forward pass reaches less. An assumption
    compute: float = 0.6
    #: the same for the vision tower, whose heads are 72 wide and whose sequences are single pages. An
    #: estimate; FlashAttention-2 reaches 0.35 on an H100 (same source)
    vision_compute: float = 0.35
    #: fraction of the peak bandwidth. An assumption between the 0.6 that whole servers have been reported at
    #: and the 0.9 of plain copying. With it and the overhead, an 8B model on an H100 decodes 150 tokens a
    #: second alone
    bandwidth: float = 0.8
    #: overhead of each step of the server: scheduling, sampling, launches. An assumption
    step_seconds: float = 0.001
    #: fraction of the memory for weights and KV cache, SGLang's `--mem-fraction-static`; its default depends
    #: on the machine and is near 0.85
    memory: float = 0.85
    page_tokens: int = 588  #: vision tokens of a full page: 672×896 px, the default profile
    #: time between the end of a segment and the next request: drawing, encoding, HTTP, resampling. VTC-R1
    #: (arXiv 2601.22069) reports 0.12 s of drawing and 0.02 s of preprocessing; this project draws a segment
    #: in under 0.01 s
    turnaround_seconds: float = 0.03

    @property
    def kv_tokens(self) -> int:
        """Tokens that the KV cache can hold next to the weights; 0 or less if nothing fits."""
        return int((self.gpu.memory * self.memory - self.model.weight_bytes) // self.model.kv_bytes)

    def decode_base(self, batch: int) -> float:
        """Seconds of a decoding step for `batch` sequences, without the cost of their contexts."""
        operations = 2 * (self.model.layer_parameters + self.model.head_parameters) * batch
        return max(self._computing(operations), self._reading(self.model.step_bytes)) + self.step_seconds

    @property
    def decode_context(self) -> float:
        """Seconds that each token of context adds to a decoding step."""
        return max(self._computing(self.model.attention_flops(1, 1)), self._reading(self.model.kv_bytes))

    def decode(self, batch: int, context: float) -> float:
        """Seconds of one decoding step; `context` is the sum over the batch."""
        return self.decode_base(batch) + self.decode_context * context

    def prefill(self, parts: list[tuple[int, int]]) -> float:
        """Seconds of one prefill step over (tokens to compute, tokens before them) of several prompts."""
        tokens = sum(new for new, _ in parts)
        operations = 2 * (self.model.layer_parameters * tokens + self.model.head_parameters * len(parts))
        matrices = max(self._computing(operations), self._reading(self.model.step_bytes))
        seen = sum(self.model.attention_flops(new, before + new / 2) for new, before in parts)
        stored = self.model.kv_bytes * sum(new + before for new, before in parts)
        return matrices + max(self._computing(seen), self._reading(stored)) + self.step_seconds

    def vision(self, tokens: float) -> float:
        """Seconds to encode pages of `tokens` vision tokens in total, as fractions of full pages."""
        flops = self.model.vision.page_flops(self.page_tokens) * tokens / self.page_tokens
        return flops / (self.gpu.flops * self.vision_compute)

    def _computing(self, operations: float) -> float:
        return operations / (self.gpu.flops * self.compute)

    def _reading(self, size: float) -> float:
        return size / (self.gpu.bandwidth * self.bandwidth)
