"""Write a checkpoint to a folder: python -m tests.qwen3vl FOLDER [instruct|thinking]."""

import argparse
import sys
from pathlib import Path

from vtc_r1.study.tiny.checkpoint import checkpoint
from vtc_r1.study.tiny.packages import VARIANTS, Unavailable

parser = argparse.ArgumentParser("python -m tests.qwen3vl", description="Write a checkpoint to a folder.")
parser.add_argument("folder", type=Path)
parser.add_argument("variant", nargs="?", choices=tuple(VARIANTS), default="instruct")
arguments = parser.parse_args()
try:
    print(checkpoint(arguments.folder, arguments.variant))
except Unavailable as error:
    sys.exit(f"tests.qwen3vl: {error}")
