"""The pages of this repository."""

from pathlib import Path

from tests.docs.page import Page, read
from tests.docs.steps import Step, steps

ROOT = Path(__file__).parents[2]
REFERENCE = "docs/reference/command-line.md"
"""The page that is made from the help, and has no conventions of its own (`reference`)."""

_CARD = ROOT / "vtc_r1" / "backends" / "nano" / "README.md"
_FILES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")), _CARD)

PAGES: dict[str, Page] = {
    page.name: page for page in (read(path, ROOT) for path in _FILES) if page.name != REFERENCE
}
STEPS: dict[str, list[Step]] = {name: steps(page) for name, page in PAGES.items()}
RUN = [name for name, found in STEPS.items() if any(step.runs for step in found)]
"""Pages of which something is run."""
