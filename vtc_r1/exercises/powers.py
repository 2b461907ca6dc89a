"""Modular powers: one more factor in each step, reduced immediately.

`7^4 mod 11` → `7^2=7*7=49=5`, `7^3=5*7=35=2`, `7^4=2*7=14=3`; the last number is the remainder.
"""

import random
import re
from collections.abc import Sequence

from vtc_r1.exercises.exercise import SEGMENT_LINES, Exercise, OutOfRange, result_of

BASES, EXPONENTS = range(2, 10), range(2, 12)
MODULI = (11, 13, 17, 19)
_QUESTION = re.compile(r"(\d+)(?:\^|\*\*)(\d+)(?:mod|%)(\d+)=?", re.ASCII)


class Powers:
    """A power's remainder."""

    name = "power"
    example = "7^9 mod 11"
    trained_range = (
        f"base {BASES[0]} to {BASES[-1]}, exponent {EXPONENTS[0]} to {EXPONENTS[-1]}, "
        f"modulus {', '.join(map(str, MODULI))}"
    )
    lines = range(1, 11)
    segment_lines = SEGMENT_LINES

    def read(self, question: str, given: Sequence[str] = ()) -> Exercise | None:
        """Multiply and reduce."""
        if not (found := _QUESTION.fullmatch(question)):
            return None
        base, exponent, modulus = (int(number) for number in found.groups())
        for what, number, known in (("base", base, BASES), ("exponent", exponent, EXPONENTS)):
            if number not in known:
                raise OutOfRange(f"its {what} is not from {known[0]} to {known[-1]}")
        if modulus not in MODULI:
            raise OutOfRange(f"its modulus is not one of {', '.join(map(str, MODULI))}")
        lines, value = [], base
        for line in given:
            value = result_of(line)
            lines.append(line)
            if not 0 <= value < modulus:
                raise OutOfRange(f"{line} is not reduced")
        for power in range(2 + len(given), exponent + 1):
            product = value * base
            lines.append(f"{base}^{power}={value}*{base}={product}={product % modulus}")
            value = product % modulus
        return Exercise(self.name, f"{base}^{exponent}%{modulus}", tuple(lines), str(value))

    def draw(self, rng: random.Random, lines: int) -> Exercise:
        """Draw base and modulus."""
        found = self.read(f"{rng.choice(BASES)}^{lines + 1}%{rng.choice(MODULI)}")
        assert found is not None
        return found
