r"""Chunks: the stretches of a formula's source that each become at most one item of its row.

`CHUNK.findall` cuts a formula into them, the blanks between them left out; a command keeps its arguments
and everything its scripts. `FORM` tells what a chunk is. Repetitions are possessive and nesting is bounded,
so that the most hostile formula is cut in linear time.
"""

import re

END = "\0"
"""Stands around every formula; no chunk reaches over it."""
_BRACES_DEEPEST = 4
_FENCES_DEEPEST = 2
_WITH_TWO = "frac dfrac tfrac cfrac binom dbinom tbinom"
_WITH_ONE = (
    "boxed fbox text mbox textrm textbf textit mathrm mathbf mathbb mathcal boldsymbol overline vec hat bar "
    "tilde widehat overrightarrow underline pmod bold bm operatorname phantom hphantom mathop"
)


def _command(names: str) -> str:
    return rf"\\(?:{'|'.join(names.split())})(?![a-zA-Z])"


def _inside(depth: int) -> str:
    """Pattern of what stands in a brace group, with less than `depth` levels of others in it."""
    inner = rf"|\{{{_inside(depth - 1)}\}}" if depth > 1 else ""
    return rf"(?:[^{{}}\\{END}]++|\\[^{END}]{inner})*+"


def _body(depth: int) -> str:
    r"""Pattern of what stands between `\left` and `\right`, with less than `depth` levels of others in it."""
    inner = rf"|{_LEFT}{_body(depth - 1)}{_RIGHT}" if depth > 1 else ""
    return rf"(?:[^\\{END}]++|\\(?!(?:left|right)(?![a-zA-Z]))[^{END}]{inner})*+"


_LEFT, _RIGHT = _command("left"), _command("right")
_DELIMITER = rf"(?:\\[a-zA-Z]+|\\[^{END}]|(?!\.[0-9])[^\s{END}])"
_INSIDE, _BODY = _inside(_BRACES_DEEPEST), _body(_FENCES_DEEPEST)
_GROUP = rf"\{{{_INSIDE}\}}"
_SINGLE = rf"\s*(?:{_GROUP}|[0-9a-zA-Z])"
_SIGN = rf"[^\s\\0-9.,{{}}&^_'’%$#{END}]"
_ATOM = rf"{_SIGN}|[0-9]+(?:\.[0-9]+)?|\.[0-9]+|\\[a-zA-Z]+|\\[^a-zA-Z{END}]"
_SCRIPTS = rf"(?:[_^](?:{_GROUP}|[0-9a-zA-Z*+-]|\\[a-zA-Z]+)|['’])"
_STRUCTURE = (
    rf"{_command(_WITH_TWO)}{_SINGLE}{_SINGLE}"
    rf"|{_command('sqrt')}\s*(?:\[[^\][{{}}\\{END}]*\])?{_SINGLE}"
    rf"|{_command(_WITH_ONE)}{_SINGLE}"
    rf"|{_LEFT}{_BODY}{_RIGHT}\s*{_DELIMITER}"
    rf"|\\begin\s*\{{[a-zA-Z]+\*?\}}(?:[^\\{END}]++|\\(?!begin|end)[^{END}])*+\\end\s*\{{[a-zA-Z]+\*?\}}"
)

CHUNK = re.compile(
    rf"(?:{_SIGN}|{_STRUCTURE}|{_ATOM}){_SCRIPTS}*+|(?<=[0-9]),\s+(?=[0-9]{{3}}(?![0-9]))|\S", re.DOTALL
)
FORM = re.compile(
    rf"(?P<atom>{_ATOM}|[.,]\s*)"
    rf"|(?P<base>{_ATOM})(?P<scripts>{_SCRIPTS}+)"
    rf"|\\[dt]?frac(?![a-zA-Z])\s*(?:\{{(?P<top>{_INSIDE})\}}|(?P<over>[0-9a-zA-Z]))"
    rf"\s*(?:\{{(?P<bottom>{_INSIDE})\}}|(?P<under>[0-9a-zA-Z]))(?P<fraction>)"
    rf"|\\sqrt(?![a-zA-Z])\s*(?:\[(?P<degree>[^\]]*)\]\s*)?"
    rf"(?:\{{(?P<body>{_INSIDE})\}}|(?P<single>[0-9a-zA-Z]))(?P<root>)"
    rf"|\\(?P<name>[a-z]+)\s*\{{(?P<argument>{_INSIDE})\}}"
    rf"|\\left\s*(?P<opening>{_DELIMITER})(?P<fenced>{_BODY})\\right\s*(?P<fence>{_DELIMITER})"
    r"|\\begin\s*\{(?P<environment>[a-zA-Z]+)(?P<star>\*?)\}(?P<rows>.*)\\end\{(?P=environment)(?P=star)\}"
    rf"|(?P<structure>{_STRUCTURE})(?P<structured>{_SCRIPTS}*)",
    re.DOTALL,
)
"""What a chunk is, by the name of the group that matches last."""
SCRIPTS = re.compile(
    rf"(?P<mark>[_^'’])(?:\{{(?P<inside>{_INSIDE})\}}|(?P<single>[0-9a-zA-Z*+-]|\\[a-zA-Z]+))?", re.DOTALL
)
CELL = re.compile(rf"((?:[^&\\{{}}]++|\\[^\\]|{_GROUP})*+)(&|\\\\|\Z)", re.DOTALL)
"""A cell of an environment, and the mark after it."""
