"""Hook of the site: files that stand elsewhere in the repository become its pages, and links lead to them."""

import re
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]
MOUNTED = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changes.md",
    "vtc_r1/backends/nano/README.md": "embedded-model.md",
    "vtc_r1/backends/micro/README.md": "micro-model.md",
    "vtc_r1/renderers/fonts/LICENSE-DejaVu.txt": "LICENSE-DejaVu.txt",
}
"""Path in the repository → path in the site; what lies in docs keeps its own."""
HOMES = {page: source for source, page in MOUNTED.items()}
LINK = re.compile(r"(\]\()([^)\s#:]+)([^)\s]*\))")


def on_files(files: Any, config: Any) -> Any:
    for source, page in MOUNTED.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    uri = page.file.src_uri
    home = PurePosixPath(HOMES.get(uri, f"docs/{uri}")).parent

    def moved(match: re.Match[str]) -> str:
        target = normpath(str(home / match[2]))
        placed = MOUNTED.get(target, target.removeprefix("docs/"))
        return f"{match[1]}{relpath(placed, str(PurePosixPath(uri).parent))}{match[3]}"

    return LINK.sub(moved, markdown)
