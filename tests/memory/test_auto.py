import json

import pytest

from vtc_r1.errors import UsageError
from vtc_r1.memory import Legibility, Terms, memory_policy
from vtc_r1.memory.kinds import kind_of, shares
from vtc_r1.memory.legibility import load_legibility
from vtc_r1.renderers import Page, Renderer, load_profile

PROSE = "Therefore the argument of the first part carries over to the second one without change. " * 40
HEX = "9f3a77b1 00c2deadbeef 4be1f00d77aa a1b2c3d4e5f6 0011ee22ff33 " * 60
SHORT = "Go on."


def content(text, legibility=None, spec="auto"):
    memory = memory_policy(spec, Terms(legibility=legibility))(Renderer("default"))
    memory.add(text)
    return list(memory.content())


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (PROSE, "prose"),
        (HEX, "hex"),
        ("123 4567 89.5 1,234 (7)", "digits"),
        ("x^2 + y^2 = z^2", "formulas"),
        ("aB3xYz9Q kLm4Tz7P q8WnR2vX", "characters"),
        ("550e8400-e29b-41d4-a716-446655440000", "hex"),
        ("", "prose"),
        ("12ab 3b", "prose"),
        ("123ab", "digits"),
        ("0xdeadbe", "hex"),
        ("deadbeef", "prose"),
        ("DEADBE01,", "hex"),
        ("-$4.50 +7 [8]; 90%", "digits"),
        ("word " * 3 + "\\frac{1}{2}", "prose"),
        ("word \\frac{1}{2}", "formulas"),
    ],
)
def test_kinds_of_text(text, kind):
    assert kind_of(text) == kind
    assert not text or sum(shares(text).values()) == pytest.approx(1)


def test_what_is_cheaper_as_a_page_becomes_one_and_what_is_not_stays_text():
    assert all(isinstance(part, Page) for part in content(PROSE))
    assert content(SHORT) == [SHORT]


def test_what_the_probe_shows_to_be_misread_stays_text():
    table = Legibility({"hex": 0.4, "prose": 0.001})
    assert content(HEX, table) == [HEX]
    assert all(isinstance(part, Page) for part in content(PROSE, table))
    assert all(isinstance(part, Page) for part in content(HEX, table, "auto:error=0.5"))


def test_a_misread_part_counts_although_the_rest_is_read_well():
    table = Legibility({"hex": 0.4})
    assert content(PROSE[:1200] + HEX[:300], table) == [PROSE[:1200] + HEX[:300]]
    assert table.error(PROSE) == 0 and table.error("") == 0


def test_a_page_must_gain_as_much_as_is_asked():
    assert content(PROSE, spec="auto:gain=50") == [PROSE]


def stored(tmp_path, profile, task="transcribe", **changes):
    point = {
        "profile": {"name": profile.name, "sha256": profile.sha256},
        "scale": 1.0,
        "kind": "hex",
        "task": task,
        "error": {"mean": 0.3, "low": 0.2, "high": 0.4},
        "pages": 2,
    }
    other = {**point, "kind": "solutions", "error": {"mean": 0.1, "low": 0, "high": 1}}
    result = {"version": 1, "reader": {}, "points": [point, other], **changes}
    (tmp_path / "result.json").write_text(json.dumps(result), encoding="utf-8")
    return tmp_path


def test_a_stored_probe_is_read_from_its_folder_and_from_its_file(tmp_path):
    profile = load_profile("default")
    folder = stored(tmp_path, profile)
    for path in (folder, folder / "result.json"):
        assert load_legibility(path, profile).errors == {"hex": 0.4}
        assert load_legibility(path, profile).name == (folder.name if path.is_dir() else path.name)
    (folder / "other.json").write_text((folder / "result.json").read_text(encoding="utf-8"), encoding="utf-8")
    assert load_legibility(folder / "other.json", profile).name == "other.json"
    assert len(load_legibility(folder, profile).sha256) == 64


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"version": 3}, "is not a result of vtc-r1 probe (version: "),
        ({"points": "many"}, "is not a result of vtc-r1 probe (points: "),
        ({"points": []}, "no reading of profile default in its present form; it has nothing"),
    ],
)
def test_a_result_that_does_not_serve_is_named(tmp_path, changes, says):
    with pytest.raises(UsageError) as raised:
        load_legibility(stored(tmp_path, load_profile("default"), **changes), load_profile("default"))
    assert says in str(raised.value)


def test_a_result_of_another_profile_or_none_at_all_is_refused(tmp_path):
    folder = stored(tmp_path, load_profile("nano"))
    with pytest.raises(UsageError, match="it has nano at scale 1"):
        load_legibility(folder, load_profile("default"))
    with pytest.raises(UsageError, match="cannot be read"):
        load_legibility(tmp_path / "absent.json", load_profile("default"))
    (tmp_path / "none.json").write_text("{", encoding="utf-8")
    with pytest.raises(UsageError, match=r"is not a result of vtc-r1 probe \(as a whole: "):
        load_legibility(tmp_path / "none.json", load_profile("default"))
