"""The workspace of a build: a folder next to the target, renamed to it once it is complete.

`OUT.partial/` holds the finished shards and `work/journal.jsonl`, with one line for each of them. A killed
build leaves it there, and the same build resumes in it. A build that ends before its first shard leaves
nothing; one without examples, or that failed on its source or rows, may be replaced by another build.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import ValidationError

from vtc_r1.disk.access import writable
from vtc_r1.disk.atomic import UNFINISHED, atomic_file, drop_unfinished, put_folder, write_atomic
from vtc_r1.disk.lines import append_to, whole_lines, write_line
from vtc_r1.disk.lock import Lock
from vtc_r1.errors import DataError, NoDataSet, StorageError, UsageError, VtcError
from vtc_r1.sft.building.config import FORMAT, BuildConfig
from vtc_r1.sft.building.progress import ShardRecord

MANIFEST = "build.json"
DROPS = "drops.jsonl"
RESUME = "run the same command again to resume"
_JOURNAL, _FAILED = "journal.jsonl", "failed"
_OURS = {"data", "work", "README.md", DROPS, MANIFEST}


class Workspace:
    """The folder in which one build works.

    Args:
        out: the folder that the build is to become.
        config: the build's configuration.

    Attributes:
        done: the shards that are finished, by number.
        is_finished: `out` already holds this build.
        replaced: number of shards of a failed build by another configuration that was replaced.

    Raises:
        UsageError: `out` or the folder next to it holds something else, or a build by another
            configuration, or another process is building there.
        StorageError: it cannot be written.
    """

    def __init__(self, out: Path, config: BuildConfig) -> None:
        self.out, self.config = out, config
        self.folder = partial_of(out)
        self.work = self.folder / "work"
        self.done: dict[int, ShardRecord] = {}
        self.is_finished = self._holds_this_build(out)
        self.replaced = 0
        self._lock: Lock | None = None

    def __enter__(self) -> Self:
        try:
            with writable(self.folder, RESUME):
                self._open()
        except BaseException as error:
            if self._lock is not None and not (self.work / "config.json").exists():
                self._leave(error)  # it is new, and holds nothing yet
            self._unlock()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is not None and not self.is_finished:
                self._leave(error)
        finally:
            self._unlock()

    def shard_path(self, number: int) -> Path:
        """File of the examples of a shard."""
        return self.folder / "data" / f"train-{number:05d}.parquet"

    def drops_path(self, number: int) -> Path:
        """File of the dropped rows of a shard."""
        return self.work / "drops" / f"{number:05d}.jsonl"

    def add(self, record: ShardRecord) -> None:
        """Record a finished shard."""
        self.done[record.shard] = record
        # Synced, as the shard is not built again from here on.
        with writable(self.folder, RESUME), append_to(self.work / _JOURNAL) as file:
            write_line(file, record.model_dump_json(), synced=True)

    def start_over(self) -> None:
        """Delete the finished shards, as their source may have changed."""
        with writable(self.folder, RESUME):
            self._clear()
        self.done = {}

    def publish(self, manifest: dict[str, Any], card: str) -> None:
        """Finish: list the drops, write card and manifest, and rename the folder."""
        with writable(self.folder, RESUME):
            write_atomic(self.folder / "README.md", card.encode())
            self._list_drops()
            # Last of all: a folder with a manifest is a finished build.
            write_atomic(self.folder / MANIFEST, (json.dumps(manifest, indent=2) + "\n").encode())
            self._rename()

    def _open(self) -> None:
        if self._holds_this_build(self.folder):  # killed between the manifest and the new name
            self._rename()
            self.is_finished = True
        if self.is_finished:
            return
        kept = self.work / "config.json"
        if self.folder.exists() and not all(map(_is_ours, self.folder.iterdir())):
            raise UsageError(f"{self.folder}: holds something else; choose another --out or delete it")
        for folder in (self.folder / "data", self.work / "drops"):
            folder.mkdir(parents=True, exist_ok=True)
        self._claim()
        if kept.exists():
            self._agree(kept)
        (self.work / _FAILED).unlink(missing_ok=True)
        if not kept.exists():
            write_atomic(kept, self.config.model_dump_json(indent=2).encode())
        drop_unfinished(self.folder)
        self.done = {record.shard: record for record in self._journal()}

    def _agree(self, kept: Path) -> None:
        """Reject a build by another configuration, unless nothing of value would be lost."""
        try:
            _refuse_other(kept, _config(kept), self.config)
        except UsageError:
            shards = [record for record in self._records() if record.examples]
            if shards and not (self.work / _FAILED).exists():
                raise
            self.replaced = len(shards)
            self._clear()
            kept.unlink()

    def _leave(self, error: BaseException) -> None:
        """Keep the resumable part of an unfinished build; note a failure.

        An interrupt is not a failure: everything is kept, since the same command resumes it.
        """
        if not isinstance(error, Exception):
            return
        with suppress(OSError):
            if not self.done:
                shutil.rmtree(self.folder)
            # A full disk says nothing about the data, so that build can only be resumed. After other failures
            # the user may want another configuration, which then replaces this build.
            elif isinstance(error, VtcError) and not isinstance(error, StorageError):
                write_atomic(self.work / _FAILED, f"{error}\n".encode("utf-8", "replace"))

    def _clear(self) -> None:
        """Delete all shards and their records."""
        (self.work / _JOURNAL).unlink(missing_ok=True)
        for path in [*(self.folder / "data").iterdir(), *(self.work / "drops").iterdir()]:
            path.unlink()

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()

    def _claim(self) -> None:
        """Lock the workspace for the life of this process."""
        taken = UsageError(f"{self.folder}: another process is building there")
        self._lock = Lock(self.work / "lock", taken)

    def _journal(self) -> Iterator[ShardRecord]:
        """The recorded shards whose files exist; a shard on a torn last line is built again."""
        for record in self._records():
            file = self.shard_path(record.shard)
            if self.drops_path(record.shard).exists() and _size(file) == record.bytes:
                yield record

    def _records(self) -> Iterator[ShardRecord]:
        path = self.work / _JOURNAL
        for line in whole_lines(path):
            try:
                yield ShardRecord.model_validate_json(line)
            except ValidationError as error:
                raise DataError(f"{path}: is damaged; delete {self.folder} and build again") from error

    def _list_drops(self) -> None:
        with atomic_file(self.folder / DROPS) as file:
            for number in sorted(self.done):
                file.write(self.drops_path(number).read_bytes())

    def _rename(self) -> None:
        shutil.rmtree(self.work, ignore_errors=True)
        put_folder(self.folder, self.out)

    def _holds_this_build(self, folder: Path) -> bool:
        """Whether `folder` is this build, finished; raises UsageError if it is another one."""
        manifest = folder / MANIFEST
        if manifest.exists():
            _refuse_other(folder, read_manifest(folder)[0], self.config)
            return True
        if folder == self.out and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{folder}: exists and is not a data set of this build; choose another --out")
        return False


def partial_of(out: Path) -> Path:
    """Return the folder next to `out` in which it is built."""
    whole = out.resolve() if out.name in ("", "..") else out
    return whole.with_name(f"{whole.name}.partial")


def read_manifest(folder: Path) -> tuple[BuildConfig, dict[str, Any]]:
    """Return configuration and figures of a finished build; raises DataError."""
    path, partial = folder / MANIFEST, partial_of(folder)
    try:
        manifest = json.loads(path.read_bytes())
        if (found := manifest["config"]["format"]) != FORMAT:
            raise NoDataSet(
                f"{folder}: was built by another version of vtc-r1 "
                f"(format {found}, this one reads {FORMAT}); build it again"
            )
        return BuildConfig.model_validate(manifest["config"]), manifest
    except (OSError, ValueError, KeyError, TypeError) as error:
        if not folder.exists() and not partial.exists():
            raise NoDataSet(f"{folder}: there is no such folder; `vtc-r1 data build` makes it") from error
        hint = f"; its build is unfinished in {partial.name}: run it again" if partial.exists() else ""
        raise NoDataSet(f"{folder}: is not a finished data set of `vtc-r1 data build`{hint}") from error


def _config(path: Path) -> BuildConfig:
    try:
        return BuildConfig.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise UsageError(
            f"{path}: was written by another version; delete its folder to start over"
        ) from error


def _refuse_other(where: Path, found: BuildConfig, wanted: BuildConfig) -> None:
    if different := found.differences(wanted):
        raise UsageError(
            f"{where}: is a build with another {', '.join(different)}; "
            "choose another --out, or delete it to start over"
        )


def _is_ours(path: Path) -> bool:
    return path.name in _OURS or path.match(UNFINISHED)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
