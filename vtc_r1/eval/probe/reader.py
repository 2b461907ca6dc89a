"""A reader: whatever reads pages, a model behind a backend or a program."""

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
