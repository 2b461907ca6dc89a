"""One example as an HTML page that needs nothing beside itself."""

import base64
import struct
from html import escape
from pathlib import Path

from vtc_r1.prompts import Prompt
from vtc_r1.renderers.files import try_file, writable, write_whole
from vtc_r1.renderers.page import Page
from vtc_r1.sft.building.example import BuiltExample
from vtc_r1.sft.built.dataset import BuiltDataset
from vtc_r1.sft.export.messages import prompt_of

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem; color: #222 }
h1 { font-size: 1.3rem } h2 { font-size: 1rem; margin: 2rem 0 .5rem; color: #555 }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f6f6f4; padding: 1rem; border-radius: 4px;
  font: 13px/1.5 ui-monospace, monospace }
pre.target { background: #eef4ea } figure { margin: 1rem 0 } figcaption { color: #666; font-size: .85rem }
img { border: 1px solid #ccc; max-width: 100% } td { padding: 0 1rem .1rem 0 } td:first-child { color: #666 }
"""
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def write_example_page(data: BuiltDataset, number: int, path: Path) -> Path:
    """Write example `number` as HTML; raises StorageError, or UsageError where something else is there."""
    example = data[number]
    html = example_page(
        example, prompt_of(example, data.prompts(), whole=data.whole), f"{data.folder.name} · {number}"
    )
    with writable(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try_file(path, b"<!doctype html", "page of HTML")
        write_whole(path, html.encode("utf-8", "replace"))
    return path


def example_page(example: BuiltExample, prompt: Prompt, title: str) -> str:
    """Show what the model reads, in its order, and what it learns to write; all text is escaped."""
    images = iter(example.images)
    system = [f"<h2>system</h2>\n{_text(prompt.system)}"] if prompt.system else []
    parts = [_picture(next(images)) if isinstance(part, Page) else _text(part) for part in prompt.content]
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{escape(title)}</h1>
{_facts(example)}
{"".join(system)}
<h2>prompt</h2>
{"".join(parts)}
<h2>target</h2>
{_text(example.target, "target")}
</body>
</html>
"""


def _facts(example: BuiltExample) -> str:
    facts = {
        "problem": example.uuid,
        "row, generation": f"{example.row}, {example.generation}",
        "task": example.task,
        "profile": example.profile,
        "segment": f"{example.segment + 1} of {example.segments}",
        "answer": example.answer,
        "question": f"{example.question_tokens:,} tokens",
        "memory": f"{example.memory_tokens:,} text tokens, {example.text_tokens:,} of them as text, "
        f"the others as {example.vision_tokens:,} vision tokens",
        "target": f"{example.target_tokens:,} tokens",
    }
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in facts.items()
    )
    return f"<table>{rows}</table>"


def _text(text: str | None, kind: str = "") -> str:
    return f'<pre class="{kind}">{escape(text or "")}</pre>\n'


def _picture(png: bytes) -> str:
    width, height = struct.unpack(">II", png[16:24])
    data = base64.b64encode(png).decode()
    return (
        f'<figure><img alt="page" width="{width}" height="{height}" src="data:image/png;base64,{data}">'
        f"<figcaption>{width}×{height} px</figcaption></figure>\n"
    )
