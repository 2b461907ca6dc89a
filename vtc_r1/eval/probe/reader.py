"""The protocol of readers, which are models or programs that read pages, and parsing of their answers."""

import re
from dataclasses import dataclass
from typing import Protocol

from vtc_r1.answers import after_reasoning
from vtc_r1.configuration import Named
from vtc_r1.renderers import Page


@dataclass(frozen=True)
class Ask:
    """A request to read a page.

    Attributes:
        question: None for a transcription.
        characters: length of the right answer.
    """

    question: str | None
    characters: int


@dataclass(frozen=True)
class Answer:
    """A reader's answer, and its number of tokens if the reader counts them."""

    text: str
    tokens: int | None = None


class Reader(Protocol):
    """Reads pages.

    Attributes:
        backend: kind of reader, for the record.
        model: name of the model or program.
        alphabet: characters that it can emit, after normalisation; None for all.
        answers: whether it can answer questions as well as transcribe.
        concurrency: default number of pages read at once.
    """

    backend: str
    model: str
    alphabet: frozenset[str] | None
    answers: bool
    concurrency: int

    @property
    def revision(self) -> str | None:
        """Its version; may be known only after `check`."""

    @property
    def prompt(self) -> Named | None:
        """The instructions it is given, None if there are none."""

    async def check(self) -> None:
        """Check that it works; raises VtcError naming the problem."""

    async def read(self, page: Page, ask: Ask) -> Answer:
        """Read one page; raises BackendError if it fails."""

    async def aclose(self) -> None:
        """Release connections and memory."""


_FENCE = re.compile(r"\A\s*```[^\n]*\n(.*?)\n?```\s*\Z", re.DOTALL)
_PLACES = re.compile(r"<\|(?:det|ref)\|>.*?<\|/(?:det|ref)\|>", re.DOTALL)
_LEAD = re.compile(r"\A.*(?:[=:]|\bis\b)\s*", re.IGNORECASE)
_BOX = re.compile(r"\\boxed\{([^{}]*)\}|<answer>([^<]*)</answer>")
_AROUND = " \t\"'`*_$.,;()[]"


def transcription(text: str) -> str:
    """Return the transcription in an answer, without reasoning, code fence and location tags."""
    text = _PLACES.sub("", after_reasoning(text))
    fenced = _FENCE.match(text)
    return fenced[1] if fenced else text


def answer_value(text: str) -> str:
    """Return the value in an answer: the last box, or the end of the last line."""
    text = after_reasoning(text)
    boxes = _BOX.findall(text)
    if boxes:
        return "".join(boxes[-1]).strip(_AROUND)
    lines = [line for line in text.splitlines() if line.strip("` \t")]
    last = lines[-1] if lines else ""
    return _LEAD.sub("", last).strip(_AROUND)
