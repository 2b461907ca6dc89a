"""The folder of a search: what was proposed and what it was found to be worth, kept as it comes.

setup.json          what decides the search
rounds.jsonl        a line for every round that was proposed
evaluations.jsonl   a line for every profile that was measured, by its content
readings/           every page that was read, as a probe keeps it
profile.toml        the best profile; front/*.toml those of the whole front
result.json, front.png, front.svg
"""

import os
import re
from collections.abc import Sequence
from contextlib import ExitStack
from io import FileIO
from pathlib import Path
from typing import Self, TypeVar

from pydantic import Field, ValidationError

from vtc_r1.configuration import EncodableText, Record
from vtc_r1.errors import StorageError, UsageError, first_line
from vtc_r1.eval.runs.lines import append_to, read_lines, write_line
from vtc_r1.eval.runs.lock import holds, locked
from vtc_r1.eval.tune.objective import Evaluation, Key
from vtc_r1.eval.tune.proposal import Proposal
from vtc_r1.eval.tune.space import Space
from vtc_r1.renderers import Profile
from vtc_r1.renderers.files import writable, write_whole

SETUP, ROUNDS, EVALUATIONS, READINGS = "setup.json", "rounds.jsonl", "evaluations.jsonl", "readings"
_MEASURED = (EVALUATIONS, f"{READINGS}/readings.jsonl")
"""Files of lines without which nothing has been measured yet."""
_FRONT = re.compile(r"\d{2,}\.toml")
_ANOTHER = "choose another --out"
R = TypeVar("R", bound=Record)


class TuneSetup(Record):
    """What decides a search, however far it goes.

    Attributes:
        version: of the folder's layout.
        strategy: its name, and what else decides its proposals.
        seed: of the search.
        round: proposals of a round.
        sizes: how much is looked at, first of all proposals, then of the better half of them.
        target: the highest error that is wanted.
        base: the profile that varies.
        space: between which values.
        objective: what decides a measurement.
    """

    version: int = 1
    strategy: str
    seed: int
    round: int
    sizes: tuple[int, ...]
    target: float
    base: Profile
    space: Space
    objective: dict[str, str]

    def difference(self, other: "TuneSetup") -> str | None:
        """Name the first thing in which another differs; None if in none."""
        ours, theirs = self.model_dump(mode="json"), other.model_dump(mode="json")
        return next((name for name in ours if ours[name] != theirs[name]), None)


class Round(Record):
    """What was proposed at once.

    Attributes:
        number: of the round, from 0.
        proposals: new ones, that can be drawn.
        repaired: of them and of the repeated, how many were proposed otherwise.
        repeated: how many had been tried before.
        dropped: why others were not usable.
    """

    number: int = Field(ge=0)
    proposals: list[Proposal]
    repaired: int = 0
    repeated: int = 0
    dropped: list[EncodableText] = Field(default_factory=list)


class TuneFolder:
    """A folder of a search, open for writing; gone on with where it holds some of the same search.

    Args:
        path: the folder; made where it is absent.
        setup: what decides the search.

    Raises:
        UsageError: the folder holds another search.
        StorageError: it cannot be written, holds something else, or another process writes to it.
    """

    def __init__(self, path: Path, setup: TuneSetup) -> None:
        self.path = path
        with ExitStack() as opened:
            with writable(path):
                path.mkdir(parents=True, exist_ok=True)
                opened.callback(os.close, locked(path, "vtc-r1 tune"))
                _agree(path, setup)
            self._rounds = opened.enter_context(append_to(path / ROUNDS))
            self._evaluations = opened.enter_context(append_to(path / EVALUATIONS))
            self.rounds = _parsed(path / ROUNDS, Round)
            self.evaluations: dict[Key, Evaluation] = {
                one.key: one for one in _parsed(path / EVALUATIONS, Evaluation)
            }
            self._open = opened.pop_all()

    def add_round(self, one: Round) -> None:
        """Store what was proposed."""
        self._write_line(self._rounds, one)
        self.rounds.append(one)

    def add(self, evaluations: Sequence[Evaluation]) -> None:
        """Store what was measured."""
        for one in evaluations:
            self._write_line(self._evaluations, one)
            self.evaluations[one.key] = one

    def write(self, files: dict[str, bytes]) -> None:
        """Store what a search came to, by path; what an earlier one left of its front is removed."""
        with writable(self.path):
            for name, data in files.items():
                (self.path / name).parent.mkdir(exist_ok=True)
                write_whole(self.path / name, data)
            for old in (self.path / "front").glob("*.toml"):
                if _FRONT.fullmatch(old.name) and f"front/{old.name}" not in files:
                    old.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def _write_line(self, file: FileIO, record: Record) -> None:
        with writable(self.path):
            write_line(file, record.model_dump_json())


def _agree(path: Path, setup: TuneSetup) -> None:
    file = path / SETUP
    if not holds(path, SETUP, "search"):
        _write_setup(file, setup)
        return
    try:
        there = TuneSetup.model_validate_json(file.read_bytes())
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise StorageError(f"{file}: is no setup of this version ({reason}); {_ANOTHER}") from error
    difference = there.difference(setup)
    if difference is None:
        return
    if any(next(read_lines(path / name), None) for name in _MEASURED) or (path / "solved").exists():
        raise UsageError(f"{path}: holds another search (its {difference} is another); {_ANOTHER}")
    (path / ROUNDS).unlink(missing_ok=True)
    _write_setup(file, setup)


def _write_setup(file: Path, setup: TuneSetup) -> None:
    write_whole(file, f"{setup.model_dump_json(indent=2)}\n".encode())


def _parsed(path: Path, kind: type[R]) -> list[R]:
    found = []
    for number, (_, values) in enumerate(read_lines(path), 1):
        try:
            found.append(kind.model_validate(values))
        except ValidationError as error:
            raise StorageError(
                f"{path}: line {number} is not of this version ({first_line(error)}); {_ANOTHER}"
            ) from error
    return found
