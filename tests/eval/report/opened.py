"""A report as a program reads it: what its page knows, and every trace from wherever it lies."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_BLOCK = re.compile(
    r'<script type="(application/json|text/plain)" id="([a-z0-9-]+)">(.*?)</script>', re.DOTALL
)
_CHUNK = re.compile(r"vtcChunk\((\d+),(\{.*\})\);\n", re.DOTALL)


@dataclass
class Opened:
    """A report's folder, and the blocks of data in its page."""

    folder: Path
    html: str
    blocks: dict[str, str]

    @classmethod
    def of(cls, folder: Path) -> "Opened":
        html = (folder / "index.html").read_text(encoding="utf-8")
        return cls(folder, html, {name: text for _, name, text in _BLOCK.findall(html)})

    @property
    def index(self) -> dict[str, Any]:
        return json.loads(self.blocks["index"])

    @property
    def size(self) -> int:
        return len(self.index["run"])

    def trace(self, at: int) -> dict[str, Any]:
        """The trace of a sample, as the page finds it."""
        chunk = self.index["chunk"][at]
        if chunk == 0:
            return json.loads(self.blocks[f"trace-{at}"])
        text = (self.folder / "data" / f"{chunk:04}.js").read_text(encoding="utf-8")
        number, traces = _CHUNK.fullmatch(text).groups()
        assert int(number) == chunk
        quoted = re.sub(r'(?<=[{,])(\d+):(?=\{"status")', r'"\1":', traces)
        return json.loads(quoted)[str(at)]

    def has_page(self, sha256: str) -> bool:
        """Whether the image of a page is in the report."""
        beside = self.folder / "pages" / sha256[:2] / f"{sha256}.png"
        return f"page-{sha256}" in self.blocks or beside.is_file()

    def outcomes(self) -> list[str]:
        names = ["failed", "wrong", "no answer", "ungraded", "right"]
        return [names[at] for at in self.index["outcome"]]
