"""Every page does what it says, run from its first command to its last in one folder."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.docs.environment import Environment, clone, fresh, present, wheel
from tests.docs.page import Page
from tests.docs.pages import PAGES, REFERENCE, ROOT, RUN
from tests.docs.reader import Reader, report
from tests.docs.reference import prepared

pytestmark = pytest.mark.process

QUICK = tuple(f"docs/{name}.md" for name in ("start", "python", "command-line", "method", "troubleshooting"))
"""Pages that the plain run of the tests reads, in the environment that it has."""

SECONDS = os.environ.get("VTC_DOCS_SECONDS")
"""A file to which the seconds of every command are written, for who wants to know where the time goes."""


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reader-cache")


@pytest.fixture(scope="session")
def environments(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[frozenset[str]], Environment]]:
    """Fresh environments, one for each set of extras."""
    folder = tmp_path_factory.mktemp("environments")
    made: dict[frozenset[str], Environment] = {}
    built: list[Path] = []

    def make(extras: frozenset[str]) -> Environment:
        if extras not in made:
            if not built:
                built.append(wheel(ROOT, folder / "dist"))
            made[extras] = fresh(extras, built[0], folder / ("-".join(sorted(extras)) or "client"))
        return made[extras]

    yield make
    shutil.rmtree(folder)


def read_through(page: Page, environment: Environment, tmp_path: Path, cache: Path) -> None:
    variables = environment.variables(tmp_path / "home", cache)
    folder = clone(ROOT, tmp_path / "vtc-r1")
    with Reader(page, folder, tmp_path / "notes", variables) as reader:
        reader.run()
    if SECONDS:
        with Path(SECONDS).open("a", encoding="utf-8") as file:
            file.write((tmp_path / "notes" / "seconds").read_text(encoding="utf-8"))
    shutil.rmtree(folder)
    assert not reader.troubles, report(reader.troubles)


@pytest.mark.skipif(bool(os.environ.get("VTC_DOCS_FRESH")), reason="VTC_DOCS_FRESH=1 runs it elsewhere")
@pytest.mark.parametrize("name", QUICK)
def test_the_page_holds_here(name, tmp_path, cache):
    read_through(PAGES[name], present(), tmp_path, cache)


@pytest.mark.docs
@pytest.mark.skipif(not os.environ.get("VTC_DOCS_FRESH"), reason="VTC_DOCS_FRESH=1 makes environments for it")
@pytest.mark.parametrize("name", [REFERENCE, *RUN])  # the longest first
def test_the_page_holds_in_a_fresh_environment(name, tmp_path, cache, environments):
    page = prepared() if name == REFERENCE else PAGES[name]
    read_through(page, environments(page.extras), tmp_path, cache)
