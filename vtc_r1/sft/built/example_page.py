"""One example as an HTML page that needs nothing next to itself."""

import base64
import struct
from html import escape
from pathlib import Path

from vtc_r1.disk.access import try_file, writable
from vtc_r1.disk.atomic import write_atomic
from vtc_r1.eval.report.document import asset
from vtc_r1.prompts import Prompt
from vtc_r1.renderers.page import Page
from vtc_r1.sft.building.example import BuiltExample
from vtc_r1.sft.built.dataset import BuiltDataset
from vtc_r1.sft.export.messages import prompt_of

_STYLE = """
.pages { margin: 12px 0; }
.pages img { height: auto; max-width: 100%; background: #fff; border: 1px solid var(--line); }
.pages figcaption { font-weight: 400; color: var(--quiet); }
.target { border-left: 3px solid var(--right); padding-left: 14px; }
"""
"""Styles of an example's page, in addition to those of a trace's page."""
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def write_example_page(data: BuiltDataset, number: int, path: Path) -> Path:
    """Write example `number` as HTML; raises StorageError, or UsageError if something else is there."""
    example = data[number]
    html = example_page(
        example, prompt_of(example, data.prompts(), data.policy), f"{data.folder.name} · {number}"
    )
    with writable(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try_file(path, b"<!doctype html", "an HTML page")
        write_atomic(path, html.encode("utf-8", "replace"))
    return path


def example_page(example: BuiltExample, prompt: Prompt, title: str) -> str:
    """Show what the model reads, in its order, and what it learns to write; all text is escaped."""
    images = iter(example.images)
    prompted = "".join(
        _picture(next(images)) if isinstance(part, Page) else _text(part) for part in prompt.content
    )
    system = _section("system", _text(prompt.system)) if prompt.system else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{asset("report.css")}{_STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
<div class="trace">
<aside>{_facts(example)}</aside>
<div>
{system}{_section("prompt", prompted)}{_section("target", _text(example.target, "target"))}</div>
</div>
</main>
</body>
</html>
"""


def _section(name: str, content: str) -> str:
    return f'<section class="iteration">\n<header><h3>{name}</h3></header>\n{content}</section>\n'


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
        f'<div class="fact"><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>\n'
        for name, value in facts.items()
    )
    return f'<dl class="facts">\n{rows}</dl>'


def _text(text: str | None, kind: str = "") -> str:
    return f'<div class="passage {kind}" dir="auto">{escape(text or "")}</div>\n'


def _picture(png: bytes) -> str:
    width, height = struct.unpack(">II", png[16:24])
    data = base64.b64encode(png).decode()
    return (
        f'<figure class="pages"><img alt="page" width="{width}" height="{height}" '
        f'src="data:image/png;base64,{data}">'
        f"<figcaption>{width}×{height} px</figcaption></figure>\n"
    )
