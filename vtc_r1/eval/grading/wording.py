r"""Answers in words: plain words, names of sets, and statements that nothing exists."""

import re

_TEXT = re.compile(r"\\text\s*\{([^{}]*)\}")
_WORDS = re.compile(r"\(?\s*(?P<words>[A-Za-z][A-Za-z '-]*)\)?\s*")
_ARTICLE = re.compile(r"^(?:an?|the)\s+")
_PLAIN_WORD = re.compile(r"(?<![A-Za-z\\])[A-Za-z]{2,}")
_EVERYTHING = re.compile(
    r"(?:the\s+set\s+of\s+)?(?:all|every|any)\s+(?:real\s+(?:numbers?|values?|x)|reals)(?:\s+x)?|all\s+x|reals|\(-\\infty,\s*\\infty\)"
)
_NOTHING = re.compile(
    r"(?:there\s+(?:is|are)\s+)?no\s+(?:real\s+)?(?:solutions?|roots?|real\s+solutions?)|(?:the\s+)?empty\s+set|\\phi\s*"
)
_ABSENT = re.compile(r"dne|(?:the\s+limit\s+)?(?:does\s+not|doesn't|do\s+not)\s+exist")
_RATIO = re.compile(r"(\d+)\s+(?:\\text\s*\{\s*)?to(?:\s*\})?\s+(\d+)")
_MEMBER = re.compile(r"[a-z]\s*(?:\\in|=)\s*(?=\\mathbb|\\emptyset)")
_COUNTS = re.compile(r"how\s+(?:many|much|old|long|far|tall)", re.IGNORECASE)
_PERCENT = re.compile(r"percent|per\s+cent|%", re.IGNORECASE)
REALS, EMPTY, ABSENT = "\\mathbb{R}", "\\emptyset", "\\text{DNE}"


def words(text: str, loosely: bool = False) -> str | None:
    r"""Return the words of an answer in lower case without an article; None if it does not consist of words.

    A text counts as words if it is in `\text{}` or has four letters; with `loosely`, shorter ones count too.
    """
    found = _WORDS.fullmatch(_TEXT.sub(r"\1", text))
    if found is None or not (loosely or "\\text" in text or len(found["words"]) > 3):
        return None
    return _ARTICLE.sub("", " ".join(found["words"].lower().split()))


def prose(text: str) -> int:
    """Count the plain words of two or more letters in a text."""
    return len(_PLAIN_WORD.findall(text))


def as_symbols(text: str) -> str:
    r"""Replace `all real numbers`, `no solution` and `does not exist` by their symbols."""
    if ratio := _RATIO.fullmatch(text.strip()):
        return f"{ratio[1]}:{ratio[2]}"
    bare = " ".join(_TEXT.sub(r" \1 ", text).split()).lower().strip(" .()") if "(-" not in text else text
    if _EVERYTHING.fullmatch(bare):
        return REALS
    if _NOTHING.fullmatch(bare):
        return EMPTY
    if _ABSENT.fullmatch(bare):
        return ABSENT
    return _MEMBER.sub("", text, count=1) if _MEMBER.match(text) else text


def asks_for_count(question: str) -> bool:
    """Tell whether a question asks how many or how much, without mentioning percent."""
    return bool(_COUNTS.search(question)) and not _PERCENT.search(question)
