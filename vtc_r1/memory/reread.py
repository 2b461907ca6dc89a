"""Pages that the model may ask to see again, enlarged or as text."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from vtc_r1.errors import ProfileError, UsageError
from vtc_r1.iteration import Changes
from vtc_r1.iteration import Reread as Answer
from vtc_r1.memory.base import UNBOUNDED, Draws, Terms
from vtc_r1.memory.page_request import REQUEST, PageRequest, parse_request, region
from vtc_r1.memory.parts import Bounded, Parts
from vtc_r1.memory.registry import POLICIES
from vtc_r1.memory.sizes import sized
from vtc_r1.prompts.prompt import Note
from vtc_r1.renderers import Page

_LONGEST_REQUEST = 80
_HELP = (
    'To see part of a page again, write <reread page="1" part="top" as="text"/> and stop: pages count from '
    "1, part is all, top, middle or bottom, as is text or page (enlarged). Requests left: {left}."
)
_SPENT = "No page can be asked for again."


def _rereadable(name: str) -> str:
    if name not in POLICIES or not POLICIES[name].rereadable:
        known = ", ".join(each for each, kind in POLICIES.built_in.items() if kind.rereadable)
        raise ValueError(f"not a policy whose pages can be shown again, such as {known}")
    return name


class RereadOptions(Bounded):
    """Which requests are answered, and how.

    Attributes:
        of: the policy that draws the pages, with its own defaults.
        solve: maximum number of requests answered per solve.
        iteration: maximum number of requests answered per iteration.
        enlarge: how much larger the type of an enlarged region is.
        room: token limit of an iteration's answers; at most a quarter of a budget.
    """

    of: Annotated[str, AfterValidator(_rereadable)] = "optical"
    solve: int = Field(8, ge=1)
    iteration: int = Field(2, ge=1, le=16)
    enlarge: float = Field(1.5, ge=1, le=4)
    room: int = Field(1200, ge=1)


class Rereading(Parts[RereadOptions]):
    """Another policy's memory, and the answers to requests about its pages.

    The segment ends after a request. The answer comes last in the next prompt, and only in that one, so the
    pages before it do not change. A request that cannot be answered is refused with a short text.
    """

    name = "reread"
    append_only = False
    draws = True
    asks = REQUEST

    def __init__(
        self, renderer: Draws, options: RereadOptions | None = None, terms: Terms = UNBOUNDED
    ) -> None:
        super().__init__(renderer, options, terms)
        self.left = self.options.solve
        self.room, inner = self._divided()
        held = replace(terms, tokens=inner)
        policy = POLICIES[self.options.of]
        try:
            self.inner = policy(renderer, None, held)
        except UsageError as error:
            beside = (self.tokens or 0) - (inner or 0)
            raise UsageError(f"{error} (memory reread reserves {beside} of {self.tokens})") from error
        self.answers: list[str | Page] = []
        self.given: list[Answer] = []

    def content(self) -> Sequence[str | Page]:
        """Return the other policy's content, the answers, and the line on how to ask."""
        inside = self.inner.content()
        asks = any(isinstance(part, Page) for part in inside)
        return [*inside, *self.answers, *([self._help()] if asks else [])]

    def add(self, segment: str) -> list[Page]:
        """Remember a segment without its requests, and answer them."""
        seen = [part for part in self.content() if isinstance(part, Page)]
        requests = REQUEST.findall(segment)
        rest = REQUEST.sub("", segment).strip()
        self.answers, self.given = [], []
        if self._limits:
            self.tokens = self.next_limit()
            self.room, self.inner.tokens = self._divided()
        for attributes in requests[: self.options.iteration]:
            self._answer(attributes, seen)
        if (unanswered := len(requests) - self.options.iteration) > 0:
            self._say(f"{unanswered} more requests were not answered: too many at once.")
        added = self.take(rest) if rest else []
        return [*added, *(part for part in self.answers if isinstance(part, Page))]

    def take(self, segment: str) -> list[Page]:
        """Have the other policy remember a segment."""
        return self.inner.add(segment)

    def shed(self) -> bool:
        """Drop the older half of the other policy's content, and finally the answers too."""
        had, self.answers = bool(self.answers), []
        return self.inner.shed() or had

    def changes(self) -> Changes:
        """Return what the other policy did, and what was answered."""
        return self.inner.changes().model_copy(update={"rereads": self.given})

    def _divided(self) -> tuple[int, int | None]:
        """Return the token limits of answers and of the other policy."""
        if self.tokens is None:
            return self.options.room, None
        # Answers and the help line are reserved out of the budget: the other policy alone could fill it.
        room = min(self.options.room, self.tokens // 4)
        return room, max(1, self.tokens - room - self.costs.part(self._help()))

    def _answer(self, attributes: str, seen: list[Page]) -> None:
        request = parse_request(attributes)
        if isinstance(request, str):
            self._refuse(attributes, request)
        elif not self.left:
            self._refuse(attributes, "all requests of this solve are spent")
        elif not 1 <= request.page <= len(seen):
            self._refuse(
                attributes, f"page {request.page} does not exist; pages are numbered from 1 to {len(seen)}"
            )
        elif not (text := region(seen[request.page - 1].text, request.part)):
            self._refuse(attributes, f"that part of page {request.page} is empty")
        else:
            self._show(attributes, request, text)

    def _show(self, attributes: str, request: PageRequest, text: str) -> None:
        """Answer with a region, as text if it cannot be drawn; refuse what exceeds the token limit."""
        note = Note(f"Page {request.page}, {request.part}:\n{text}", "reread")
        answer: list[str | Page] = [note]
        form: Literal["text", "page"] = "text"
        if request.form == "page":
            try:
                answer = [*sized(self.renderer.profile, self.options.enlarge).render(text)]
                form = "page"
            except ProfileError:
                pass
        if self.costs.of([*self.answers, *answer]) > self.room:
            self._refuse(attributes, "the region is too large: ask for a third, or for text")
            return
        self.left -= 1
        self.answers += answer
        self.given.append(self._record(attributes, form, self.costs.of(answer)))

    def _refuse(self, attributes: str, why: str) -> None:
        self.given.append(self._record(attributes, "refused", 0))
        self._say(f"Not shown again: {why}.")

    def _say(self, text: str) -> None:
        """Add a line if it fits."""
        note = Note(text, "reread")
        if self.costs.of([*self.answers, note]) <= self.room:
            self.answers.append(note)

    def _record(self, attributes: str, outcome: Literal["text", "page", "refused"], tokens: int) -> Answer:
        return Answer(request=attributes.strip(" /")[:_LONGEST_REQUEST], outcome=outcome, tokens=tokens)

    def _help(self) -> Note:
        return Note(_HELP.format(left=self.left) if self.left else _SPENT, "reread")
