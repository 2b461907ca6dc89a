"""Tasks: the text that fills a page, and the questions about it."""

from collections.abc import Callable, Iterator
from random import Random

from vtc_r1.errors import ProfileError
from vtc_r1.eval.probe.misreads import THIRDS
from vtc_r1.eval.probe.setup import Item, Task
from vtc_r1.eval.probe.texts import TextKind
from vtc_r1.eval.probe.texts.strings import number
from vtc_r1.renderers import Page, Profile, Renderer

_PARTING = "; "
_LARGEST = 9_999
_NEEDLES = 24  #: approximate number of values on a page of other text

Stated = tuple[str, str, str]  #: a name, its value, and the text that states it


def transcribe(kind: TextKind, profile: Profile, seed: str) -> list[Item]:
    """Draw a full page of a kind of text, to be transcribed."""
    page = page_of(kind, profile, seed)
    return [Item(page, None, page.drawn)]


def needle(kind: TextKind, profile: Profile, seed: str) -> list[Item]:
    """Draw a full page with named values such as `v17 = 40911`; one in each third is asked for."""
    between = 0 if kind.value else capacity(profile) // _NEEDLES
    parting = _PARTING if kind.value else kind.parting

    def stated() -> Iterator[Stated]:
        return _assignments(kind, seed, between)

    page = filled(profile, lambda characters: _joined(stated(), characters, parting))
    length, rng = len(page.text), Random(f"{seed}:which")
    found: list[list[Stated]] = [[] for _ in range(THIRDS)]
    end = 0
    for one in stated():
        end += len(one[2])
        if end >= length:  # the last one on the page may be cut
            break
        found[(end - 1) * THIRDS // length].append(one)
        end += len(parting)
    asked = [(third, *rng.choice(ones)[:2]) for third, ones in enumerate(found) if ones]
    return [Item(page, f"What is the value of {name}?", value, third) for third, name, value in asked]


def state(kind: TextKind, profile: Profile, seed: str) -> list[Item]:
    """Draw a full page of a step-by-step calculation; the next step is asked for."""
    full = filled(profile, lambda characters: _joined(_steps(seed), characters, _PARTING))
    whole = full.text.count(_PARTING)  # the last step on the page may be cut
    steps = _steps(seed)
    shown = [next(steps) for _ in range(max(1, whole))]
    after, result, text = next(steps)
    page = Renderer(profile, cache=None).render(_PARTING.join(text for *_, text in shown))[0]
    operation = text.removeprefix(f"{after} = ").removesuffix(f" = {result}")
    question = f"The image shows the steps of a calculation. What is {after}, if {after} = {operation}?"
    return [Item(page, question, result, THIRDS - 1)]


DRAW: dict[Task, Callable[[TextKind, Profile, str], list[Item]]] = {
    "transcribe": transcribe,
    "needle": needle,
    "state": state,
}


def _joined(stated: Iterator[Stated], characters: int, parting: str) -> str:
    texts: list[str] = []
    length = 0
    while length <= characters:
        texts.append(next(stated)[2])
        length += len(texts[-1]) + len(parting)
    return parting.join(texts)


def _assignments(kind: TextKind, seed: str, between: int) -> Iterator[Stated]:
    """Yield named values, each name once, each after `between` characters of the kind's own text."""
    rng, names = Random(seed), Random(f"{seed}:names")
    stretches = kind.stretches(Random(f"{seed}:between"))
    taken: set[int] = set()
    while True:
        at = names.randint(1, 99_999)
        if at in taken:
            continue
        taken.add(at)
        value = kind.value(rng) if kind.value else number(rng, 6)
        before = _stretch(stretches, between, kind.parting) if between else ""
        yield f"v{at}", value, f"{before}v{at} = {value}{'.' if between else ''}"


def _stretch(stretches: Iterator[str], characters: int, parting: str) -> str:
    text = ""
    while len(text) < characters:
        text += next(stretches) + parting
    return text


def _steps(seed: str) -> Iterator[Stated]:
    """Yield the steps of a running sum that stays between 0 and 9,999."""
    rng = Random(seed)
    value = rng.randint(100, _LARGEST)
    yield "s0", str(value), f"s0 = {value}"
    at = 0
    while True:
        operand = rng.randint(1, 99)
        may_add, may_take = value + operand <= _LARGEST, value - operand >= 0
        operator = rng.choice("+-") if may_add and may_take else "+" if may_add else "-"
        value += operand if operator == "+" else -operand
        at += 1
        yield f"s{at}", str(value), f"s{at} = s{at - 1} {operator} {operand} = {value}"


_LONGEST = 4_000_000
_WIDTH_OF_HEIGHT = 0.5  #: width of an average character, in font sizes


def filled(profile: Profile, draw: Callable[[int], str]) -> Page:
    """Draw the first page of a text that is long enough to fill it.

    Args:
        profile: the profile of the page.
        draw: returns at least the given number of characters, always from the same text.

    Raises ProfileError if even a very long text does not fill a page.
    """
    renderer, characters = Renderer(profile, cache=None), capacity(profile)
    while characters <= _LONGEST:
        pages = renderer.render(draw(characters))
        if len(pages) > 1:
            return pages[0]
        characters *= 2
    raise ProfileError(f"profile {profile.name}: even {_LONGEST} characters do not fill a page")


def capacity(profile: Profile) -> int:
    """Estimate how many characters fill a page, erring on the high side."""
    advance = profile.cell or _WIDTH_OF_HEIGHT * profile.font_size * profile.horizontal_scale
    return int(1.3 * profile.lines_per_page * profile.line_width / advance) + 64


def page_of(kind: TextKind, profile: Profile, seed: str) -> Page:
    """Fill a page with a kind of text; with the same seed, every profile shows the same text.

    A page with a fixed cell is filled cell by cell if the kind defines letters: its lines have full length
    and no blanks.
    """
    if profile.cell is not None and profile.layout == "lines" and kind.letters is not None:
        return _cells(kind.letters, profile, Random(seed))
    return filled(profile, lambda characters: kind.text(Random(seed), characters))


def _cells(letters: str, profile: Profile, rng: Random) -> Page:
    assert profile.cell is not None
    columns = int(profile.first_line_width // profile.cell)
    lines = ("".join(rng.choices(letters, k=columns)) for _ in range(profile.lines_per_page))
    pages = Renderer(profile, cache=None).render("\n".join(lines))
    return pages[0]
