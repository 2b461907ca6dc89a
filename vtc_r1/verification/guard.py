"""A guard: wraps the memory of one solve, and checks whether the model reads it correctly."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vtc_r1.configuration import Configuration
from vtc_r1.documents import Shown
from vtc_r1.errors import ProfileError
from vtc_r1.iteration import Canaries, Doubt, Quotes
from vtc_r1.memory import Costs, Memory
from vtc_r1.memory.sizes import sized
from vtc_r1.prompts.prompt import Note
from vtc_r1.renderers import Page, Profile
from vtc_r1.verification import canary
from vtc_r1.verification.quotes import Quote, quotes
from vtc_r1.verification.sources import Sources

MOST_REDRAWN = 8  #: maximum number of times that a solve shows a page in another form
_LARGER = 1.25  #: factor of the type size for a page that was misread
_MOST_DOUBTS, _MOST_MENDED = 100, 8  #: maximum doubts per segment, and corrections at a time
_MEND = "Checked against your pages, one of which says: {excerpt} (so it is {value}, not {said})."
_INSTRUCTION = 35  #: estimated tokens of the request for codes, and of the tag around the answer
_KIND = "mended"  #: kind of the notes that correct a value
Part = str | Page


@dataclass(frozen=True)
class Checked:
    """The result of checking a segment.

    Attributes:
        canaries: outcomes of the codes; None without any.
        quotes: results of looking up its values; None if that is off, or there were no pages.
        redrawn: pages drawn larger in place of misread ones; they are in the next prompt.
        is_void: a page was misread and is shown in another form, so the segment does not count.
    """

    canaries: Canaries | None = None
    quotes: Quotes | None = None
    redrawn: tuple[Page, ...] = ()
    is_void: bool = False


class Guard:
    """Carries a memory's content, adds canaries to its pages if they are on, and checks segments against it.

    A page whose canary is repeated wrongly is drawn larger, and if that is misread too, carried as text. What
    the guard adds is left out if it would exceed the memory's token limit.

    Args:
        memory: the memory that is carried.
        made: the configuration of the solve, which says what is checked.
        profile: profile of the pages.
        costs: counts the tokens of parts.
    """

    def __init__(self, memory: Memory, made: Configuration, profile: Profile, costs: Costs) -> None:
        self.memory, self.profile, self.costs = memory, profile, costs
        self.has_canaries, self.verify, self.seed = made.canary, made.verify, made.sampling.seed
        self.sources = Sources()
        self.mended: list[Note] = []
        self._forms: dict[str, list[Part]] = {}
        self._levels: dict[str, int] = {}
        self._codes: dict[str, str] = {}
        self._origins: dict[str, Page] = {}

    def content(self) -> tuple[Part, ...]:
        """Return the parts of the prompt: the memory's, followed by corrections of misread values."""
        plain = list(self.memory.content())
        if not self.has_canaries and not self.mended:
            return tuple(plain)
        limit: int | None = getattr(self.memory, "tokens", None)
        forms = [self._form(part) for part in plain]
        notes = [*self.mended]
        if limit is not None:
            sizes = [self.costs.of(form) for form in forms]
            over = sum(sizes) + self.costs.of(notes) - limit
            while over > 0 and notes:
                over -= self.costs.part(notes.pop(0))
            for at, part in enumerate(plain):  # the oldest pages lose their canaries first
                if over > 0 and sizes[at] > self.costs.part(part):
                    over -= sizes[at] - self.costs.part(part)
                    forms[at] = [part]
        return (*(part for form in forms for part in form), *notes)

    def add(self, segment: str) -> list[Page]:
        """Have the memory take in a kept segment; return its pages as they are shown."""
        added = self.memory.add(segment)
        return [part for page in added for part in self._form(page) if isinstance(part, Page)]

    def shed(self) -> bool:
        """Drop the older half because the context is full; returns False if there was nothing to drop."""
        had, self.mended = bool(self.mended), []
        return self.memory.shed() or had

    def codes(self, content: Iterable[Part]) -> list[str]:
        """Return the codes on the pages of a prompt, in their order."""
        return [code for page in _pages(content) if (code := self._codes.get(page.sha256))]

    def misread(self, text: str, content: Sequence[Part]) -> int | None:
        """Return where to end a segment that repeats a code wrongly; None to let it grow.

        Args:
            text: the segment so far.
            content: the memory in its prompt.
        """
        if not self.has_canaries or (found := canary.TAG.search(text)) is None:
            return None
        pages = [page for page in _pages(content) if page.sha256 in self._codes]
        outcomes = canary.compared(self.codes(pages), text)
        wrong = (page for page, outcome in zip(pages, outcomes, strict=True) if outcome == "wrong")
        return found.end() if any(map(self._can_change, wrong)) else None

    def check(self, text: str, content: Sequence[Part], documents: Sequence[Shown], question: str) -> Checked:
        """Check a segment against what its prompt carried.

        Args:
            text: the segment.
            content: the memory in its prompt.
            documents: the documents in it.
            question: the question.
        """
        found, redrawn, is_void = self._canaries(text, content)
        beside: list[Part] = [page for shown in documents for page in shown.pages]
        beside += [shown.text for shown in documents if shown.text]
        looked_up = None if is_void else self._quotes(text, [*beside, *content], question)
        return Checked(found, looked_up, redrawn, is_void)

    def _canaries(self, text: str, content: Sequence[Part]) -> tuple[Canaries | None, tuple[Page, ...], bool]:
        pages = [page for page in _pages(content) if page.sha256 in self._codes]
        if not pages:
            return None, (), False
        codes = self.codes(pages)
        outcomes = canary.compared(codes, text)
        wrong = [page for page, outcome in zip(pages, outcomes, strict=True) if outcome == "wrong"]
        redrawn: list[Page] = []
        as_text = 0
        for page in filter(self._can_change, wrong):
            form = self._change(self._origins[page.sha256])
            redrawn += _pages(form)
            as_text += not _pages(form)
        shown = [part for part in content if not (isinstance(part, Note) and part.kind == _KIND)]
        more = self.costs.of(shown) - self.costs.of(self.memory.content())
        answer = self.costs.part(" ".join(codes)) * (canary.TAG.search(text) is not None)
        counts = Canaries(
            right=outcomes.count("right"),
            wrong=len(wrong),
            missing=outcomes.count("missing"),
            tokens=max(0, more) + answer + _INSTRUCTION,
            redrawn=[page.sha256 for page in redrawn],
            as_text=as_text,
        )
        return counts, tuple(redrawn), bool(redrawn or as_text)

    def _form(self, part: Part) -> list[Part]:
        """Return the parts of a prompt that show a part of the memory."""
        if not isinstance(part, Page) or not self.has_canaries or not part.text.strip():
            return [part]
        if part.sha256 not in self._forms:
            self._forms[part.sha256] = [self._marked(part, part)]
        return self._forms[part.sha256]

    def _marked(self, page: Page, origin: Page) -> Page:
        """Return a page with its canary; the page itself if it has no room for one."""
        code = canary.code_of(page, self.seed)
        made = canary.marked(page, code, self.profile)
        if made is None:
            return page
        self._codes[made.sha256], self._origins[made.sha256] = code, origin
        return made.ready()

    def _can_change(self, page: Page) -> bool:
        origin = self._origins[page.sha256].sha256
        return self._levels.get(origin, 0) < 2 and sum(self._levels.values()) < MOST_REDRAWN

    def _change(self, origin: Page) -> list[Part]:
        """Show a page that was misread in the next form: larger, then as text."""
        level = self._levels[origin.sha256] = self._levels.get(origin.sha256, 0) + 1
        larger: list[Page] = []
        if level == 1:
            try:
                larger = sized(self.profile, _LARGER).render(origin.text)
            except ProfileError:
                self._levels[origin.sha256] = 2
        shown: list[Part] = [self._marked(page, origin) for page in larger] or [origin.text]
        self._forms[origin.sha256] = shown
        return shown

    def _quotes(self, text: str, read: Sequence[Part], question: str) -> Quotes | None:
        pages = [page for page in _pages(read) if page.text.strip()]
        if self.verify == "off" or not pages:
            return None
        from_pages: dict[int, Page] = {}
        for page in pages:
            from_pages[self.sources.add(page.text)] = page
            if page.drawn and page.drawn != page.text:
                from_pages[self.sources.add(page.drawn)] = page
        texts = {self.sources.add(part) for part in (question, *read) if isinstance(part, str)}
        found = quotes(text, self.sources, from_pages, texts - from_pages.keys())
        doubted = [quote for quote in found if quote.place is not None]
        doubts = [self._doubt(quote, from_pages) for quote in doubted[:_MOST_DOUBTS]]
        count = [quote.finding for quote in found].count
        return Quotes(
            exact=count("exact"),
            misread=count("misread"),
            ambiguous=count("ambiguous"),
            absent=count("absent"),
            doubts=doubts,
            mended=self._mend(doubted) if self.verify == "mend" else [],
        )

    def _doubt(self, quote: Quote, pages: dict[int, Page]) -> Doubt:
        assert quote.place is not None
        assert quote.finding in ("misread", "ambiguous")
        page = pages[self.sources.source(quote.place)]
        value = self.sources.keys[quote.place]
        return Doubt(start=quote.start, end=quote.end, finding=quote.finding, value=value, page=page.sha256)

    def _mend(self, doubted: Iterable[Quote]) -> list[str]:
        """Carry corrections of misread values, only the newest few; return the new ones."""
        known, new = {note.strip() for note in self.mended}, list[str]()
        for quote in doubted:
            if quote.finding == "misread" and quote.place is not None:
                value, excerpt = self.sources.keys[quote.place], self.sources.excerpt(quote.place)
                fact = _MEND.format(excerpt=excerpt, value=value, said=quote.value)
                if fact not in known:
                    known.add(fact)
                    new.append(fact)
        self.mended = [*self.mended, *(Note(f"\n{fact}", _KIND) for fact in new)][-_MOST_MENDED:]
        return new[-_MOST_MENDED:]


def _pages(parts: Iterable[Part]) -> list[Page]:
    return [part for part in parts if isinstance(part, Page)]
