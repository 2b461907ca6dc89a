"""Records of what happened: enough to reproduce a run, versioned, round-trips through JSON."""

import platform
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import metadata
from typing import Any, Literal

from pydantic import Field, PrivateAttr, computed_field, model_validator

from vtc_r1.compression import Compression, of_prompts
from vtc_r1.configuration import Budget as Budget  # these, and those of iterations, were here up to 0.1
from vtc_r1.configuration import Configuration, EncodableText, Record
from vtc_r1.configuration import ModelRecord as ModelRecord
from vtc_r1.configuration import Named as Named
from vtc_r1.configuration import Sampling as Sampling
from vtc_r1.documents.document import Document
from vtc_r1.documents.document import Kind as DocumentKind
from vtc_r1.documents.shown import Form, Shown
from vtc_r1.errors import OF_SERVER, Cause
from vtc_r1.iteration import Canaries, Quotes
from vtc_r1.iteration import Carried as Carried
from vtc_r1.iteration import Changes as Changes
from vtc_r1.iteration import FinishReason as FinishReason
from vtc_r1.iteration import ImageRecord as ImageRecord
from vtc_r1.iteration import Iteration as Iteration
from vtc_r1.iteration import PageRecord as PageRecord
from vtc_r1.iteration import Reread as Reread
from vtc_r1.iteration import Seconds as Seconds
from vtc_r1.iteration import Usage as Usage
from vtc_r1.renderers.page import Page
from vtc_r1.renderers.vision import UNKNOWN

VERSION = 1
"""Version of the trace's schema."""


Status = Literal["answered", "exhausted", "stalled", "cancelled", "failed"]
Spent = Literal["iterations", "tokens", "seconds"]
"""A budget of a solve that ran out."""


class DocumentRecord(Record):
    """A document that came with the question; `sha256` identifies its content, which is not kept.

    Attributes:
        name: its name, without the path.
        kind: what it is.
        sha256: hash of its bytes.
        characters: length of its text; for a PDF, of its text layer.
        form: whether it was shown as pages, as white pages or as text.
        text_tokens: estimated tokens of its text, also if it was shown as pages.
        vision_tokens: vision tokens of its pages.
        missing_glyphs: characters that were drawn as escapes because no font has them, or without the shaping
            that their script needs.
        pages: its pages, in order; none if it was shown as text.
    """

    name: EncodableText
    kind: DocumentKind
    sha256: str
    characters: int
    form: Form = "pages"
    text_tokens: int = 0
    vision_tokens: int = 0
    missing_glyphs: int = 0
    pages: list[ImageRecord] = Field(default=[])

    @classmethod
    def of(cls, document: Document, shown: Shown | None = None) -> "DocumentRecord":
        """Record a document, and how it was shown."""
        record = cls(
            name=document.name,
            kind=document.kind,
            sha256=document.sha256,
            characters=len(document.written),
        )
        if shown is None:
            return record
        images = [ImageRecord.model_validate(page, from_attributes=True) for page in shown.pages]
        update = {"text_tokens": shown.text_tokens, "vision_tokens": shown.vision_tokens}
        update |= {"missing_glyphs": shown.missing_glyphs}
        return record.model_copy(update={"form": shown.form, "pages": images, **update})


def versions() -> dict[str, str]:
    """Return the versions of everything that can change a result."""
    return dict(_installed())


@cache
def _installed() -> dict[str, str]:
    """Look the versions up once per process, as this reads files."""
    found = {"python": platform.python_version()}
    for package in ("vtc-r1", "torch", "transformers", "aiohttp", "openai", "numpy"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


class Outcome(Record):
    """How a solve ended; a stored trace begins with it."""

    version: int = VERSION
    question: EncodableText
    status: Status
    answer: EncodableText | None = None
    error: EncodableText | None = None
    cause: Cause | None = Field(default=None, description="why it failed, in one word; None in older records")
    exhausted: Spent | None = Field(default=None, description="budget that ran out; older traces do not say")


class Trace(Configuration, Outcome):
    """The complete record of one solve.

    It round-trips through JSON: `Trace.model_validate_json(trace.model_dump_json()) == trace`. Two traces are
    equal if their records are; page images do not count, as the record names them by their hashes. Pickling
    and copying keep the images, JSON does not; `save_trace` writes both.
    """

    versions: dict[str, str] = Field(default_factory=versions)
    images: list[PageRecord] = Field(default=[], description="pictures that came with the question")
    earlier: list[PageRecord] = Field(
        default=[], description="pages of earlier turns, with which the memory began"
    )
    documents: list[DocumentRecord] = Field(default=[], description="documents that came with the question")
    iterations: list[Iteration] = Field(default=[])
    seconds: float = Field(
        default=0.0, description="duration of the solve from its first prompt on, without loading"
    )
    seconds_loading: float = Field(
        default=0.0, description="time to load the model, for the solve that started it"
    )
    warnings: list[EncodableText] = Field(
        default=[], description="why the answer may be wrong, a sentence each"
    )
    index: int | None = Field(default=None, description="position of the question in `Solver.map`'s input")

    _pages: Mapping[str, Page] = PrivateAttr(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _without_derived(cls, values: Any) -> Any:
        """Leave out derived values, which are recomputed on reading."""
        if isinstance(values, Mapping):
            return {name: value for name, value in values.items() if name not in cls.model_computed_fields}
        return values

    def __eq__(self, other: object) -> bool:
        return dict(self) == dict(other) if isinstance(other, Trace) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.question, self.status, self.answer, self.index, self.seconds, len(self.iterations)))

    @property
    def pages(self) -> Mapping[str, Page]:
        """The page images by `sha256`, oldest first; empty if only the JSON was read."""
        return self._pages

    @property
    def ending(self) -> str:
        """How it ended, in words: the status, and which limit ran out, as in `exhausted (8 iterations)`."""
        if self.exhausted is None:
            return self.status
        spent = {
            "iterations": sum(not iteration.forced for iteration in self.iterations),
            "tokens": self.budget.tokens or self.usage.completion_tokens,
            "seconds": self.budget.seconds or self.seconds,
        }[self.exhausted]
        noun = self.exhausted[:-1] if spent == 1 else self.exhausted
        return f"{self.status} ({f'{spent:.6g}' if spent < 1 else f'{spent:,.10g}'} {noun})"

    def with_pages(self, pages: Mapping[str, Page]) -> "Trace":
        """Return this trace with its page images; they are not part of its JSON."""
        copy = self.model_copy()
        copy._pages = pages
        return copy

    @property
    def is_owed(self) -> bool:
        """Whether it failed for a cause independent of the question, such as an unavailable server."""
        return self.status == "failed" and self.cause in OF_SERVER

    def _repr_html_(self) -> str:
        """Show the trace in a notebook: every segment, and the pages that it became."""
        from vtc_r1.notebook import trace_html

        return trace_html(self)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def usage(self) -> Usage:
        """Tokens of the whole solve: the sum over its iterations."""
        return sum((iteration.usage for iteration in self.iterations), Usage())

    @computed_field  # type: ignore[prop-decorator]
    @property
    def compression_ratio(self) -> float | None:
        """Text tokens that the pages sent carried ÷ vision tokens; None for white pages and unknown costs."""
        return self.compression.ratio

    @property
    def canaries(self) -> Canaries | None:
        """Outcomes of all codes on pages, with the tokens of void segments; None without any."""
        found = [each for each in self.iterations if each.canaries is not None]
        void = sum(each.usage.prompt_tokens + each.usage.completion_tokens for each in found if each.is_void)
        counted = (each.canaries for each in found if each.canaries is not None)
        return sum(counted, Canaries(tokens=void)) if found else None

    @property
    def quotes(self) -> Quotes | None:
        """Results of looking up the values of all segments; None if none were looked up."""
        found = [each.quotes for each in self.iterations if each.quotes is not None]
        return sum(found, Quotes()) if found else None

    @property
    def compression(self) -> Compression:
        """The terms of `compression_ratio`."""
        return self.compression_of(self.iterations)

    @property
    def counts_vision(self) -> bool:
        """Whether vision tokens are the model's, not an estimate for a model of unknown family."""
        return self.model.preset != UNKNOWN

    def compression_of(self, iterations: Iterable[Iteration]) -> Compression:
        """Sum up the pages of several prompts; the question's own pictures in each do not count."""
        read = ((each.memory_text_tokens, each.usage.vision_tokens) for each in iterations)
        pictures = sum(picture.vision_tokens for picture in self.images)
        return of_prompts(read, pictures) if self.counts_vision else Compression()
