"""What Qwen publishes with Qwen3-VL and packages of PyPI carry: the vocabulary and the chat templates.

Nothing of it is in this repository. It is downloaded once, checked, and kept in the user's cache folder.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

VARIANTS = ("instruct", "thinking")
CACHE = user_cache_path("vtc-r1") / "qwen3vl"
"""Found on import, before tests get a cache folder of their own."""


class Unavailable(Exception):
    """A package cannot be obtained; says which, and why."""


@dataclass(frozen=True)
class Published:
    """A published file, and a package that carries it.

    Attributes:
        file: its name in the cache.
        package: distribution and version on PyPI.
        member: where it stands in the wheel.
        sha256: of the file.
        part: takes it out of the member.
    """

    file: str
    package: str
    member: str
    sha256: str
    part: Callable[[bytes], bytes] = bytes

    def path(self) -> Path:
        """Return where it lies, downloaded if need be; raises Unavailable."""
        kept = CACHE / self.file
        if not (kept.is_file() and _digest(kept.read_bytes()) == self.sha256):
            data = self._download()
            if _digest(data) != self.sha256:
                raise Unavailable(f"{self.package}: {self.member} is not the published {self.file}")
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(data)
        return kept

    def _download(self) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            words = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "-q"]
            done = subprocess.run(
                [*words, "-d", folder, self.package], capture_output=True, text=True, check=False
            )
            wheel = next(Path(folder).glob("*.whl"), None)
            if done.returncode != 0 or wheel is None:
                said = (done.stderr.strip().splitlines() or ["no wheel"])[-1]
                raise Unavailable(f"{self.package} cannot be downloaded: {said}")
            with zipfile.ZipFile(wheel) as packed:
                return self.part(packed.read(self.member))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _template_of(model: str) -> Callable[[bytes], bytes]:
    def part(data: bytes) -> bytes:
        template = next(one["chat_template"] for one in json.loads(data) if one["model_name"] == model)
        return str(template).encode()

    return part


VOCABULARY = Published(
    "qwen.tiktoken",
    "dashscope==2.0.2",
    "dashscope/resources/qwen.tiktoken",
    "b2b1b8dfb5cc5f024bafc373121c6aba3f66f9a5a0269e243470a1de16a33186",
)
"""Of Qwen up to Qwen3: the vocabulary and the merges of their `tokenizer.json` exactly."""
TEMPLATES = {
    variant: Published(
        f"{variant}.jinja",
        "xinference==1.11.0",
        "xinference/model/llm/llm_family.json",
        sha256,
        _template_of(f"Qwen3-VL-{variant.capitalize()}"),
    )
    for variant, sha256 in {
        "instruct": "3636d0f0bd6bef02654cdffdc447b79cb2cef8ab02cc75267345946291a489e4",
        "thinking": "36e042fe45641f067b1f2381fcc8955d10d956a3ed333ecdf7f7eb0916f68956",
    }.items()
}
