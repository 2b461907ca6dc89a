"""Abstentions: whether a reader says that it cannot read something, in whatever words."""

import re

_CANNOT = (
    r"(?:can\s?not|can['’]?t|could\s?not|couldn['’]?t|unable to|not able to|impossible to|not possible to|"
    r"do not|don['’]t|did not|didn['’]t|fail(?:ed)? to|too \w+ to)"
)
_READ = (
    r"(?:read|see|make (?:\w+ ){0,3}out|discern|decipher|recogni[sz]e|determine|tell|identify|distinguish|"
    r"transcribe|extract|find|locate|know)"
)
_UNREAD = re.compile(
    rf"\b(?:illegible|unreadable|indecipherable|unintelligible|undecipherable|indiscernible)\b"
    rf"|\b(?:not|isn['’]t|aren['’]t) (?:\w+ ){{0,2}}(?:legible|readable|visible|discernible|decipherable)\b"
    rf"|\b{_CANNOT} (?:\w+ ){{0,2}}{_READ}\b"
    r"|\btoo (?:blurry|blurred|small|faint|dense|tiny|low|pixelated)\b"
    r"|\A\W*(?:unclear|unknown|unreadable|n/?a|not (?:given|shown|stated)|\?{1,})\W*\Z"
    r"|无法(?:辨认|识别|读取|阅读|看清)|看不清|判読(?:でき|不)|unleserlich|nicht lesbar|illisible|ilegible",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:not|nothing|none|never|no (?:part|word|character|digit)s?|isn['’]t|without)\b"
    r"(?: \w+){0,3} (?:illegible|unreadable|indecipherable|unintelligible)\b",
    re.IGNORECASE,
)
_EMPTY = re.compile(
    r"\b(?:blank|empty|missing|erased|absent|nothing|no (?:\w+ ){0,2}(?:value|result|number))\b"
    r"|\bnot (?:\w+ )?(?:given|shown|stated|specified|provided|present|there|written)\b|\A\W*(?:none)?\W*\Z",
    re.IGNORECASE,
)
_MARK = re.compile(
    r"[\[(<{⟨]\s*(?:illegible|unreadable|unclear|unintelligible|not (?:legible|readable)|"
    r"can(?:not|['’]?t) (?:be )?read|\?+|…|\.\.\.)(?:[ :,-][^\])>}⟩\n]{0,40})?\s*[\])>}⟩]|�+",
    re.IGNORECASE,
)
MARK = "\ue000"  #: stands for a mark of illegibility, since no text that is drawn contains it
_LONGEST = 300  #: characters of an abstention: whoever writes more has read something


def abstains(text: str) -> bool:
    """Tell whether an answer, without its reasoning, says that the reader cannot read."""
    return len(text) <= _LONGEST and (bool(_UNREAD.search(_DENIED.sub("", text))) or bool(_MARK.search(text)))


def says_nothing_there(text: str) -> bool:
    """Tell whether an answer says that there is nothing to read, or is empty."""
    return len(text) <= _LONGEST and bool(_EMPTY.search(text))


def marked(transcription: str) -> str:
    """Return a transcription with one `MARK` for every stretch that its reader marks as illegible."""
    return _MARK.sub(MARK, transcription)
