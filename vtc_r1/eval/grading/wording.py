r"""Answers in words: plain words, names of sets, statements that nothing exists, times of day."""

import re
from dataclasses import dataclass

_TEXT = re.compile(r"\\text\s*\{([^{}]*)\}")
_WORDS = re.compile(r"\(?\s*(?P<words>[A-Za-z][A-Za-z '-]*)\)?\s*")
_ARTICLE = re.compile(r"^(?:an?|the)\s+")
_PLAIN_WORD = re.compile(r"(?<![A-Za-z\\])[A-Za-z]{2,}")
_EVERYTHING = re.compile(
    r"(?:the\s+set\s+of\s+)?(?:all|every|any)\s+(?:real\s+(?:numbers?|values?|x)|reals)(?:\s+x)?|all\s+x|reals|\(-\\infty,\s*\\infty\)"
)
_NOTHING = re.compile(
    r"(?:there\s+(?:is|are)\s+)?no\s+(?:real\s+)?(?:solutions?|roots?|real\s+solutions?)|(?:the\s+)?empty\s+set|\\phi\s*"
)
_ABSENT = re.compile(r"dne|(?:the\s+limit\s+)?(?:does\s+not|doesn't|do\s+not)\s+exist")
_RATIO = re.compile(r"(\d+)\s+(?:\\text\s*\{\s*)?to(?:\s*\})?\s+(\d+)")
_MEMBER = re.compile(r"[a-z]\s*(?:\\in|=)\s*(?=\\mathbb|\\emptyset)")
_COUNTS = re.compile(r"how\s+(?:many|much|old|long|far|tall)", re.IGNORECASE)
_PERCENT = re.compile(r"percent|per\s+cent|%", re.IGNORECASE)
REALS, EMPTY, ABSENT = "\\mathbb{R}", "\\emptyset", "\\text{DNE}"


def words(text: str, loosely: bool = False) -> str | None:
    r"""Return the words of an answer in lower case without an article; None if it does not consist of words.

    A text counts as words if it is in `\text{}` or has four letters; with `loosely`, shorter ones count too.
    """
    found = _WORDS.fullmatch(_TEXT.sub(r"\1", text))
    if found is None or not (loosely or "\\text" in text or len(found["words"]) > 3):
        return None
    return _ARTICLE.sub("", " ".join(found["words"].lower().split()))


def prose(text: str) -> int:
    """Count the plain words of two or more letters in a text."""
    return len(_PLAIN_WORD.findall(text))


def as_symbols(text: str) -> str:
    r"""Replace `all real numbers`, `no solution` and `does not exist` by their symbols."""
    if ratio := _RATIO.fullmatch(text.strip()):
        return f"{ratio[1]}:{ratio[2]}"
    bare = " ".join(_TEXT.sub(r" \1 ", text).split()).lower().strip(" .()") if "(-" not in text else text
    if _EVERYTHING.fullmatch(bare):
        return REALS
    if _NOTHING.fullmatch(bare):
        return EMPTY
    if _ABSENT.fullmatch(bare):
        return ABSENT
    return _MEMBER.sub("", text, count=1) if _MEMBER.match(text) else text


def asks_for_count(question: str) -> bool:
    """Tell whether a question asks how many or how much, without mentioning percent."""
    return bool(_COUNTS.search(question)) and not _PERCENT.search(question)


_MERIDIEM = r"(?P<half>[AaPp])\.?\s*[Mm]\.?"
_TIME = re.compile(
    rf"(?P<hour>\d{{1,2}})(?:\s*:\s*(?P<minute>\d{{2}}))?\s*(?:{_MERIDIEM}|(?P<hundred>o'clock))?\s*"
    r"(?:in the (?P<part>morning|afternoon|evening))?"
)
_NAMED = {"noon": 720, "midnight": 0, "12 noon": 720, "12 midnight": 0}
_BARE = re.compile(r"\\text\s*\{([^{}]*)\}")


@dataclass(frozen=True)
class Clock:
    """A time of day."""

    minutes: int  #: since midnight
    says_half: bool  #: whether it says a.m. or p.m


def clock(text: str) -> Clock | None:
    """Read canonical text as a time of day, None for anything else, including a plain number."""
    text = " ".join(_BARE.sub(r" \1 ", text).split()).strip(" .")
    if text.lower() in _NAMED:
        return Clock(_NAMED[text.lower()], says_half=True)
    found = _TIME.fullmatch(text)
    if found is None or not (found["minute"] or found["half"] or found["hundred"] or found["part"]):
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    half = (found["half"] or {"morning": "a", None: ""}.get(found["part"], "p")).lower()
    if minute > 59 or hour > 24 or (half and not 1 <= hour <= 12):
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return Clock((60 * hour + minute) % 1_440, says_half=bool(half))


def same_time(gold: Clock, other: Clock) -> bool:
    """Tell whether two times are equal; a gold time without a.m. or p.m. matches both."""
    if gold.minutes == other.minutes and (other.says_half or not gold.says_half or gold.minutes >= 780):
        return True
    is_open = not gold.says_half and gold.minutes < 780
    return other.says_half and is_open and gold.minutes % 720 == other.minutes % 720
