import pytest
from pydantic import ValidationError

from vtc_r1.errors import ProfileError, UnknownName
from vtc_r1.renderers import load_profile, profile_names
from vtc_r1.renderers.atlas import Atlas
from vtc_r1.renderers.loading import load_atlas

NANO_SHA256 = "3df7a6b64958dab0b06be59049621ffab38c4cda99aba0a425ba304578f5d98e"


def written(folder, text):
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", profile_names())
def test_shipped_profiles_load_under_their_name(name):
    assert load_profile(name).name == name


@pytest.mark.parametrize("name", profile_names())
def test_shipped_profiles_are_resampled_only_where_they_say_so(name):
    profile = load_profile(name)
    size = (profile.width, profile.height)
    assert (profile.vision.resized(*size) == size) == profile.on_grid or name.startswith("deepseek")


def test_the_shipped_names():
    assert {"default", "nano"} <= set(profile_names())


def test_nano_never_changes():
    assert load_profile("nano").sha256 == NANO_SHA256


def test_hash_ignores_the_name_alone():
    nano = load_profile("nano")
    assert nano.model_copy(update={"name": "other"}).sha256 == nano.sha256
    assert nano.model_copy(update={"line_height": 15}).sha256 != nano.sha256


def test_own_file_is_named_after_itself(tmp_path):
    profile = load_profile(written(tmp_path, "font_size = 12\nline_height = 14\n"))
    assert (profile.name, profile.font_size, profile.line_height) == ("mine", 12, 14)


def test_own_file_may_be_given_as_text(tmp_path):
    assert load_profile(str(written(tmp_path, "margin_x = 6"))).margin_x == 6


def test_unknown_name_suggests_the_nearest():
    with pytest.raises(UnknownName, match="did you mean 'nano'"):
        load_profile("nanno")


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(UnknownName, match=r"known are deepseek-base, .*default, .*nano"):
        load_profile("zzzzzzzz")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("font_sise = 9", "font_sise"),
        ("width = 670", "670×896 is off the 32-px grid"),
        ("height = 900", "672×900 is off the 32-px grid"),
        ("width = 96\nheight = 96", "96×96 would be scaled to 256×256 by qwen3-vl"),
        ("width = 4096\nheight = 4096\nfamily = 'glm-4.1v'\non_grid = true", "off the 28-px grid"),
        ("width = 4088\nheight = 4088\nfamily = 'glm-4.1v'", "would be scaled"),
        ("width = 640\nheight = 640\nfamily = 'deepseek-base'", "would be scaled to 1024×1024"),
        ("width = 32\nheight = 32\nfamily = 'qwen2.5-vl'", "off the 28-px grid"),
        ("width = 28\nheight = 56\nfamily = 'qwen2.5-vl'\nfont_size = 4\nmargin_x = 0", "would be scaled"),
        ("width = 32\nfont_size = 40", "too small"),
        ("height = 32\nmargin_y = 16", "too small"),
        ("width = 32\nmargin_x = 0\ncell = 64", "too small"),
        ("width = 0", "width"),
        ("margin_x = -1", "margin_x"),
        ('font = "Comic Sans"', "font"),
        ('layout = "columns"', "layout"),
        ("width = 'wide'", "width"),
        ("width = ", "cannot be read"),
    ],
)
def test_bad_file_says_what_is_wrong(tmp_path, text, said):
    with pytest.raises(ProfileError) as caught:
        load_profile(written(tmp_path, text))
    assert said in str(caught.value)
    assert "mine.toml" in str(caught.value)


def test_unknown_family_suggests_the_nearest(tmp_path):
    with pytest.raises(UnknownName, match="did you mean 'qwen3-vl'"):
        load_profile(written(tmp_path, 'family = "qwen3vl"'))


def test_absent_file_is_named(tmp_path):
    with pytest.raises(ProfileError, match=r"absent\.toml: cannot be read"):
        load_profile(tmp_path / "absent.toml")


def test_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"width = \xff\xfe")
    with pytest.raises(ProfileError, match="cannot be read"):
        load_profile(path)


def test_a_folder_is_refused(tmp_path):
    folder = tmp_path / "mine.toml"
    folder.mkdir()
    with pytest.raises(ProfileError, match="cannot be read"):
        load_profile(folder)


def test_profile_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        load_profile("nano").width = 64


@pytest.mark.parametrize("name", profile_names())
def test_shipped_atlas_survives_a_copy(name, tmp_path):
    profile = load_profile(name)
    atlas = load_atlas(profile.font, profile.font_size, profile.cell)
    atlas.save(tmp_path / "copy.npz")
    copy = Atlas.load(tmp_path / "copy.npz")
    assert (copy.values == atlas.values).all()
    assert (copy.index == atlas.index).all()
    assert (copy.ascent, copy.descent) == (atlas.ascent, atlas.descent)
