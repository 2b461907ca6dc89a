"""Which versions of the servers the tests passed with, as a table of the documentation.

VTC_WRITE_VERSIONS=1 pytest -n 0 -m sglang tests/servers
"""

import datetime
import json
import platform
import subprocess
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "sglang.md"
BEGIN, END = "<!-- versions: written by the tests -->\n", "<!-- end of versions -->\n"
LLAMA = "llama.cpp"
SERVERS = {
    "SGLang": ("sglang", ("transformers", "torch", "openai")),
    "SGLang's router": ("sglang-router", ("sglang",)),
    "`transformers serve`": ("transformers", ("torch",)),
    LLAMA: (LLAMA, ()),
}
"""Packages of the servers, and those that matter beside them; llama.cpp is a program."""
_CLIENT = ("transformers", "torch", "openai", "aiohttp", "pydantic")
_LOOKUP = (
    "import sys, json\nfrom importlib.metadata import version\n"
    "print(json.dumps({name: version(name) for name in sys.argv[1:]}))"
)


def server_of(node: str) -> str:
    """The server that a test asks, by its id."""
    if "test_sglang_router" in node:
        return "SGLang's router"
    if "test_llama_cpp" in node:
        return LLAMA
    return "`transformers serve`" if "test_transformers" in node else "SGLang"


def installed(python: str, llama: str | None = None) -> dict[str, str]:
    """The versions in the environment of the servers, and that of the program `llama-server`."""
    names = {name for package, others in SERVERS.values() for name in (package, *others)} - {LLAMA}
    done = subprocess.run([python, "-c", _LOOKUP, *names], capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    if llama is not None:
        said = subprocess.run([llama, "--version"], capture_output=True, text=True, check=True)
        found[LLAMA] = said.stderr.partition("version: ")[2].splitlines()[0]
    return found


def table(found: Mapping[str, str], passed: Iterable[str], before: str = "") -> str:
    """The table, from the versions and the ids of the tests that passed; a server without stays as it was."""
    counts = Counter(map(server_of, passed))
    lines = ["| server | version | with | tests passed |", "|---|---|---|---|"]
    for server, (package, others) in SERVERS.items():
        if counts[server]:
            beside = ", ".join(f"{name} {found[name]}" for name in others) or "–"
            lines.append(f"| {server} | {found[package]} | {beside} | {counts[server]} |")
        else:
            lines += [line for line in before.splitlines() if line.startswith(f"| {server} |")]
    client = ", ".join(f"{name} {version(name)}" for name in _CLIENT)
    today = datetime.date.today().isoformat()
    return "\n".join([*lines, "", f"The client: Python {platform.python_version()}, {client}. {today}.", ""])


def stands(page: Path = PAGE) -> str:
    """The table that the page has."""
    return page.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]


def write(text: str, page: Path = PAGE) -> None:
    """Put a table in its place on the page."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    page.write_text(f"{before}{BEGIN}{text}{END}{rest.partition(END)[2]}", encoding="utf-8")
