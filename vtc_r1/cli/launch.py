"""`vtc-r1 launch`: SGLang with flags that suit the loop."""

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from vtc_r1.cli.manual import manual
from vtc_r1.cli.options import A_WEEK

if TYPE_CHECKING:
    from vtc_r1.sglang.command import Command
    from vtc_r1.sglang.launch import Served

_SERVER, _ROUTER, _RUNNING = "Server", "Router", "Running it"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("launch", epilog=MANUAL)(launch)


MANUAL = manual(
    {
        "vtc-r1 launch Qwen/Qwen3-VL-8B-Instruct --print": "the commands, nothing started",
        "vtc-r1 launch Qwen/Qwen3-VL-8B-Instruct --router --replicas 4": "four servers behind a router",
        "vtc-r1 launch Qwen/Qwen3-VL-8B-Instruct --tp 2 -- --quantization fp8": "further flags of SGLang",
    },
    exits={
        0: "the server ended by itself and well",
        1: "it did not start, did not answer in time, or ended otherwise",
        2: "bad usage, a taken port, or no SGLang",
        130: "stopped by SIGINT or SIGTERM",
    },
    environment={"CUDA_VISIBLE_DEVICES, HF_TOKEN, HF_HOME, …": "as SGLang reads them"},
)


def launch(
    model: Annotated[str, typer.Argument(help="Hub id or folder of a Qwen3-VL checkpoint.")],
    extra: Annotated[
        list[str] | None, typer.Argument(metavar="[-- FLAGS]", help="Further flags of SGLang, after --.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.", rich_help_panel=_SERVER)] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=1, max=65_535, help="Port to listen on.", rich_help_panel=_SERVER)
    ] = 30_000,
    tp: Annotated[
        int,
        typer.Option(min=1, help="Tensor parallelism: GPUs per copy of the model.", rich_help_panel=_SERVER),
    ] = 1,
    dp: Annotated[
        int,
        typer.Option(
            min=1,
            help="Data parallelism: copies of the model, balanced by SGLang itself.",
            rich_help_panel=_SERVER,
        ),
    ] = 1,
    context_length: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Token limit of a prompt and its segment; 32768, or the checkpoint's if less.",
            rich_help_panel=_SERVER,
        ),
    ] = None,
    mem_fraction: Annotated[
        float | None,
        typer.Option(
            min=0.05,
            max=0.99,
            help="Share of a GPU's memory for weights and KV cache; SGLang's choice by default.",
            rich_help_panel=_SERVER,
        ),
    ] = None,
    images: Annotated[int, typer.Option(min=1, help="Page limit per request.", rich_help_panel=_SERVER)] = 64,
    stream_interval: Annotated[
        int, typer.Option(min=1, help="Tokens a streamed chunk.", rich_help_panel=_SERVER)
    ] = 128,
    router: Annotated[
        bool, typer.Option("--router", help="Put SGLang's own router in front.", rich_help_panel=_ROUTER)
    ] = False,
    replicas: Annotated[
        int | None, typer.Option(min=1, help="Servers here, behind the router.", rich_help_panel=_ROUTER)
    ] = None,
    worker_url: Annotated[
        list[str] | None,
        typer.Option(help="A running server, behind the router; repeatable.", rich_help_panel=_ROUTER),
    ] = None,
    python: Annotated[
        str | None,
        typer.Option(
            help="Python interpreter of SGLang's environment; this one by default.", rich_help_panel=_RUNNING
        ),
    ] = None,
    timeout: Annotated[
        float,
        typer.Option(
            min=1, max=A_WEEK, help="Seconds to wait for the server's first answer.", rich_help_panel=_RUNNING
        ),
    ] = 900,
    grace: Annotated[
        float,
        typer.Option(
            min=0,
            max=A_WEEK,
            help="Seconds to end after a signal; a second one ends it at once.",
            rich_help_panel=_RUNNING,
        ),
    ] = 30,
    print_only: Annotated[
        bool, typer.Option("--print", help="Print the commands, start nothing.", rich_help_panel=_RUNNING)
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the result as JSON.", rich_help_panel=_RUNNING)
    ] = False,
) -> None:
    """Start SGLang for a model, and stay with it until it is stopped.

    Its log goes to standard error; once it answers, standard output says what it serves and how to
    ask it. SIGINT and SIGTERM are passed on; a second one ends it at once.
    """
    from vtc_r1.cli.terminal.notices import on_stderr
    from vtc_r1.presets import preset_for
    from vtc_r1.sglang import launch as launching
    from vtc_r1.sglang.command import Command
    from vtc_r1.sglang.command import context_length as default_context_length
    from vtc_r1.sglang.interpreter import interpreter

    command = Command(
        model,
        host=host,
        port=port,
        tp=tp,
        dp=dp,
        context_length=context_length or default_context_length(model),
        mem_fraction=mem_fraction,
        images=images,
        stream_interval=stream_interval,
        replicas=_replicas(router, replicas, worker_url),
        workers=tuple(worker_url or ()),
        extra=tuple(extra or ()),
    )
    if not preset_for(model).is_known:
        on_stderr(f"{model} belongs to no family that is known: its vision tokens are unknown")
    if print_only:
        _print(command, python or "python", as_json)
        return
    words = interpreter(python, command.packages)
    raise typer.Exit(
        launching.launch(
            command,
            words,
            timeout=timeout,
            grace=grace,
            ready=lambda served: _say(served, as_json),
            report=on_stderr,
        )
    )


def _replicas(router: bool, replicas: int | None, workers: list[str] | None) -> int | None:
    """Make sense of the router's flags together; raises UsageError."""
    from vtc_r1.errors import UsageError

    if not router and (replicas or workers):
        raise UsageError("--replicas and --worker-url are for a router: add --router")
    if router and not (replicas or workers):
        raise UsageError("--router needs servers: --replicas N here, or --worker-url URL for each elsewhere")
    return replicas


def _print(command: "Command", python: str, as_json: bool) -> None:
    from vtc_r1.sglang.command import written

    here, container = command.words(python), command.container()
    if as_json:
        print(json.dumps({"command": here, "container": container, "base_url": command.base_url}, indent=2))
        return
    print(f"# in an environment that has {' and '.join(command.packages)}\n{written(here)}")
    print(f"# or in a container\n{written(container)}")


def _say(served: "Served", as_json: bool) -> None:
    from vtc_r1.cli.printable import printable
    from vtc_r1.sglang.command import written

    if as_json:
        print(json.dumps(served.__dict__), flush=True)
        return
    model = printable(served.model)
    context = f"context {served.context_length:,} tokens" if served.context_length else "context not told"
    print(f"{model} · {context} · {served.base_url}")
    where = ["--base-url", served.base_url, "--model", model]
    print(written(["vtc-r1", "solve", "How many positive divisors does 360 have?", *where]), flush=True)
    print("vtc-r1: ready; Ctrl-C stops it", file=sys.stderr)
