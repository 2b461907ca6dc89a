"""Conversion to another base: divide, and put the remainder before the digits so far.

`22 in base 3` → `22/3=7 1`, `7/3=2 11`, `2/3=0 211`.
"""

import random
import re
from collections.abc import Sequence

from vtc_r1.exercises.exercise import SEGMENT_LINES, Exercise, OutOfRange

LARGEST = 255
BASES = (2, 3, 5)
_ONE_OF = f"{', '.join(map(str, BASES[:-1]))} or {BASES[-1]}"
_QUESTION = re.compile(r"(\d+)(?:in|to)?base(\d+)=?", re.ASCII)


class Bases:
    """A decimal number's digits in another base."""

    name = "base"
    example = "45 in base 2"
    trained_range = f"a number from 2 to {LARGEST}, base {_ONE_OF}"
    lines = range(1, 9)
    segment_lines = SEGMENT_LINES

    def read(self, question: str, given: Sequence[str] = ()) -> Exercise | None:
        """Divide until nothing is left."""
        if not (found := _QUESTION.fullmatch(question)):
            return None
        number, base = int(found[1]), int(found[2])
        if base not in BASES:
            raise OutOfRange(f"its base is not {_ONE_OF}")
        if not 2 <= number <= LARGEST:
            raise OutOfRange(f"its number is not from 2 to {LARGEST}")
        lines, rest, digits = [], number, ""
        for line in given:
            if not (stated := re.fullmatch(r"\d+/\d+=(\d+) (\d+)", line.strip())):
                raise OutOfRange(f"{line!r} is not a step of a conversion")
            lines.append(line)
            if any(int(digit) >= base for digit in stated[2]):
                raise OutOfRange(f"{line} has a digit that is none of base {base}")
            rest, digits = int(stated[1]), stated[2]
        while rest:
            digits = f"{rest % base}{digits}"
            lines.append(f"{rest}/{base}={rest // base} {digits}")
            rest //= base
        if len(lines) not in self.lines:
            raise OutOfRange(f"it takes {len(lines)} steps, not {self.lines[0]} to {self.lines[-1]}")
        return Exercise(self.name, f"{number} base {base}", tuple(lines), digits)

    def draw(self, rng: random.Random, lines: int) -> Exercise:
        """Draw a base in which some number has `lines` digits, then such a number."""
        base = rng.choice([base for base in BASES if base ** (lines - 1) <= LARGEST and base**lines > 2])
        number = rng.randint(max(2, base ** (lines - 1)), min(LARGEST, base**lines - 1))
        found = self.read(f"{number}inbase{base}")
        assert found is not None
        return found
