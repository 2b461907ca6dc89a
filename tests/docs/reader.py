"""A reader of a page: runs its steps in order, in one folder, and notes what is not as the page says."""

import json
import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from shlex import quote
from typing import Self

from tests.docs.answers import asked, right_answer
from tests.docs.page import Page
from tests.docs.printed import differs, foreign
from tests.docs.stand_in import StandIns, free_port
from tests.docs.steps import Step, steps

SECONDS = 300
"""Most seconds of one command."""
_OWN = "127.0.0.1:8000"
"""Where pages say that `vtc-r1 serve` listens."""


@dataclass(frozen=True)
class Done:
    """How a command ended; `code` is None where it did not within its time."""

    code: int | None
    out: str
    err: str


class Reader:
    """Runs a page in `folder`, a copy of the repository, with the environment variables `variables`."""

    def __init__(self, page: Page, folder: Path, notes: Path, variables: dict[str, str]) -> None:
        self.page, self.folder, self.notes = page, folder, notes
        self.variables = variables
        self.troubles: list[str] = []
        self.ran = 0
        self._servers = StandIns()
        self._replaced: dict[str, str] = {}
        self._services: list[tuple[Step, subprocess.Popen[bytes], Path]] = []
        self._python: subprocess.Popen[str] | None = None
        notes.mkdir(parents=True, exist_ok=True)
        (notes / "cwd").write_text(str(folder), encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for step, process, log in self._services:
            self._end(step, process, log)
        if self._python is not None:
            self._python.communicate()
        self._servers.close()

    def run(self) -> None:
        """Run all steps that the page does not except."""
        for step in steps(self.page):
            if step.skip is not None:
                continue
            began = time.monotonic()
            if step.kind == "file":
                target = self.folder / step.name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(step.source, encoding="utf-8")
                continue
            self.ran += 1
            if step.keeps_running:
                self._start(step)
            elif step.kind == "python":
                self._judge(step, self._block(step))
            else:
                self._judge(step, self._shell(step.source))
            with (self.notes / "seconds").open("a", encoding="utf-8") as file:
                print(
                    f"{time.monotonic() - began:7.1f} {self.page.name}:{step.line} {step.command[:90]}",
                    file=file,
                )

    def _judge(self, step: Step, done: Done) -> None:
        said = f"on standard output:\n{done.out[-2000:]}\non standard error:\n{done.err[-3000:]}"
        if done.code is None:
            self._trouble(step, f"did not end within {SECONDS} s; {said}")
        elif done.code != step.code:
            self._trouble(step, f"ended with {done.code} instead of {step.code}; {said}")
        if lines := foreign(done.err):
            self._trouble(step, "says on standard error what is not ours:\n" + "\n".join(lines))
        question = asked(step.command) if step.kind == "shell" else None
        if question is not None and step.prints is None and done.code == 0:
            right = right_answer(question)
            if right is None:
                self._trouble(step, "the page does not say what this prints, and it cannot be worked out")
            elif done.out.strip() != right:
                self._trouble(step, f"printed {done.out.strip()!r}; right is {right!r}")
        if step.prints is not None and done.code is not None:
            out = done.err if step.prints.err else done.out
            for there, here in self._replaced.items():
                out = out.replace(here, there)
            if wrong := differs(step.prints, out):
                self._trouble(step, wrong)

    def _trouble(self, step: Step, what: str) -> None:
        self.troubles.append(f"{self.page.name}:{step.line}: {step.command}\n{what}")

    def _source(self, source: str) -> str:
        self._replaced |= self._servers.addresses(source)
        for there, here in self._replaced.items():
            source = source.replace(there, here)
        return source

    def _script(self, source: str) -> str:
        state, cwd = quote(str(self.notes / "state")), quote(str(self.notes / "cwd"))
        return (
            f'set -o pipefail\nif [ -f {state} ]; then . {state}; fi\ncd "$(cat {cwd})"\n{source}\n'
            f"code=$?\nexport -p > {state}\npwd > {cwd}\nexit $code\n"
        )

    def _shell(self, source: str) -> Done:
        with subprocess.Popen(
            ["bash", "-c", self._script(self._source(source))],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.variables,
            start_new_session=True,
        ) as process:
            try:
                out, err = process.communicate(timeout=SECONDS)
                code: int | None = process.returncode
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                out, err = process.communicate()
                code = None
        return Done(code, out.decode(errors="replace"), err.decode(errors="replace"))

    def _block(self, step: Step) -> Done:
        """Run a block of Python in the page's interpreter, which knows the names of the blocks before."""
        if self._python is None:
            self._python = subprocess.Popen(
                [
                    "bash",
                    "-c",
                    self._script(f"exec python {quote(str(Path(__file__).with_name('driver.py')))}"),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**self.variables, "PYTHONPATH": str(self.folder)},
                text=True,
            )
        assert self._python.stdin is not None and self._python.stdout is not None
        out, err = self.notes / "out", self.notes / "err"
        asked = {
            "source": self._source(step.source),
            "line": step.line,
            "page": self.page.name,
            "out": str(out),
            "err": str(err),
        }
        self._python.stdin.write(json.dumps(asked) + "\n")
        self._python.stdin.flush()
        answer = self._python.stdout.readline().strip()
        if not answer:  # the interpreter is gone; the next block gets a new one
            self._python.communicate()
            self._python = None
        texts = [path.read_text(encoding="utf-8", errors="replace") for path in (out, err)]
        return Done({"ok": 0, "failed": 1}.get(answer, -1), *texts)

    def _start(self, step: Step) -> None:
        """Start what does not end by itself, and wait until it answers; the first `serve` stays."""
        port = free_port()
        command = self._source(step.command)
        if command.startswith("vtc-r1 serve") and "--port" not in command:
            command = command.replace("vtc-r1 serve", f"vtc-r1 serve --port {port}", 1)
        else:
            command = re.sub(r"--port \d+", f"--port {port}", command)
        log = self.notes / f"service-{len(self._services)}-{port}"
        with log.with_suffix(".out").open("wb") as out, log.with_suffix(".err").open("wb") as err:
            process = subprocess.Popen(
                ["bash", "-c", self._script(f"exec {command}")],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=self.variables,
                start_new_session=True,
            )
        until = time.monotonic() + SECONDS
        while process.poll() is None and time.monotonic() < until and not _answers(port):
            time.sleep(0.05)
        stays = command.startswith("vtc-r1 serve") and _OWN not in self._replaced
        if process.poll() is None and stays:
            self._replaced[_OWN] = f"127.0.0.1:{port}"
            self._services.append((step, process, log))
        else:
            self._end(step, process, log)

    def _end(self, step: Step, process: subprocess.Popen[bytes], log: Path) -> None:
        ended = process.poll() is not None
        if not ended:
            process.send_signal(signal.SIGTERM)
        try:
            code: int | None = process.wait(SECONDS)
            if not ended and code == -signal.SIGTERM and not step.command.startswith("vtc-r1"):
                code = 0  # a script of Python that leaves the signal to the system
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            code = None
        streams = [
            log.with_suffix(end).read_text(encoding="utf-8", errors="replace") for end in (".out", ".err")
        ]
        self._judge(step, Done(code, *streams))


def _answers(port: int) -> bool:
    """Tell whether a server answers there, with whatever status."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health")
        connection.getresponse().read()
        return True
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def report(troubles: list[str]) -> str:
    """All that went wrong on a page, as one message."""
    return f"\n{'─' * 80}\n".join(["", *troubles]) if troubles else ""
