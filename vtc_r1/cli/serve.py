"""`vtc-r1 serve`: the loop behind OpenAI's interface, and a page that shows it."""

import json
import os
import sys
from pathlib import Path

from vtc_r1.cli import options
from vtc_r1.cli.manual import SETTINGS, SETTINGS_FILE, manual
from vtc_r1.cli.options import A_WEEK, Flags, flag, record
from vtc_r1.errors import UsageError, require
from vtc_r1.serve.access_log import AccessLog

_SERVER, _LIMITS = "Server", "Limits"


MANUAL = manual(
    {
        "vtc-r1 serve": "the embedded model; open http://127.0.0.1:8000/",
        "vtc-r1 serve --host 0.0.0.0 --api-key-file keys.txt --save traces": "for others, with keys",
    },
    exits={
        0: "stopped by SIGINT or SIGTERM",
        1: "the model server is not there or not fit",
        2: "bad usage, or a taken port",
    },
    environment={
        **SETTINGS,
        "VTC_SERVE_API_KEYS": "API keys, separated by commas; clients need one of them",
        "VTC_SERVE_METRICS_TOKEN": "what /metrics needs instead of an API key",
    },
    files={**SETTINGS_FILE, "SAVE/": "the trace and the pages of every solve"},
)


@record
class ServeFlags:
    """The flags of the command."""

    flags: Flags
    host: str = flag("Address to listen on.", _SERVER, default="127.0.0.1")
    port: int = flag("Port; 0 takes a free one.", _SERVER, min=0, max=65_535, default=8_000)
    served_model: str | None = flag("Name that clients ask for; the model's own by default.", _SERVER)
    answer_as: str = flag(
        "Text of a completion, with ANSWER for the answer, such as '\\boxed{ANSWER}' for a "
        "harness that looks for a box.",
        _SERVER,
        metavar="FORM",
        default="ANSWER",
    )
    api_key_file: Path | None = flag(
        "File of API keys, one per line; clients need one of them. By default no key is needed.", _SERVER
    )
    allow_anyone: bool = flag(
        "Serve anyone who can reach the address, without keys; needed for an address other than this "
        "machine's own.",
        _SERVER,
        default=False,
    )
    allowed_host: list[str] | None = flag(
        "Name by which clients reach the server, besides localhost and, if the network can reach it, IP "
        "addresses; repeatable. With keys, any name by default.",
        _SERVER,
        metavar="NAME",
    )
    cors_origin: list[str] | None = flag(
        "Origin of web pages whose scripts may use the API, such as https://chat.example, or *; repeatable.",
        _SERVER,
        metavar="ORIGIN",
    )
    save: Path | None = flag("Folder for the traces and pages of all solves.", _SERVER)
    keep: str | None = flag(
        "Stored solves to keep in --save: a number, or days as 30d; older ones are removed. All by default.",
        _SERVER,
        metavar="N|DAYSd",
    )
    show: list[Path] | None = flag(
        "Trace to watch again on the page, its folder or its JSON; repeatable.", _SERVER, metavar="TRACE"
    )
    access_log: AccessLog = flag(
        "A line for every response, on standard error.", _SERVER, default=AccessLog.NONE
    )
    allow_image_urls: bool = flag(
        "Fetch images that a message names by address, from public hosts.", _SERVER, default=False
    )
    concurrency: int = flag("Solves that run at once.", _LIMITS, min=1, default=8)
    queue: int = flag(
        "Solves that may wait; further clients are asked to retry later.", _LIMITS, min=0, default=64
    )
    per_key: int | None = flag(
        "Solves of one API key that run at once; with several keys, half of --concurrency by default.",
        _LIMITS,
        min=1,
    )
    max_body: float = flag("Megabytes of a request.", _LIMITS, min=0.001, max=100_000, default=32.0)
    grace: float = flag(
        "Seconds that solves have to end after a signal.", _LIMITS, min=0, max=A_WEEK, default=30.0
    )
    as_json: bool = flag("Print where it listens as JSON.", _SERVER, "--json", default=False)


def serve(asked: ServeFlags) -> None:
    """Serve the loop as a model of OpenAI's chat completions, and as a page at /.

    Without --base-url and --model the embedded model is served, on the CPU. SIGINT and SIGTERM let what runs
    end within --grace; a second one ends it at once.
    """
    from vtc_r1.settings import Settings
    from vtc_r1.solver import Solver

    require(
        "fastapi", "httptools", "msgspec", "prometheus_client", "uvicorn", extra="serve", what="vtc-r1 serve"
    )
    from vtc_r1.cli.show import warn
    from vtc_r1.cli.terminal.loading import check_fit, loading
    from vtc_r1.cli.terminal.notices import wait_notices
    from vtc_r1.serve.hosts import checked_origins, hosts_for
    from vtc_r1.serve.keys import Keys, read_keys, read_metrics_token
    from vtc_r1.serve.recordings import Recordings
    from vtc_r1.serve.retention import retention
    from vtc_r1.serve.server import check_open, listening, run
    from vtc_r1.serve.service import Limits
    from vtc_r1.serve.solve_store import SolveStore

    if "ANSWER" not in asked.answer_as:
        raise UsageError(f"--answer-as {asked.answer_as!r}: has no ANSWER, where the answer would stand")
    settings = Settings.load(**asked.flags)
    solver = Solver(**settings.solver_arguments())
    keys = Keys(read_keys(asked.api_key_file, os.environ), read_metrics_token(os.environ))
    limits = Limits(
        body_bytes=round(asked.max_body * 1e6),
        concurrency=asked.concurrency,
        queue=asked.queue,
        per_key=asked.per_key or (None if len(keys) < 2 else max(1, asked.concurrency // 2)),
        image_urls=asked.allow_image_urls,
        origins=checked_origins(asked.cors_origin or (), is_safe=bool(keys) or asked.allow_anyone),
        grace=asked.grace,
    )
    os.umask(0o077)  # traces hold what people asked
    if asked.keep is not None and asked.save is None:
        raise UsageError("--keep: removes what --save has stored; give --save too")
    store = SolveStore(asked.save, retention(asked.keep), Recordings(asked.show or ()))
    with listening(asked.host, asked.port) as listener:
        check_open(listener, keys, is_allowed=asked.allow_anyone)
        hosts = hosts_for(listener.getsockname()[0], asked.allowed_host or (), has_keys=bool(keys))
        if settings.base_url:
            check_fit(settings)
        else:
            with loading(solver.backend):
                solver.check()
        warn(solver.skeleton("").warnings)
        name = asked.served_model or solver.backend.model
        with wait_notices(lambda: solver.waiting):
            run(
                solver,
                name,
                limits,
                keys,
                hosts,
                listener,
                store,
                form=asked.answer_as,
                access_log=asked.access_log,
                ready=lambda url: _say(url, name, asked.as_json),
            )


register = options.added_solving("serve", serve, MANUAL)


def _say(url: str, model: str, as_json: bool) -> None:
    from vtc_r1.cli.printable import printable

    if as_json:
        print(json.dumps({"url": f"{url}/", "base_url": f"{url}/v1", "model": model}), flush=True)
        return
    print(f"{url}/\n{printable(model)} · {url}/v1", flush=True)
    print("vtc-r1: ready; Ctrl-C stops it", file=sys.stderr)
