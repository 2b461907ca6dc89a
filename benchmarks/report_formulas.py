"""How many formulas a report shows as MathML: python benchmarks/report_formulas.py.

Writes the distinct formulas of MATH500 (problems and solutions) as the segments of a trace, opens its page in
Chromium, and counts what became MathML and what stayed LaTeX. Needs Chromium and Playwright.
"""

import argparse
import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import corpus

from vtc_r1.configuration import Budget, ModelRecord, Named, Sampling
from vtc_r1.eval.report.single import Viewed, trace_page
from vtc_r1.iteration import Iteration
from vtc_r1.renderers.latex.spans import find
from vtc_r1.trace import Trace

_MOST = 50_000
"""Characters of a segment, so that the page shows it whole."""


def formulas(texts: Sequence[str]) -> list[str]:
    """The distinct formulas of texts, without their delimiters."""
    found = (text[span.inner : span.outer] for text in texts for span in find(text))
    return list(dict.fromkeys(formula for formula in found if "\\]" not in formula))


def segments(found: Sequence[str]) -> Iterator[str]:
    """Lines of formulas, as many as a segment takes."""
    text = ""
    for formula in found:
        text += f"\\[{formula}\\]\n\n"
        if len(text) > _MOST:
            yield text
            text = ""
    yield text


def trace_of(texts: Sequence[str]) -> Trace:
    """A trace with these segments."""
    named = Named(name="none", sha256="0" * 64)
    return Trace(
        question="What stands here?",
        status="exhausted",
        model=ModelRecord(name="none", backend="none", preset="none"),
        memory="text",
        prompts=named,
        profile=named,
        sampling=Sampling(),
        budget=Budget(),
        iterations=[Iteration(index=at, text=text, finish_reason="stop") for at, text in enumerate(texts)],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, help="MATH500 as JSON lines")
    try:
        loaded = corpus.load(parser.parse_args().data)
    except argparse.ArgumentTypeError as error:
        parser.error(str(error))
    from playwright.sync_api import sync_playwright

    found = formulas([*loaded.problems, *loaded.solutions])
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        path = Path(scratch) / "formulas.html"
        viewed = Viewed(trace_of(list(segments(found))), lambda sha256: Path(scratch) / sha256)
        path.write_text(trace_page(viewed)[0], encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(path.as_uri())
        page.wait_for_selector(".iteration")
        shown = page.locator(".iteration math").count()
        source = page.locator(".iteration .formula-source")
        left = {"formulas": len(found), "mathml": shown, "source": source.count()}
        print(json.dumps({**left, "first_of_these": source.all_inner_texts()[:8]}, indent=2))
        browser.close()


if __name__ == "__main__":
    main()
