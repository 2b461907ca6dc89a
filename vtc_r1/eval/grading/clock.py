"""Times of day: `4:30 p.m.`, `5 PM`, `16:30`, `noon`."""

import re
from dataclasses import dataclass

_MERIDIEM = r"(?P<half>[AaPp])\.?\s*[Mm]\.?"
_TIME = re.compile(
    rf"(?P<hour>\d{{1,2}})(?:\s*:\s*(?P<minute>\d{{2}}))?\s*(?:{_MERIDIEM}|(?P<hundred>o'clock))?\s*"
    r"(?:in the (?P<part>morning|afternoon|evening))?"
)
_WORDS = {"noon": 720, "midnight": 0, "12 noon": 720, "12 midnight": 0}
_BARE = re.compile(r"\\text\s*\{([^{}]*)\}")


@dataclass(frozen=True)
class Clock:
    """A time of day.

    Attributes:
        minutes: since midnight.
        says_half: whether it says a.m. or p.m.
    """

    minutes: int
    says_half: bool


def clock(text: str) -> Clock | None:
    """Read canonical text as a time of day, None for anything else, including a plain number."""
    text = " ".join(_BARE.sub(r" \1 ", text).split()).strip(" .")
    if text.lower() in _WORDS:
        return Clock(_WORDS[text.lower()], says_half=True)
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
