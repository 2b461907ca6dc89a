r"""Words inside a formula: the content of `\text{…}`."""

import re

from vtc_r1.renderers.latex.tree import Unsound

_ESCAPE = re.compile(r"\\([$%&#_{} ,;])|~|``|''")
_SHOWN = {"~": " ", "``": '"', "''": '"', r"\,": " ", r"\;": " "}
_LEFT_OVER = re.compile(r"[\\{}^]")


def plain(source: str) -> str:
    """The text that LaTeX would show for `source`; Unsound if it has more than words and escapes."""
    if _LEFT_OVER.search(_ESCAPE.sub("", source)):
        raise Unsound(f"more than words in {source[:40]!r}")
    return re.sub(r"\s+", " ", _ESCAPE.sub(lambda match: _SHOWN.get(match[0], match[1] or ""), source))
