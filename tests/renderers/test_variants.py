import pytest

from tests.renderers.texts import DEFAULT
from vtc_r1.errors import ProfileError, UsageError
from vtc_r1.renderers import Renderer
from vtc_r1.renderers.contact_sheet import Variant, contact_sheet
from vtc_r1.renderers.variants import changed, variant


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        ("lines", {"layout": "lines", "latex": "linear"}),
        ("lines+source", {"layout": "lines", "latex": "source"}),
        ("paper", {"name": "paper", "width": 595}),
        ("paper+linear", {"name": "paper", "latex": "linear"}),
        ("columns=2", {"columns": 2}),
        ("columns=2+line_height=11.5", {"columns": 2, "line_height": 11.5}),
        ("ink=#ff0000", {"ink": "#ff0000"}),
        ("fit_sizes=[12, 9]", {"fit_sizes": (12, 9)}),
        ("crop=false", {"crop": False}),
    ],
)
def test_words_change_the_profile(words, fields):
    found = variant(DEFAULT, words)
    assert {key: getattr(found, key) for key in fields} == fields


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("liness", "did you mean 'lines'"),
        ("lines+paper", "unknown variant 'paper'"),
        ("colums=2", "did you mean 'columns'"),
        ("columns=two", "columns"),
        ("width=670", "off the 32-px grid"),
        ("", "unknown variant ''"),
    ],
)
def test_other_words_are_refused(words, said):
    with pytest.raises(UsageError, match=said):
        variant(DEFAULT, words)


def test_a_setting_needs_an_equals_sign():
    with pytest.raises(ProfileError, match="write key=value"):
        changed(DEFAULT, ["columns"])


def test_a_sheet_shows_first_pages_as_they_are():
    pages = Renderer("default").render("one two three")
    sheet = contact_sheet([Variant("a", pages, ["one", "two"]), Variant("b", [], ["nothing"])])
    assert sheet.crop((16, 36, 16 + pages[0].width, 36 + pages[0].height)).convert("L").tobytes() == (
        pages[0].pixels.tobytes()
    )
