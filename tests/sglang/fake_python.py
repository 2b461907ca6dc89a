"""Stands in for an interpreter that has SGLang: takes its command line, then behaves as FAKE says.

FAKE is `serve`, `deaf` (SIGINT and SIGTERM are ignored), `dies`, `dies later` or `mute`; HAS names the
packages that it has; LATE is a file without which the second replica of a router is not healthy. It starts
a helper process of its own group, as the router does, and notes both ids in NOTES.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.loopback import Loopback

if sys.argv[1] == "-c":
    print(*(name for name in sys.argv[3:] if name not in os.environ.get("HAS", "sglang").split()))
    sys.exit()

manner, words = os.environ.get("FAKE", "serve"), sys.argv[1:]
value = dict(zip(words, [*words[1:], ""], strict=True))
helper = subprocess.Popen(["sleep", "300"], preexec_fn=os.setpgrp)
notes = Path(os.environ["NOTES"])
noted = {"words": words, "ids": [os.getpid(), helper.pid], "signal": None}


def note(number: int | None) -> None:
    noted["signal"] = number
    notes.with_suffix(".new").write_text(json.dumps(noted), encoding="utf-8")
    notes.with_suffix(".new").replace(notes)


def stop(number: int, _: object) -> None:
    note(number)
    if manner != "deaf":
        sys.exit(0)


note(None)
signal.signal(signal.SIGINT, stop)
signal.signal(signal.SIGTERM, stop)
print("Loading weights", flush=True)
if manner == "dies":
    print("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB", file=sys.stderr)
    sys.exit(3)
late = Path(os.environ.get("LATE", os.devnull))


def workers() -> list[dict[str, object]]:
    return [{"url": f"http://{name}:1", "is_healthy": name == "a" or late.exists()} for name in "ab"]


if manner != "mute":
    name, port = value.get("--model-path", "elsewhere"), int(value["--port"])
    server = Loopback([], models=(name,), port=port, workers=workers)
    print("fired up", flush=True)
if manner == "dies later":
    time.sleep(1.5)
    print("the scheduler died", flush=True)
    os._exit(9)
time.sleep(300)
