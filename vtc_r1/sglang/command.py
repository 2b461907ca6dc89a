"""The command that starts SGLang for this workload, with the names of SGLang's own flags.

Every flag used here was read from the argument parsers of sglang 0.5.23 and sglang-router 0.3.2
(`SERVER_FLAGS`, `ROUTER_FLAGS`); sglang 0.5.20 has those of the server too.
"""

import json
import shlex
from dataclasses import dataclass, replace
from pathlib import Path

from vtc_r1.errors import UsageError
from vtc_r1.fitted import fitted

PORT = 30_000
CONTEXT_LENGTH = 32_768
"""Fits a question, the pages of seven segments of 8,192 tokens (about 17,500 tokens) and an eighth one."""
IMAGES = 64  #: limit of pages in one request: seven segments of 8,192 tokens give about 35
STREAM_INTERVAL = 128  #: tokens per streamed chunk; the first token is sent at once whatever the interval
IMAGE = "lmsysorg/sglang:v0.5.23"  #: the version that the tests run

SERVER_FLAGS = (
    "--model-path",
    "--host",
    "--port",
    "--tp-size",
    "--dp-size",
    "--context-length",
    "--mem-fraction-static",
    "--enable-cache-report",
    "--limit-mm-data-per-request",
    "--stream-interval",
    "--reasoning-parser",
    "--api-key",
)
ROUTER_FLAGS = (
    "--worker-urls",
    "--host",
    "--port",
    "--policy",
    "--disable-retries",
    "--balance-abs-threshold",
    "--balance-rel-threshold",
)
REPLICA_FLAGS = (
    "--router-policy",
    "--router-disable-retries",
    "--router-balance-abs-threshold",
    "--router-balance-rel-threshold",
    "--router-dp-worker-base-port",
)
"""Flags of `sglang_router.launch_server`, which also takes those of the server."""
_ROUTING = ("policy", "cache_aware"), ("balance-abs-threshold", "2"), ("balance-rel-threshold", "1.1")
"""All prompts share a system text, so with the router's own thresholds (64 and 1.5) one server gets them all.
With these, the server with the fewest requests is next once another has over 2 and over 10 % more."""
_WORKER_PORT = 31_000
_SERVER, _REPLICAS, _ROUTER = (
    "sglang.launch_server",
    "sglang_router.launch_server",
    "sglang_router.launch_router",
)


@dataclass(frozen=True)
class Command:
    """What to start."""

    model: str  #: hub id or checkpoint folder; the name under which SGLang serves it
    host: str = "127.0.0.1"  #: address to listen on
    port: int = PORT  #: port to listen on
    tp: int = 1  #: GPUs per copy of the model (tensor parallelism)
    dp: int = 1  #: copies of the model behind SGLang's own load balancer (data parallelism)
    context_length: int = CONTEXT_LENGTH  #: token limit of a prompt and its segment together
    #: share of the GPU's memory for weights and KV cache; None lets SGLang choose
    mem_fraction: float | None = None
    images: int = IMAGES  #: limit of pages in one request
    stream_interval: int = STREAM_INTERVAL  #: tokens per streamed chunk
    replicas: int | None = None  #: number of servers behind a router on this host; None without a router
    workers: tuple[str, ...] = ()  #: addresses of running servers for the router
    extra: tuple[str, ...] = ()  #: further flags of SGLang, passed on unchanged

    def __post_init__(self) -> None:
        if self.replicas is not None and self.dp > 1:
            raise UsageError("--replicas and --dp both copy the model: with the router, give --replicas only")
        if self.replicas is not None and self.workers:
            raise UsageError(
                "--replicas starts servers and --worker-url names running ones: give one of them"
            )
        if self.extra and not self.extra[0].startswith("-"):
            raise UsageError(
                f"unexpected argument {self.extra[0]!r}: flags of SGLang go after --, "
                f"as in vtc-r1 launch {self.model} -- --quantization fp8"
            )

    @property
    def module(self) -> str:
        """The module that the interpreter runs."""
        if self.workers:
            return _ROUTER
        return _SERVER if self.replicas is None else _REPLICAS

    @property
    def packages(self) -> tuple[str, ...]:
        """The packages that the interpreter needs."""
        if self.workers:
            return ("sglang_router",)
        return ("sglang",) if self.replicas is None else ("sglang", "sglang_router")

    @property
    def base_url(self) -> str:
        """The `/v1` address as seen from this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/v1"

    @property
    def api_key(self) -> str | None:
        """The API key that the extra flags set for the server."""
        for flag, value in zip(self.extra, (*self.extra[1:], ""), strict=False):
            if flag == "--api-key":
                return value
            if flag.startswith("--api-key="):
                return flag.partition("=")[2]
        return None

    def words(self, python: str) -> list[str]:
        """Return the command line, with `python` as the interpreter."""
        return [python, "-m", self.module, *self.arguments()]

    def arguments(self) -> list[str]:
        """Return the flags, the extra ones last: in SGLang the last one counts."""
        where = ["--host", self.host, "--port", str(self.port)]
        if self.workers:
            urls = ["--worker-urls", *self.workers]
            return [*urls, *where, *_routing("--"), *self.extra]
        return [*self._server(where), *self._replicas(), *self.extra]

    def container(self, image: str = IMAGE) -> list[str]:
        """Return the command line that runs the same in SGLang's Docker image."""
        inside = replace(self, host="0.0.0.0")
        cache = "~/.cache/huggingface:/root/.cache/huggingface"
        folder = Path(self.model)
        mounts = ["-v", cache]
        if folder.is_dir():
            place = str(folder.resolve())
            inside = replace(inside, model=place)
            mounts += ["-v", f"{place}:{place}:ro"]
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = f"{host}:{self.port}:{self.port}"
        # --ipc=host: the processes of a server exchange page images through shared memory.
        settings = ["--rm", "--gpus", "all", "--ipc=host", "-p", port, "-e", "HF_TOKEN"]
        return ["docker", "run", *settings, *mounts, image, *inside.words("python3")]

    def _server(self, where: list[str]) -> list[str]:
        flags = ["--model-path", self.model, *where, "--tp-size", str(self.tp)]
        flags += ["--dp-size", str(self.replicas or self.dp)]
        flags += ["--context-length", str(self.context_length)]
        if self.mem_fraction is not None:
            flags += ["--mem-fraction-static", f"{self.mem_fraction:g}"]
        limits = json.dumps({"image": self.images, "video": 0, "audio": 0})
        flags += ["--enable-cache-report", "--limit-mm-data-per-request", limits]
        flags += ["--stream-interval", str(self.stream_interval)]
        # Without a thinking mode in the chat template, the parser would take the whole text for reasoning.
        if fitted(self.model).name == "qwen3-vl-thinking":
            flags += ["--reasoning-parser", "qwen3"]
        return flags

    def _replicas(self) -> list[str]:
        if self.replicas is None:
            return []
        base = ["--router-dp-worker-base-port", str(_WORKER_PORT)]
        return [*_routing("--router-"), *base]


def _routing(prefix: str) -> list[str]:
    """Return the router's flags, which have a prefix where they stand beside those of the servers."""
    words = [word for name, value in _ROUTING for word in (f"{prefix}{name}", value)]
    return [*words, f"{prefix}disable-retries"]


def written(words: list[str]) -> str:
    """Return a command line quoted for a shell; a leading `~` is left unquoted."""
    return " ".join(word if word.startswith("~/") else shlex.quote(word) for word in words)


def context_length(model: str) -> int:
    """Return the context length to serve `model` with: the default, or the checkpoint's if that is less."""
    config = Path(model) / "config.json"
    if not config.is_file():
        return CONTEXT_LENGTH
    try:
        read = json.loads(config.read_text(encoding="utf-8"))
        longest = read.get("text_config", read).get("max_position_embeddings")
    except (OSError, ValueError, AttributeError) as error:
        raise UsageError(f"{config}: not a model configuration ({error})") from error
    return min(CONTEXT_LENGTH, longest) if isinstance(longest, int) else CONTEXT_LENGTH
