"""Write a checkpoint to a folder: python -m vtc_r1.study.tiny FOLDER [--variant instruct|thinking]."""

import argparse
import sys
from pathlib import Path

from vtc_r1.disk.atomic import atomic_folder
from vtc_r1.study.tiny.checkpoint import checkpoint
from vtc_r1.study.tiny.packages import VARIANTS, Unavailable

parser = argparse.ArgumentParser("python -m vtc_r1.study.tiny", description="Write a checkpoint to a folder.")
parser.add_argument("folder", type=Path)
parser.add_argument("--variant", choices=VARIANTS, default="instruct", help="whose chat template it has")
parser.add_argument("--tied", action="store_true", help="one matrix embeds tokens and gives logits")
parser.add_argument("--seed", type=int, default=0, help="of the weights")
given = parser.parse_args()
try:
    if not given.folder.exists():
        with atomic_folder(given.folder) as fresh:
            checkpoint(fresh, given.variant, tied=given.tied, seed=given.seed)
except Unavailable as error:
    sys.exit(f"vtc-r1: {error}")
print(given.folder)
