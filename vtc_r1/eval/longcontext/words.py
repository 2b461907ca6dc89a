"""Words and sentences of haystacks: no digits, no capitals inside, nothing that a needle could be."""

import random

_ADJECTIVES = [
    "amber",
    "ancient",
    "brave",
    "bright",
    "broad",
    "calm",
    "careful",
    "clear",
    "clever",
    "cold",
    "distant",
    "dusty",
    "early",
    "empty",
    "famous",
    "gentle",
    "golden",
    "grey",
    "heavy",
    "hidden",
    "honest",
    "humble",
    "late",
    "little",
    "lonely",
    "narrow",
    "northern",
    "old",
    "open",
    "painted",
    "pale",
    "patient",
    "plain",
    "polite",
    "proud",
    "quiet",
    "rapid",
    "rough",
    "round",
    "rusty",
    "salty",
    "shallow",
    "silent",
    "silver",
    "simple",
    "slow",
    "small",
    "smooth",
    "soft",
    "southern",
    "square",
    "steady",
    "stern",
    "strange",
    "sturdy",
    "sudden",
    "tall",
    "thin",
    "tidy",
    "tired",
    "warm",
    "western",
    "wide",
    "windy",
    "wooden",
]
_NOUNS = [
    "artist",
    "baker",
    "barn",
    "basket",
    "bell",
    "boat",
    "bridge",
    "brother",
    "canal",
    "carpenter",
    "castle",
    "cellar",
    "chapel",
    "clock",
    "cloud",
    "coast",
    "copper",
    "corner",
    "cousin",
    "crane",
    "dancer",
    "doctor",
    "door",
    "farmer",
    "ferry",
    "field",
    "fisher",
    "forest",
    "fountain",
    "garden",
    "gate",
    "harbour",
    "hill",
    "horse",
    "house",
    "island",
    "kettle",
    "kitchen",
    "ladder",
    "lake",
    "lamp",
    "lantern",
    "letter",
    "library",
    "lighthouse",
    "market",
    "meadow",
    "merchant",
    "mill",
    "mirror",
    "mountain",
    "museum",
    "orchard",
    "painter",
    "path",
    "pilot",
    "pond",
    "porter",
    "potter",
    "quarry",
    "river",
    "road",
    "sailor",
    "school",
    "shepherd",
    "ship",
    "shop",
    "singer",
    "sister",
    "stable",
    "station",
    "street",
    "student",
    "tailor",
    "teacher",
    "theatre",
    "tower",
    "train",
    "traveller",
    "tunnel",
    "valley",
    "village",
    "wagon",
    "wall",
    "weaver",
    "well",
    "willow",
    "window",
    "winter",
    "workshop",
    "writer",
]
_VERBS = [
    "admired",
    "avoided",
    "carried",
    "chased",
    "cleaned",
    "copied",
    "counted",
    "crossed",
    "described",
    "discovered",
    "drew",
    "entered",
    "examined",
    "filled",
    "followed",
    "forgot",
    "found",
    "guarded",
    "heard",
    "helped",
    "kept",
    "left",
    "loved",
    "measured",
    "mended",
    "missed",
    "needed",
    "noticed",
    "opened",
    "painted",
    "passed",
    "praised",
    "reached",
    "remembered",
    "repaired",
    "restored",
    "rowed",
    "saw",
    "searched",
    "served",
    "sketched",
    "sold",
    "studied",
    "surprised",
    "taught",
    "thanked",
    "trusted",
    "visited",
    "walked",
    "washed",
    "watched",
    "welcomed",
]
_ENDS = (
    "", "", "before noon", "after the rain", "in the evening", "without a word", "for a whole week",
    "as everyone expected", "at the end of the season", "on the way home", "during the long summer",
    "because the weather had turned", "while the children slept", "with some reluctance", "once more",
)  # fmt: skip
_CONSONANTS, _VOWELS = "bdfghjklmnprstvwyz", "aeiou"
_SYLLABLES = [consonant + vowel for consonant in _CONSONANTS for vowel in _VOWELS]


def sentence(rng: random.Random) -> str:
    """Draw a sentence of prose."""
    choice = rng.choice
    end = choice(_ENDS)
    whose, what = (f"the {choice(_ADJECTIVES)} {choice(_NOUNS)}" for _ in range(2))
    said = f"{whose.capitalize()} {choice(_VERBS)} {what}"
    return f"{said} {end}." if end else f"{said}."


def prose(rng: random.Random, characters: int) -> list[str]:
    """Draw sentences that have at most so many characters, a blank behind each, and nearly as many."""
    found: list[str] = []
    length = 0
    while True:
        drawn = sentence(rng)
        length += len(drawn) + 1
        if length > characters:
            return found
        found.append(drawn)


def made_up(rng: random.Random, count: int) -> list[str]:
    """Draw different words of six letters that are in no dictionary; none of them holds another."""
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(rng.choices(_SYLLABLES, k=3))] = None
    return list(found)


def keys(rng: random.Random, count: int) -> list[str]:
    """Draw different names of things that a needle can be about, such as `amber tavomi`."""
    return [f"{rng.choice(_ADJECTIVES)} {word}" for word in made_up(rng, count)]


def numbers(rng: random.Random, count: int) -> list[str]:
    """Draw different numbers of seven digits."""
    return [str(number) for number in rng.sample(range(1_000_000, 10_000_000), count)]
