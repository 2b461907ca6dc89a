"""`vtc-r1 render`: text to pages, and one text by several profiles side by side.

Into a folder of its own files: the next call replaces those, and no others.
"""

import hashlib
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from re import Pattern
from typing import TYPE_CHECKING, Any

from vtc_r1.cli import completion, options
from vtc_r1.cli.manual import manual
from vtc_r1.cli.options import argument, flag, record
from vtc_r1.cli.streams import read_input
from vtc_r1.cli.terminal.notices import slow_notice
from vtc_r1.compression import Compression, times
from vtc_r1.disk.access import writable
from vtc_r1.disk.atomic import staged, write_atomic
from vtc_r1.errors import UsageError

_PAGE_FILE, _SHEET_FILE = re.compile(r"page-\d{4,}\.png"), re.compile(r"compare\.png")

if TYPE_CHECKING:
    from vtc_r1.backends.wire.tokenize import ServedTokenCounter
    from vtc_r1.renderers import Page, Profile
    from vtc_r1.tokens import TokenCounter


MANUAL = manual(
    {
        "vtc-r1 render README.md --out pages": "pages/page-0001.png and on, and what they cost",
        "vtc-r1 render README.md --out pages --compare paper,default": "several profiles on one sheet",
        "vtc-r1 render README.md --out pages --set font_size=11 --json": "a changed profile, for programs",
    },
    exits={1: "the pages cannot be written"},
    environment={"XDG_CACHE_HOME": "where glyphs that are not shipped are kept once they are drawn"},
)


@record
class RenderFlags:
    """The flags of the command."""

    file: str = argument("Text file; - reads standard input.", default=...)
    out: Path = flag("Folder for the pages.", default=...)
    profile: str = flag(
        "How pages look: a shipped profile, a .toml file or Glyph's .json.",
        autocompletion=completion.profile,
        default="default",
    )
    settings: list[str] | None = flag("Change the profile; repeatable.", None, "--set", metavar="KEY=VALUE")
    compare: str | None = flag(
        "Draw the text by each and make one contact sheet: profiles, layouts (lines, reflow), "
        "LaTeX modes (source, linear, typeset), KEY=VALUE, or several joined by +.",
        metavar="VARIANT,…",
    )
    tokenizer: str | None = flag(
        "What counts text tokens: folder or hub id of a checkpoint, or a server's address; else estimated."
    )
    as_json: bool = flag("Print the result as JSON.", None, "--json", default=False)


def render(asked: RenderFlags) -> None:
    """Render a text into pages, as the optical memory would carry it."""
    from vtc_r1.disk.access import try_folder
    from vtc_r1.renderers import load_profile
    from vtc_r1.renderers.variants import changed

    counter = _counter(asked.tokenizer)
    chosen = changed(load_profile(asked.profile), asked.settings or [])
    text = _read(asked.file)
    try_folder(asked.out)
    with slow_notice(f"drawing {asked.file}"):
        draw = _render if asked.compare is None else partial(_compare, words=asked.compare)
        result = draw(text, chosen, asked.out, count=partial(_cost, _as_text(text, counter)))
    if asked.as_json:
        print(json.dumps(result, indent=2, ensure_ascii=False))
    else:
        _print(result)


register = options.added("render", render, MANUAL)
Count = Callable[[Sequence["Page"]], dict[str, Any]]  #: says what a text costs as these pages, and as text


def _counter(tokenizer: str | None) -> "TokenCounter | ServedTokenCounter":
    if tokenizer and tokenizer.startswith(("http://", "https://")):
        from vtc_r1.backends.wire.tokenize import ServedTokenCounter

        return ServedTokenCounter(tokenizer)
    from vtc_r1.tokens import TokenCounter, find_tokenizer

    return TokenCounter(None if tokenizer is None else find_tokenizer(tokenizer))


def _render(text: str, profile: "Profile", out: Path, *, count: Count) -> dict[str, Any]:
    """Draw, write the pages, and say what they are."""
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


def _as_text(text: str, counter: "TokenCounter | ServedTokenCounter") -> dict[str, Any]:
    """Say what a text costs as text; counted once, whatever the number of variants."""
    return {
        "chars": len(text),
        "text_tokens": counter.count(text),
        "text_tokens_estimated": counter.is_estimate,
        "text_tokens_are": counter.how(text),
    }


def _cost(as_text: dict[str, Any], pages: "Sequence[Page]") -> dict[str, Any]:
    from vtc_r1.renderers.scripts import sentences

    vision_tokens = sum(page.vision_tokens for page in pages)
    return {
        **as_text,
        "vision_tokens": vision_tokens,
        "compression_ratio": Compression(as_text["text_tokens"], vision_tokens).ratio,
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


NOTE = ".vtc-r1-render.json"  #: where the names and hashes of what was written are kept, beside it

_Known = dict[str, list[str]]


def replace_rendered(folder: Path, files: Mapping[str, bytes], kind: Pattern[str]) -> None:
    """Write files, and remove what an earlier call wrote of their kind and this one does not.

    Whatever ends this on the way, every file is found whole, and the next call finds out about all of them.

    Args:
        folder: where to; it is made where it is absent.
        files: their content by name.
        kind: names of the files that go when they are written no more.

    Raises:
        UsageError: a name is taken by a file that is not of an earlier call, or was changed since.
        StorageError: the folder cannot be written.
    """
    with writable(folder):
        known = _known(folder / NOTE)
        for name, data in files.items():
            there = _hash_of(folder / name)
            if there is not None and there not in (*known.get(name, ()), _hash(data)):
                raise UsageError(
                    f"{folder / name}: was not written by vtc-r1 render, or was changed since; "
                    "move it, or choose another --out"
                )
        folder.mkdir(parents=True, exist_ok=True)
        written = {name: [_hash(data)] for name, data in files.items()}
        with staged(folder, files) as put:
            _note(folder, {**known, **{name: [*known.get(name, ()), *written[name]] for name in files}})
            put()
        stale = {name for name in known if kind.fullmatch(name) and name not in files}
        for name in stale:
            if _hash_of(folder / name) in known[name]:
                (folder / name).unlink()
        _note(folder, {name: known[name] for name in known if name not in stale} | written)


def _known(note: Path) -> _Known:
    """Read what was written; nothing where the note is absent or damaged."""
    try:
        values = json.loads(note.read_bytes())
        return {str(name): [str(one) for one in hashes] for name, hashes in values["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _note(folder: Path, known: _Known) -> None:
    content = {"version": 1, "files": dict(sorted(known.items()))}
    write_atomic(folder / NOTE, (json.dumps(content, indent=1) + "\n").encode())


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _hash_of(path: Path) -> str | None:
    return _hash(path.read_bytes()) if path.exists() else None
