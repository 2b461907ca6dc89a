"""Edited pages: a calculation with one place changed against what the rest of the page implies.

A reader that reads gives what stands on the page; one that guesses gives what would follow from the rest.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random

from vtc_r1.eval.counterfactual.edits import CHANGES, Change
from vtc_r1.eval.probe.misreads import THIRDS
from vtc_r1.eval.probe.setup import EditedPlace, Item
from vtc_r1.eval.probe.tasks import filled
from vtc_r1.renderers import Profile, Renderer

_PARTING = "; "
_LARGEST = 9_999
_FEWEST = 6  #: steps on a page, below which it shows separate equations

_OF_EQUATIONS: tuple[Change, ...] = ("digit", "sign", "blank")


@dataclass(frozen=True)
class Step:
    """One step of a calculation, such as `s7 = s6 + 17 = 69`, or an equation, such as `52+17=69`."""

    name: str  #: of its result; empty for an equation
    left: str  #: what it starts from
    sign: str  #: `+` or `-`
    operand: int
    result: str

    def __str__(self) -> str:
        if self.name:
            return f"{self.name} = {self.left} {self.sign} {self.operand} = {self.result}"
        return f"{self.left}{self.sign}{self.operand}={self.result}"


@dataclass(frozen=True)
class _Changed:
    steps: list[Step]  #: the steps that stand at the place now
    question: str
    page: str  #: the answer that the page gives; empty if it gives none
    prior: str  #: the answer that the rest implies


def edited(profile: Profile, seed: str, *, asks: bool) -> list[Item]:
    """Draw a page with one place changed; which kind of change goes by the page's number.

    Args:
        profile: of the page.
        seed: of the page, ending in its number.
        asks: ask for the changed place; otherwise the page is to be transcribed.

    Returns:
        One item; none if the page has no room for a step.
    """
    draw: Callable[[str], Iterator[Step]] = _steps
    whole = _fitting(profile, draw, seed)
    if whole < _FEWEST:
        draw = _equations
        whole = _fitting(profile, draw, seed)
    if not whole:
        return []
    steps = [step for step, _ in zip(draw(seed), range(max(1, whole - 1)), strict=False)]
    known = CHANGES if steps[0].name else _OF_EQUATIONS
    change, rng = known[int(seed.rpartition(":")[2]) % len(known)], Random(f"{seed}:edit")
    at = rng.randrange(1, len(steps) - 1) if len(steps) > 2 else rng.randrange(len(steps))
    changed = _changed(change, steps, at, rng)
    now = [*steps[:at], *changed.steps, *steps[at + len(changed.steps) :]]
    page = Renderer(profile, cache=None).render(_PARTING.join(map(str, now)))[0]
    third = at * THIRDS // len(steps)
    if asks:
        place = EditedPlace(change=change, third=third, page=changed.page, prior=changed.prior)
        return [Item(page, changed.question, changed.page, third, place)]
    # With a neighbour on each side, so that a blank is found by what surrounds it.
    around = slice(max(0, at - 1), at + len(changed.steps) + 1)
    both = [_PARTING.join(map(str, some[around])) for some in (now, steps)]
    return [
        Item(
            page, None, page.drawn, None, EditedPlace(change=change, third=third, page=both[0], prior=both[1])
        )
    ]


def _fitting(profile: Profile, draw: Callable[[str], Iterator[Step]], seed: str) -> int:
    """Return how many whole steps a page holds."""

    def text(characters: int) -> str:
        found = ""
        for step in draw(seed):
            found += f"{step}{_PARTING}"
            if len(found) > characters:
                break
        return found

    return filled(profile, text).text.count(_PARTING.strip())


def _steps(seed: str) -> Iterator[Step]:
    """Yield the steps of a running sum that stays between 0 and 9,999."""
    rng = Random(seed)
    value, left, at = rng.randint(1_000, _LARGEST), "", 0
    while True:
        at, operand = at + 1, rng.randint(11, 99)
        sign = "+" if value < operand else "-" if value + operand > _LARGEST else rng.choice("+-")
        before, value = value, value + (operand if sign == "+" else -operand)
        yield Step(f"s{at}", left or str(before), sign, operand, str(value))
        left = f"s{at}"


def _equations(seed: str) -> Iterator[Step]:
    """Yield sums and differences of two numbers, each right by itself."""
    rng = Random(seed)
    while True:
        small, large = sorted((rng.randint(11, 99), rng.randint(11, 99)))
        if small == large:
            continue
        sign = rng.choice("+-")
        yield Step("", str(large), sign, small, str(large + small if sign == "+" else large - small))


def _changed(change: Change, steps: list[Step], at: int, rng: Random) -> _Changed:
    """Change one step, or exchange it with the next one."""
    step = steps[at]
    what = step.name or f"the equation with {step.left} and {step.operand}"
    result = f"What does the image give as the result of {what}, whether it is right or wrong?"
    if change == "digit":
        wrong = _other_digit(step.result, rng)
        return _Changed([replace(step, result=wrong)], result, wrong, step.result)
    if change == "sign":
        other = "-" if step.sign == "+" else "+"
        question = f"Which number, with its sign + or -, stands before the result of {what} in the image?"
        return _Changed(
            [replace(step, sign=other)], question, f"{other}{step.operand}", f"{step.sign}{step.operand}"
        )
    if change == "name":
        left = rng.choice([one.name for one in steps if one.name not in (step.name, step.left)])
        question = f"From which step does {step.name} start in the image, such as s2?"
        return _Changed([replace(step, left=left)], question, left, step.left)
    if change == "step":
        before = int(step.result) - (step.operand if step.sign == "+" else -step.operand)
        operand = rng.choice([one for one in range(11, 100) if one != step.operand])
        sign = "-" if before >= operand else "+"
        value = str(before + operand if sign == "+" else before - operand)
        return _Changed([replace(step, sign=sign, operand=operand, result=value)], result, value, step.result)
    if change == "swap":
        after = steps[at + 1]
        question = f"Which step is written directly after {steps[at - 1].name}, such as s2?"
        return _Changed([after, step], question, after.name, step.name)
    return _Changed([replace(step, result=" " * len(step.result))], result, "", step.result)


def _other_digit(number: str, rng: Random) -> str:
    """Return a number of as many digits that differs in one of them."""
    at = rng.randrange(len(number))
    known = "123456789" if at == 0 and len(number) > 1 else "0123456789"
    return number[:at] + rng.choice([digit for digit in known if digit != number[at]]) + number[at + 1 :]
