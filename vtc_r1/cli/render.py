"""`vtc-r1 render`: text to pages."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from vtc_r1.errors import StorageError, UsageError

CHARACTERS_PER_TOKEN = 3.2
"""Estimate for English mathematics with a Qwen tokenizer."""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("render", epilog="Example: vtc-r1 render notes.md --out pages")(render)


def render(
    file: Annotated[str, typer.Argument(help="Text file; - reads standard input.")],
    out: Annotated[Path, typer.Option(help="Folder for the pages.")],
    profile: Annotated[str, typer.Option(help="Render profile, or a .toml file.")] = "default",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Render a text into pages, as the optical memory would carry it."""
    from vtc_r1.renderers import Renderer
    from vtc_r1.storage import write_whole

    text = _read(file)
    renderer = Renderer(profile)
    pages = renderer.render(text)
    paths = [out / f"page-{number:04d}.png" for number in range(1, len(pages) + 1)]
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path, page in zip(paths, pages, strict=True):
            write_whole(path, page.png)
    except OSError as error:
        raise StorageError(f"{out}: cannot be written ({error.strerror or error})") from error
    vision_tokens = sum(page.vision_tokens for page in pages)
    text_tokens = round(len(text) / CHARACTERS_PER_TOKEN)
    result = {
        "pages": [
            {
                "path": str(path),
                "width": page.width,
                "height": page.height,
                "vision_tokens": page.vision_tokens,
            }
            for path, page in zip(paths, pages, strict=True)
        ],
        "chars": len(text),
        "text_tokens": text_tokens,
        "text_tokens_estimated": True,
        "vision_tokens": vision_tokens,
        "compression_ratio": round(text_tokens / vision_tokens, 2) if vision_tokens else None,
        "profile": renderer.profile.name,
        "missing_glyphs": sum(page.missing_glyphs for page in pages),
    }
    if as_json:
        print(json.dumps(result, indent=2, ensure_ascii=False))
        return
    for path, page in zip(paths, pages, strict=True):
        print(f"{path}  {page.width}×{page.height} px  {page.vision_tokens} vision tokens")
    ratio = f", compression about {result['compression_ratio']}×" if vision_tokens else ""
    print(f"{len(text)} characters, about {text_tokens} text tokens → {vision_tokens} vision tokens{ratio}")


def _read(file: str) -> str:
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode("utf-8")
    except OSError as error:
        raise UsageError(f"{file}: cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: is not UTF-8 text ({error})") from error
