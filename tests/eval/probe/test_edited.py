"""Changed pages: who reads follows the page, who guesses follows what was there."""

import asyncio
import json
from random import Random

import pytest

from tests.eval.probe.readers import Honest
from vtc_r1.cli.probe.output import tables
from vtc_r1.errors import UsageError
from vtc_r1.eval.counterfactual.edits import CHANGES
from vtc_r1.eval.probe import Ask, Probe, ProbeResult, load_result, text_kinds
from vtc_r1.eval.probe.edited import edited
from vtc_r1.eval.probe.reading import PageReading
from vtc_r1.eval.probe.setup import Item
from vtc_r1.renderers import Page, load_profile

pytest.importorskip("rapidfuzz", reason="the extra `probe` is not installed")
SMALL = load_profile("default").replace(name="small", width=256, height=256, font_size=12, line_height=14)
NANO = load_profile("nano")
PAGES = 12
SAID = {"question": None, "expected": "12", "third": None, "read": "12", "length": 2, "tokens": 3}
OLD_READING = {
    "profile": "0",
    "kind": "digits",
    "task": "transcribe",
    "number": 0,
    "characters": 2,
    "vision_tokens": 4,
    "said": [SAID],
}
"""A line as it was stored before pages were edited."""


def items(profile, *, asks):
    drawn = [edited(profile, f"probe:0:steps:edited:{number}", asks=asks) for number in range(PAGES)]
    return {item.page.sha256: item for (item,) in drawn}


def probed(profile, reader) -> ProbeResult:
    probe = Probe(text_kinds(["digits"]), [profile], reader, tasks=["edited"], scales=[1.0], pages=PAGES)
    return asyncio.run(probe.run())


def test_a_page_is_changed_in_one_place_in_every_way():
    found = list(items(SMALL, asks=True).values())
    assert {item.edited.change for item in found} == set(CHANGES)
    for item in found:
        assert item.edited.page == item.expected != item.edited.prior
        if item.edited.change == "digit":
            assert f"= {item.expected};" in item.page.text and len(item.expected) == len(item.edited.prior)


@pytest.mark.parametrize("asks", [True, False])
@pytest.mark.parametrize("profile", [SMALL, NANO])
@pytest.mark.parametrize("which", ["page", "prior", "neither", "abstained"])
def test_what_is_answered_is_what_is_counted(profile, asks, which):
    known = items(profile, asks=asks)

    def said(page: Page, ask: Ask) -> str:
        item: Item = known[page.sha256]
        place = item.edited
        if which == "neither":
            return "It is 5" if asks else "nonsense"
        if which == "abstained":
            return "I cannot make it out."
        if asks:
            answer = place.page if which == "page" else place.prior
            return f"**{answer}**" if answer else "Nothing is written there."
        return page.drawn if which == "page" else page.drawn.replace(place.page, place.prior)

    reader = Honest(said)
    reader.answers = asks
    (point,) = probed(profile, reader).points
    everything = point.followed[-1]
    assert everything.asked == PAGES and everything.change is None
    blanks = sum(item.edited.change == "blank" for item in known.values()) if asks else 0
    expected = PAGES - blanks if which == "abstained" else PAGES  # of a blank nothing can be read
    assert getattr(everything, which).mean == pytest.approx(expected / PAGES)
    if asks:
        outcome = {"page": "correct", "abstained": "abstained"}.get(which, "silent")
        assert getattr(point.outcomes, outcome).mean == pytest.approx(expected / PAGES)


def test_kinds_and_places_add_up():
    known = items(SMALL, asks=True)

    def said(page, ask):
        place = known[page.sha256].edited
        return place.page if Random(page.sha256).random() < 0.5 else place.prior or "?"

    (point,) = probed(SMALL, Honest(said)).points
    by_change = [one for one in point.followed if one.change]
    by_place = [one for one in point.followed if one.place]
    assert {one.change for one in by_change} == set(CHANGES)
    assert sum(one.asked for one in by_change) == sum(one.asked for one in by_place) == PAGES
    for one in point.followed:
        shares = (one.page, one.prior, one.neither, one.abstained)
        assert sum(share.mean for share in shares) == pytest.approx(1)
        assert all(share.low < share.high for share in shares)  # never a point


def test_results_of_the_first_version_are_still_read(tmp_path):
    result = probed(SMALL, Honest())
    values = json.loads(result.model_dump_json())
    values["version"] = 1
    for point in values["points"]:
        del point["outcomes"], point["followed"]
    (tmp_path / "result.json").write_text(json.dumps(values), "utf-8")
    old = load_result(tmp_path)
    assert old.points[0].error == result.points[0].error and old.points[0].outcomes is None
    assert "## Reading a page" in tables(old) and old.safe() == []
    reading = PageReading.parse(OLD_READING)
    assert reading.said[0].edited is None


def test_whoever_only_transcribes_is_not_asked():
    reader = Honest()
    reader.answers = False
    with pytest.raises(UsageError, match="only transcribes pages: drop needle"):
        Probe(text_kinds(["digits"]), [SMALL], reader, tasks=["needle"])
    assert probed(SMALL, reader).points[0].followed[-1].page.mean == 1
