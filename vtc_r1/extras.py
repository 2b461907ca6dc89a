"""The command that adds an extra to this installation, ready to paste into a shell."""

import json
import shlex
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

_ROOT = Path(__file__).parent.parent


def remedy(*extras: str) -> str:
    """Return the command that adds extras to the installation.

    If the package was installed from a clone with `-e`, or is imported from a clone without being installed,
    the command names the clone, by its path or as `.` from inside it. Otherwise the name is enough, since
    pip and uv keep the installed package and add only what the extras need.

    Args:
        extras: names of extras; without any, the command installs the package itself.
    """
    installer, clone = _installed()
    names = f"[{','.join(extras)}]" if extras else ""
    if clone is None:
        return f"{installer} install {_quoted(f'vtc-r1{names}')}"
    place = "." if clone == Path.cwd() else str(clone)
    return f"{installer} install -e {_quoted(place + names)}"


@cache
def _installed() -> tuple[str, Path | None]:
    """The program that installed the package, and the clone that it is imported from, if it is one."""
    try:
        found = distribution("vtc-r1")
    except PackageNotFoundError:
        return "pip", _ROOT if (_ROOT / "pyproject.toml").exists() else None
    by_uv = (found.read_text("INSTALLER") or "").strip() == "uv"
    return "uv pip" if by_uv else "pip", _editable(found.read_text("direct_url.json"))


def _editable(origin: str | None) -> Path | None:
    """The folder of an editable installation, by the record of where it came from (PEP 610)."""
    try:
        record = json.loads(origin or "{}")
        if record.get("dir_info", {}).get("editable"):
            return Path(url2pathname(urlsplit(record["url"]).path))
    except (ValueError, KeyError, AttributeError, TypeError):
        pass
    return None


def _quoted(text: str) -> str:
    """Text in quotes that work in bash, zsh and the shells of Windows, if its characters allow that."""
    if text in (".", "vtc-r1"):
        return text
    return f'"{text}"' if not set(text) & set('"$`!') else shlex.quote(text)
