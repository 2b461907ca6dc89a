import json
from random import Random

import pytest

from vtc_r1.errors import ProfileError, UnknownName, UsageError
from vtc_r1.eval.probe import KINDS, SCALES, text_kinds
from vtc_r1.eval.probe.tasks import needle, page_of, state, transcribe
from vtc_r1.eval.probe.texts.solutions import solutions
from vtc_r1.renderers import Renderer, load_profile
from vtc_r1.renderers.scaling import scaled

SMALL = load_profile("default").replace(width=256, height=256, font_size=12, line_height=14)
NANO = load_profile("nano").replace(height=64)
"""A page of two lines, so that larger text has room."""


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_seed_gives_one_text_that_grows_at_its_end(kind):
    long, short = kind.text(Random("a"), 4_000), kind.text(Random("a"), 500)
    assert len(short) >= 500
    assert long.startswith(short)
    assert kind.text(Random("b"), 500)[:200] != short[:200]


def test_kinds_are_what_they_are_called():
    texts = {name: kind.text(Random(0), 3_000) for name, kind in KINDS.items()}
    assert set(texts["digits"]) == set("0123456789 ")
    assert set(texts["hex"]) == set("0123456789abcdef- ")
    assert texts["characters"].replace(" ", "").isalnum()
    assert texts["words"].replace(" ", "").isalpha()
    assert texts["formulas"].count("$") % 2 == 0 and "\\frac" in texts["formulas"]
    assert texts["prose"].count(".") > 20 and "$" not in texts["prose"]


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
@pytest.mark.parametrize("profile", [SMALL, load_profile("deepseek-tiny")], ids=lambda profile: profile.name)
def test_a_page_is_full_and_one(kind, profile):
    (item,) = transcribe(kind, scaled(profile, 1), "seed")
    assert item.question is None and item.expected == item.page.drawn
    assert (item.page.width, item.page.height) == (profile.width, profile.height)
    more = Renderer(scaled(profile, 1)).render(item.page.text + " and some more words" * 12)
    assert len(more) == 2


@pytest.mark.parametrize("scale", SCALES)
def test_a_page_of_cells_has_no_room_left(scale):
    profile = scaled(NANO, scale)
    page = page_of(KINDS["digits"], profile, "seed")
    lines = page.drawn.split("\n")
    assert [len(line) for line in lines] == [128 // profile.cell] * profile.lines_per_page
    assert "".join(lines).isdigit()
    assert page.vision_tokens == 8


@pytest.mark.slow
def test_scales_give_as_many_compressions():
    for profile in (NANO, load_profile("default")):
        pages = [page_of(KINDS["digits"], scaled(profile, scale), "seed") for scale in SCALES]
        density = [len(page.text) / page.vision_tokens for page in pages]
        assert density == sorted(set(density)) and len(density) >= 5


def test_the_same_text_stands_in_every_profile():
    pages = [page_of(KINDS["digits"], scaled(SMALL, scale), "seed") for scale in (1, 0.8)]
    assert pages[1].text.startswith(pages[0].text[:100])


@pytest.mark.parametrize("name", ["digits", "hex", "words", "prose", "formulas"])
def test_needles_are_on_the_page_in_their_thirds(name):
    items = needle(KINDS[name], scaled(load_profile("paper"), 1), "seed")
    assert [item.third for item in items] == [0, 1, 2]
    for item in items:
        key = item.question.removeprefix("What is the value of ").removesuffix("?")
        assert item.page.text.count(f"{key} = ") == 1
        at = item.page.text.index(f"{key} = {item.expected}")
        assert abs(at / len(item.page.text) - (item.third + 0.5) / 3) < 0.25


def test_the_next_step_of_a_calculation_follows_from_the_last_on_the_page():
    (item,) = state(KINDS["digits"], scaled(SMALL, 1), "seed")
    *_, last = item.page.text.split("; ")
    name, _, value = (last.partition(" = ")[0], "", int(last.rpartition(" = ")[2]))
    operation = item.question.rpartition(f"= {name} ")[2].removesuffix("?")
    operator, operand = operation.split()
    assert int(item.expected) == value + int(operator + operand)
    assert f"s{int(name[1:]) + 1}" in item.question and item.expected not in item.question


def test_a_file_of_solutions_goes_on_from_a_row_drawn_at_random(tmp_path):
    path = tmp_path / "rows.jsonl"
    rows = [{"solution": f"Solution {n} is ${n}^2$.", "other": "x"} for n in range(30)]
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    kind = solutions(path)
    text = kind.text(Random(3), 400)
    numbers = [int(part.split()[1]) for part in text.split("\n\n")]
    assert [(numbers[0] + step) % 30 for step in range(len(numbers))] == numbers
    assert kind.identity != solutions(path, "other").identity
    (tmp_path / "plain.txt").write_text("one\n\ntwo", "utf-8")
    assert "one\n\ntwo" in solutions(tmp_path / "plain.txt").text(Random(0), 20)


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("rows.jsonl", '{"answer": "x"}', "no text in column 'solution'"),
        ("rows.jsonl", "not json", "not JSON"),
        ("plain.txt", " \n\n ", "has no text"),
        ("latin.txt", b"\xff\xfe\xff", "cannot be read"),
        ("absent.txt", None, "cannot be read"),
        ("absent.jsonl", None, "no such file"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_name(tmp_path, name, content, what):
    if content is not None:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UsageError, match=what) as raised:
        solutions(tmp_path / name)
    assert name in str(raised.value)


def test_kinds_that_are_none_are_refused():
    with pytest.raises(UnknownName, match="did you mean 'digits'"):
        text_kinds(["digts"])
    with pytest.raises(UsageError, match="--file"):
        text_kinds(["solutions"])


@pytest.mark.parametrize(("scale", "error"), [(0, UsageError), (-1, UsageError), (0.1, ProfileError)])
def test_scales_that_cannot_be_drawn_are_refused(scale, error):
    with pytest.raises(error, match="scale"):
        scaled(NANO, scale)
