r"""Where the answer stands in what a model wrote.

Every rule looks behind the last `</think>`, or at all of the text where there is none; of a text of more
than 200,000 characters at its end.

`tag`: the last non-empty `<answer>…</answer>`. `boxes`: several boxes that together are the answer, joined
by commas. `boxed`: the last box that is no tick. `phrase`: what follows the last "answer is", "answer:" or
a heading "Answer"; without any of these, the value that a text of a sentence or two states. `number`: the
last number. All are linear in the length of the text.
"""

import re
from typing import Literal

from vtc_r1.answers import tagged
from vtc_r1.eval.grading.boxes import cleaned, last_box, several
from vtc_r1.eval.grading.statements import payload, said, stated, untagged

Rule = Literal["tag", "boxes", "boxed", "phrase", "number"]
RULES: tuple[Rule, ...] = ("tag", "boxes", "boxed", "phrase", "number")
_LONGEST = 200_000
"""Characters from the end in which an answer is looked for."""
_TAIL = 4_000
"""Characters from the end in which a phrase or a bare number is looked for."""
_PAYLOAD = 600
"""Characters behind a phrase that are looked at."""
_STATEMENT, _STATEMENT_LINES = 300, 4
"""Longest text that is a statement as a whole."""
_HEADING = re.compile(
    r"^[\s#*_]*(?:\d+\.\s*)?(?:the\s+)?(?:final\s+)?answer[\s*_:]*\n\s*(?P<rest>\S.*)\Z",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
_NUMBER = re.compile(r"(?<![\w.])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:/\d+)?%?(?![\w])")
_VALUE = re.compile(r"(?<![A-Za-z\\])\d|\$|\\[A-Za-z(\[{]")
_DELIMITED = re.compile(r"\${1,2}[^$]+\${1,2}|\\\([^$]+\\\)|\\\[[^$]+\\\]")
_WORD = re.compile(r"(?<![A-Za-z\\{])[A-Za-z]{2,}")
_MOST_WORDS = 8
_UNFINISHED = ("<think>", "<answer", "boxed", "…")


def answers(text: str, *, statements: bool = False) -> dict[Rule, str]:
    """Return what each rule finds in `text`, in order of precedence; rules that find nothing are absent.

    Args:
        text: what the model wrote.
        statements: take a short text that states a value for a phrase.
    """
    text = untagged(text.rpartition("</think>")[2][-_LONGEST:])
    clean = cleaned(text)
    found: dict[Rule, str | None] = {
        "tag": tagged(text),
        "boxes": several(clean),
        "boxed": last_box(clean),
        "phrase": _phrase(text[-_TAIL:]),
    }
    if statements and not any(found.values()):
        found["phrase"] = _statement(text)
    found["number"] = _number(text[-_TAIL:])
    return {rule: answer for rule, answer in found.items() if answer}


def _phrase(text: str) -> str | None:
    """Return what the last phrase or heading says the answer is."""
    headings = list(_HEADING.finditer(text))
    if headings and payload(headings[-1]["rest"]) is None:
        return _reduced(headings[-1]["rest"])
    found = payload(text)
    return _reduced(found) if found is not None else None


def _reduced(text: str) -> str | None:
    text = text[:_PAYLOAD]
    while inner := payload(text):
        text = inner
    first = text.split("\n", 1)[0] if not re.match(r"\s*(?:\\\[|\$\$)", text) else text
    return stated(first, first).strip(" *_`") or None


def _statement(text: str) -> str | None:
    """Return the value that a text states which is nothing but that statement."""
    text = text.strip()
    if (
        len(text) > _STATEMENT
        or text.count("\n") >= _STATEMENT_LINES
        or any(one in text for one in _UNFINISHED)
    ):
        return None
    found = said(text).strip()
    if not (_VALUE.search(found) or _DELIMITED.fullmatch(text)) or len(_WORD.findall(found)) > _MOST_WORDS:
        return None
    return found if found != text or _is_bare(text) else None


def _is_bare(text: str) -> bool:
    """Tell whether a text is a value without any sentence around it."""
    return re.match(r"[-+*\d.$€£¥₹\\(\[{|]|[A-Za-z]\s*(?:=|<|>|\\|!|\()", text) is not None


def _number(text: str) -> str | None:
    found = _NUMBER.findall(text)
    return found[-1] if found else None
