"""The folder of a search: proposals and evaluations are stored as they arrive.

setup.json          the setup of the search
rounds.jsonl        one line per round of proposals
evaluations.jsonl   one line per measured profile, identified by its hash
readings/           every page that was read, as in a probe's folder
profile.toml        the best profile; front/*.toml holds those of the whole front
result.json, front.png, front.svg
"""

import re
from collections.abc import Sequence
from contextlib import ExitStack
from io import FileIO
from pathlib import Path
from typing import Self, TypeVar

from pydantic import Field, ValidationError

from vtc_r1.configuration import EncodableText, Record
from vtc_r1.disk.access import writable
from vtc_r1.disk.atomic import write_atomic
from vtc_r1.disk.claim import claim, holds
from vtc_r1.disk.lines import append_to, read_lines, write_line
from vtc_r1.errors import StorageError, UsageError, first_line
from vtc_r1.eval.tune.objective import Evaluation, Key
from vtc_r1.eval.tune.proposal import Proposal
from vtc_r1.eval.tune.space import Space
from vtc_r1.renderers import Profile

SETUP, ROUNDS, EVALUATIONS, READINGS = "setup.json", "rounds.jsonl", "evaluations.jsonl", "readings"
_MEASURED = (EVALUATIONS, f"{READINGS}/readings.jsonl")
"""Files that are empty as long as nothing has been measured."""
_FRONT = re.compile(r"\d{2,}\.toml")
_ANOTHER = "choose another --out"
R = TypeVar("R", bound=Record)


class TuneSetup(Record):
    """The setup of a search: everything that determines its course, except its length.

    Attributes:
        version: version of the folder's layout.
        strategy: its name, and what else determines its proposals.
        seed: seed of the search.
        round: proposals per round.
        sizes: size of the first measurement of all proposals, then of the next one of the better half.
        target: the highest acceptable error.
        base: the profile that is varied.
        space: the search space.
        objective: identifies the objective.
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
        """Name the first field that differs in another setup; None if there is none."""
        ours, theirs = self.model_dump(mode="json"), other.model_dump(mode="json")
        return next((name for name in ours if ours[name] != theirs[name]), None)


class Round(Record):
    """One round of proposals.

    Attributes:
        number: number of the round, from 0.
        proposals: the new ones, which can be drawn.
        repaired: number of new and repeated ones that had to be repaired.
        repeated: number of proposals that had been tried before.
        dropped: why other proposals were unusable.
    """

    number: int = Field(ge=0)
    proposals: list[Proposal]
    repaired: int = 0
    repeated: int = 0
    dropped: list[EncodableText] = Field(default_factory=list)


class TuneFolder:
    """The folder of a search, open for writing; an existing one of the same search is resumed.

    Args:
        path: the folder; created if absent.
        setup: the setup of the search.

    Raises:
        UsageError: the folder holds another search.
        StorageError: it cannot be written, holds something else, or another process writes to it.
    """

    def __init__(self, path: Path, setup: TuneSetup) -> None:
        self.path = path
        with ExitStack() as opened:
            with writable(path):
                opened.enter_context(claim(path, "vtc-r1 tune"))
                _agree(path, setup)
            self._rounds = opened.enter_context(append_to(path / ROUNDS))
            self._evaluations = opened.enter_context(append_to(path / EVALUATIONS))
            self.rounds = _parsed(path / ROUNDS, Round)
            self.evaluations: dict[Key, Evaluation] = {
                one.key: one for one in _parsed(path / EVALUATIONS, Evaluation)
            }
            self._open = opened.pop_all()

    def add_round(self, one: Round) -> None:
        """Store a round of proposals."""
        self._write_line(self._rounds, one)
        self.rounds.append(one)

    def add(self, evaluations: Sequence[Evaluation]) -> None:
        """Store evaluations."""
        for one in evaluations:
            self._write_line(self._evaluations, one)
            self.evaluations[one.key] = one

    def write(self, files: dict[str, bytes]) -> None:
        """Store the result files by path, and remove older ones of the front."""
        with writable(self.path):
            for name, data in files.items():
                (self.path / name).parent.mkdir(exist_ok=True)
                write_atomic(self.path / name, data)
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
        raise StorageError(f"{file}: is not a setup of this version ({reason}); {_ANOTHER}") from error
    difference = there.difference(setup)
    if difference is None:
        return
    if any(next(read_lines(path / name), None) for name in _MEASURED) or (path / "solved").exists():
        raise UsageError(f"{path}: holds another search (its {difference} differs); {_ANOTHER}")
    (path / ROUNDS).unlink(missing_ok=True)
    _write_setup(file, setup)


def _write_setup(file: Path, setup: TuneSetup) -> None:
    write_atomic(file, f"{setup.model_dump_json(indent=2)}\n".encode())


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
