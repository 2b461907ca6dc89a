"""How an extra is added to this installation, as a command that can be pasted into a shell."""

import json
import shlex
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

_ROOT = Path(__file__).parent.parent


def remedy(*extras: str) -> str:
    """Return the command that installs extras beside what is installed.

    In an environment that was made from a clone with `-e`, or where the package is imported from a clone
    without being installed, that is the clone, by its path or as `.` from inside it. Anywhere else the
    name is enough, since pip and uv take the installed package for it and bring only what the extras lack.

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
    """Text in quotes that bash, zsh and the shells of Windows take alike, as long as it allows that."""
    if text in (".", "vtc-r1"):
        return text
    return f'"{text}"' if not set(text) & set('"$`!') else shlex.quote(text)
