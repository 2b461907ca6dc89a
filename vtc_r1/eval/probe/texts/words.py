"""Words in any order, and sentences that are English and say little."""

from collections.abc import Iterator
from random import Random

NOUNS = tuple(
    "answer bridge captain chapter circle city corner country course doctor engine evening farmer field "
    "forest friend garden harbour island journey kitchen letter library machine market meeting message "
    "minute moment morning mountain neighbour office painter paper party path pattern picture problem "
    "question reason record river road room school season secret shadow shoulder signal station stone "
    "storm story street student summer table teacher theory ticket tower traveller valley village voice "
    "wall water window winter worker".split()
)
VERBS = tuple(
    "accepts answers asks believes brings builds carries changes chooses closes counts describes draws "
    "expects explains finds follows forgets gives guards hears hides holds keeps knows leaves likes "
    "measures meets misses moves needs notices offers opens orders paints passes prefers promises reads "
    "reaches remembers repairs returns sees sells sends shows studies takes teaches visits wants watches".split()
)
ADJECTIVES = tuple(
    "able ancient bright broad calm careful cheap clear cold common curious dark deep early empty famous "
    "final foreign former gentle golden green heavy hollow honest hungry large late little local lonely long "
    "lucky modern narrow natural noisy northern old open patient plain proud quiet quick rare recent rough "
    "round sharp short silent simple single slow small southern special strange strong sudden tall tired "
    "useful warm weak western white whole wide wise wooden young".split()
)
LINKS = tuple("before after because while although until when where unless since".split())
PLACES = tuple("above across against along behind below beside beyond inside near over through under".split())
ALL = tuple(sorted({*NOUNS, *VERBS, *ADJECTIVES, *LINKS, *PLACES}))


def shuffled(rng: Random) -> Iterator[str]:
    """Words, each drawn without regard to the last."""
    while True:
        yield rng.choice(ALL)


def pair(rng: Random) -> str:
    """Two words."""
    return f"{rng.choice(ALL)} {rng.choice(ALL)}"


def sentences(rng: Random) -> Iterator[str]:
    """Grammatical sentences, and after every fifth or so a new paragraph."""
    while True:
        ending = "\n" if rng.random() < 0.2 else ""
        yield sentence(rng) + ending


def sentence(rng: Random) -> str:
    """One sentence of one or two clauses."""
    text = _clause(rng)
    if rng.random() < 0.6:
        joint = rng.choice(LINKS)
        text += f" {joint} {_clause(rng)}" if rng.random() < 0.7 else f", and {_clause(rng)}"
    return text[0].upper() + text[1:] + "."


def _clause(rng: Random) -> str:
    place = f" {rng.choice(PLACES)} {_thing(rng)}" if rng.random() < 0.4 else ""
    return f"{_thing(rng)} {rng.choice(VERBS)} {_thing(rng)}{place}"


def _thing(rng: Random) -> str:
    noun = rng.choice(NOUNS)
    described = f"{rng.choice(ADJECTIVES)} {noun}" if rng.random() < 0.5 else noun
    article = rng.choice(("the", "the", "every", "a"))
    if article == "a" and described[0] in "aeiou":
        article = "an"
    return f"{article} {described}"
