"""Any Qwen3-VL checkpoint, in this process: plain, correct, one request at a time.

Works without torchvision. For speed, serve the model and use the `openai` backend.
"""

import asyncio
import hashlib
import threading
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtc_r1.backends.base import Completion, Delta, Request
from vtc_r1.errors import BackendError, CheckpointError, MissingExtra, first_line
from vtc_r1.trace import FinishReason, Sampling, Usage

if TYPE_CHECKING:
    import torch

    from vtc_r1.backends.encoding import Encoded


class TransformersBackend:
    """Generates segments with a checkpoint loaded on first use.

    Args:
        checkpoint: folder or hub id of a Qwen3-VL model.
        device: where it runs; `cuda` if there is one, unless given.
        threads: CPU threads while it generates; torch's choice unless given.

    Raises:
        MissingExtra: torch or transformers is not installed (raised on first use).
        CheckpointError: the checkpoint is missing, damaged or of another kind (on first use).
    """

    name = "transformers"

    def __init__(
        self, checkpoint: str | Path, *, device: str | None = None, threads: int | None = None
    ) -> None:
        self.checkpoint, self.device, self.threads = checkpoint, device, threads
        self.model = str(checkpoint)
        self.revision: str | None = None
        self._lock = threading.Lock()
        self._loaded = False

    def _load_once(self) -> None:
        with self._lock:
            if not self._loaded:
                self._load()

    def _load(self) -> None:
        torch, transformers = _libraries()
        from vtc_r1.backends.encoding import PromptEncoder

        if str(self.checkpoint).startswith(("/", ".", "~")) and not Path(self.checkpoint).is_dir():
            raise CheckpointError(f"checkpoint {self.checkpoint}: there is no such folder")
        self.encoder = PromptEncoder(self.checkpoint)
        self.device = self.device or ("cuda" if torch.cuda.is_available() else "cpu")
        dtype = torch.bfloat16 if self.device != "cpu" else torch.float32
        try:
            network = transformers.AutoModelForImageTextToText.from_pretrained(self.checkpoint, dtype=dtype)
            self.network: Any = network.to(self.device).eval()
        except Exception as error:
            reason = first_line(error)
            raise CheckpointError(f"checkpoint {self.checkpoint} cannot be loaded: {reason}") from error
        if network.config.model_type != "qwen3_vl":
            raise CheckpointError(
                f"checkpoint {self.checkpoint} is a {network.config.model_type}, not a Qwen3-VL"
            )
        ends = network.generation_config.eos_token_id or self.encoder.tokenizer.eos_token_id
        self.ends = frozenset(ends if isinstance(ends, list) else [ends])
        self.revision = (
            self.revision or getattr(network.config, "_commit_hash", None) or _digest(self.checkpoint)
        )
        self._loaded = True

    async def generate(self, request: Request) -> AsyncGenerator[Delta | Completion]:
        """Yield the pieces of a segment, then the segment; raises BackendError.

        The model runs in a thread of its own; leaving the generator stops it at the next token.
        """
        loop, stop = asyncio.get_running_loop(), threading.Event()
        pieces: asyncio.Queue[Delta | Completion | BaseException] = asyncio.Queue()

        def hand_over(piece: Delta | Completion | BaseException) -> None:
            loop.call_soon_threadsafe(pieces.put_nowait, piece)

        def work() -> None:
            try:
                self._load_once()
                with self._lock, _cpu_threads(self.threads):
                    for piece in self._segment(request, stop):
                        hand_over(piece)
            except BaseException as error:
                hand_over(error)

        running = loop.run_in_executor(None, work)
        try:
            while True:
                piece = await pieces.get()
                if isinstance(piece, BaseException):
                    raise _boundary(piece)
                yield piece
                if isinstance(piece, Completion):
                    return
        finally:
            stop.set()
            await asyncio.shield(running)

    async def check(self) -> None:
        """Load the checkpoint."""
        await asyncio.to_thread(self._load_once)

    async def aclose(self) -> None:
        """Let go of the weights."""
        with self._lock:
            if self._loaded:
                self._loaded = False
                del self.network, self.encoder

    def _segment(self, request: Request, stop: threading.Event) -> Iterator[Delta | Completion]:
        """Generate token by token; yields text as soon as it is whole."""
        encoded = self.encoder.encode(request.prompt)
        choose = _chooser(request.sampling, self.device or "cpu")
        tokens: list[int] = []
        shown = ""
        reason: FinishReason = "length"
        for token in self._tokens(encoded, choose):
            if stop.is_set():
                return
            if token in self.ends:
                reason = "stop"
                break
            tokens.append(token)
            text = self.encoder.tokenizer.decode(tokens, skip_special_tokens=True)
            if len(text) > len(shown) and not text.endswith("\N{REPLACEMENT CHARACTER}"):
                yield Delta(text[len(shown) :])
                shown = text
            if len(tokens) >= request.max_tokens:
                break
        text = self.encoder.tokenizer.decode(tokens, skip_special_tokens=True)
        if text != shown:
            yield Delta(text[len(shown) :])
        usage = Usage(
            prompt_tokens=len(encoded.ids), vision_tokens=encoded.vision_tokens, completion_tokens=len(tokens)
        )
        yield Completion(text, reason, usage)

    def _tokens(self, encoded: "Encoded", choose: Any) -> Iterator[int]:
        """Yield sampled tokens for ever: one pass over the prompt, then one a token.

        Positions are explicit, because the model object keeps those of its last prompt.
        """
        import torch

        ids = torch.tensor([encoded.ids], device=self.device)
        images = {}
        if encoded.pixels is not None:
            pixels = torch.from_numpy(encoded.pixels).to(self.device, self.network.dtype)
            images = {
                "pixel_values": pixels,
                "image_grid_thw": torch.from_numpy(encoded.grids).to(self.device),
            }
        positions, offset = self._positions(ids, images.get("image_grid_thw"))
        with torch.inference_mode():
            out = self.network(
                input_ids=ids, position_ids=positions, use_cache=True, logits_to_keep=1, **images
            )
            seen: list[int] = []
            while True:
                token = choose(out.logits[0, -1].float(), seen)
                yield token
                seen.append(token)
                at = torch.full((3, 1, 1), len(encoded.ids) + len(seen) - 1 + offset, device=self.device)
                out = self.network(
                    input_ids=torch.tensor([[token]], device=self.device),
                    position_ids=at,
                    past_key_values=out.past_key_values,
                    use_cache=True,
                )

    def _positions(self, ids: "torch.Tensor", grids: "torch.Tensor | None") -> tuple["torch.Tensor", int]:
        """Rotary positions of the prompt, shape (3, 1, length), and what a page shifts later ones by."""
        positions, offset = self.network.model.get_rope_index(
            input_ids=ids, mm_token_type_ids=(ids == self.encoder.image_id).int(), image_grid_thw=grids
        )
        return positions, int(offset[0, 0])


def _chooser(sampling: Sampling, device: str) -> Any:
    """Make the function that picks the next token from its logits."""
    import torch

    generator = torch.Generator(device)
    if sampling.seed is not None:
        generator.manual_seed(sampling.seed)
    else:
        generator.seed()

    def choose(logits: "torch.Tensor", seen: list[int]) -> int:
        if sampling.presence_penalty and seen:
            logits[torch.tensor(sorted(set(seen)), device=logits.device)] -= sampling.presence_penalty
        if sampling.temperature == 0:
            return int(logits.argmax())
        logits, order = torch.sort(logits / sampling.temperature, descending=True)
        chances = logits.softmax(-1)
        keep = (chances.cumsum(-1) - chances) < sampling.top_p
        if sampling.top_k > 0:
            keep &= torch.arange(len(keep), device=keep.device) < sampling.top_k
        return int(order[torch.multinomial(chances * keep, 1, generator=generator)])

    return choose


@contextmanager
def _cpu_threads(count: int | None) -> Iterator[None]:
    """Let torch use so many CPU threads for a while."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _libraries() -> tuple[Any, Any]:
    try:
        import torch
        import transformers
    except ImportError as error:
        raise MissingExtra(error.name or "torch", "local", "a model in this process") from error
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return torch, transformers


def _digest(checkpoint: str | Path) -> str | None:
    """Identity of a local checkpoint: hash of its weights."""
    weights = sorted(Path(checkpoint).glob("*.safetensors"))
    if not weights:
        return None
    digest = hashlib.sha256()
    for path in weights:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return "sha256:" + digest.hexdigest()


def _boundary(error: BaseException) -> BaseException:
    """Name an error of the model's library as a failure of this backend."""
    if isinstance(error, (RuntimeError, ValueError)):
        return BackendError(f"the model stopped: {error}")
    return error
