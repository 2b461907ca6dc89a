"""Kills and interrupts runs, and lets them go on: `python -m tests.rl.resumed FOLDER`.

Every run is a child of this process, which has only imported what it needs. One is never ended, one is killed
twice (within its first save, and while the checkpoint is written), and one is sent SIGTERM twice within a
twentieth of a second, with its whole group, as `timeout` and launchers do. All must come to the same weights.
Prints how often each was ended.
"""

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.same_weights import assert_same_weights
from vtc_r1.cli.signals import end_as_interrupts
from vtc_r1.rl.progress import StepDone
from vtc_r1.rl.recipe import GRPO, GrpoRecipe
from vtc_r1.rl.run import train

_SMALL = (
    'problems=[{"kind": "expression", "lines": [2, 3], "count": 20}]',
    "steps=3",
    "groups=3",
    "group_size=3",
    "refills=1",
    "learning_rate=1e-4",
    "temperature=2.1",
    "save_steps=2",
    "interpolation=0.5",
    "evaluation=null",
    "max_iterations=4",
    "segment_tokens=32",
)


def recipe(*settings: str) -> GrpoRecipe:
    """A run of three steps on the embedded model."""
    return GRPO.load("nano", [*_SMALL, *settings])


def main() -> None:
    import transformers.models.qwen3_vl.modeling_qwen3_vl  # noqa: F401  # once, for all children

    import vtc_r1.rl.card
    import vtc_r1.rl.trainer  # noqa: F401

    folder = Path(sys.argv[1])
    whole, killed, stopped = (folder / name for name in ("whole", "killed", "stopped"))
    assert _child(whole, lambda event: None) == 0
    for name in ("checkpoint-2", "checkpoint"):
        assert _child(killed, lambda event: None, _at_rename(name)) == -signal.SIGKILL
    assert _child(killed, lambda event: None) == 0
    assert _child(stopped, _signalled, _as_a_command) == 130
    assert [path.name for path in (stopped / "work").glob("checkpoint-*")] == ["checkpoint-1"]
    assert _child(stopped, lambda event: None) == 0
    for other in (killed, stopped):
        assert_same_weights(other / "checkpoint", whole / "checkpoint")
        assert len((other / "log.jsonl").read_text().splitlines()) == 3
    print("killed 2 stopped 1")


def _at_rename(name: str) -> Callable[[], None]:
    """Return what kills a process just before the folder of that name appears."""

    def watch() -> None:
        def hook(event: str, arguments: tuple[Any, ...]) -> None:
            if event == "os.rename" and Path(arguments[1]).name == name:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)

    return watch


def _as_a_command() -> None:
    """Become a group of processes that hears signals as the command does."""
    os.setpgid(0, 0)
    end_as_interrupts()


def _signalled(event: Any) -> None:
    if isinstance(event, StepDone) and event.step == 1:
        os.killpg(0, signal.SIGTERM)
        time.sleep(0.05)
        os.killpg(0, signal.SIGTERM)


def _child(folder: Path, report: Callable[[Any], None], watch: Callable[[], None] = lambda: None) -> int:
    """Run in a child; return its exit code, 130 for an interrupt."""
    pid = os.fork()
    if not pid:
        try:
            watch()
            train(recipe(), folder, report)
        except KeyboardInterrupt:
            os._exit(130)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    main()
