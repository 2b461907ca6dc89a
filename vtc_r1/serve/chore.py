"""Chores of chat front ends: titles, tags and the like for a conversation, which need no solve.

Front ends send them as ordinary requests and mark them by their wording only. A question that is taken for
one is still answered, with a single segment.
"""

import re
from collections.abc import Sequence

from vtc_r1.serve.message import Message

_HEAD = 600  #: characters of an instruction that are looked at
_ASKED = re.compile(
    r"\b(?:generate|create|write|provide|suggest|give|come up with|summari[sz]e|reply with"
    r"|return|analy[sz]e)\b"
    r"[^?!]{0,120}?\b(?:titles?|tags?|headline|emoji|follow[- ]?ups?|quer(?:y|ies))\b",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(?:conversation|chat|discussion|dialogue?|session|thread"
    r"|user'?s? (?:first )?(?:message|prompt|query))\b",
    re.IGNORECASE,
)
_SHORT = re.compile(
    r"\b(?:short|brief|concise|broad|only|JSON|\d+-\d+)\b"
    r"|\b(?:\d+|four|five|six|ten)[- ](?:\w+[- ])*?(?:word|char)",
    re.IGNORECASE,
)


def is_chore(messages: Sequence[Message]) -> bool:
    """Tell whether the last message, or the first system text, asks for a title or tags of a conversation."""
    asking = messages[-1].text.lstrip()
    system = next((one.text for one in messages if one.role in ("system", "developer")), "").lstrip()
    return any(_is_instruction(text[:_HEAD]) for text in (asking, system))


def _is_instruction(head: str) -> bool:
    return all(pattern.search(head) for pattern in (_ASKED, _ABOUT, _SHORT))
