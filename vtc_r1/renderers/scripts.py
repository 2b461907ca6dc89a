"""Scripts that a page cannot show properly, and the remedy.

A letter that no font has is drawn as an escape. A letter of a script whose letters join, stack or change
places is drawn by itself, since text is not shaped here. Neither is very legible, so both are reported.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

_SHAPED = re.compile(
    "ADLAM|ARABIC|BALINESE|BATAK|BENGALI|BRAHMI|BUGINESE|CHAKMA|CHAM|DEVANAGARI|GRANTHA|GUJARATI|GURMUKHI"
    "|JAVANESE|KAITHI|KANNADA|KHMER|LAO|LEPCHA|LIMBU|MALAYALAM|MANDAIC|MANICHAEAN|MEETEI|MODI|MONGOLIAN|MYANMAR"
    "|NEWA|NKO|ORIYA|PHAGS-PA|REJANG|SAURASHTRA|SHARADA|SIDDHAM|SINHALA|SUNDANESE|SYRIAC|TAI|TAKRI|TAMIL|TELUGU"
    "|THAI|TIBETAN|TIRHUTA"
)
"""First words of the Unicode names of letters that look different within a word."""
_FORMS = ((0xFB50, 0xFDFF), (0xFE70, 0xFEFF))
"""Arabic letters whose form within a word has a code point of its own."""
_NAME = re.compile(
    r"(.*?)(?: (?:CAPITAL|SMALL|INDEPENDENT|DEPENDENT|MODIFIER))?(?: UNIFIED| COMPATIBILITY)? "
    r"(?:LETTER|VOWEL|SIGN|CONSONANT|SYLLABLE|IDEOGRAPH|CHARACTER|HIEROGLYPH|MARK|TONE)\b"
)
_EAST_ASIAN = frozenset(["Chinese", "Hiragana", "Katakana", "Hangul", "Bopomofo"])
_OWN_NAMES = {"Cjk": "Chinese", "Nko": "N'Ko", "Meetei": "Meetei Mayek", "Canadian": "Canadian syllabics"}
_NO_SCRIPT = re.compile("Combining|Double-Struck|(Half|Full)width|Mathematical|Modifier|Script|Variation")


@dataclass(frozen=True, slots=True)
class MissingScript:
    """Letters of one script that a page cannot show properly."""

    script: str  #: its name, such as `Bengali`
    has_font: bool  #: whether they are drawn, one by one, or as escapes
    needs_shaping: bool  #: whether letters of that script join, stack or change places

    def __str__(self) -> str:
        """Describe the problem and the remedy in a sentence that is the same for every text."""
        as_text = "show such texts as text, by --memory text"
        if self.has_font:
            return f"{self.script} is drawn letter by letter, not shaped: {as_text}"
        problem = f"{self.script} has no font here and is drawn as escapes"
        if self.needs_shaping:
            return f"{problem}, and with one its letters would not be shaped: {as_text}"
        if self.script in _EAST_ASIAN:
            return f'{problem}: install one, such as Noto Sans CJK, by pip install "vtc-r1[cjk]"'
        return f"{problem}: install one, such as Noto Sans {self.script}"


def needs_shaping(character: str) -> bool:
    """Return whether a letter or mark looks different within a word."""
    point = ord(character)
    if point < 0x600 or unicodedata.category(character)[0] not in "LM":
        return False
    name = unicodedata.name(character, "").partition(" ")[0]
    return _SHAPED.fullmatch(name) is not None and not any(first <= point <= last for first, last in _FORMS)


def lacks(without_font: str, unshaped: str) -> tuple[MissingScript, ...]:
    """Return the scripts of some characters, most frequent first; signs and controls have none.

    Args:
        without_font: characters that are drawn as escapes.
        unshaped: characters that are drawn without the shaping that they need.
    """
    found: Counter[MissingScript] = Counter()
    for characters, has_font in ((without_font, False), (unshaped, True)):
        for character, count in Counter(characters).items():
            script = script_of(character)
            if script:
                found[MissingScript(script, has_font, needs_shaping(character))] += count
    return tuple(lack for lack, _ in found.most_common())


def sentences(lacks: Iterable[MissingScript]) -> list[str]:
    """Return one sentence per script."""
    return list(dict.fromkeys(map(str, lacks)))


@lru_cache(maxsize=4096)
def script_of(character: str) -> str | None:
    """Name of the script of a letter or mark, None for every other character."""
    if unicodedata.category(character)[0] not in "LM":
        return None
    name = unicodedata.name(character, "")
    first, found = name.partition(" ")[0], _NAME.match(name)
    script = (first if found is None or (first != "TAI" and _SHAPED.fullmatch(first)) else found[1]).title()
    return None if not script or _NO_SCRIPT.match(script) else _OWN_NAMES.get(script, script)
