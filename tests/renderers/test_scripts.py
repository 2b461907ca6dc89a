"""Scripts that no font has, or that would have to be shaped: counted and named, never wrong in silence."""

import unicodedata

import pytest

from tests.renderers.texts import DEFAULT, PROFILES
from vtc_r1.renderers import Renderer
from vtc_r1.renderers.fallback import fallback_faces
from vtc_r1.renderers.scripts import needs_shaping, script_of, sentences

ALONE = DEFAULT.replace(name="alone", fallback="none")

WITHOUT_FONT = {
    "Bengali": "আমি বাংলায় গান গাই",
    "Devanagari": "नमस्ते दुनिया",
    "Thai": "สวัสดีชาวโลก",
    "Tamil": "வணக்கம் உலகம்",
    "Telugu": "హలో ప్రపంచం",
    "Khmer": "សួស្តី",
    "Myanmar": "မင်္ဂလာပါ",
    "Tibetan": "བཀྲ་ཤིས་བདེ་ལེགས",
    "Sinhala": "ආයුබෝවන්",
    "Malayalam": "നമസ്കാരം",
    "Gujarati": "નમસ્તે",
    "Kannada": "ನಮಸ್ಕಾರ",
    "Chinese": "你好世界",
    "Hiragana": "こんにちは",
    "Hangul": "안녕하세요",
    "Ethiopic": "ሰላም ልዑል",
    "Cherokee": "ᎣᏏᏲ",
    "Old Persian": "𐎠𐎼𐎹",
    "Syriac": "ܫܠܡܐ",
    "Gothic": "𐌲𐌿𐍄",
}


def drawn(text, profile=ALONE):
    return Renderer(profile, cache=None).render(text)


def letters(text):
    return [character for character in text if unicodedata.category(character)[0] in "LM"]


@pytest.mark.parametrize("script", WITHOUT_FONT)
def test_a_script_without_a_font_is_counted_and_named(script):
    pages = drawn(f"Question 3: {WITHOUT_FONT[script]} ?")
    assert sum(page.missing_glyphs for page in pages) >= len(letters(WITHOUT_FONT[script]))
    (said,) = sentences(lack for page in pages for lack in page.lacks)
    assert said.startswith(f"{script} has no font here")
    assert "install" in said or "--memory text" in said


@pytest.mark.parametrize("text", ["مرحبا بالعالم", "فارسی", "اردو", "ສະບາຍດີ", "ߒߞߏ"])
def test_letters_without_the_shaping_that_they_need_are_counted_and_named(text):
    pages = drawn(text)
    assert "U+" not in pages[0].drawn  # the shipped font has them, side by side
    assert pages[0].missing_glyphs == len(letters(text))
    (said,) = sentences(pages[0].lacks)
    assert said.startswith(script_of(text[0]))
    assert "not shaped" in said


@pytest.mark.parametrize(
    "text",
    [
        "Ελληνικά και √2 ≤ ∞",
        "Русский текст",
        "שלום עולם",
        "հայերեն ქართული",
        "Tiếng Việt, žluťoučký, naïve",
        "e\u0301 x\u0302 ℝ ↵",
        "123 ١٢٣ ،",
        "⟨U+0041⟩",
    ],
)
def test_what_is_shown_as_it_is_written_is_neither(text):
    (page,) = drawn(text)
    assert (page.missing_glyphs, page.lacks) == (0, ())


def test_signs_without_a_script_are_counted_alone():
    (page,) = drawn("a\u200b b 🦄 \x07")
    assert (page.missing_glyphs, page.lacks) == (3, ())


def test_pages_name_what_stands_on_them():
    pages = drawn("plain words " * 2000 + WITHOUT_FONT["Bengali"])
    assert [len(page.lacks) for page in pages] == [0] * (len(pages) - 1) + [1]


def test_a_font_that_is_there_does_not_silence_the_warning():
    if not any(face.has(ord("你")) for face in fallback_faces("installed")):
        pytest.skip("no font for Chinese")
    (page,) = drawn("你好", DEFAULT)
    assert (page.missing_glyphs, page.lacks) == (0, ())
    (page,) = drawn(WITHOUT_FONT["Thai"], DEFAULT)
    assert page.missing_glyphs == len(letters(WITHOUT_FONT["Thai"]))


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_every_profile_counts(profile):
    text = WITHOUT_FONT["Tamil"] * 3
    assert sum(page.missing_glyphs for page in drawn(text, profile)) == len(letters(text))


def test_syllables_of_korean_in_parts_become_one_letter():
    parts = unicodedata.normalize("NFD", "한국어 각")
    assert drawn(parts, DEFAULT.replace(fallback="none"))[0].drawn == drawn("한국어 각")[0].drawn


@pytest.mark.parametrize(
    ("character", "needs"), [("ب", True), ("ﺑ", False), ("ก", True), ("،", False), ("a", False)]
)
def test_which_letters_need_shaping(character, needs):
    assert needs_shaping(character) == needs
