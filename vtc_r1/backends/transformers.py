"""Any Qwen3-VL checkpoint in this process; concurrent requests are batched.

Works without torchvision. For full speed, serve the model and use the `openai` backend.
"""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtc_r1.backends.base import Backend, Completion, Delta, Request
from vtc_r1.backends.checkpoint import digest, trained_for, weights_bytes
from vtc_r1.backends.job import Job
from vtc_r1.errors import BackendError, CheckpointError, MissingExtra, first_line
from vtc_r1.hub import absent, from_hub
from vtc_r1.trained import TrainedFor

if TYPE_CHECKING:
    from vtc_r1.backends.encoding import PromptEncoder

_HOST_BYTES = 2 << 30
"""Limit in bytes outside CUDA for the KV cache of a batch, for cached prefixes and for cached pages, each.

On CUDA each may take a quarter of the memory that the weights leave free."""


class TransformersBackend(Backend):
    """Generates segments with a checkpoint loaded on first use.

    Args:
        checkpoint: folder or hub id of a Qwen3-VL model.
        device: device to run on; by default `cuda` if there is one.
        threads: CPU threads while it generates; torch's choice by default.
        most_rows: limit of requests that are generated together; others wait.

    Raises:
        MissingExtra: torch or transformers is not installed (on first use).
        CheckpointError: the checkpoint is missing, damaged or of another kind (on first use).
    """

    name = "transformers"
    records = True

    def __init__(
        self,
        checkpoint: str | Path,
        *,
        device: str | None = None,
        threads: int | None = None,
        most_rows: int = 32,
    ) -> None:
        self.checkpoint, self.device, self.threads = checkpoint, device, threads
        self.most_rows = most_rows
        self.model = str(checkpoint)
        self._revision: str | None = None
        self._lock = threading.Lock()
        self._loaded = False
        self._seconds = 0.0
        self._trained_for: TrainedFor | None = None

    @property
    def revision(self) -> str | None:
        """Hash of a folder's weights, computed by the first call; for a hub id its commit, once loaded."""
        if self._revision is None:
            self._revision = digest(self.checkpoint)
        return self._revision

    @property
    def size(self) -> int | None:
        """Bytes of the weights on this machine; None if they must be downloaded first."""
        return weights_bytes(self.checkpoint)

    @property
    def trained_for(self) -> TrainedFor | None:
        """What the checkpoint says it was trained for; for a hub id, known only once it is loaded."""
        if self._trained_for is None:
            self._trained_for = trained_for(self.checkpoint)
        return self._trained_for

    async def load(self) -> float:
        """Load the checkpoint unless it is loaded; return the seconds that this took, to one caller only.

        Solves that begin together wait for the same load, and only one of them records its seconds.
        """
        if not self._loaded:
            await asyncio.to_thread(self._load_once)
        seconds, self._seconds = self._seconds, 0.0
        return seconds

    def _load_once(self) -> None:
        with self._lock:
            if not self._loaded:
                began = time.monotonic()
                self._load()
                self._seconds += time.monotonic() - began

    def _load(self) -> None:
        self._check_folder()
        _libraries()
        from vtc_r1.backends.batch import Batch
        from vtc_r1.backends.engine import Engine

        with from_hub(self.checkpoint) as why_not:
            try:
                self.encoder, self.network = self._open()
            except CheckpointError as error:
                raise absent(f"checkpoint {self.checkpoint}", why_not, error) from error
        if self.network.config.model_type != "qwen3_vl":
            raise CheckpointError(
                f"checkpoint {self.checkpoint} is a {self.network.config.model_type}, not a Qwen3-VL"
            )
        self.ends = self._ends()
        self._revision = self.revision or getattr(self.network.config, "_commit_hash", None)
        self._trained_for = TrainedFor.read(self.network.config.to_dict(), str(self.checkpoint))
        batch = Batch(self.encoder, self.network, self.ends, self.most_rows, most_bytes(str(self.device)))
        self.engine = Engine(batch, self.threads)
        self._loaded = True

    def _ends(self) -> frozenset[int]:
        """Tokens that end a segment."""
        ends = self.network.generation_config.eos_token_id or self.encoder.tokenizer.eos_token_id
        return frozenset(ends if isinstance(ends, list) else [ends])

    def _check_folder(self) -> None:
        """Raise CheckpointError for a missing folder, before the libraries are imported."""
        if str(self.checkpoint).startswith(("/", ".", "~")) and not Path(self.checkpoint).is_dir():
            raise CheckpointError(f"checkpoint {self.checkpoint}: there is no such folder")

    def _open(self) -> "tuple[PromptEncoder, Any]":
        """Load the prompt encoder and the model."""
        torch, transformers = _libraries()
        from vtc_r1.backends.encoding import PromptEncoder

        encoder = PromptEncoder(self.checkpoint)
        self.device = self.device or ("cuda" if torch.cuda.is_available() else "cpu")
        dtype = torch.bfloat16 if self.device != "cpu" else torch.float32
        try:
            network = transformers.AutoModelForImageTextToText.from_pretrained(self.checkpoint, dtype=dtype)
            return encoder, network.to(self.device).eval()
        except Exception as error:
            reason = first_line(error)
            raise CheckpointError(f"checkpoint {self.checkpoint} cannot be loaded: {reason}") from error

    async def generate(self, request: Request) -> AsyncGenerator[Delta | Completion]:
        """Yield the pieces of a segment, then the segment; raises BackendError.

        Closing the generator removes the request from the batch at the next token.
        """
        if not self._loaded:
            await asyncio.to_thread(self._load_once)
        job = Job(request, asyncio.get_running_loop(), asyncio.Queue())
        self.engine.submit(job)
        try:
            while True:
                piece = await job.pieces.get()
                if isinstance(piece, BaseException):
                    raise _backend_error(piece)
                yield piece
                if isinstance(piece, Completion):
                    return
        finally:
            job.cancelled = True

    async def check(self) -> None:
        """Load the checkpoint."""
        await asyncio.to_thread(self._load_once)

    async def aclose(self) -> None:
        """Unload the model."""
        await asyncio.to_thread(self._unload)

    def _unload(self) -> None:
        with self._lock:
            if self._loaded:
                self._loaded = False
                self.engine.close()
                del self.network, self.encoder, self.engine


class LiveBackend(TransformersBackend):
    """Generates segments with a network in this process, such as one in training, between two of its steps.

    Args:
        network: a Qwen3-VL in evaluation mode.
        encoder: encodes its prompts.
        name: name of the model, for the trace.
        revision: state of the model, for the trace.
        most_rows: limit of requests that are generated together.
    """

    def __init__(
        self, network: Any, encoder: "PromptEncoder", name: str, *, revision: str, most_rows: int = 32
    ) -> None:
        super().__init__(name, device=str(network.device), most_rows=most_rows)
        self._revision, self._given = revision, (encoder, network)

    def _open(self) -> "tuple[PromptEncoder, Any]":
        return self._given


def most_bytes(device: str) -> int:
    """Return the limit in bytes for the KV cache of a batch, for cached prefixes and cached pages, each."""
    import torch

    return torch.cuda.mem_get_info(device)[0] // 4 if device.startswith("cuda") else _HOST_BYTES


def _libraries() -> tuple[Any, Any]:
    try:
        import torch
        import transformers
    except ImportError as error:
        raise MissingExtra(error.name or "torch", "local", "a model in this process") from error
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return torch, transformers


def _backend_error(error: BaseException) -> BaseException:
    """Turn an error of the model's library into one of this backend."""
    if isinstance(error, (RuntimeError, ValueError)):
        return BackendError(f"the model failed: {error}")
    return error
