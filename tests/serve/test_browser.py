"""The live page in a real browser."""

import pytest

from tests.eval.report.browser import Tab
from tests.eval.report.hostile import EVERYTHING
from tests.serve.browsing import Paced, ask, assert_calm, visit
from tests.serve.running import Running, running
from vtc_r1 import Solver
from vtc_r1.compression import times
from vtc_r1.segments import tokens_per_character

pytestmark = pytest.mark.browser

CONTROLS = "button, a, input, select, textarea, summary, [tabindex='0'], dialog, section"


def test_asking_shows_segments_pages_and_the_answer(calm: Tab, server: Running) -> None:
    visit(calm, server)
    page = calm.page
    assert page.locator("#intro h2").all_inner_texts()[1] == "The segment becomes a page"
    ask(calm, "Half of $10$?")
    page.wait_for_selector(".result .answer math mfrac")
    assert page.locator(".iteration").count() == 2
    assert page.locator(".iteration .writes math mfrac").count() >= 6
    assert page.locator(".iteration >> nth=0 >> .becomes button.page").count() == 1
    assert page.locator(".iteration >> nth=1 >> .sees button.page.is-new").count() == 1
    calm.until("document.querySelector('.becomes button.page img').naturalWidth > 100")
    assert (
        "as pages" in page.locator(".balance").inner_text() and "×" in page.locator(".balance").inner_text()
    )
    assert "of text →" in page.locator(".price").inner_text()
    page.click(".becomes button.page")
    page.wait_for_selector("#sheet[open]")
    image = page.locator("#sheet img")
    shown, real = image.evaluate("({ width, naturalWidth }) => [width, naturalWidth]")
    assert shown == real
    page.click("#sheet summary")
    assert "\\frac{1}{2}" in page.locator("#sheet pre").inner_text()
    page.keyboard.press("Escape")
    page.click(".source")
    calm.until("!document.querySelector('.writes math')")
    page.click("a.name")
    page.wait_for_selector("#intro", state="visible")
    page.click(".lines a")
    page.wait_for_selector(".result .answer")
    assert_calm(calm, server)


@pytest.mark.parametrize("memory", ["optical", "blank"])
def test_the_page_shows_the_compression_of_the_trace(calm: Tab, server: Running, memory: str) -> None:
    visit(calm, server)
    calm.page.select_option("#memory", memory)
    ask(calm, "Half of 10?")
    calm.page.wait_for_selector(".state[data-kind=answered]")
    solve = calm.page.url.partition("#")[2]
    for _ in range(2):  # as it happened, and from the server's log
        trace = server.ask("GET", f"/api/solves/{solve}").json
        told = calm.page.locator(".balance strong").inner_text().split()[0]
        assert told == times(trace["compression_ratio"])
        assert (told == "–") == (memory == "blank")
        as_text, as_pages = (int(text.replace(",", "")) for text in calm.texts(".balance b"))
        assert as_text == sum(one["memory_text_tokens"] for one in trace["iterations"])
        assert as_pages == trace["usage"]["vision_tokens"]
        price = calm.page.locator(".price").inner_text()
        page, made = trace["iterations"][0]["pages"][0], trace["iterations"][0]["usage"]["completion_tokens"]
        carried = tokens_per_character(trace["iterations"][0]["text"], made) * len(page["text"])
        assert price.startswith(f"{carried:.0f} tokens of text" if memory == "optical" else "white, ")
        calm.page.reload()
        calm.page.wait_for_selector(".state[data-kind=answered]")
    assert_calm(calm, server)


def test_a_solve_goes_on_through_a_reload_and_in_another_tab(
    calm: Tab, server: Running, backend: Paced
) -> None:
    backend.is_free = False
    visit(calm, server)
    ask(calm, "Half of 10?")
    page = calm.page
    page.wait_for_selector(".iteration.is-live")
    calm.until("document.querySelector('.stream').textContent.includes('It is')")
    page.reload()
    page.wait_for_selector(".iteration.is-live")
    calm.until("document.querySelector('.stream').textContent.includes('It is')")
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_selector(".iteration.is-live")
    backend.is_free = True
    for one in (page, other):
        one.wait_for_selector(".result .answer")
        assert one.locator(".iteration").count() == 2
    other.close()
    assert_calm(calm, server)


def test_cancelling_and_waiting(calm: Tab, server: Running, backend: Paced) -> None:
    backend.is_free = False
    visit(calm, server)
    page = calm.page
    ask(calm, "Half of 10?")
    page.wait_for_selector(".iteration.is-live")
    other = page.context.new_page()
    other.goto(server.url)
    other.wait_for_selector("html[data-ready=true]")
    other.fill("#question", "Half of 20?")
    other.press("#question", "Enter")
    other.wait_for_selector(".state:text('Waiting for a free place')")
    page.click("a.name")
    ask(calm, "Half of 30?")
    page.wait_for_selector("#notice:text('try again in')")
    other.keyboard.press("x")
    other.wait_for_selector(".state:text('Cancelled')")
    page.click(".lines a >> nth=1")
    page.click(".cancel")
    page.wait_for_selector(".state:text('Cancelled')")
    other.close()
    calm.said[:] = [line for line in calm.said if "429" not in line]
    assert_calm(calm, server)


def test_failures_and_what_is_gone_are_said(calm: Tab, server: Running) -> None:
    visit(calm, server)
    page = calm.page
    ask(calm, "Now fail")
    page.wait_for_selector(".state:text('The model failed')")
    assert "the scheduler died <b>now</b>" in page.locator(".result").inner_text()
    assert_calm(calm, server)
    visit(calm, server, f"#{'0' * 32}")
    page.wait_for_selector("#notice:text('no longer on the server')")
    calm.said.clear()


def test_hostile_output_does_nothing(calm: Tab, server: Running) -> None:
    visit(calm, server)
    ask(calm, "hostile " + EVERYTHING[:20_000].replace("\ud800", ""))
    calm.page.wait_for_selector(".result .answer", timeout=40_000)
    calm.page.click(".source")
    calm.page.wait_for_timeout(200)
    assert_calm(calm, server)
    assert calm.page.locator("main img:not(button.page img)").count() == 0
    assert calm.page.evaluate("document.scripts.length") == 2


def test_a_key_is_asked_for(calm: Tab) -> None:
    solver = Solver(backend=Paced(), preset="vtc-r1-glyph")
    with running(solver, keys=("sesame",)) as server:
        calm.page.goto(server.url)
        calm.page.wait_for_selector("#locked[open]")
        calm.page.fill("#key", "wrong")
        calm.page.press("#key", "Enter")
        calm.page.wait_for_selector("#wrong-key:text('Incorrect API key')")
        calm.page.fill("#key", "sesame")
        calm.page.press("#key", "Enter")
        calm.page.wait_for_selector("html[data-ready=true]")
        ask(calm, "Half of 10?")
        calm.page.wait_for_selector(".result .answer")
        calm.until("document.querySelector('.becomes button.page img').naturalWidth > 100")
        calm.said[:] = [line for line in calm.said if "401" not in line]
        assert_calm(calm, server)


def test_every_control_has_a_name_and_the_page_is_light(calm: Tab, server: Running) -> None:
    visit(calm, server)
    ask(calm, "Half of 10?")
    page = calm.page
    page.wait_for_selector(".result .answer")
    page.click("#help")
    nameless = page.locator(CONTROLS).evaluate_all(
        """all => all.filter((one) => !one.hidden)
          .filter((one) => !one.getAttribute('aria-label') && !one.textContent.trim() && !one.labels?.length)
          .map((one) => one.outerHTML)"""
    )
    assert nameless == []
    page.keyboard.press("Escape")
    loaded = page.evaluate("performance.getEntries().filter((one) => !one.name.includes('/pages/'))")
    assert 20_000 < sum(one.get("transferSize", 0) for one in loaded) <= 150_000
    assert page.evaluate("document.documentElement.lang") == "en"
    assert_calm(calm, server)


def test_the_keyboard_is_enough(calm: Tab, server: Running) -> None:
    visit(calm, server)
    page = calm.page
    page.keyboard.type("Half of 10?")
    page.keyboard.press("Enter")
    page.wait_for_selector(".result .answer")
    page.keyboard.press("j")
    calm.until("document.activeElement === document.querySelectorAll('.iteration')[0]")
    page.keyboard.press("j")
    calm.until("document.activeElement === document.querySelectorAll('.iteration')[1]")
    page.keyboard.press("s")
    calm.until("document.querySelector('.source').getAttribute('aria-pressed') === 'true'")
    page.keyboard.press("?")
    page.wait_for_selector("#keys[open]")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    calm.until("document.activeElement.id === 'question'")
    assert_calm(calm, server)


def test_phones_and_both_colours(calm: Tab, server: Running) -> None:
    page = calm.page
    page.set_viewport_size({"width": 360, "height": 740})
    page.emulate_media(color_scheme="dark")
    visit(calm, server)
    ask(calm, "Half of 10?")
    page.wait_for_selector(".result .answer")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("#theme")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (dark, light) == ("rgb(22, 23, 26)", "rgb(251, 250, 247)")
    page.reload()
    page.wait_for_selector("html[data-theme=light]")
    assert_calm(calm, server)
