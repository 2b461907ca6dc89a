r"""Where the answer stands in what a model wrote.

Every rule looks behind the last `</think>`, or at all of the text where there is none; of a text of more than
200,000 characters at its end.

`tag`: the last non-empty `<answer>…</answer>`. `boxes`: several boxes in the last line that has one, joined
by commas. `boxed`: the last balanced `\boxed{}`. `phrase`: what follows the last "answer is" or "answer:".
`number`: the last number. All are linear in the length of the text.
"""

import re
from typing import Literal

from vtc_r1.answers import boxed, tagged

Rule = Literal["tag", "boxes", "boxed", "phrase", "number"]
RULES: tuple[Rule, ...] = ("tag", "boxes", "boxed", "phrase", "number")
_LONGEST = 200_000
"""Characters from the end in which an answer is looked for."""
_TAIL = 4_000
"""Characters from the end in which a phrase or a bare number is looked for."""
_PHRASE = re.compile(r"\banswer\b(?:\s+(?:is|equals)\b|\s*[:=])[\s:*_]*([^\s:*_][^\n]{0,300})", re.IGNORECASE)
_DELIMITED = re.compile(
    r"\*{0,2}(?:\$\$?(?P<a>[^$]+)\$|\\\((?P<b>.+?)\\\)|\\\[(?P<c>.+?)\\\]|\*\*(?P<d>[^*]+)\*\*)"
)
_SENTENCE_END = re.compile(r"[.!?](?:\s|$)|\*\*$")
_NUMBER = re.compile(r"(?<![\w.])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:/\d+)?%?(?![\w])")
_BETWEEN = re.compile(r"\s*(?:[,;$]|\\text\s*\{\s*(?:,|and|or)?\s*\}|\\[()\[\]]|\\quad|and|or|&|\s)*\s*")


def answers(text: str) -> dict[Rule, str]:
    """Return what each rule finds in `text`, in order of precedence; rules that find nothing are absent."""
    text = text.rpartition("</think>")[2][-_LONGEST:]
    found: dict[Rule, str | None] = {
        "tag": tagged(text),
        "boxes": _boxes(text),
        "boxed": boxed(text),
        "phrase": _phrase(text[-_TAIL:]),
        "number": _number(text[-_TAIL:]),
    }
    return {rule: answer for rule, answer in found.items() if answer}


def _boxes(text: str) -> str | None:
    """Join the boxes of the last line that has one, where nothing but separators stands between them."""
    at = text.rfind("\\boxed")
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    line = text[start : end if end >= 0 else None]
    if at < 0 or not 2 <= line.count("\\boxed") <= 20:
        return None
    _first, *rest = line.split("\\boxed")
    found = []
    for at, part in enumerate(rest):
        inside = boxed("\\boxed" + part)
        if inside is None:
            return None
        left = part.strip()[1:].lstrip().removeprefix(inside).lstrip().removeprefix("}")
        if at < len(rest) - 1 and not _BETWEEN.fullmatch(left):
            return None
        found.append(inside)
    return ", ".join(dict.fromkeys(found)) if len(set(found)) > 1 else None


def _phrase(text: str) -> str | None:
    found_all = _PHRASE.findall(text)
    if not found_all:
        return None
    said = found_all[-1].strip()
    while inner := _PHRASE.search(said):
        said = inner[1].strip()
    if found := _DELIMITED.match(said):
        return next(part for part in found.groups() if part).strip() or None
    return _SENTENCE_END.split(said)[0].rpartition(" is ")[2].strip(" *_`") or None


def _number(text: str) -> str | None:
    found = _NUMBER.findall(text)
    return found[-1] if found else None
