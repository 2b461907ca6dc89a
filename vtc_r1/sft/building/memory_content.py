"""The memory in a prompt, as stored in an example."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vtc_r1.prompts.prompt import Note
from vtc_r1.prompts.promptset import plain
from vtc_r1.renderers import Page

Content = Sequence[str | Page]


@dataclass(frozen=True)
class CountedSegment:
    """A segment whose tokens were counted in its context, the trace.

    Attributes:
        text: the segment.
        tokens: its tokens.
        pages: its pages; none if it was not drawn.
    """

    text: str
    tokens: int
    pages: Sequence[Page] = ()

    def begins(self, content: Content) -> int:
        """Return how many parts of `content`, from the first on, are this segment; 0 unless all of it is."""
        if isinstance(content[0], str):
            return int(content[0] == self.text)
        first = content[: len(self.pages)]
        same = len(first) == len(self.pages) and all(map(_is, first, self.pages))
        return len(first) if same else 0


def _is(one: object, other: object) -> bool:
    return one is other


@dataclass(frozen=True)
class MemoryContent:
    """The content of the memory in one prompt.

    Attributes:
        images: its pages as PNG files, in order.
        items: its parts in order: the index of an image, or a text as the prompt has it.
        memory_tokens: text tokens of everything it carries.
        text_tokens: text tokens carried as text.
        vision_tokens: vision tokens of the pages.
    """

    images: tuple[bytes, ...]
    items: tuple[int | str, ...]
    memory_tokens: int
    text_tokens: int
    vision_tokens: int


def memory_content(
    content: Content, count: Callable[[str], int], segments: Sequence[CountedSegment] = ()
) -> MemoryContent:
    """Count and encode the content of a memory.

    Args:
        content: the memory's content.
        count: counts the tokens of a text.
        segments: those whose tokens are known, oldest first; everything else is counted.
    """
    left, at = list(segments), 0
    tokens = {True: 0, False: 0}
    while at < len(content):
        is_text = isinstance(content[at], str)
        whole = next((one for one in left if one.begins(content[at:])), None)
        if whole is None:
            tokens[is_text] += count(_text_of(content[at]))
            at += 1
        else:
            left.remove(whole)
            tokens[is_text] += whole.tokens
            at += whole.begins(content[at:])
    pages = [part for part in content if isinstance(part, Page)]
    numbers = iter(range(len(pages)))
    return MemoryContent(
        images=tuple(page.png for page in pages),
        items=tuple(next(numbers) if isinstance(part, Page) else _written(part) for part in content),
        memory_tokens=sum(tokens.values()),
        text_tokens=tokens[True],
        vision_tokens=sum(page.vision_tokens for page in pages),
    )


def _text_of(part: str | Page) -> str:
    return part.text if isinstance(part, Page) else plain(part)


def _written(part: str) -> str:
    return Note(plain(part), part.kind) if isinstance(part, Note) else plain(part)
