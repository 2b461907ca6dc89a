r"""Decide whether a segment is final, and extract the answer.

`vtc`: a non-empty `<answer>…</answer>` after the last `</think>`. `boxed`: the model stopped by
itself and the text after the last `</think>` (the whole text if there is none) holds a balanced,
non-empty `\boxed{}`. Under both rules the last match counts. `plain`: the model stopped by itself; the text
after the last `</think>` is the answer. Text inside `<summary>…</summary>` summarises the work so far and is
never an answer. Every function takes time linear in the text's length.
"""

import re
from typing import Literal

Rule = Literal["vtc", "boxed", "plain"]

_ANSWER = re.compile(r"<answer>([^<]*(?:<(?!/?answer>)[^<]*)*)</answer>")
_SUMMARY = re.compile(r"<summary>(?:(?!<summary>).)*?(?:</summary>|\Z)", re.DOTALL)
_BRACES = re.compile(r"\\boxed\s*\{|\\.|[{}]", re.DOTALL)
_BOX = re.compile(r"\s*\\boxed\s*\{")
_INK = re.compile(r"\S")
_END_OF_THINKING = "</think>"


def final_answer(text: str, rule: Rule, *, stopped: bool) -> str | None:
    """Return the answer of a final segment, None if the segment is not final.

    Args:
        text: the segment as generated.
        rule: the rule of the prompt set.
        stopped: the model ended the segment itself; it was not cut.
    """
    _, mark, after = text.rpartition(_END_OF_THINKING)
    if "<summary>" in after:
        after = _SUMMARY.sub("", after)
    if rule == "vtc":
        return tagged(after) if mark else None
    if rule == "plain":
        return (after.strip() or None) if stopped else None
    return boxed(after) if stopped else None


def after_reasoning(text: str) -> str:
    """Return the text after the last `</think>`; the whole text if there is none."""
    return text.rpartition(_END_OF_THINKING)[2]


def tagged(text: str) -> str | None:
    r"""Return the content of the last non-empty `<answer>…</answer>`; of its box, if it starts with one."""
    found = [content.strip() for content in _ANSWER.findall(text)]
    answer = next((content for content in reversed(found) if content), None)
    if answer is None or not answer.startswith("\\boxed"):
        return answer
    return boxed(answer) or answer


def boxed(text: str) -> str | None:
    r"""Return the content of the last balanced, non-empty `\boxed{}` of `text`, None without one.

    For a box that contains only another box, it is the content of the inner one.
    """
    if "\\boxed" not in text:
        return None
    opened: list[int | None] = []
    ends: dict[int, int] = {}
    for brace in _BRACES.finditer(text):
        token = brace.group()
        if token == "{":
            opened.append(None)
        elif token == "}":
            start = opened.pop() if opened else None
            if start is not None and _INK.search(text, start, brace.start()):
                ends[start] = brace.start()
        elif token.endswith("{") and token != "\\{":
            opened.append(brace.end())
    return _unwrapped(text, ends) if ends else None


def _unwrapped(text: str, ends: dict[int, int]) -> str:
    """Content of the box that closed last; `ends` maps the start of each content to its end."""
    start, end = list(ends.items())[-1]
    while (inner := _BOX.match(text, start)) and inner.end() in ends:
        if _INK.search(text, ends[inner.end()] + 1, end):
            break
        start, end = inner.end(), ends[inner.end()]
    return text[start:end].strip()
