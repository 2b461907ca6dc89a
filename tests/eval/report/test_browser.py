"""Reports in a real browser, opened from disk."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.eval.report.browser import Tab, tabs
from tests.eval.report.hostile import EVERYTHING, HOSTILE
from tests.eval.report.made import PROBLEMS, Solve, made, problem
from tests.eval.report.opened import Opened
from vtc_r1.eval.report import write_report
from vtc_r1.eval.report.single import Viewed, trace_page
from vtc_r1.eval.runs import RunFolder

pytestmark = pytest.mark.browser

TRICKY = problem(HOSTILE[0], EVERYTHING, EVERYTHING, level=HOSTILE[1], subject=HOSTILE[3])
LONG = "It follows that $x = 1$.\n\n" * 300
SOLVES = [
    Solve("one"),
    Solve("two", right=False, answer="5"),
    Solve("three", right=False, answer=None, status="exhausted", segments=(LONG, LONG, LONG)),
]


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    with tabs(viewport={"width": 1200, "height": 800}) as opened:
        yield opened


@pytest.fixture
def calm(tab: Tab) -> Tab:
    tab.said.clear()
    tab.asked.clear()
    return tab


def report(tmp_path: Path, **options: object) -> Path:
    written = write_report([tmp_path / "runs"], tmp_path / "report", figures=False, **options)
    return written.folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made(tmp_path / "runs", SOLVES)
    made(tmp_path / "runs", [Solve("one"), Solve("two", right=False, answer="9")], "text")
    return report(tmp_path)


def test_the_list_filters_searches_and_opens(calm: Tab, folder: Path) -> None:
    calm.open(folder / "index.html")
    page = calm.page
    assert page.locator(".row").count() == 5
    assert page.locator(".row .mark").evaluate_all("all => all.map(one => one.dataset.outcome)") == [
        "wrong", "wrong", "no answer", "right", "right",
    ]  # fmt: skip
    page.keyboard.press("/")
    page.keyboard.type("how many of")
    calm.until("document.querySelectorAll('.row').length === 2")
    assert page.locator("#found").inner_text() == "2 of 5 samples"
    page.select_option("select[aria-label=memory]", "text")
    assert page.locator(".row").count() == 1
    page.keyboard.press("Escape")
    page.fill("#search", "no such words")
    page.wait_for_selector("#nothing", state="visible")
    page.fill("#search", "")
    page.select_option("select[aria-label=memory]", "")
    page.click(".chip[data-outcome='no answer']")
    calm.until("document.querySelectorAll('.row').length === 1")
    page.click(".row")
    page.wait_for_selector(".iteration")
    assert page.locator(".iteration").count() == 3
    page.keyboard.press("Escape")
    page.wait_for_selector("main", state="visible")
    calm.assert_calm(folder)


def test_the_keyboard_goes_through_the_samples(calm: Tab, folder: Path) -> None:
    calm.open(folder / "index.html")
    page = calm.page
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector(".iteration")
    assert page.locator("#position").inner_text() == "2 of 5"
    page.keyboard.press("j")
    calm.until("document.querySelector('#position').textContent === '3 of 5'")
    page.keyboard.press("k")
    calm.until("document.querySelector('#position').textContent === '2 of 5'")
    page.wait_for_selector(".siblings button.mark")
    page.click(".siblings button.mark:not([aria-current])")
    calm.until("document.querySelector('#position').textContent === '1 of 5'")
    page.go_back()
    calm.until("document.querySelector('#position').textContent === '2 of 5'")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.wait_for_selector("#keys[open]")
    calm.assert_calm(folder)


def test_a_trace_shows_pages_grade_and_mathematics(calm: Tab, folder: Path) -> None:
    calm.open(folder / "index.html", "#s0")
    page = calm.page
    page.wait_for_selector(".iteration math mfrac")
    shown = page.locator(".trace").inner_text()
    assert "found by rule “boxed”" in shown and "what the model saw: 1 page" in shown
    page.locator("button.page img").first.scroll_into_view_if_needed()
    calm.until("document.querySelector('button.page img').naturalWidth > 100")
    page.locator("button.page").first.click()
    page.wait_for_selector("#page-view[open] img")
    assert "1 of 1" in page.locator("#page-view").inner_text()
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    calm.until("!document.querySelector('.iteration math')")
    assert "$\\frac{1}{2}$" in page.locator(".iteration").first.inner_text()
    page.keyboard.press("s")
    calm.assert_calm(folder)


def test_traces_beside_the_page_are_loaded_when_they_are_opened(calm: Tab, tmp_path: Path) -> None:
    made(tmp_path / "runs", SOLVES)
    folder = report(tmp_path, page_bytes=1)
    chunks = Opened.of(folder).index["chunk"]
    assert all(chunks)
    calm.open(folder / "index.html")
    assert not any("/data/" in address for address in calm.asked)
    calm.page.click(".row")
    calm.page.wait_for_selector(".iteration")
    assert any(address.endswith("/data/0001.js") for address in calm.asked)
    calm.until("[...document.querySelectorAll('button.page img')].every(one => one.src)")
    calm.assert_calm(folder)
    for path in (folder / "data").iterdir():
        path.unlink()
    calm.page.reload()
    calm.page.wait_for_selector(".failure")
    assert "0001.js is missing" in calm.page.locator(".failure").inner_text()


def test_a_missing_page_leaves_a_frame(calm: Tab, tmp_path: Path) -> None:
    path = made(tmp_path / "runs", SOLVES[:1])
    for image in (path / "pages").rglob("*.png"):
        image.unlink()
    folder = report(tmp_path)
    calm.open(folder / "index.html", "#s0")
    calm.page.wait_for_selector(".missing")
    assert set(calm.texts(".missing")) == {"page missing"}
    calm.assert_calm(folder)


@pytest.mark.parametrize("page_bytes", [20_000_000, 1], ids=["in the page", "beside it"])
def test_hostile_text_is_shown_and_does_nothing(calm: Tab, tmp_path: Path, page_bytes: int) -> None:
    name = TRICKY.id
    solves = [
        Solve(name, at, right=False, segments=(text, f"<think>{EVERYTHING}", EVERYTHING), answer=text)
        for at, text in enumerate(HOSTILE)
    ]
    failed = Solve(name, len(HOSTILE), right=False, status="failed", answer=None, segments=(EVERYTHING,))
    made(tmp_path / "runs", [*solves, failed], problems=[TRICKY], samples=len(solves) + 1)
    folder = report(tmp_path, page_bytes=page_bytes, title=HOSTILE[1])
    calm.open(folder / "index.html")
    page = calm.page
    assert page.title() == HOSTILE[1]
    for at in range(len(solves) + 1):
        page.evaluate(f"location.hash = 's{at}'")
        calm.until(f"document.querySelector('.place')?.textContent.endsWith('sample {at}')")
        assert page.locator(".iteration").count() == (3 if at < len(solves) else 1)
    assert (
        page.locator(".passage script, .passage img, .passage iframe, .passage svg, .passage style").count()
        == 0
    )
    assert page.locator("a[href]:not([href^='#'])").count() == 0
    assert "U+202E" in page.locator(".iterations").inner_text()
    page.keyboard.press("s")
    page.wait_for_timeout(300)
    calm.assert_calm(folder)
    page.keyboard.press("s")


def test_the_page_refuses_what_its_policy_forbids(tab: Tab, folder: Path) -> None:
    tab.open(folder / "index.html")
    tried = tab.page.evaluate(
        """async () => {
          const refused = [];
          try { document.body.innerHTML = '<b>x</b>' } catch { refused.push('innerHTML') }
          try { document.createElement('script').src = 'https://example.com/' } catch { refused.push('src') }
          try { await fetch('https://example.com/') } catch { refused.push('fetch') }
          const image = new Image();
          const blocked = new Promise((done) => document.addEventListener('securitypolicyviolation', done));
          image.src = 'https://example.com/i.png';
          await blocked;
          return [...refused, 'image'];
        }"""
    )
    assert tried == ["innerHTML", "src", "fetch", "image"]


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 420)])
def test_a_narrow_screen_has_everything_within_its_width(
    calm: Tab, folder: Path, scheme: str, width: int
) -> None:
    page = calm.page
    page.set_viewport_size({"width": width, "height": 700})
    page.emulate_media(color_scheme=scheme)
    try:
        for place in ("", "#s0"):
            calm.open(folder / "index.html", place)
            page.wait_for_selector(".iteration" if place else ".row")
            assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, place
            sideways = (
                "[...document.querySelectorAll('main *')].filter((one) => one.scrollWidth > one.clientWidth"
            )
            scrolls = f"{sideways} && /auto|scroll/.test(getComputedStyle(one).overflowX)).length"
            assert page.evaluate(scrolls) == 0, place
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        channels = [int(part) for part in colour[4:-1].split(",")]
        assert (max(channels) < 60) == (scheme == "dark")
    finally:
        page.set_viewport_size({"width": 1200, "height": 800})
        page.emulate_media(color_scheme="light")
    calm.assert_calm(folder)


def test_one_trace_is_a_page_by_itself(calm: Tab, tmp_path: Path) -> None:
    path = made(tmp_path / "runs", [Solve("one")])
    folder = RunFolder(path)
    (sample,) = folder.samples()
    grade = folder.grades()[sample.key].grade
    text, missing = trace_page(Viewed(sample.trace, folder.page_path, folder, PROBLEMS[0], 0, grade))
    assert missing == 0
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "one.html").write_text(text, encoding="utf-8")
    calm.open(alone / "one.html")
    calm.until("document.querySelector('button.page img')?.naturalWidth > 100")
    calm.page.keyboard.press("Escape")
    assert "found by rule “boxed”" in calm.page.locator(".trace").inner_text()
    assert calm.page.locator("#back").is_hidden()
    calm.assert_calm(alone)


FORMULAS = {
    "\\frac{a}{b}": ["mfrac"],
    "\\sum_{k=1}^{n} k^2": ["munderover", "msup"],
    "\\sqrt[3]{x}": ["mroot"],
    "\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}": ["mtable", "mtr", "mtd"],
    "\\left( \\frac{1}{2} \\right]": ["mfrac", "mo"],
    "\\boxed{\\text{(B) } 12}": ["mtext", "mn"],
    "\\mathbb{R} \\ne \\varnothing": ["mi", "mo"],
    "a \\choose b": ["mfrac"],
    "\\lim_{x \\to 0} \\sin x": ["munder"],
    "x \\not= y": ["mo"],
}


def test_formulas_become_mathml_and_what_is_none_stays_source(calm: Tab, tmp_path: Path) -> None:
    bad = ("\\frac{1}", "\\unknowncommand{x}", "x^2^3", "{" * 60 + "x" + "}" * 60)
    text = "\n\n".join(f"$${source}$$" for source in [*FORMULAS, *bad])
    made(tmp_path / "runs", [Solve("one", segments=(text,))], "text", PROBLEMS[:1])
    folder = report(tmp_path)
    calm.open(folder / "index.html", "#s0")
    calm.page.wait_for_selector(".iteration math")
    shown = calm.page.locator(".iteration math").evaluate_all(
        "all => all.map(one => [...one.querySelectorAll('*')].map(inner => inner.localName))"
    )
    assert len(shown) == len(FORMULAS)
    for (source, wanted), found in zip(FORMULAS.items(), shown, strict=True):
        assert set(wanted) <= set(found), source
    assert calm.texts(".iteration .formula-source") == [f"$${source}$$" for source in bad]
    calm.assert_calm(folder)


BOXES = (
    "So \\boxed{\\frac{3}{4}}, then \\fbox{7}, \\boxed{18 red marbles} and $\\boxed{5}$; \\boxed 6, "
    "\\boxed{1 stay."
)


def test_boxes_outside_formulas_are_shown_as_boxes(calm: Tab, tmp_path: Path) -> None:
    made(tmp_path / "runs", [Solve("one", segments=(BOXES,))])
    calm.open(report(tmp_path) / "index.html", "#s0")
    calm.page.wait_for_selector(".passage")
    shown = calm.page.locator(".iteration .passage")
    assert shown.locator("math .boxed").count() == 3
    assert shown.locator("math mfrac").count() == 1
    assert calm.texts(".iteration .boxed-words") == ["18 red marbles"]
    assert "\\boxed 6, \\boxed{1 stay." in shown.inner_text()
    calm.assert_calm(tmp_path / "report")


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Two policies that differ both ways on three problems."""
    made(tmp_path / "runs", [Solve("one"), Solve("two", right=False, answer="9"), Solve("three")])
    others = [Solve("one"), Solve("two"), Solve("three", right=False, answer=None, status="exhausted")]
    made(tmp_path / "runs", others, "text")
    folders = tuple(tmp_path / "runs" / "math500" / memory for memory in ("text", "optical"))
    return write_report([], tmp_path / "report", figures=False, diff=folders).folder


def test_two_runs_are_compared_both_ways_with_both_traces(calm: Tab, mixed: Path) -> None:
    calm.open(mixed / "index.html")
    page = calm.page
    assert page.locator(".row.pair").count() == 2
    marks = page.locator(".row.pair .mark").evaluate_all("all => all.map(one => one.dataset.outcome)")
    assert marks == ["right", "wrong", "no answer", "right"]
    assert calm.texts("#pair-head span") == ["problem", "text", "optical", "gold answer"]
    assert calm.texts("#sides button") == ["better: text 1", "better: optical 1"]
    assert page.locator("#found").inner_text() == "2 of 3 common problems differ"
    page.locator("#sides button").nth(1).click()
    assert page.locator(".row.pair").count() == 1
    page.locator("#sides button").nth(1).click()
    page.locator(".row.pair").first.click()
    page.wait_for_selector(".beside .trace")
    assert calm.texts(".beside > section > h2") == ["text", "optical"]
    assert page.locator(".beside .trace").count() == 2
    top = "all => all.map(one => one.getBoundingClientRect().top)"
    boxes = page.locator(".beside > section").evaluate_all(top)
    assert boxes[0] == boxes[1]
    assert page.evaluate("location.hash").startswith("#d")
    page.keyboard.press("j")
    calm.until("document.getElementById('position').textContent === '2 of 2'")
    page.keyboard.press("Escape")
    page.locator("#comparison select").first.select_option("")
    assert page.locator(".row.pair").count() == 0 and page.locator(".row").count() == 6
    calm.assert_calm(mixed)


def test_an_address_of_two_traces_opens_them(calm: Tab, mixed: Path) -> None:
    calm.open(mixed / "index.html", "#d1-4")
    calm.page.wait_for_selector(".beside .trace")
    for address in ("#d0-4", "#d1-99", "#d1", "#s1-2"):
        calm.open(mixed / "index.html", address)
        assert calm.page.locator(".beside").count() == 0
    calm.assert_calm(mixed)


def test_filters_by_model_run_verdict_and_doubt(calm: Tab, tmp_path: Path) -> None:
    made(tmp_path / "runs", [Solve("one"), Solve("two", right=False, answer="9")])
    made(tmp_path / "other", [Solve("one"), Solve("two")])
    record = tmp_path / "other" / "math500" / "optical" / "run.json"
    name = "organisation/a-model-with-a-name-of-more-than-sixty-letters-that-is-shown-whole"
    record.write_text(record.read_text().replace('"scripted"', f'"{name}"'))
    grades = tmp_path / "runs" / "math500" / "optical" / "grades.jsonl"
    lines = [json.loads(line) for line in grades.read_text().splitlines()]
    lines[1]["grade"]["disagreement"] = {"rule": "phrase", "extracted": "2", "correct": True}
    lines[1]["grade"]["error"] = "unreadable"
    grades.write_text("".join(json.dumps(line) + "\n" for line in lines))
    paths = [tmp_path / "runs", tmp_path / "other"]
    written = write_report(paths, tmp_path / "report", figures=False)
    calm.open(written.folder / "index.html")
    page = calm.page
    assert page.locator(".row").count() == 4

    def rows(label: str, value: str) -> int:
        page.get_by_label(label, exact=True).select_option(label=value)
        found = page.locator(".row").count()
        page.get_by_label(label, exact=True).select_option("")
        return int(found)

    assert rows("model", name) == 2
    assert rows("run", f"optical · {name}") == 2
    assert rows("verdict", "unreadable") == 1
    page.get_by_role("button", name="doubtful").click()
    assert page.locator(".row").count() == 1 and page.locator(".row .doubt").count() == 1
    for width in (1400, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        clipped = "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).length"
        assert page.locator("td, th, .row .memory, .legend span").evaluate_all(clipped) == 0
        assert (
            name in " ".join("".join(calm.texts(".row .memory")).split()) or page.locator(".row").count() == 1
        )
    page.set_viewport_size({"width": 1200, "height": 800})
    calm.assert_calm(written.folder)
