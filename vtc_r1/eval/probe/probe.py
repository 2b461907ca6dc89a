"""The probe: draws pages of controlled texts, has a reader read them, and measures the errors."""

import asyncio
import warnings
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from vtc_r1.errors import BackendError, ProfileError, UsageError
from vtc_r1.eval.probe.edited import edited
from vtc_r1.eval.probe.figures import Judged, judge, point, tokens_of
from vtc_r1.eval.probe.folder import ProbeFolder
from vtc_r1.eval.probe.misreads import levenshtein
from vtc_r1.eval.probe.reader import Ask, Reader
from vtc_r1.eval.probe.reading import Key, PageReading
from vtc_r1.eval.probe.result import ProbeResult
from vtc_r1.eval.probe.setup import STEPS, Cell, Item, ProbeSetup, ReaderRecord, Task
from vtc_r1.eval.probe.tasks import DRAW
from vtc_r1.eval.probe.texts import TextKind
from vtc_r1.renderers import Profile
from vtc_r1.renderers.scaling import scaled
from vtc_r1.schedule import Schedule

SCALES = (1.5, 1.2, 1.0, 0.85, 0.75, 0.65)
"""Default scales of font, leading and cell: six compression ratios per profile."""


PAGES = 8
_IN_A_ROW = 5  #: failed pages in a row, before any success, after which the probe gives up


@dataclass(frozen=True)
class PageOutcome:
    """The outcome of reading one page."""

    cell: Cell  #: the cell of the page
    reading: PageReading | None  #: None if the reader failed
    error: BackendError | None = None  #: why it failed


@dataclass
class ProbeProgress:
    """Progress of a probe: pages in all, read in earlier runs, read in this one, failed in this one."""

    total: int
    before: int = 0
    read: int = 0
    failed: int = 0

    @property
    def done(self) -> int:
        """Pages that were read or failed."""
        return self.before + self.read + self.failed


Watch = Callable[[ProbeProgress], None]


@dataclass
class Probe:
    """Measures how well a reader reads pages of controlled texts.

    Attributes:
        texts: kinds of text.
        profiles: render profiles.
        reader: the reader; neither opened nor closed here, but checked before the first page.
        tasks: the tasks; `state` and `edited` use their own texts, one set per profile.
        scales: scales of the text, one density each; None for the default ones that can be drawn.
        pages: pages for each profile, scale, kind and task.
        seed: determines the texts: the same seed gives the same pages on every machine.
        concurrency: pages read at once; by default the reader's own number.
        folder: stores the readings; an unfinished probe is resumed from it.
        watch: called after every page.

    Raises UsageError if the arguments do not fit together.
    """

    texts: Sequence[TextKind]
    profiles: Sequence[Profile]
    reader: Reader
    tasks: Sequence[Task] = ("transcribe",)
    scales: Sequence[float] | None = None
    pages: int = PAGES
    seed: int = 0
    concurrency: int | None = None
    folder: ProbeFolder | None = None
    watch: Watch = lambda _: None
    cells: list[Cell] = field(init=False)

    def __post_init__(self) -> None:
        if self.pages < 1 or not self.profiles or not self.tasks:
            raise UsageError("a probe needs at least one page, one profile and one task")
        if not self.reader.answers and (
            asked := [task for task in self.tasks if task in ("needle", "state")]
        ):
            raise UsageError(
                f"{self.reader.model} only transcribes pages: drop {', '.join(asked)} from the tasks, or "
                "give your own prompt"
            )
        levenshtein()
        _comparable(self.texts, self.profiles)
        self._kinds = {kind.name: kind for kind in self.texts}
        self.cells = _cells(self.texts, self.profiles, self.tasks, self.scales)
        self._found: dict[Key, PageReading] = self.folder.readings() if self.folder else {}
        self._failed: dict[Cell, int] = {}
        self._schedule: Schedule[tuple[Cell, int], PageOutcome] | None = None
        self._checked = self._stopped = False
        self._judged: dict[Key, list[Judged]] = {}
        if self.folder:
            self.folder.agree(self._setup())

    async def run(self) -> ProbeResult:
        """Read every missing page, and return the figures.

        Raises:
            BackendError: the reader failed on the first pages, one after another.
            StorageError: the folder cannot be written.
        """
        async with aclosing(self.outcomes()) as outcomes:
            async for _ in outcomes:
                pass
        return await asyncio.to_thread(self.result)

    def owed(self) -> list[tuple[Cell, int]]:
        """Return the pages that are still to be read: the first of every cell, then the second of each."""
        wanted = ((cell, number) for number in range(self.pages) for cell in self.cells)
        return [(cell, number) for cell, number in wanted if _key(cell, number) not in self._found]

    async def check(self) -> None:
        """Check that the reader works, if a page is missing; raises VtcError naming the problem."""
        if self._checked or not self.owed():
            return
        await self.reader.check()
        if self.folder:
            self.folder.agree(self._setup())
        self._checked = True

    async def outcomes(self) -> AsyncGenerator[PageOutcome]:
        """Read the missing pages, yielding the outcome of each as it finishes; `run` as a generator."""
        owed = self.owed()
        total = self.pages * len(self.cells)
        progress = ProbeProgress(total, before=total - len(owed))
        self.watch(progress)
        if not owed or self._stopped:
            return
        await self.check()
        self._schedule = Schedule(self._read_page, owed, self.concurrency or self.reader.concurrency)
        async with aclosing(self._schedule.results()) as outcomes:
            async for outcome in outcomes:
                self._note(outcome, progress)
                self.watch(progress)
                yield outcome

    def turns(self) -> AsyncGenerator[PageOutcome]:
        """Deprecated name of `outcomes`."""
        warnings.warn("Probe.turns is now Probe.outcomes", DeprecationWarning, stacklevel=2)
        return self.outcomes()

    def stop(self) -> None:
        """Start no more pages and cancel those in progress; to be called in the event loop."""
        self._stopped = True
        if self._schedule is not None:
            self._schedule.stop()

    def result(self) -> ProbeResult:
        """Return the figures of everything read so far."""
        groups = {cell: self._readings(cell) for cell in self.cells}
        by_kind: dict[str, list[Judged]] = {}
        for cell, readings in groups.items():
            by_kind.setdefault(cell.kind, []).extend(one for page in readings for one in self._judge(page))
        tokens, alphabet = tokens_of(by_kind), self.reader.alphabet
        points = [
            point(cell, readings, self._failed.get(cell, 0), tokens[cell.kind], alphabet, self._judge)
            for cell, readings in groups.items()
            if readings
        ]
        setup = self.folder.setup if self.folder else None
        return ProbeResult(
            reader=(setup or self._setup()).reader,
            seed=self.seed,
            pages=self.pages,
            tokens=tokens,
            points=[one for one in points if one is not None],
            failed=sum(self._failed.values()),
            complete=sum(map(len, groups.values())) == self.pages * len(self.cells),
        )

    def _setup(self) -> ProbeSetup:
        reader = self.reader
        record = ReaderRecord(
            backend=reader.backend, model=reader.model, revision=reader.revision, prompt=reader.prompt
        )
        solutions = next((kind.identity for kind in self.texts if kind.identity), None)
        return ProbeSetup(reader=record, seed=self.seed, solutions=solutions)

    async def _read_page(self, _: int, owed: tuple[Cell, int]) -> PageOutcome:
        """Draw a page and have it read."""
        cell, number = owed
        items = await asyncio.to_thread(self._draw, cell, number)
        answers = []
        try:
            for item in items:
                answers.append(await self.reader.read(item.page, Ask(item.question, len(item.expected))))
        except BackendError as error:
            return PageOutcome(cell, None, error)
        return PageOutcome(cell, PageReading.of(cell, number, items, answers))

    def _draw(self, cell: Cell, number: int) -> list[Item]:
        kind = self._kinds.get(cell.kind) or next(iter(self.texts))
        seed = f"probe:{self.seed}:{cell.kind}:{cell.task}:{number}"
        if cell.task == "edited":
            items = edited(cell.profile, seed, asks=self.reader.answers)
        else:
            items = DRAW[cell.task](kind, cell.profile, seed)
        if not items:
            raise ProfileError(f"profile {cell.profile.name}: its page is too small for the task {cell.task}")
        for item in items:
            item.page.ready()
        return items

    def _note(self, outcome: PageOutcome, progress: ProbeProgress) -> None:
        """Store a reading or count a failure; give up if the first pages all failed."""
        if outcome.reading is not None:
            self._found[outcome.reading.key] = outcome.reading
            progress.read += 1
            if self.folder:
                self.folder.add(outcome.reading)
            return
        self._failed[outcome.cell] = self._failed.get(outcome.cell, 0) + 1
        progress.failed += 1
        if not progress.read and progress.failed >= _IN_A_ROW and outcome.error is not None:
            raise outcome.error

    def _readings(self, cell: Cell) -> list[PageReading]:
        keys = (_key(cell, number) for number in range(self.pages))
        return [self._found[key] for key in keys if key in self._found]

    def _judge(self, reading: PageReading) -> list[Judged]:
        if reading.key not in self._judged:
            self._judged[reading.key] = [judge(answer, self.reader.alphabet) for answer in reading.said]
        return self._judged[reading.key]


def _comparable(texts: Sequence[TextKind], profiles: Sequence[Profile]) -> None:
    """Refuse formulas that would be drawn as pictures: they cannot be compared by character."""
    for profile in profiles:
        for text in texts:
            if profile.latex == "typeset" and text.has_formulas:
                raise UsageError(
                    f"profile {profile.name} draws formulas as pictures, so {text.name} cannot be compared "
                    "character by character: drop it, or use latex=linear"
                )


def _key(cell: Cell, number: int) -> Key:
    return cell.profile.sha256, cell.kind, cell.task, number


def _cells(
    texts: Sequence[TextKind],
    profiles: Sequence[Profile],
    tasks: Sequence[Task],
    scales: Sequence[float] | None,
) -> list[Cell]:
    """Cross profiles, scales, kinds and tasks, each once; raises UsageError and ProfileError."""
    cells: dict[tuple[str, str, Task], Cell] = {}
    for profile in profiles:
        for scale in SCALES if scales is None else scales:
            try:
                drawn = scaled(profile, scale)
            except ProfileError:
                if scales is not None:
                    raise
                continue
            for task in tasks:
                for kind in [STEPS] if task in ("state", "edited") else [text.name for text in texts]:
                    cell = Cell(drawn, scale, kind, task)
                    cells.setdefault((drawn.sha256, kind, task), cell)
    if not cells:
        raise UsageError("nothing to read: name kinds of text, and scales at which pages can be drawn")
    return list(cells.values())
