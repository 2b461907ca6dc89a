"""The kinds of steps: which command does each, and which of its keys decide what it makes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind of step."""

    command: tuple[str, ...]  #: the command that does it
    makes: str = ""  #: what other steps take from it, below the folder that the command writes
    #: keys of the command that are not those of the step: the study sets or does not use them
    without: frozenset[str] = frozenset()
    more: frozenset[str] = frozenset()  #: keys that the command does not have
    #: keys that change where, how fast or how long, and not what: they are no part of a step's hash
    aside: frozenset[str] = frozenset()
    #: keys whose values can name a file or a folder, whose content then is part of the hash
    files: frozenset[str] = frozenset()


_SOLVING = frozenset({"base_url", "concurrency", "server_wait", "stream", "retry_failed"})
_READ = frozenset({"model", "profile", "prompts", "legibility", "system_file", "file"})
_COPIES = {"tp", "dp", "replicas", "router", "worker_url", "mem_fraction", "stream_interval"}
_PLACES = frozenset({"host", "port", "python", "timeout", "grace", "base_url", "environment", *_COPIES})
_OUTPUT = frozenset({"out", "as_json", "json", "quiet"})

KINDS: dict[str, Kind] = {
    "weights": Kind((), makes="checkpoint", without=frozenset({"out"})),
    "data": Kind(
        ("data", "build"),
        without=_OUTPUT,
        aside=frozenset({"workers", "engine"}),
        files=frozenset({"source", "tokenizer", "profile", "styles", "prompts"}),
    ),
    "sft": Kind(
        ("train",),
        makes="checkpoint",
        more=frozenset({"gpus", "strategy"}),
        files=frozenset({"model", "profile", "prompts"}),
    ),
    "sample": Kind(
        ("data", "sample"),
        without=_OUTPUT | {"solves"},
        more=frozenset({"server"}),
        aside=_SOLVING,
        files=_READ | {"problems", "tokenizer"},
    ),
    "grpo": Kind(("train",), makes="checkpoint", files=frozenset({"model", "profile", "prompts"})),
    "serve": Kind(
        ("launch",),
        without=frozenset({"print", "json"}),
        more=frozenset({"base_url", "environment"}),
        aside=_PLACES,
        files=frozenset({"model"}),
    ),
    "eval": Kind(
        ("eval",),
        without=_OUTPUT | {"regrade", "list", "seed"},
        more=frozenset({"server", "seeds"}),
        aside=_SOLVING,
        files=_READ | {"benchmarks"},
    ),
    "probe": Kind(
        ("probe",),
        without=_OUTPUT,
        more=frozenset({"server"}),
        aside=_SOLVING,
        files=frozenset({"model", "file"}),
    ),
    "report": Kind(("report",), without=_OUTPUT | {"diff"}),
}
