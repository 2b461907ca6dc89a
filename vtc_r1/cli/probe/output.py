"""What `vtc-r1 probe` prints: tables on standard output, progress on standard error."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vtc_r1.cli.printable import printable
from vtc_r1.cli.probe.tables import tables
from vtc_r1.cli.terminal.notices import Notice
from vtc_r1.cli.terminal.progress import JobProgress, ProgressDisplay
from vtc_r1.counted import count
from vtc_r1.errors import BackendError
from vtc_r1.eval.probe import ProbeProgress, ProbeResult
from vtc_r1.eval.probe.probe import Watch


class ProbeOutput:
    """Prints a probe.

    Args:
        as_json: the result comes as one JSON object, instead of tables.
        quiet: no progress and no notes.
    """

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        self.as_json, self.quiet = as_json, quiet
        self._failures: list[str] = []
        self._last: ProbeProgress | None = None

    def say(self, line: str) -> None:
        """Print a note."""
        if not self.quiet:
            print(printable(line), file=sys.stderr)

    def note_failure(self, error: BackendError) -> None:
        """Keep why a page was not read."""
        self._failures.append(str(error))

    def done(self) -> None:
        """Say what was read, and what was not."""
        if self._last is not None:
            before = f", {self._last.before:,} of them before" if self._last.before else ""
            self.say(f"{self._last.before + self._last.read:,} of {self._last.total:,} pages read{before}")
        if self._failures:
            why = f"{count(len(self._failures), 'page')} failed, the last because {self._failures[-1]}"
            print(printable(f"vtc-r1: {why}; run the same command again to retry"), file=sys.stderr)

    def show(self, result: ProbeResult, out: Path | None) -> None:
        """Print the figures; `out` is None where they could not be stored."""
        print(result.model_dump_json(indent=2) if self.as_json else printable(tables(result)), flush=True)
        if out is not None:
            self.say(f"result and plot in {out}")

    @contextmanager
    def watching(self, out: Path, waiting: Notice) -> Iterator[Watch]:
        """Show the progress, and what is waited for; when it is interrupted, say what is in the folder."""
        with ProgressDisplay("pages", waiting, quiet=self.quiet) as display:

            def watch(progress: ProbeProgress) -> None:
                self._last = progress
                here = progress.read + progress.failed
                rest = progress.total - progress.done
                failed = f"{progress.failed:,} failed" if progress.failed else ""
                display.update(JobProgress(progress.done, progress.total, failed, here, rest))

            try:
                yield watch
            except KeyboardInterrupt:
                if self._last is not None:
                    kept = f"{self._last.before + self._last.read:,} of {self._last.total:,} pages"
                    display.say(f"{kept} are in {out}; run the same command again to resume")
                raise
