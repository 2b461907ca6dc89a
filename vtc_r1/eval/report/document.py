"""The self-contained page: content, style and scripts in one file; JSON that is safe inside it."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from vtc_r1.renderers.latex.symbols import DELIMITERS, NEGATED, SYMBOLS

_ASSETS = resources.files("vtc_r1.eval.report") / "assets"
_SCRIPTS = ("elements", "mathematics", "prose", "store", "trace", "list", "compare", "application")


def document(
    *,
    title: str,
    index: Mapping[str, Any],
    traces: Sequence[tuple[int, str]],
    pages: Mapping[str, str],
    **shown: Any,
) -> str:
    """Write the page.

    Args:
        title: its title.
        index: data about runs, problems and samples.
        traces: indices of samples with their traces as JSON for scripts.
        pages: images as base64, by hash.
        shown: further variables of the template.
    """
    style, script = asset("report.css"), _script()
    page: str = _template().render(
        title=title,
        policy=_policy(style, script),
        style=Markup(style),
        script=Markup(script),
        index=Markup(script_json(index)),
        symbols=Markup(script_json(symbols())),
        traces=[(at, Markup(text)) for at, text in traces],
        pages=pages,
        single=index["single"],
        **shown,
    )
    return page


def _policy(style: str, script: str) -> str:
    """Return the content security policy: the page may run its script, load more, and show images."""
    return (
        "default-src 'none'; img-src 'self' file: data:; "
        f"style-src '{digest(style)}'; script-src '{digest(script)}' 'strict-dynamic'; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types vtc"
    )


def digest(content: str) -> str:
    """Return the hash by which a content security policy allows a style or script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"


@cache
def asset(name: str) -> str:
    """Return the content of one of the page's asset files."""
    return (_ASSETS / name).read_text(encoding="utf-8")


@cache
def _script() -> str:
    parts = [asset(f"{name}.js") for name in _SCRIPTS]
    return '\n(() => {\n"use strict";\n' + "\n".join(parts) + "})();\n"


@cache
def _template() -> Template:
    return Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).from_string(asset("report.html.jinja"))


def symbols() -> dict[str, Any]:
    """Return the renderer's tables of LaTeX commands."""
    return {
        "symbols": {name.lstrip("\\"): [atom.text, atom.kind.name] for name, atom in SYMBOLS.items()},
        "delimiters": DELIMITERS,
        "negated": NEGATED,
    }


_ESCAPED = (("<", "\\u003c"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029"))


def script_json(value: Any) -> str:
    """Return `value` as JSON that is safe in `<script type="application/json">` and in a JavaScript file.

    The characters escaped here occur only inside JSON strings, so nothing in it can end the element or line.
    A lone surrogate, which no file can hold, becomes `?`.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character, escape in _ESCAPED:
        text = text.replace(character, escape)
    return text.encode("utf-8", "replace").decode()
