"""What the Dockerfile does, done in a folder: its context, its pip, its command, its health check.

    python .ci/container_check.py HADOLINT

No Docker is needed. The image's system parts (its base, its user) are not checked by it; `docker build .` is.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from dockerfile_parse import DockerfileParser

from tests.loopback import MODEL, Loopback

PORT = "8000"


def context(to: Path) -> None:
    """Copy what `.dockerignore` leaves of the files under version control."""
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        ignored = False
        for rule in rules:
            pattern = rule.removeprefix("!").removeprefix("**/")
            parts = (name, *map(str, Path(name).parents))
            if any(fnmatch(part, pattern) or fnmatch(Path(part).name, pattern) for part in parts):
                ignored = not rule.startswith("!")
        if not ignored:
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name, follow_symlinks=False)


def instructions() -> list[tuple[str, str]]:
    """Read the Dockerfile."""
    with (ROOT / "Dockerfile").open("rb") as file:
        structure = DockerfileParser(fileobj=file).structure
    return [(one["instruction"], one["value"]) for one in structure]


def last(kind: str) -> str:
    """Return the instruction of this kind that counts."""
    return [value for instruction, value in instructions() if instruction == kind][-1]


def build(place: Path) -> None:
    """Run the first stage's commands, with the image's folders under `place`."""
    (place / "src").mkdir()
    context(place / "src")
    run = next(value for kind, value in instructions() if kind == "RUN")
    arguments = dict(value.split("=") for kind, value in instructions() if kind == "ARG")
    command = run.replace("/opt/vtc-r1", str(place / "vtc-r1")).replace("${EXTRAS}", arguments["EXTRAS"])
    print(f"$ {command}")
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run(["sh", "-c", command], cwd=place / "src", env=environment, check=True, stdout=2)


def serve(place: Path) -> None:
    """Run the image's command against a model server, until its health check is content."""
    words = json.loads(last("ENTRYPOINT")) + json.loads(last("CMD"))
    words[0] = str(place / "vtc-r1" / "bin" / words[0])
    free = _free_port()
    words = [word.replace("/data", str(place / "data")) if word != PORT else free for word in words]
    healthy = json.loads(last("HEALTHCHECK").split("CMD ", 1)[1])
    healthy = [word.replace(f" {PORT},", f" {free},") for word in healthy]
    healthy[0] = str(place / "vtc-r1" / "bin" / healthy[0])
    (place / "data").mkdir()
    model = Loopback(lambda _: "\\boxed{1}")
    environment = {"PATH": os.environ["PATH"], "VTC_BASE_URL": model.base_url, "VTC_MODEL": MODEL}
    assert subprocess.run(words, cwd=place / "data", env=environment).returncode == 2, (
        "it starts without keys"
    )
    environment |= {
        "VTC_SERVE_API_KEYS": "of-this-check",
        "XDG_CACHE_HOME": str(place / "cache"),
        "PYTHONUNBUFFERED": "1",
    }
    print(f"$ {' '.join(words)}")
    with subprocess.Popen(words, cwd=place / "data", env=environment) as running:
        deadline = time.monotonic() + 120
        while subprocess.run(healthy, env=environment, stderr=subprocess.DEVNULL).returncode:
            assert running.poll() is None, f"it ended with {running.returncode}"
            assert time.monotonic() < deadline, "its health check is not content"
            time.sleep(1)
        running.terminate()
        assert running.wait(60) == 0, f"SIGTERM ended it with {running.returncode}"
    model.close()


def _free_port() -> str:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


if __name__ == "__main__":
    subprocess.run([*sys.argv[1:2], str(ROOT / "Dockerfile")], check=True)
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder))
        serve(Path(folder))
    print("Dockerfile: linted, its commands run, its server is healthy and stops on SIGTERM")
