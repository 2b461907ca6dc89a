"""`vtc-r1 render`: text to pages, and one text by several profiles side by side."""

import io
import json
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vtc_r1.cli import completion
from vtc_r1.cli.manual import manual
from vtc_r1.cli.streams import read_input
from vtc_r1.cli.terminal.notices import slow_notice
from vtc_r1.compression import Compression, times
from vtc_r1.errors import UsageError

_PAGE_FILE, _SHEET_FILE = re.compile(r"page-\d{4,}\.png"), re.compile(r"compare\.png")

if TYPE_CHECKING:
    from vtc_r1.renderers import Page, Profile
    from vtc_r1.tokens import TokenCounter


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("render", epilog=MANUAL)(render)


MANUAL = manual(
    {
        "vtc-r1 render README.md --out pages": "pages/page-0001.png and on, and what they cost",
        "vtc-r1 render README.md --out pages --compare paper,default": "several profiles on one sheet",
        "vtc-r1 render README.md --out pages --set font_size=11 --json": "a changed profile, for programs",
    },
    exits={1: "the pages cannot be written"},
    environment={"XDG_CACHE_HOME": "where glyphs that are not shipped are kept once they are drawn"},
)


def render(
    file: Annotated[str, typer.Argument(help="Text file; - reads standard input.")],
    out: Annotated[Path, typer.Option(help="Folder for the pages.")],
    profile: Annotated[
        str,
        typer.Option(
            help="How pages look: a shipped profile, a .toml file or Glyph's .json.",
            autocompletion=completion.profile,
        ),
    ] = "default",
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change the profile; repeatable.")
    ] = None,
    compare: Annotated[
        str | None,
        typer.Option(
            metavar="VARIANT,…",
            help="Draw the text by each and make one contact sheet: profiles, layouts (lines, reflow), "
            "LaTeX modes (source, linear, typeset), KEY=VALUE, or several joined by +.",
        ),
    ] = None,
    tokenizer: Annotated[
        str | None,
        typer.Option(help="Checkpoint's folder or hub id, which counts text tokens; estimated without it."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Render a text into pages, as the optical memory would carry it."""
    from vtc_r1.disk.access import try_folder
    from vtc_r1.renderers import load_profile
    from vtc_r1.renderers.variants import changed
    from vtc_r1.tokens import TokenCounter, find_tokenizer

    counter = TokenCounter(None if tokenizer is None else find_tokenizer(tokenizer))
    chosen = changed(load_profile(profile), settings or [])
    text = _read(file)
    try_folder(out)
    with slow_notice(f"drawing {file}"):
        draw = _render if compare is None else partial(_compare, words=compare)
        result = draw(text, chosen, out, count=partial(_cost, text, counter))
    if as_json:
        print(json.dumps(result, indent=2, ensure_ascii=False))
    else:
        _print(result)


Count = Callable[[Sequence["Page"]], dict[str, Any]]
"""Says what a text costs as these pages, and as text."""


def _render(text: str, profile: "Profile", out: Path, *, count: Count) -> dict[str, Any]:
    """Draw, write the pages, and say what they are."""
    from vtc_r1.cli.rendered import replace_rendered
    from vtc_r1.renderers import Renderer

    pages = Renderer(profile).render(text)
    paths = [out / f"page-{number:04d}.png" for number in range(1, len(pages) + 1)]
    replace_rendered(out, {path.name: page.png for path, page in zip(paths, pages, strict=True)}, _PAGE_FILE)
    records = [
        {"path": str(path), "width": page.width, "height": page.height, "vision_tokens": page.vision_tokens}
        for path, page in zip(paths, pages, strict=True)
    ]
    return {"pages": records, **count(pages), "profile": profile.name}


def _compare(text: str, base: "Profile", out: Path, *, words: str, count: Count) -> dict[str, Any]:
    """Draw by each variant, write the contact sheet, and say what each costs."""
    from vtc_r1.cli.rendered import replace_rendered
    from vtc_r1.renderers import Renderer
    from vtc_r1.renderers.contact_sheet import Variant, contact_sheet
    from vtc_r1.renderers.variants import variant

    names = [name.strip() for name in words.split(",") if name.strip()]
    if not names:
        raise UsageError("--compare names no variant; try --compare paper,default")
    drawn = {name: Renderer(variant(base, name)).render(text) for name in names}
    costs = {name: count(pages) for name, pages in drawn.items()}
    sheet = contact_sheet(
        [Variant(name, pages, _caption(len(pages), costs[name])) for name, pages in drawn.items()]
    )
    file = io.BytesIO()
    sheet.save(file, "PNG")
    path = out / "compare.png"
    replace_rendered(out, {path.name: file.getvalue()}, _SHEET_FILE)
    variants = [{"name": name, "pages": len(pages), **costs[name]} for name, pages in drawn.items()]
    return {"sheet": str(path), "variants": variants}


def _cost(text: str, counter: "TokenCounter", pages: "Sequence[Page]") -> dict[str, Any]:
    from vtc_r1.renderers.scripts import sentences

    vision_tokens = sum(page.vision_tokens for page in pages)
    text_tokens = counter.count(text)
    return {
        "chars": len(text),
        "text_tokens": text_tokens,
        "text_tokens_estimated": counter.is_estimate,
        "text_tokens_are": counter.how(text),
        "vision_tokens": vision_tokens,
        "compression_ratio": Compression(text_tokens, vision_tokens).ratio,
        "missing_glyphs": sum(page.missing_glyphs for page in pages),
        "warnings": sentences(lack for page in pages for lack in page.lacks),
    }


def _caption(pages: int, cost: dict[str, Any]) -> list[str]:
    return [
        f"{pages} page{'s' * (pages != 1)}, {cost['vision_tokens']} vision tokens",
        f"compression {_about(cost)}{times(cost['compression_ratio'])}",
    ]


def _about(cost: dict[str, Any]) -> str:
    return "about " if cost["text_tokens_estimated"] else ""


def _print(result: dict[str, Any]) -> None:
    from vtc_r1.cli.show import warn

    for page in result.get("pages", []):
        print(f"{page['path']}  {page['width']}×{page['height']} px  {page['vision_tokens']} vision tokens")
    for one in result.get("variants", []):
        print(f"{one['name']}: {', '.join(_caption(one['pages'], one))}")
    if "sheet" in result:
        print(result["sheet"])
        return
    about = _about(result)
    ratio = f", compression {about}{times(result['compression_ratio'])}" if result["vision_tokens"] else ""
    print(
        f"{result['chars']} characters, {about}{result['text_tokens']} text tokens "
        f"({result['text_tokens_are']}) → {result['vision_tokens']} vision tokens{ratio}"
    )
    if count := result["missing_glyphs"]:
        stand = "character stands" if count == 1 else "characters stand"
        print(f"{count} {stand} there as escapes, such as ⟨U+200B⟩, or not shaped as they are written")
    warn(result["warnings"])


def _read(file: str) -> str:
    from vtc_r1.disk.access import finite

    try:
        data = read_input() if file == "-" else finite(Path(file)).read_bytes()
        return data.decode("utf-8")
    except OSError as error:
        raise UsageError(f"{file}: cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: is not UTF-8 text ({error})") from error
