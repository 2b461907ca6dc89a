import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.many_examples import many_examples

pytest.importorskip("pyarrow")

from tests.sft.openr1 import built, config, row, write_jsonl
from vtc_r1.errors import ProfileError, UnknownName, UsageError
from vtc_r1.renderers import Renderer, load_profile
from vtc_r1.sft.building.row_builder import RowBuilder
from vtc_r1.sft.building.workspace import Workspace
from vtc_r1.sft.built.dataset import BuiltDataset
from vtc_r1.sft.built.statistics import report
from vtc_r1.sft.styling import Styles, StyleSet, load_styles, styles_names
from vtc_r1.sft.styling.style_set import MOST_FACES
from vtc_r1.sft.styling.styles import MOST_PROFILES
from vtc_r1.sft.training.dataset import TrainingData
from vtc_r1.sft.training.loading import load_recipe

pytestmark = pytest.mark.slow

BASES = ("default", "paper", "glyph-en", "deepseek-base", "nano")
ROWS = [row(number, steps=2 + number % 7) for number in range(20)]
SMALL = Styles(name="small", profiles=6, base=0.2, draw={"font_size": [9, 11], "margin_x": [4, 8, 12]})


def faces(style_set):
    return {
        (style.profile.font, style.profile.font_size, style.profile.cell, style.profile.horizontal_scale)
        for style in style_set.all
    }


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("name", styles_names())
@many_examples(2)
@given(seed=st.integers(0, 10**6))
def test_every_drawn_profile_is_valid_bounded_and_of_the_bases_family(base, name, seed):
    if name == "nano" and base != "nano":
        return
    profile = load_profile(base)
    style_set = StyleSet(profile, load_styles(name), seed)
    assert 1 < len(style_set.all) <= MOST_PROFILES + 1
    assert len(faces(style_set)) <= MOST_FACES
    assert style_set.all[0].profile == profile
    for style in style_set.all:
        drawn = style.profile
        assert type(drawn).model_validate(drawn.model_dump()) == drawn
        assert drawn.family == profile.family and drawn.on_grid == profile.on_grid
        if profile.on_grid:
            assert drawn.width % drawn.vision.grid == drawn.height % drawn.vision.grid == 0
        if base.startswith("deepseek"):
            assert (drawn.width, drawn.height) == (profile.width, profile.height)
    again = StyleSet(profile, load_styles(name), seed)
    assert again.described() == style_set.described()
    identities = [f"row{number}" for number in range(50)]
    assert [again.choose(one) for one in reversed(identities)] == [
        style_set.choose(one) for one in reversed(identities)
    ]


@many_examples(40)
@given(
    width=st.integers(64, 2000),
    height=st.integers(64, 2000),
    size=st.floats(4, 40),
    margin=st.integers(0, 40),
    columns=st.integers(1, 4),
)
def test_whatever_is_drawn_is_a_profile_on_the_grid_or_refused(width, height, size, margin, columns):
    given_ = {"width": width, "height": height, "font_size": size, "margin_x": margin, "columns": columns}
    styles = Styles(name="any", profiles=1, draw=given_)
    base = load_profile("default")
    try:
        profile = styles.apply(base, {key: choice.at(0) for key, choice in styles.draw.items()})
    except ProfileError:
        with pytest.raises(ProfileError, match="100 draws over profile default gave none"):
            StyleSet(base, styles)
        return
    assert profile.width % 32 == profile.height % 32 == 0
    assert 0 <= profile.width - width < 32 and 0 <= profile.height - height < 32
    assert profile.line_height == pytest.approx(size + base.line_height - base.font_size)


def test_another_seed_draws_other_profiles():
    base, styles = load_profile("default"), load_styles("wide")
    first, second = (set(StyleSet(base, styles, seed).described()) for seed in (0, 0))
    assert first == second
    hashes = [
        {each["sha256"] for each in StyleSet(base, styles, seed).described().values()} for seed in (0, 1)
    ]
    assert hashes[0] != hashes[1]


def test_values_have_their_shares():
    styles = Styles(
        name="shares",
        profiles=40,
        base=0.5,
        draw={
            "font_size": {"values": [8, 9], "weights": [1, 3]},
            "margin_x": {"from": 0, "to": 9, "step": 1},
        },
    )
    style_set = StyleSet(load_profile("default"), styles, 5)
    sizes = Counter(profile.font_size for profile in style_set._drawn)
    assert sizes == {8: 10, 9: 30}
    assert set(Counter(profile.margin_x for profile in style_set._drawn).values()) == {4}
    chosen = Counter(style_set.choose(str(number)).name == "default" for number in range(2000))
    assert 0.45 < chosen[True] / 2000 < 0.6


def test_a_value_of_no_weight_is_never_drawn():
    styles = Styles(name="w", profiles=30, draw={"font_size": {"values": [8, 9, 10], "weights": [0, 1, 0]}})
    assert {style.profile.font_size for style in StyleSet(load_profile("default"), styles).all} == {9}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[draw]\nfont_sise = [8, 9]", "did you mean 'font_size'"),
        ('[draw]\nfamily = "glm-4.1v"', "family is fixed by the base profile"),
        ("profiles = 65\n[draw]\nfont_size = [8]", "profiles: Input should be less than or equal to 64"),
        ("[draw]\nfont_size = {from = 8, to = 9}", "a range has three numbers"),
        ("[draw]\nfont_size = {from = 8, to = 9, step = 0}", "a range ascends in at most 256 steps"),
        ("[draw]\nfont_size = {values = [8, 9], weights = [1]}", "2 values have 1 weights"),
        ("[draw]\nfont_size = {values = [8], weights = [0]}", "one of them must be over 0"),
        ("[draw]\nfont_size = []", "font_size"),
        ("[draw]\nfont_size = [8]\nface = [{font_size = 9}]", "font_size is drawn twice"),
        ("[draw]\nleading = [1]\nline_height = [9]", "leading and line_height are drawn both"),
        ("[draw]\nfont_size = [{font_size = 9}]", "under a name of their own"),
        ("", "draw: Field required"),
        ("[draw", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_line(text, said, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageError) as refused:
        load_styles(path)
    assert said in str(refused.value) and "\n" not in str(refused.value)


def test_names_and_fonts_that_are_not_there(tmp_path):
    with pytest.raises(UnknownName, match="did you mean 'wide'"):
        load_styles("wid")
    with pytest.raises(ProfileError, match=r"absent\.toml: cannot be read"):
        load_styles(tmp_path / "absent.toml")
    absent = Styles(name="absent", draw={"font": [str(tmp_path / "absent.ttf")]})
    with pytest.raises(ProfileError, match=r"absent\.ttf"):
        StyleSet(load_profile("default"), absent)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return write_jsonl(tmp_path_factory.mktemp("source") / "rows.jsonl", ROWS)


@pytest.fixture(scope="module")
def styled(source, tmp_path_factory):
    out = tmp_path_factory.mktemp("styled") / "out"
    built(source, out, styles=SMALL)
    return out


def test_the_pages_of_a_trace_have_the_profile_that_its_examples_name(styled):
    data = BuiltDataset(styled)
    told = data.manifest["styles"]
    names = {}
    for example in data:
        assert names.setdefault(example.row, example.profile) == example.profile
        if example.segment == 1:
            profile = data.config.profile.replace(**told[example.profile]["changes"])
            assert profile.sha256 == told[example.profile]["sha256"]
    assert len(set(names.values())) > 3 and "default" in names.values()


def test_pages_are_those_of_the_profile(styled):
    data = BuiltDataset(styled)
    by_row = {}
    for example in data:
        by_row.setdefault(example.row, []).append(example)
    for examples in by_row.values():
        changes = data.manifest["styles"][examples[0].profile]["changes"]
        renderer = Renderer(data.config.profile.replace(**changes), cache=None)
        pages = []
        for example in examples:
            assert list(example.images) == [page.png for page in pages]
            assert example.vision_tokens == sum(page.vision_tokens for page in pages)
            pages += renderer.render(example.target.removeprefix("<think>\n").removesuffix("\n"))


def test_the_size_of_shards_and_the_order_of_rows_change_no_style(source, styled, tmp_path):
    built(source, tmp_path / "out", styles=SMALL, shard_rows=7)
    assert list(BuiltDataset(tmp_path / "out")) == list(BuiltDataset(styled))
    builder = RowBuilder(BuiltDataset(styled).config)
    backwards = [each for at in reversed(range(20)) for each in builder.build(at, ROWS[at]).examples]
    assert {(each.row, each.segment): each for each in backwards} == {
        (each.row, each.segment): each for each in BuiltDataset(styled)
    }


@pytest.mark.parametrize("change", [{"styles": None}, {"seed": 1}, {"reading": 0.2, "reading_sha256": "x"}])
def test_a_build_with_other_styles_is_another_build(source, styled, change):
    usual = {"styles": SMALL, **change}
    with pytest.raises(UsageError, match=f"is a build with another {next(iter(change))}"):
        Workspace(styled, config(BuiltDataset(styled).config.source, **usual))


def test_card_and_statistics_tell_what_was_drawn(styled):
    data = BuiltDataset(styled)
    found = report(data)
    assert found["styles"] == "small" and sum(found["profiles"].values()) == found["traces"]
    assert set(found["drawn"]) == {"font_size", "margin_x", "line_height"}
    assert all(sum(counts.values()) == found["traces"] for counts in found["drawn"].values())
    card = (styled / "README.md").read_text("utf-8")
    assert "drawn from `small` over the\nprofile above (seed 0)" in card and "| `font_size` | 9 " in card
    json.dumps(found)


def test_training_takes_styles_over_the_recipes_profile_and_over_no_other(source, tmp_path):
    for base in ("default", "paper"):
        built(source, tmp_path / base, profile=load_profile(base), styles=SMALL)
    data = TrainingData(load_recipe("qwen3-vl-8b", [f"data={tmp_path / 'default'}"]))
    assert len(data) == len(BuiltDataset(tmp_path / "default"))
    with pytest.raises(UsageError, match="was built for profile paper"):
        TrainingData(load_recipe("qwen3-vl-8b", [f"data={tmp_path / 'paper'}"]))


def test_the_shipped_distributions():
    assert styles_names() == ["mild", "nano", "wide"]
