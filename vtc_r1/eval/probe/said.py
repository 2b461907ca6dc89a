"""What a model said, without what stands around it: thoughts, fences, places."""

import re

_FENCE = re.compile(r"\A\s*```[^\n]*\n(.*?)\n?```\s*\Z", re.DOTALL)
_PLACES = re.compile(r"<\|(?:det|ref)\|>.*?<\|/(?:det|ref)\|>", re.DOTALL)
_THOUGHT = "</think>"
_LEAD = re.compile(r"\A.*(?:[=:]|\bis\b)\s*", re.IGNORECASE)
_BOX = re.compile(r"\\boxed\{([^{}]*)\}|<answer>([^<]*)</answer>")
_AROUND = " \t\"'`*_$.,;()[]"


def transcription(text: str) -> str:
    """Return what was transcribed: behind the thoughts, out of its fence, without the places of its parts."""
    text = _PLACES.sub("", _behind_thoughts(text))
    fenced = _FENCE.match(text)
    return fenced[1] if fenced else text


def value(text: str) -> str:
    """Return the value that a text answers with: the last box, or what its last line ends with."""
    text = _behind_thoughts(text)
    boxes = _BOX.findall(text)
    if boxes:
        return "".join(boxes[-1]).strip(_AROUND)
    lines = [line for line in text.splitlines() if line.strip("` \t")]
    last = lines[-1] if lines else ""
    return _LEAD.sub("", last).strip(_AROUND)


def _behind_thoughts(text: str) -> str:
    return text[text.rfind(_THOUGHT) + len(_THOUGHT) :] if _THOUGHT in text else text
