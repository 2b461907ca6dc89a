r"""The multiple-choice grader: which letter was chosen."""

import re
from collections.abc import Iterable
from string import ascii_uppercase

from vtc_r1.errors import BenchmarkError
from vtc_r1.eval.grading.canonical import canonical, key
from vtc_r1.eval.grading.extraction import Rule, answers
from vtc_r1.eval.grading.grade import Source, Verdict
from vtc_r1.eval.grading.grader import Grader
from vtc_r1.eval.grading.statements import after_answer_phrase
from vtc_r1.eval.problem import Problem

_FENCE = r"[\s(\[{<'\"*_$`]*"
_CLOSE = r"[\s)\]}>'\"*_$`.]*"
_LETTER = re.compile(
    rf"(?:(?:option|choice|answer)\s*:?)?{_FENCE}(?P<letter>[A-Za-z]){_CLOSE}", re.IGNORECASE
)
_LED = re.compile(
    r"(?:(?:option|choice)\s+)?(?:[(\[](?P<fenced>[A-Z])[)\]]"
    r"|(?P<bare>[A-Z])\s*(?:[).:]|-(?=\s)|(?=[,;])|(?=\s+(?:because|since|as|which|is)\b)))(?P<rest>.*)",
    re.DOTALL,
)
_LAST_LINE = re.compile(rf"{_FENCE}(?:answer\s*:?\s*)?{_FENCE}([A-Z]){_CLOSE}", re.IGNORECASE)
_ADVERB = (
    r"(?:therefore|thus|clearly|definitely|indeed|obviously|simply|likely|surely|for\s+sure|then)\s*,?\s*"
)
_SENTENCES = (
    re.compile(
        r"(?:answer|option|choice|选项)(?:\s+(?:is|(?:should|must|would|will)\s+be)|\s*[:=：]|\s+-(?=\s))\s*"
        rf"(?:{_ADVERB})*(?:(?:option|choice|letter)\s*:?\s*)?{_FENCE}(?P<letter>[A-Z])(?![A-Za-z]){_CLOSE}"
        r"(?P<rest>[^\n]*)",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?:option|choice)?\s*{_FENCE}(?P<letter>[A-Z])(?![A-Za-z'])[\s)\]}}>'\"*_$`]*\s+is\s+"
        r"(?:therefore\s+)?(?:the\s+)?(?:(?:only|most\s+likely)\s+)?(?:correct|right|answer)(?P<rest>[^\n]*)"
    ),
    re.compile(
        r"(?:[Ii]t\s+is|[Ii]t's|选|[Tt]herefore,?|[Tt]hus,?|[Hh]ence,?|[Ss]o,?|choose|pick|select|go\s+with"
        r"|must\s+be|matches)\s*(?<![A-Za-z])(?:(?<=选)|(?<=\s))(?:the\s+)?(?:option|choice|answer)?\s*"
        rf"{_FENCE}(?P<letter>[A-Z])(?![A-Za-z']){_CLOSE}(?P<rest>[^\n]*)"
    ),
)
_OTHER = re.compile(r"^\s*(?:or|and|/|&|,)\s*(?:option\s+|choice\s+)?[(\[*]*[A-Z][)\]*]*(?![A-Za-z])")
_NEGATED = re.compile(
    r"^\s*,?\s*(?:is|are|was|can)\s*(?:not|n't|wrong|incorrect|false|ruled|impossible|excluded)|^\s*(?:isn't|cannot|can't)",
    re.IGNORECASE,
)
_TEXT = re.compile(r"\\text\s*\{([^{}]*)\}")
_TAIL = 2_000


class MultipleChoice(Grader):
    """Grades the chosen letter; the text of a choice counts as its letter."""

    name = "choice"

    def decide(
        self, gold: str, answer: str, choices: tuple[str, ...], quickly: bool, question: str = ""
    ) -> Verdict:
        """Compare the letters; an answer that does not name exactly one choice is wrong."""
        chosen = letter(answer, choices)
        return Verdict(
            chosen is not None and chosen == letter(gold, choices),
            "compared",
            "unreadable" if chosen is None else None,
        )

    def found(self, problem: Problem, answer: str | None, text: str) -> dict[Source, str]:
        """Return the answers that the rules find; those that choose a letter come first."""
        by_rule = super().found(problem, answer, text)
        counted = [rule for rule in by_rule if rule in self.rules or rule == "given"]
        first = next((rule for rule in counted if letter(by_rule[rule], problem.choices)), None)
        if first is None:
            return by_rule
        return {rule: by_rule[rule] for rule in (first, *(rule for rule in by_rule if rule != first))}

    def extracted(self, problem: Problem, text: str) -> dict[Rule, str]:
        """Return what each rule finds; a last line of a single letter counts as a phrase."""
        found = answers(text)
        if chosen := _chosen_at_end(text.rpartition("</think>")[2][-_TAIL:], problem.choices):
            found["phrase"] = chosen
        elif "phrase" in found and letter(found["phrase"], problem.choices) is None:
            del found["phrase"]
        return found

    def check(self, problems: Iterable[Problem]) -> None:
        """Raise BenchmarkError for a gold answer that is not the letter of a choice."""
        for problem in problems:
            if problem.answer not in ascii_uppercase[: len(problem.choices) or None]:
                raise BenchmarkError(
                    f"problem {problem.id}: gold answer {problem.answer[:60]!r} is not a letter of any "
                    f"of its {len(problem.choices)} choices; check fields.answer and fields.choices"
                )


def letter(answer: str, choices: tuple[str, ...] = ()) -> str | None:
    """Return the letter that `answer` chooses, None if it chooses none or a missing one."""
    whole = _choice_of(answer, choices)
    if whole is not None:
        return whole
    text = _TEXT.sub(r"\1", canonical(answer)).strip().rstrip(".")
    if (found := _LETTER.fullmatch(text)) is not None:
        return _there(found["letter"], choices)
    if (led := _LED.fullmatch(text)) is not None:
        chosen, rest = led["fenced"] or led["bare"], led["rest"]
        other = _choice_of(rest, choices)
        if _is_spoilt(rest) or (other is not None and other != chosen):
            return None
        return _there(chosen, choices)
    after = after_answer_phrase(answer)
    if after is not None and after.strip() != answer.strip():
        return letter(after.split("\n")[0], choices)
    return _there(chosen, choices) if (chosen := _in_sentences(answer)) else None


def _there(chosen: str, choices: tuple[str, ...]) -> str | None:
    """Return a letter in upper case, None if there is no such choice."""
    chosen = chosen.upper()
    return chosen if chosen in ascii_uppercase[: len(choices) or None] else None


def _is_spoilt(rest: str) -> bool:
    """Tell whether the text after a letter names another letter, or rejects this one."""
    return bool(_OTHER.match(rest) or _NEGATED.match(rest))


def _choice_of(text: str, choices: tuple[str, ...]) -> str | None:
    """Return the letter of the choice with exactly this text."""
    wanted = _plain(text)
    whole = [at for at, choice in enumerate(choices) if wanted and _plain(choice) == wanted]
    return ascii_uppercase[whole[0]] if len(whole) == 1 else None


def _plain(text: str) -> str:
    """Return the text of a choice without LaTeX markup."""
    return key(_TEXT.sub(r"\1", canonical(text))).replace("{", "").replace("}", "").strip(" .").lower()


def _in_sentences(text: str) -> str | None:
    """Return the letter chosen by the last sentence that names one, None if it names several."""
    found = [match for sentence in _SENTENCES for match in sentence.finditer(text)]
    last = max(found, key=lambda match: match.start("letter"), default=None)
    if last is None or _is_spoilt(last["rest"]):
        return None
    return last["letter"].upper() if last["letter"].isupper() else None


def _chosen_at_end(text: str, choices: tuple[str, ...]) -> str | None:
    """Return the choice made at the end of a text, None if there is none."""
    lines = text.strip().strip("`").strip().splitlines()
    if lines and (last := _LAST_LINE.fullmatch(lines[-1].strip())) and _there(last[1], choices):
        return last[1]
    found = _in_sentences(text)
    if found and _there(found, choices):
        return found
    if len(lines) == 1 and len(lines[0]) < 300 and letter_of_line(lines[0], choices):
        return lines[0]
    return None


def letter_of_line(line: str, choices: tuple[str, ...]) -> str | None:
    """Return the letter that a single line begins with, or the letter of the choice that it quotes."""
    whole = _choice_of(line, choices)
    text = _TEXT.sub(r"\1", canonical(line)).strip()
    led = _LED.fullmatch(text)
    if whole is not None or led is None:
        return whole
    return letter(line, choices)
