"""The record of one iteration: the segment, its pages, what it cost and what checks of it found."""

from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from vtc_r1.compression import Compression
from vtc_r1.configuration import EncodableText, Record
from vtc_r1.renderers.page import Page
from vtc_r1.segments.trimming import tokens_per_character

FinishReason = Literal["stop", "length", "cut", "abort", "content_filter"]
"""Why a segment ended; `cut`: the loop ended it at a boundary, or after a request to the memory."""


class Usage(Record):
    """Tokens as counted by the backend; `prompt_tokens` includes `vision_tokens`.

    For a segment that the loop or the time limit cut short there is no count: its tokens are an estimate.
    """

    prompt_tokens: int = 0
    vision_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        ours, theirs = self.model_dump(), other.model_dump()
        return Usage(**{name: ours[name] + theirs[name] for name in ours})


class Sampled(Record):
    """The tokens of a segment, as the sampler chose them.

    Attributes:
        ids: token ids, with the one that ended the segment.
        logprobs: natural logarithm of the probability of each, at the sampler's temperature (at 1 where it is
            greedy), before any other restriction of the choice.
    """

    ids: tuple[int, ...]
    logprobs: tuple[float, ...]


class Seconds(Record):
    """Where the time of one iteration went, in seconds of wall time."""

    render: float = 0.0
    first_token: float | None = None
    generate: float = 0.0


class ImageRecord(Record):
    """The record of one image; its pixels are stored separately, by `sha256`."""

    sha256: str
    width: int
    height: int
    vision_tokens: int


class PageRecord(ImageRecord):
    """One page, with the text that it carries."""

    text: EncodableText

    @classmethod
    def of(cls, page: Page) -> "PageRecord":
        """Record `page`."""
        return cls.model_validate(page, from_attributes=True)


class Reread(Record):
    """One request of the model to see part of a page again, and the answer."""

    request: EncodableText
    outcome: Literal["text", "page", "refused"]
    tokens: int = 0


class Changes(Record):
    """What a memory did when it took in a segment, besides adding its pages.

    Attributes:
        dropped: number of parts that were dropped for the budget; a shortened text counts too.
        shrunk: `sha256` of pages that replaced larger ones.
        facts: exact values that were added as text.
        rereads: requests of the model, with the answers.
    """

    dropped: int = 0
    shrunk: list[str] = Field(default=[])
    facts: list[EncodableText] = Field(default=[])
    rereads: list[Reread] = Field(default=[])


class Canaries(Record):
    """Outcomes of the codes on the pages of one prompt.

    Attributes:
        right: number of codes that the model repeated.
        wrong: number of codes for which it wrote something else.
        missing: number of codes for which it wrote nothing.
        tokens: estimated cost of the codes: their lines on the pages, the instruction and the answer.
        redrawn: `sha256` of pages drawn larger in place of those that were misread.
        as_text: number of pages that are carried as text from now on.
    """

    right: int = 0
    wrong: int = 0
    missing: int = 0
    tokens: int = 0
    redrawn: list[str] = Field(default=[])
    as_text: int = 0

    def __add__(self, other: "Canaries") -> "Canaries":
        ours, theirs = dict(self), dict(other)
        return Canaries(**{name: ours[name] + theirs[name] for name in ours})


class Doubt(Record):
    """A value of a segment that does not match its pages.

    Attributes:
        start: offset of its first character in the segment.
        end: offset after its last one.
        finding: `misread`, or `ambiguous` if it may be a new value, or another one of the pages.
        value: the value on the page; of several, the one with the most context in common.
        page: `sha256` of that page.
    """

    start: int
    end: int
    finding: Literal["misread", "ambiguous"]
    value: EncodableText
    page: str


class Quotes(Record):
    """Results of looking up a segment's exact values in the texts of its pages.

    Attributes:
        exact: number of values that occur on the pages, or in the texts beside them.
        misread: number of values one edit away from the one on the page that is quoted.
        ambiguous: number of those with too little context in common to tell, or with several candidates.
        absent: number of values that no page has, such as new results.
        doubts: the misread and the ambiguous ones, at most 100.
        mended: corrections of misread values that the next prompts carry.
    """

    exact: int = 0
    misread: int = 0
    ambiguous: int = 0
    absent: int = 0
    doubts: list[Doubt] = Field(default=[])
    mended: list[EncodableText] = Field(default=[])

    def __add__(self, other: "Quotes") -> "Quotes":
        ours, theirs = dict(self), dict(other)
        return Quotes(**{name: ours[name] + theirs[name] for name in ours})


class Carried(Record):
    """What the memory cost in one prompt, in tokens.

    Attributes:
        vision: tokens of its pages.
        text: tokens of its texts, counted or estimated.
        re_prefill: tokens of both that were already in the last prompt, unchanged or in another form, and
            must be read again because something before them has changed.
    """

    vision: int = 0
    text: int = 0
    re_prefill: int = 0


class Iteration(Record):
    """Prompt → segment → judgement → memory, once.

    Attributes:
        index: 0 for the first iteration.
        text: the segment as generated.
        kept: the part that the memory kept; None if it was final or void, or the solve ended with it.
        finish_reason: why the segment ended.
        forced: the prompt demanded the answer because a budget was spent.
        pages: pages that this iteration added to the memory, including those that it drew again.
        changes: its other changes to the memory.
        canaries: outcomes of the codes on its pages; None if they had none.
        quotes: results of looking up its values; None if that was off, or there were no pages.
        pages_sent: `sha256` of the pages in this iteration's prompt, in order.
        carried: what the memory cost in this iteration's prompt.
        memory_text_tokens: estimated text tokens carried by the pages that were sent.
        max_tokens: token limit of the segment; less than the budget's if the context held no more.
        attempts: requests that the segment took; more than one if the server failed.
        shed: how often the memory dropped its older half so that the prompt fits into the context.
        usage: tokens of this iteration.
        seconds: time of this iteration.
        sampled: its tokens as sampled; None if they were not requested, or if the loop cut the segment.
    """

    index: int
    text: EncodableText
    kept: EncodableText | None = None
    finish_reason: FinishReason
    forced: bool = False
    pages: list[PageRecord] = Field(default=[])
    changes: Changes = Changes()
    canaries: Canaries | None = None
    quotes: Quotes | None = None
    pages_sent: list[str] = Field(default=[])
    carried: Carried = Carried()
    memory_text_tokens: int = 0
    max_tokens: int | None = None
    attempts: int = 1
    shed: int = 0
    usage: Usage = Usage()
    seconds: Seconds = Seconds()
    sampled: Sampled | None = None

    @model_serializer(mode="wrap")
    def _written(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Omit `sampled` if it is None, so that such traces are written as before it existed."""
        written: dict[str, Any] = write(self)
        if written.get("sampled", ()) is None:
            del written["sampled"]
        return written

    @property
    def is_void(self) -> bool:
        """Whether a page was misread: it is shown in another form, and the segment does not count."""
        return self.canaries is not None and bool(self.canaries.redrawn or self.canaries.as_text)

    def text_tokens(self, page: PageRecord) -> int:
        """Estimate the text tokens that a page of this iteration carries, by its share of the segment."""
        return round(len(page.text) * tokens_per_character(self.text, self.usage.completion_tokens))

    def compression_of(self, page: PageRecord) -> Compression:
        """Estimate the text tokens of one page of this iteration, and its cost in one prompt."""
        return Compression(self.text_tokens(page), page.vision_tokens)
