r"""Extraction of the answer from what a model wrote.

Every rule looks at the text after the last `</think>`, or at the whole text if there is none, and only at its
last 200,000 characters.

`tag`: the last non-empty `<answer>…</answer>`. `boxes`: several boxes that form the answer together, joined
by commas. `boxed`: the last box that is not a checkmark. `phrase`: the text after the last "answer is",
"answer:" or heading "Answer"; without any of these, the value stated by a text of a sentence or two.
`number`: the last number. All rules run in time linear in the length of the text.
"""

import re
from typing import Literal

from vtc_r1.answers import tagged
from vtc_r1.eval.grading.boxes import cleaned, last_box, several
from vtc_r1.eval.grading.statements import after_answer_phrase, before_end_token, stated_answer, stated_value

Rule = Literal["tag", "boxes", "boxed", "phrase", "number"]
RULES: tuple[Rule, ...] = ("tag", "boxes", "boxed", "phrase", "number")
_LONGEST = 200_000  #: characters from the end that are searched for an answer
_TAIL = 4_000  #: characters from the end that are searched for a phrase or a bare number
_PAYLOAD = 600  #: characters after a phrase that are read
_STATEMENT, _STATEMENT_LINES = 300, 4
"""Longest text, in characters and lines, that is taken for a statement as a whole."""
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
    """Return what each rule finds in `text`, in order of precedence; rules that find nothing are left out.

    Args:
        text: what the model wrote.
        statements: treat a short text that states a value as a phrase.
    """
    text = before_end_token(text.rpartition("</think>")[2][-_LONGEST:])
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
    """Return the answer given by the last phrase or heading."""
    headings = list(_HEADING.finditer(text))
    if headings and after_answer_phrase(headings[-1]["rest"]) is None:
        return _reduced(headings[-1]["rest"])
    found = after_answer_phrase(text)
    return _reduced(found) if found is not None else None


def _reduced(text: str) -> str | None:
    text = text[:_PAYLOAD]
    while inner := after_answer_phrase(text):
        text = inner
    first = text.split("\n", 1)[0] if not re.match(r"\s*(?:\\\[|\$\$)", text) else text
    return stated_value(first, first).strip(" *_`") or None


def _statement(text: str) -> str | None:
    """Return the value of a text that consists of a single statement."""
    text = text.strip()
    if (
        len(text) > _STATEMENT
        or text.count("\n") >= _STATEMENT_LINES
        or any(one in text for one in _UNFINISHED)
    ):
        return None
    found = stated_answer(text).strip()
    if not (_VALUE.search(found) or _DELIMITED.fullmatch(text)) or len(_WORD.findall(found)) > _MOST_WORDS:
        return None
    return found if found != text or _is_bare(text) else None


def _is_bare(text: str) -> bool:
    """Tell whether a text is a bare value, without a sentence around it."""
    return re.match(r"[-+*\d.$€£¥₹\\(\[{|]|[A-Za-z]\s*(?:=|<|>|\\|!|\()", text) is not None


def _number(text: str) -> str | None:
    found = _NUMBER.findall(text)
    return found[-1] if found else None
