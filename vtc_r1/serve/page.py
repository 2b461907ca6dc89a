"""The live page: one file with its style and its script, which requests only this server's `/api`."""

from functools import cache
from importlib import resources

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from vtc_r1.eval.report.document import asset, digest, script_json, symbols

_ASSETS = resources.files("vtc_r1.serve") / "assets"
_SHARED = ("elements", "mathematics", "prose")
_OWN = ("server", "sheet", "meter", "iteration", "solve", "solve_list", "application")


@cache
def page() -> tuple[str, str]:
    """Return the page, and the content security policy that allows its own script only."""
    style = _own("live.css")
    parts = [*(asset(f"{name}.js") for name in _SHARED), *(_own(f"{name}.js") for name in _OWN)]
    script = '\n(() => {\n"use strict";\n' + "\n".join(parts) + "})();\n"
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(_own("live.html.jinja"))
    text = template.render(style=Markup(style), script=Markup(script), symbols=Markup(script_json(symbols())))
    policy = (
        f"default-src 'none'; script-src '{digest(script)}'; style-src '{digest(style)}'; "
        "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    return text, policy


def _own(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")
