import pytest

from tests.eval.tune.landscape import BASE, terms
from vtc_r1.errors import UnknownName, UsageError
from vtc_r1.eval.tune import Space
from vtc_r1.eval.tune.proposal import Unusable, drawable, parse_proposal, start
from vtc_r1.eval.tune.space import read_space
from vtc_r1.renderers import load_profile, profile_names

NANO = load_profile("nano")


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_has_a_place_in_its_own_space_that_can_be_drawn(name):
    base = load_profile(name)
    space = Space.of(base)
    proposal = start(space, base)
    assert drawable(proposal, base)
    profile = proposal.profile(base)
    assert profile.vision.resized(profile.width, profile.height)[0] % profile.vision.grid == 0
    if base.on_grid:
        changed = profile.model_dump(exclude={"name", "fit_sizes"})
        assert changed == base.model_dump(exclude={"name", "fit_sizes"})


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("7..9", (7, 7.5, 8, 8.5, 9)),
        ("7..9:1", (7, 8, 9)),
        ("9,7", (7, 9)),
        ([8, 8, 7.25], (7.25, 8)),
        (9, (9,)),
    ],
)
def test_axes_are_written_in_several_ways(written, values):
    assert Space.of(BASE, {"font_size": written}).font_size == values


def test_sides_stand_on_the_familys_grid():
    assert Space.of(BASE, {"width": "300..400"}).width == (320, 352, 384, 416)
    assert all(side % 32 == 0 for side in Space.of(BASE).height)
    assert Space.of(load_profile("deepseek-base")).width == (1024,)


@pytest.mark.parametrize(
    ("vary", "message"),
    [
        ({"font_sise": "7..9"}, "did you mean 'font_size'"),
        ({"font_size": "9..7"}, "is empty"),
        ({"font_size": "7..9:0"}, "is empty"),
        ({"font_size": "0..100:0.001"}, "use a larger step"),
        ({"font_size": "large"}, "font_size cannot take these values"),
        ({"font_size": []}, "font_size cannot take these values"),
        ({"font_size": float("nan")}, "font_size cannot take these values"),
        ({"columns": 1.5}, "columns cannot take these values"),
        ({"dark": "perhaps"}, "dark cannot take these values"),
        ({"layout": "spiral"}, "layout cannot take these values"),
        ({"font": "absent.ttf"}, "absent.ttf"),
        ({"font": "/etc/passwd"}, "font cannot take these values"),
        ({"width": "x..y"}, "width cannot take these values"),
        ({"width": 1e9}, "width cannot take these values"),
    ],
)
def test_axes_that_cannot_be_are_refused(vary, message):
    with pytest.raises(UsageError, match=message):
        Space.of(BASE, vary)


def test_what_the_user_says_is_read_from_a_file_and_from_words(tmp_path):
    file = tmp_path / "space.toml"
    file.write_text('font_size = "7..8"\ndark = false\ncolumns = [1, 3]\n', encoding="utf-8")
    space = Space.of(BASE, read_space(file, ["columns=2", "layout=lines"]))
    assert (space.font_size, space.dark, space.columns, space.layout) == (
        (7, 7.5, 8),
        (False,),
        (2,),
        ("lines",),
    )
    file.write_text("font_size = = 7", encoding="utf-8")
    for source, words in (
        (file, []),
        (tmp_path / "absent.toml", []),
        (None, ["columns"]),
        (None, ["columns="]),
    ):
        with pytest.raises(UsageError):
            read_space(source, words)


HERE = {name: axis[0] for name, axis in terms().space.axes.items()}


def test_values_are_repaired_to_the_nearest_or_the_bases_own():
    space = terms().space
    given = {**HERE, "font_size": 8.13, "columns": 77, "font": "../../etc/passwd", "dark": "yes", "rm": "-rf"}
    read = parse_proposal(given, space, BASE)
    values = read.proposal.values
    assert (values["font_size"], values["columns"], values["font"], values["dark"]) == (
        8,
        2,
        BASE.font,
        False,
    )
    assert read.repaired and "rm" not in values
    assert not parse_proposal(HERE | {"font_size": 9.0}, space, BASE).repaired


@pytest.mark.parametrize("given", [None, 7, "text", [], {}, {"rm": "-rf"}, [{"font_size": 9}]])
def test_what_names_no_setting_is_dropped(given):
    with pytest.raises(Unusable):
        parse_proposal(given, terms().space, BASE)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, None, "9", [9], {"a": 1}])
def test_a_value_of_another_kind_is_none(value):
    read = parse_proposal({"font_size": value}, terms().space, BASE)
    assert read.repaired and read.proposal.values["font_size"] == BASE.font_size


def test_a_page_without_room_for_a_line_is_given_more_or_dropped():
    space = Space.of(BASE, {"width": [64, 320], "height": [320], "margin_x": [0, 30], "columns": [1, 2]})
    read = parse_proposal({"width": 64, "margin_x": 30, "columns": 2, "height": 320}, space, BASE)
    assert read.repaired and drawable(read.proposal, BASE)
    with pytest.raises(Unusable, match="no page"):
        hopeless = Space.of(BASE, {"width": 64, "height": 64, "margin_x": 40})
        parse_proposal({"font_size": 9}, hopeless, BASE)


def test_cells_grow_with_the_type():
    space = Space.of(NANO, {"font_size": [13, 26], "height": [32, 64]})
    large = parse_proposal({"font_size": 26, "height": 64}, space, NANO).proposal.profile(NANO)
    assert (large.cell, large.baseline, large.font_size) == (16, 24, 26)


def test_an_unknown_axis_is_named():
    with pytest.raises(UnknownName, match="setting to vary"):
        Space.of(BASE, {"family": "nano"})
