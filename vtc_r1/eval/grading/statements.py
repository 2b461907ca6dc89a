r"""Values stated in sentences: `So she makes 18 dollars.`, `Therefore $x \ge 5$ is the solution.`.

A sentence states a value if the value comes first, follows `is`, `=` or a colon, or is the only one, after a
word such as `makes`. Nothing is extracted from a sentence with a negation or a doubt.
"""

import re

_FORMULA = re.compile(
    r"\$\$(?P<a>[^$]+)\$\$|\$(?=\S)(?P<b>[^$\n]*[^\s$])\$(?!\d)|\$\s+(?P<c>[^$]*[^A-Za-z$\s])\s+\$"
    r"|\\\[(?P<d>.+?)\\\]|\\\((?P<e>.+?)\\\)",
    re.DOTALL,
)
_END_TOKEN = re.compile(r"<\|[a-z_]+\|>")
_TOKENS = re.compile(r"</?answer>|(?:\s*(?:I hope|Hope)[^.\n]*(?:correct|helps)\W*)+$", re.DOTALL)
_MARKUP = re.compile(
    r"^\s*#{1,6}\s+|\*{2,3}|(?<![\w\\])__|__(?!\w)|```\w*|</?(?:b|i|em|strong)>", re.MULTILINE
)
_ANSWER = re.compile(
    r"(?:(?<![A-Za-z])(?:final\s+)?answers?(?![A-Za-z])(?:\s+(?:to|for|of)\s[^.\n:=]{0,80}?)?|答案)\s*[\s*_]*"
    r"(?:(?:is|are|equals?|(?:must|should|would|will)\s+be)(?![A-Za-z])|[:=：]|为|是|(?=\\[(\[]|\$))[\s:：*_}]*",
    re.IGNORECASE,
)
_VALUE = (
    r"(?:\0\d+\0|[-+−]?\s*[$€£¥₹]?\s*\\?\$?\d|[-+−]?\\(?:d?frac|sqrt|pi|text|left|begin|\{|infty|emptyset)"
    r"|[(\[]\s*[-+]?\s*(?:\d|\\))"
)
_LEAD = re.compile(
    r"^[\s,:;.*_-]*(?:(?:so|thus|hence|therefore|then|and|now|finally|consequently|overall|in\s+conclusion|ans|a"
    r"|result|solution|approximately|about|roughly|around|nearly|indeed|clearly|simply|exactly|precisely|just"
    r"|obviously|actually|equal\s+to|equals|given\s+by|found\s+to\s+be|it\s+follows|we\s+(?:get|have|find|obtain"
    r"|conclude|see)|this\s+(?:gives|means|yields)|that\s+is|i\.e\.)(?:\s+that)?(?![A-Za-z])\s*[,:]?"
    r"|=|≈|\\approx(?![A-Za-z])|:)\s*(?=\S)",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"^\s*(?:#{1,6}\s+|(?:=|≈|\\approx)\s*(?=[^=])|(?:A|Ans|Answer)\s*[:：]\s+(?=[-$\\\d(\[]))+"
)
_BOX = re.compile(r"\s*\\+boxed\s*\{")
_OTHERWISE = re.compile(rf"[,;]?\s+which\s+(?:is|equals|is\s+equal\s+to)\s+(?={_VALUE})")
_CORRECTED = re.compile(
    rf"(?<![A-Za-z])not\s+(?:{_VALUE})\S*\s*(?:[,;.]\s*)?"
    rf"(?:but|rather|instead|it\s+is|it's|which\s+is)\s+(?={_VALUE})",
    re.IGNORECASE,
)
_LABEL_LEAD = re.compile(r"^\s*(?:a|ans|result|solution)\s*(?![:.A-Za-z])", re.IGNORECASE)
_STARTS = re.compile(_VALUE)
_COPULA = re.compile(
    r"(?:(?<![A-Za-z])(?:is|are|equals|equal\s+to|be|=)|[:：=])\s*"
    rf"(?:therefore|thus|indeed|approximately|about|exactly|just)?\s*(?={_VALUE})"
)
_REASON = re.compile(r"since|because|[,;]\s*as")
_TAKEN_BACK = re.compile(
    r"(?<![A-Za-z])(?:this|that|it|which)\s+(?:is|was|may\s+be|might\s+be|could\s+be)\s+"
    r"(?:not|wrong|incorrect|false|a\s+mistake)"
    r"|(?<![A-Za-z])not\s+(?:sure|certain)|(?<![A-Za-z])wait(?![A-Za-z])",
    re.IGNORECASE,
)
_VERB = re.compile(r"(?<![A-Za-z])(?:is|are|equals)(?![A-Za-z])")
_CLAUSE_END = re.compile(
    r"(?<!\\)[.!?。](?=\s|$|[一-鿿])|[,;]\s*as\s|\s+as\s+(?:was|is|it|the)\s|\n|，"
    r"|\s+[-–—]\s+(?=(?:that|this|which|as|the|since|because|so|it)\s)"
    r"|[,;]?\s+(?:since|because|which|whereas|while|but|so|where|when|after|given)(?=[\s,])"
)
_TRAILER = re.compile(
    r"\s+(?:is|are|as)\s+(?:the|our|my|your|a)\s+(?:(?:final|correct|required|desired|only|unique)\s+)*"
    r"(?:answers?|solutions?|results?|value)(?:\s+(?:to|of|for)\s[^\d]*)?\s*$",
    re.IGNORECASE,
)
_DENIAL = re.compile(
    r"(?<![A-Za-z])(?:not|never|neither|nor|wrong|incorrect|false|cannot|can't|isn't|aren't|doesn't|don't|won't|no"
    r"|impossible|unknown|unclear|unsure|guess)(?![A-Za-z])|n't(?![a-z])|不",
    re.IGNORECASE,
)
_DOUBT = re.compile(
    r"(?<![A-Za-z])(?:may|might|could|maybe|perhaps|possibly|probably|if|unless|either|or|seems?|suppose|assume)"
    r"(?:\s+\S+){0,2}\s*$",
    re.IGNORECASE,
)
_WORD = re.compile(r"(?<![A-Za-z\\{_^])[A-Za-z][a-z]+(?![A-Za-z({^_])|[一-鿿]")
_MATHEMATICAL_WORDS = """
sin cos tan sec csc cot arcsin arccos arctan sinh cosh tanh ln log exp sqrt pi mod oo inf infinity and or
alpha beta gamma delta theta lambda mu sigma phi omega rho tau cm mm km kg
"""
_STATING_WORDS = """
makes make made is are be get gets got have has had find finds that costs cost pays pay paid earns earn
earned spends spend spent needs need gives give yields obtain obtains takes take took receives receive sells
sell sold equals exactly about approximately only just total saves save owes owe so thus therefore eats eat
"""
_MATHEMATICAL = frozenset(_MATHEMATICAL_WORDS.split())
_STATING = frozenset(_STATING_WORDS.split())  #: words that may precede the only value of a sentence
_MARK = re.compile(r"\0(\d+)\0")
_NUMBERS = re.compile(r"\0\d+\0|(?<!\S)[-+]?\\?[$€£¥₹]?\d[\d.,/:]*%?(?=\s|[.,;:!?€¢元]|$|[一-鿿])")
_LONGEST = 2_000


def stated_answer(text: str) -> str:
    """Return the answer that a text states; the text itself if it states none clearly."""
    from vtc_r1.eval.grading.boxes import boxed_answer

    if len(text) > _LONGEST:
        text = text[-_LONGEST:] if "boxed" in text[-_LONGEST:] else text
    if "oxed" in text or "box{" in text:
        text = boxed_answer(text) or text
    if text.count("{") > text.count("}"):
        text = _BOX.sub("", text, count=1) if _BOX.match(text) else text
    text = _OPENING.sub("", text)
    if len(text) > _LONGEST or not (_is_sentence(text) or _ANSWER.search(text)):
        return text
    bare = _TOKENS.sub("", before_end_token(text)).strip()
    found = after_answer_phrase(bare)
    return stated_value(found if found is not None else bare, text)


def before_end_token(text: str) -> str:
    """Return a text up to the first end-of-turn token, such as `<|im_end|>`."""
    found = _END_TOKEN.search(text)
    return text[: found.start()] if found and text[: found.start()].strip() else text


def after_answer_phrase(text: str) -> str | None:
    """Return the text after the last `answer is` or `answer:`, None if there is none."""
    end = None
    for found in _ANSWER.finditer(text):
        if text[found.end() :].strip():
            end = found.end()
    return None if end is None else text[end:]


def stated_value(text: str, otherwise: str) -> str:
    """Return the value that a short text states, `otherwise` if it states none clearly."""
    formulas: list[str] = []
    marked = _FORMULA.sub(lambda found: _mark(found, formulas), _MARKUP.sub("", text)).strip()
    if corrected := _CORRECTED.search(marked):
        marked = marked[corrected.end() :]
    marked = _OTHERWISE.sub(" \1 ", _led(_paragraph(marked)))
    if end := _clause_end(marked):
        if _TAKEN_BACK.search(marked[end.start() :]):
            return otherwise
        marked = marked[: end.start()]
    bare = _TRAILER.sub("", marked)
    if _STARTS.match(bare) or not _is_sentence(bare):
        return _unmarked(bare, formulas) or otherwise
    values = [*_NUMBERS.finditer(bare)]
    if not values and not _COPULA.search(bare) and "=" not in bare:
        return _unmarked(bare, formulas)
    if _DENIAL.search(bare):
        return otherwise
    copula = _COPULA.search(bare)
    if copula and not (copula[0].strip().startswith("=") and len(_WORD.findall(bare)) < 2):
        rest = bare[copula.end() :]
        is_sure = not _VERB.search(rest) and not _DOUBT.search(bare[: copula.start()])
        return _unmarked(rest, formulas) if is_sure else otherwise
    if len(values) != 1:
        return otherwise
    before = bare[: values[0].start()].split()
    is_sure = bool(before) and before[-1].lower() in _STATING and not _DOUBT.search(" ".join(before))
    return _unmarked(bare[values[0].start() :], formulas) if is_sure else otherwise


def _is_sentence(text: str) -> bool:
    """Tell whether a text contains words of a language, not only names of functions and letters."""
    found = [word.lower() for word in _WORD.findall(text)]
    return any(word not in _MATHEMATICAL for word in found)


def _mark(found: re.Match[str], formulas: list[str]) -> str:
    formulas.append(next(part for part in found.groups() if part).strip())
    return f"\0{len(formulas) - 1}\0"


def _unmarked(text: str, formulas: list[str]) -> str:
    """Put the formulas back; `which is` becomes an equals sign."""
    return _MARK.sub(lambda found: f" {formulas[int(found[1])]} ", text).replace("\1", "=").strip()


def _paragraph(text: str) -> str:
    """Return the line that holds the value: the first if it begins with one, otherwise the last."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) < 2:
        return text
    return lines[0] if _STARTS.match(lines[0]) or not _is_sentence(lines[0]) else lines[-1]


def _led(text: str) -> str:
    for _ in range(6):
        if _LABEL_LEAD.match(text):
            break
        shorter = _LEAD.sub("", text, count=1)
        if shorter == text:
            break
        text = shorter
    return text


def _clause_end(text: str) -> re.Match[str] | None:
    """Find the end of the clause that holds the value."""
    for found in _CLAUSE_END.finditer(text):
        before, after = text[: found.start()], text[found.end() :]
        if before.count("{") > before.count("}"):
            continue
        has_value = _NUMBERS.search(before) or _STARTS.search(before) or _REASON.search(found[0])
        if before.strip() and (has_value or ("." in found[0] and not _NUMBERS.search(after))):
            return found
    return None
