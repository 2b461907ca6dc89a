"""The pages of this repository."""

from pathlib import Path

from tests.docs.page import Page, read
from tests.docs.steps import Step, steps

ROOT = Path(__file__).parents[2]
CARD = ROOT / "vtc_r1" / "backends" / "nano" / "README.md"
REFERENCE = "docs/reference/command-line.md"
"""The page that is made from the help: it has no conventions, and is prepared for here."""

PAGES: dict[str, Page] = {
    page.name: page
    for page in (
        read(path, ROOT)
        for path in (
            ROOT / "README.md",
            ROOT / "CONTRIBUTING.md",
            *sorted((ROOT / "docs").rglob("*.md")),
            CARD,
        )
    )
}
STEPS: dict[str, list[Step]] = {name: steps(page) for name, page in PAGES.items() if name != REFERENCE}
RUN = [name for name, found in STEPS.items() if any(step.runs for step in found)]
"""Pages of which something is run."""
