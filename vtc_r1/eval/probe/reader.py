"""A reader: whatever reads pages, a model behind a backend or a program."""

import re
from dataclasses import dataclass
from typing import Protocol

from vtc_r1.configuration import Named
from vtc_r1.renderers import Page


@dataclass(frozen=True)
class Ask:
    """What is asked of a page.

    Attributes:
        question: None for a transcription.
        characters: how long a right answer is.
    """

    question: str | None
    characters: int


@dataclass(frozen=True)
class Answer:
    """What a reader said, and how many tokens that was, where it counts them."""

    text: str
    tokens: int | None = None


class Reader(Protocol):
    """Reads pages.

    Attributes:
        backend: kind of reader, for the record.
        model: name of the model or program.
        alphabet: characters that it can emit, after normalisation; None for everything.
        answers: whether it answers questions, beside transcribing.
        concurrency: pages that it reads at once, unless told otherwise.
    """

    backend: str
    model: str
    alphabet: frozenset[str] | None
    answers: bool
    concurrency: int

    @property
    def revision(self) -> str | None:
        """What identifies it; may be known only after `check`."""
        ...

    @property
    def prompt(self) -> Named | None:
        """The instructions that it is given, None where there are none."""
        ...

    async def check(self) -> None:
        """Make sure that it can read; raises VtcError naming what is wrong."""
        ...

    async def read(self, page: Page, ask: Ask) -> Answer:
        """Read one page; raises BackendError where it gave up."""
        ...

    async def aclose(self) -> None:
        """Release connections and memory."""
        ...


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
