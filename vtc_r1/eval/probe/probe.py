"""Probe: how well does this reader read these pages?"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from vtc_r1.errors import BackendError, ProfileError, UsageError
from vtc_r1.eval.probe.figures import Judged, judge, point, tokens_of
from vtc_r1.eval.probe.folder import ProbeFolder
from vtc_r1.eval.probe.item import Cell, Item, Task
from vtc_r1.eval.probe.misreads import levenshtein
from vtc_r1.eval.probe.reader import Ask, Reader
from vtc_r1.eval.probe.reading import Key, Reading
from vtc_r1.eval.probe.result import ProbeResult
from vtc_r1.eval.probe.setup import ProbeSetup, ReaderRecord
from vtc_r1.eval.probe.tasks import DRAW, STEPS
from vtc_r1.eval.probe.texts import TextKind
from vtc_r1.renderers import Profile
from vtc_r1.renderers.scaling import scaled
from vtc_r1.schedule import Schedule

SCALES = (1.5, 1.2, 1.0, 0.85, 0.75, 0.65)
"""Of font, leading and cell: six compressions of every profile."""


PAGES = 8
_IN_A_ROW = 5
"""Pages that may fail one after another before anything was read; then the reader is given up."""


@dataclass(frozen=True)
class Turn:
    """One page's turn: what became of it.

    Attributes:
        cell: where it stands.
        reading: None where the reader gave up.
        error: why it did.
    """

    cell: Cell
    reading: Reading | None
    error: BackendError | None = None


@dataclass
class Progress:
    """How far a probe is: pages wanted, read before, read since, and given up since."""

    total: int
    before: int = 0
    read: int = 0
    failed: int = 0

    @property
    def done(self) -> int:
        """Pages that have had their turn."""
        return self.before + self.read + self.failed


Watch = Callable[[Progress], None]


@dataclass
class Probe:
    """Pages of controlled texts, what a reader makes of them, and figures.

    Attributes:
        texts: kinds of text.
        profiles: how pages look.
        reader: who reads; neither opened nor closed here, but checked before the first page.
        tasks: what is asked; `state` has texts of its own, one set for each profile.
        scales: of the text, one density each; None for the usual ones, without those that cannot be drawn.
        pages: of every profile, scale, kind and task.
        seed: of the texts: the same one gives the same pages on every machine.
        concurrency: pages read at once; the reader's own number unless given.
        folder: keeps what is read, and has what is gone on with.
        watch: is told of every page.

    Raises UsageError where it cannot be done as asked.
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
        if not self.reader.answers and (asked := [task for task in self.tasks if task != "transcribe"]):
            raise UsageError(
                f"{self.reader.model} only transcribes pages: drop {', '.join(asked)} from the tasks, or "
                "give a prompt of its own"
            )
        levenshtein()
        _comparable(self.texts, self.profiles)
        self._kinds = {kind.name: kind for kind in self.texts}
        self.cells = _cells(self.texts, self.profiles, self.tasks, self.scales)
        self._found: dict[Key, Reading] = self.folder.readings() if self.folder else {}
        self._failed: dict[Cell, int] = {}
        self._schedule: Schedule[tuple[Cell, int], Turn] | None = None
        self._checked = self._stopped = False
        self._judged: dict[Key, list[Judged]] = {}
        if self.folder:
            self.folder.agree(self._setup())

    async def run(self) -> ProbeResult:
        """Read every page that is owed, and return the figures.

        Raises:
            BackendError: the reader gave up on the first pages, one after another.
            StorageError: the folder cannot be written.
        """
        async with aclosing(self.turns()) as turns:
            async for _ in turns:
                pass
        return await asyncio.to_thread(self.result)

    def owed(self) -> list[tuple[Cell, int]]:
        """Return the pages that were not read yet: the first of every cell, then the second of each."""
        wanted = ((cell, number) for number in range(self.pages) for cell in self.cells)
        return [(cell, number) for cell, number in wanted if _key(cell, number) not in self._found]

    async def check(self) -> None:
        """Make sure that the reader can read, if a page is owed; raises VtcError naming what is wrong."""
        if self._checked or not self.owed():
            return
        await self.reader.check()
        if self.folder:
            self.folder.agree(self._setup())
        self._checked = True

    async def turns(self) -> AsyncGenerator[Turn]:
        """Read what is owed, yielding every page as it is finished; the same as `run`, to be watched."""
        owed = self.owed()
        total = self.pages * len(self.cells)
        progress = Progress(total, before=total - len(owed))
        self.watch(progress)
        if not owed or self._stopped:
            return
        await self.check()
        self._schedule = Schedule(self._turn, owed, self.concurrency or self.reader.concurrency)
        async with aclosing(self._schedule.results()) as turns:
            async for turn in turns:
                self._note(turn, progress)
                self.watch(progress)
                yield turn

    def stop(self) -> None:
        """Begin no more pages and cancel those that are being read; to be called in the event loop."""
        self._stopped = True
        if self._schedule is not None:
            self._schedule.stop()

    def result(self) -> ProbeResult:
        """Return the figures of all that was read so far."""
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

    async def _turn(self, _: int, owed: tuple[Cell, int]) -> Turn:
        """Draw a page and ask about it."""
        cell, number = owed
        items = await asyncio.to_thread(self._draw, cell, number)
        answers = []
        try:
            for item in items:
                answers.append(await self.reader.read(item.page, Ask(item.question, len(item.expected))))
        except BackendError as error:
            return Turn(cell, None, error)
        return Turn(cell, Reading.of(cell, number, items, answers))

    def _draw(self, cell: Cell, number: int) -> list[Item]:
        kind = self._kinds.get(cell.kind) or next(iter(self.texts))
        items = DRAW[cell.task](kind, cell.profile, f"probe:{self.seed}:{cell.kind}:{cell.task}:{number}")
        if not items:
            raise ProfileError(f"profile {cell.profile.name}: its page is too small for the task {cell.task}")
        for item in items:
            item.page.ready()
        return items

    def _note(self, turn: Turn, progress: Progress) -> None:
        """Keep what was read, count what was not; give up where nothing is ever read."""
        if turn.reading is not None:
            self._found[turn.reading.key] = turn.reading
            progress.read += 1
            if self.folder:
                self.folder.add(turn.reading)
            return
        self._failed[turn.cell] = self._failed.get(turn.cell, 0) + 1
        progress.failed += 1
        if not progress.read and progress.failed >= _IN_A_ROW and turn.error is not None:
            raise turn.error

    def _readings(self, cell: Cell) -> list[Reading]:
        keys = (_key(cell, number) for number in range(self.pages))
        return [self._found[key] for key in keys if key in self._found]

    def _judge(self, reading: Reading) -> list[Judged]:
        if reading.key not in self._judged:
            self._judged[reading.key] = [judge(said, self.reader.alphabet) for said in reading.said]
        return self._judged[reading.key]


def _comparable(texts: Sequence[TextKind], profiles: Sequence[Profile]) -> None:
    """Refuse formulas that would be drawn as pictures: no character of them stands on the page."""
    for profile in profiles:
        for text in texts:
            if profile.latex == "typeset" and text.has_formulas:
                raise UsageError(
                    f"profile {profile.name} draws formulas as pictures, so {text.name} cannot be compared "
                    "character by character: drop it, or take latex=linear"
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
                for kind in [STEPS] if task == "state" else [text.name for text in texts]:
                    cell = Cell(drawn, scale, kind, task)
                    cells.setdefault((drawn.sha256, kind, task), cell)
    if not cells:
        raise UsageError("nothing is to be read: name kinds of text, and scales at which pages can be drawn")
    return list(cells.values())
