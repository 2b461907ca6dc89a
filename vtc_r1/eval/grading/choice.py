r"""The grader of multiple choice: which letter was chosen."""

import re
from collections.abc import Iterable
from string import ascii_uppercase

from vtc_r1.errors import BenchmarkError
from vtc_r1.eval.grading.canonical import canonical, key
from vtc_r1.eval.grading.extraction import Rule, answers
from vtc_r1.eval.grading.grade import Verdict
from vtc_r1.eval.grading.grader import Grader
from vtc_r1.eval.problem import Problem

_LETTER = re.compile(r"(?:option|choice|answer)?\s*[(\[]?(?P<letter>[A-Za-z])[)\]]?", re.IGNORECASE)
_LED = re.compile(
    r"(?:(?:option|choice)\s+)?(?:\((?P<fenced>[A-Z])\)|(?P<bare>[A-Z])\s*[).:])\s*(?![A-Z]\W*$)\S.*",
    re.DOTALL,
)
_TEXT = re.compile(r"\\text\s*\{([^{}]*)\}")
_LAST_LINE = re.compile(r"\**(?:answer\s*:?\s*)?\**\s*\(?([A-Z])\)?[.)]?\**", re.IGNORECASE)


class MultipleChoice(Grader):
    """Grades the letter of a choice; the choice's own text stands for its letter."""

    name = "choice"

    def decide(self, gold: str, answer: str, choices: tuple[str, ...], quickly: bool) -> Verdict:
        """Compare the letters; an answer that names no single choice is wrong."""
        chosen = letter(answer, choices)
        return Verdict(chosen is not None and chosen == letter(gold, choices), "compared")

    def extracted(self, problem: Problem, text: str) -> dict[Rule, str]:
        """Return what each rule finds; a last line that is one letter counts as a phrase."""
        found = answers(text)
        lines = text.rpartition("</think>")[2].strip()[-200:].splitlines()
        if "phrase" not in found and lines and (last := _LAST_LINE.fullmatch(lines[-1].strip())):
            found["phrase"] = last[1]
        return found

    def check(self, problems: Iterable[Problem]) -> None:
        """Raise BenchmarkError for a gold answer that is the letter of no choice."""
        for problem in problems:
            if problem.answer not in ascii_uppercase[: len(problem.choices) or None]:
                raise BenchmarkError(
                    f"problem {problem.id}: gold answer {problem.answer[:60]!r} is the letter of none of its "
                    f"{len(problem.choices)} choices; check fields.answer and fields.incorrect"
                )


def letter(answer: str, choices: tuple[str, ...] = ()) -> str | None:
    """Return the letter that `answer` chooses, None where it chooses none or one that there is not."""
    text = _TEXT.sub(r"\1", canonical(answer)).strip().rstrip(".")
    whole = [at for at, choice in enumerate(choices) if key(canonical(choice)) == key(canonical(answer))]
    if len(whole) == 1:
        return ascii_uppercase[whole[0]]
    found = _LETTER.fullmatch(text)
    led = None if found else _LED.fullmatch(text)
    chosen = found["letter"] if found else (led["fenced"] or led["bare"]) if led else None
    if chosen is None or (choices and chosen.upper() not in ascii_uppercase[: len(choices)]):
        return None
    return chosen.upper()
