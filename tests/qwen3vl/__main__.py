"""Write a checkpoint to a folder: python -m tests.qwen3vl FOLDER [instruct|thinking]."""

import sys
from pathlib import Path

from tests.qwen3vl.checkpoint import checkpoint
from tests.qwen3vl.packages import VARIANTS, Unavailable

if not (2 <= len(sys.argv) <= 3 and set(sys.argv[2:]) <= set(VARIANTS)):
    sys.exit(__doc__)
try:
    print(checkpoint(Path(sys.argv[1]), *sys.argv[2:]))
except Unavailable as error:
    sys.exit(f"tests.qwen3vl: {error}")
