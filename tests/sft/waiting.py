"""`vtc-r1 train`, which waits after its first step until it is asked to end.

python -m tests.sft.waiting MARK WORD …, where MARK is a file that says that it waits
"""

import sys
import time
from pathlib import Path

from vtc_r1.__main__ import main
from vtc_r1.sft import train as entry
from vtc_r1.sft.training.progress import Event, TrainingProgress, TrainingStopped

MARK, *WORDS = sys.argv[1:]
heard: list[Event] = []
say = entry.say


def wait(event: Event) -> None:
    """Say it, and wait after the first step; signals come in between."""
    say(event)
    if isinstance(event, TrainingStopped):
        heard.append(event)
    if isinstance(event, TrainingProgress) and event.step == 1:
        Path(MARK).touch()
        while not heard:
            time.sleep(0.01)


if __name__ == "__main__":
    entry.say = wait
    sys.argv = ["vtc-r1", "train", *WORDS]
    sys.exit(main())
