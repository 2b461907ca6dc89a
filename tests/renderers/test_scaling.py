import pytest

from vtc_r1.errors import ProfileError, UsageError
from vtc_r1.renderers import load_profile
from vtc_r1.renderers.profile_toml import profile_toml
from vtc_r1.renderers.scaling import scaled

DEFAULT, NANO = load_profile("default"), load_profile("nano")


def test_text_is_scaled_and_the_page_is_not():
    made = scaled(NANO, 0.5)
    assert (made.font_size, made.line_height, made.cell, made.baseline) == (6.5, 16, 4, 6)
    assert (made.width, made.height, made.crop) == (NANO.width, NANO.height, NANO.crop)
    assert scaled(DEFAULT, 1).sha256 == DEFAULT.sha256


def test_text_too_small_is_refused_or_drawn_in_the_least_size():
    with pytest.raises(ProfileError, match=r"at scale 0\.1"):
        scaled(NANO, 0.1)
    least = scaled(NANO, 0.1, smaller="least")
    assert (least.font_size, least.line_height, least.cell, least.baseline) == (4, 4, 3, 1)
    with pytest.raises(ProfileError):
        scaled(NANO, 20, smaller="least")


@pytest.mark.parametrize("factor", [0, -1, float("inf"), float("nan")])
def test_a_factor_that_is_none_is_refused(factor):
    with pytest.raises(UsageError, match="not a positive number"):
        scaled(DEFAULT, factor, smaller="least")


@pytest.mark.parametrize("mark", ["⏎", '"\\', "\x7f\t\n", "😀", "'''"])
def test_a_profile_is_read_back_from_its_toml(tmp_path, mark):
    profile = DEFAULT.replace(newline_mark=mark, fit_sizes=(9, 8.5), ink="#123456", crop_margin_x=3)
    file = tmp_path / "mine.toml"
    file.write_text(profile_toml(profile, ("what\nit = 1\x1b",)), encoding="utf-8", newline="\n")
    assert load_profile(file).sha256 == profile.sha256
    assert load_profile(file).name == "mine"
