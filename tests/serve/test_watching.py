"""Solves to look at: replayed, followed, compared, checked; and the page without its server."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.command import arguments, environment, on
from tests.conftest import Serve
from tests.eval.report.browser import Tab
from tests.eval.report.hostile import EVERYTHING
from tests.loopback import Loopback, Reply
from tests.scripted import Scripted, cut
from tests.serve.browsing import Paced, ask, assert_calm, visit
from tests.serve.running import Running, running
from tests.solved import solved
from vtc_r1 import Solver, Trace
from vtc_r1.backends.base import Request
from vtc_r1.compression import times
from vtc_r1.memory import POLICIES
from vtc_r1.serve.recordings import Recordings
from vtc_r1.storage import save_trace

pytestmark = pytest.mark.browser

LOOKS = """async (most) => {
  const found = [];
  for (let frame = 0; frame < 3000 && found.length < most; frame++) {
    await new Promise(requestAnimationFrame);
    const cursor = document.querySelector(".iteration.is-live i.cursor");
    if (!cursor) continue;
    const { left, top, bottom } = cursor.getBoundingClientRect();
    const there = document.elementFromPoint(Math.min(innerWidth - 2, left), (top + bottom) / 2);
    found.push(Boolean(there && there.closest(".writes")));
  }
  return found;
}"""
GHOSTS = """() => {
  window.ghosts = 0;
  new MutationObserver((all) => all.forEach(({ addedNodes }) => addedNodes.forEach((node) => {
    if (node.className === "ghost") window.ghosts += 1;
  }))).observe(document.body, { childList: true });
}"""


def seek(tab: Tab, iteration: int) -> None:
    tab.page.locator(".player input").fill(str(iteration))
    tab.until(f"document.querySelector('.player input').value === '{iteration}'")


def watch(tab: Tab, server: Running, at: int = 0) -> None:
    visit(tab, server)
    tab.page.locator(".recording").nth(at).click()
    tab.page.wait_for_selector(".player")
    tab.page.select_option("[aria-label=speed]", "20")


def showing(trace: Trace, folder: Path) -> Iterator[Running]:
    save_trace(trace, folder)
    with running(Solver(backend=Scripted([]), preset="nano"), show=(folder,)) as server:
        yield server


def test_watch_one_plays_the_shipped_recording(calm: Tab, server: Running) -> None:
    visit(calm, server)
    assert [where for where in calm.asked if "/events" in where or "/pages/" in where] == []
    watch(calm, server)
    page = calm.page
    (recording,) = Recordings().all
    assert "recorded from a script, pages are real" in page.locator(".settings").inner_text()
    calm.until("document.querySelector('.stream math')")
    seek(calm, 9)
    page.wait_for_selector(".iteration >> nth=8")
    assert page.locator(".iteration").count() == 9
    assert page.locator(".iteration >> nth=8 >> .sees button.page").count() == 8
    seek(calm, 12)
    page.wait_for_selector(".result .answer")
    assert page.locator(".result .answer").inner_text() == recording.trace.answer
    assert page.locator(".balance strong").inner_text().split()[0] == times(recording.trace.compression_ratio)
    assert page.locator(".player .play").inner_text() == "Again"
    last = recording.trace.iterations[-1]
    tokens = last.usage.prompt_tokens, last.usage.prompt_tokens - last.usage.vision_tokens
    label = f"{tokens[0]:,} tokens with pages, {tokens[1] + last.memory_text_tokens:,} as text"
    assert label in str(page.locator(".chart svg").get_attribute("aria-label"))
    page.click(".chart summary")
    calm.until("document.querySelectorAll('.chart tbody tr').length === 12")
    page.click(".chart summary")
    page.click(".becomes button.page >> nth=0")
    for _ in range(10):
        page.click("[aria-label='next page']")
    assert "page 11 of 11 · made in iteration 11" in page.locator("#sheet .quiet >> nth=0").inner_text()
    assert page.locator("[aria-label='next page']").is_disabled()
    assert_calm(calm, server)


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("is_live", [False, True])
def test_the_cursor_is_in_view(calm: Tab, server: Running, backend: Paced, width: int, is_live: bool) -> None:
    calm.page.set_viewport_size({"width": width, "height": 800})
    if is_live:
        visit(calm, server)
        backend.is_free = False
        ask(calm, "long")
        backend.permits.release(300)
    else:
        watch(calm, server)
    looks = calm.page.evaluate(LOOKS, 60)
    assert len(looks) == 60 and sum(looks) >= 57
    backend.is_free = True
    assert_calm(calm, server)


def test_reading_stops_following_until_it_is_taken_up_again(calm: Tab, server: Running) -> None:
    watch(calm, server)
    page = calm.page
    page.select_option("[aria-label=speed]", "5")
    page.wait_for_selector(".iteration >> nth=1", timeout=60_000)
    page.mouse.move(600, 400)
    page.mouse.wheel(0, -5000)
    page.wait_for_selector(".follow", state="visible")
    calm.until("window.scrollY === 0")
    page.wait_for_selector(".iteration >> nth=2", timeout=60_000)
    assert page.evaluate("window.scrollY") == 0
    page.click(".follow")
    calm.until("window.scrollY > 0")
    assert page.locator(".follow").is_hidden()
    assert_calm(calm, server)


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_text_becomes_a_page_before_the_eyes_unless_motion_is_unwanted(
    calm: Tab, tmp_path: Path, motion: str
) -> None:
    calm.page.emulate_media(reduced_motion=motion)  # type: ignore[arg-type]
    for server in showing(solved(), tmp_path):
        visit(calm, server)
        calm.page.evaluate(GHOSTS)
        calm.page.locator(".recording").nth(0).click()
        calm.page.wait_for_selector(".result .answer")
        assert (calm.page.evaluate("window.ghosts") > 0) == (motion == "no-preference")
        calm.until("!document.querySelector('.ghost')")
        assert_calm(calm, server)


def test_mathematics_and_thinking_are_shown_while_they_are_written(
    calm: Tab, server: Running, backend: Paced
) -> None:
    backend.is_free = False
    visit(calm, server)
    ask(calm, "Half of $10$?")
    calm.until("document.querySelectorAll('.is-live .stream math mfrac').length >= 2")
    assert "think>" not in calm.page.locator(".is-live .stream").inner_text()
    backend.is_free = True
    calm.page.wait_for_selector(".result .answer")
    calm.page.click("text=Replay")
    calm.page.wait_for_selector(".result .answer")
    assert_calm(calm, server)


def test_two_solves_stand_side_by_side(calm: Tab) -> None:
    with running(Solver(backend=Paced(), preset="vtc-r1-glyph"), concurrency=2) as server:
        visit(calm, server)
        calm.page.fill("#question", "Half of 10?")
        calm.page.click("#both")
        calm.until("document.querySelectorAll('.beside .result .answer').length === 2")
        rows = calm.texts(".against thead th")
        assert rows == ["pages (optical)", "plain text (text)"]
        for at in (1, 2):
            calm.until(f"document.querySelector('.against tbody tr').cells[{at}].textContent === 'Answered'")
        assert calm.page.locator(".beside .columns").count() == 4
        calm.page.set_viewport_size({"width": 390, "height": 800})
        assert calm.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert_calm(calm, server)


@contextmanager
def process(model: Loopback, folder: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], str, int]]:
    """`vtc-r1 serve` in a process of its own, its address and its port."""
    words = arguments("serve", *on(model), "--port", str(port), "--json")
    made = subprocess.Popen(words, cwd=folder, env=environment(), stdout=subprocess.PIPE, text=True)
    try:
        assert made.stdout is not None
        url = str(json.loads(made.stdout.readline())["url"])
        yield made, url, int(url.rstrip("/").rpartition(":")[2])
    finally:
        made.kill()
        made.communicate()


def test_a_killed_server_is_said_and_so_is_the_next_one(calm: Tab, serve: Serve, tmp_path: Path) -> None:
    model = serve(lambda _: Reply("It goes on and on. " * 400, piece=20, pause=0.05))
    page = calm.page
    with process(model, tmp_path, 0) as (running_one, url, port):
        page.goto(url)
        page.wait_for_selector("html[data-ready=true]")
        ask(calm, "Half of 10?")
        calm.until("document.querySelector('.is-live .stream')?.textContent.includes('It goes')")
        running_one.kill()
        page.wait_for_selector(".state:text('The server does not answer')")
        assert "it was stopped, or cannot be reached" in page.locator("#notice").inner_text()
        assert "It goes" in page.locator(".stream").inner_text()
        running_one.wait()
        with process(model, tmp_path, port):
            page.wait_for_selector("#notice:text('started anew')")
            page.wait_for_selector(".state:text('The server was started anew')")


def test_a_long_solve_is_cancelled_only_after_asking(calm: Tab, server: Running, backend: Paced) -> None:
    backend.is_free = False
    page = calm.page.context.new_page()
    page.clock.install()
    page.goto(server.url)
    page.wait_for_selector("html[data-ready=true]")
    page.fill("#question", "Half of 10?")
    page.press("#question", "Enter")
    page.wait_for_selector(".cancel")
    page.clock.fast_forward(60_000)
    page.keyboard.press("x")
    page.wait_for_selector("#sure[open]")
    assert "It has run for" in page.locator("#sure").inner_text()
    page.click("#sure .close")
    assert server.ask("GET", "/api/solves").json["solves"][0]["status"] == "running"
    page.keyboard.press("x")
    page.click("#sure-yes")
    page.wait_for_selector(".state:text('Cancelled')")
    page.close()


def test_shortcuts_can_be_switched_off(calm: Tab, server: Running) -> None:
    visit(calm, server)
    page = calm.page
    page.click("#help")
    page.uncheck("#shortcuts")
    page.keyboard.press("Escape")
    for _ in range(2):
        page.locator("a.name").focus()
        page.keyboard.press("?")
        page.keyboard.press("/")
        assert page.locator("#keys").is_hidden()
        assert page.evaluate("document.activeElement.id") != "question"
        page.reload()
        page.wait_for_selector("html[data-ready=true]")
    page.click("#help")
    page.check("#shortcuts")
    page.keyboard.press("Escape")
    page.locator("a.name").focus()
    page.keyboard.press("?")
    page.wait_for_selector("#keys[open]")
    page.evaluate("localStorage.clear()")
    assert_calm(calm, server)


def test_the_list_is_filtered_and_every_policy_has_a_label(calm: Tab, server: Running) -> None:
    for question in ("Half of 10?", "Half of 12?", "A third of 9?", "Now fail"):
        server.ask("POST", "/api/solves", {"question": question})
        server.idle()
    visit(calm, server)
    page = calm.page
    assert page.locator(".lines li").count() == 4
    assert "2 iterations · " in page.locator(".lines li >> nth=1").inner_text()
    page.fill(".filters input", "half")
    calm.until("document.querySelectorAll('.lines li').length === 2")
    assert page.locator(".filters [role=status]").inner_text() == "2 of 4"
    page.fill(".filters input", "")
    page.select_option(".filters select", "without an answer")
    calm.until("document.querySelectorAll('.lines li').length === 1")
    labels = page.locator("#memory option").evaluate_all(
        "all => all.map((one) => [one.value, one.textContent])"
    )
    assert [name for name, _ in labels] == list(POLICIES)
    assert [name for name, label in labels if label == name or not label.endswith(f"({name})")] == []
    assert "Any question" in page.locator("#can").inner_text()
    assert_calm(calm, server)


def test_what_was_checked_is_marked(calm: Tab, tmp_path: Path) -> None:
    def say(request: Request) -> object:
        at = len(backend.requests)
        if at == 1:
            return cut("<think>\n" + "".join(f"The value k{n} is {n * 1237}.\n" for n in range(4, 30)), 500)
        if at == 2:
            return '<think><reread page="1" part="top" as="text"/>'
        return "<think>The value k7 is 8659. The value k8 is 9806.</think><answer>8659</answer>"

    backend = Scripted(say)  # type: ignore[arg-type]
    with Solver(backend=backend, preset="vtc-r1", memory="reread", canary=True) as solver:
        trace = solver.solve("What is k7?")
    for server in showing(trace, tmp_path):
        watch(calm, server)
        calm.page.wait_for_selector(".result .answer")
        assert any("asked to see again" in chip for chip in calm.texts(".check.reread"))
        assert any("canaries" in chip for chip in calm.texts(".check"))
        assert any("verified on its pages" in chip for chip in calm.texts(".check.verified"))
        assert "8659" in calm.texts(".iteration >> nth=2 >> mark.verified")
        doubts = sum(len(each.quotes.doubts) for each in trace.iterations if each.quotes)
        assert calm.page.locator("mark.doubt").count() == doubts
        assert_calm(calm, server)


def test_hostile_recordings_do_nothing(calm: Tab, tmp_path: Path) -> None:
    said = [
        cut(f"<think>{EVERYTHING[:9000]}", 500),
        f"<think></think><answer>{EVERYTHING[:900].replace('<', '‹')}</answer>",
    ]
    with Solver(backend=Scripted(said), preset="vtc-r1") as solver:
        trace = solver.solve(EVERYTHING[:2000].replace("\ud800", ""))
    for server in showing(trace, tmp_path):
        watch(calm, server)
        calm.page.wait_for_selector(".result .answer", timeout=60_000)
        assert_calm(calm, server)
        assert calm.page.locator("main img:not(button.page img)").count() == 0
        assert calm.page.evaluate("document.scripts.length") == 2


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_accessibility(calm: Tab, server: Running, width: int, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = calm.page
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]

    def check() -> None:
        found = axe.run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []

    visit(calm, server)
    check()
    page.click("#help")
    check()
    page.keyboard.press("Escape")
    watch(calm, server)
    check()
    seek(calm, 12)
    page.wait_for_selector(".result .answer")
    check()
    page.click(".becomes button.page >> nth=3")
    check()
    page.keyboard.press("Escape")
    page.click("a.name")
    page.fill("#question", "Half of 10?")
    page.click("#both")
    page.wait_for_selector(".beside .result .answer")
    check()
    assert_calm(calm, server)
