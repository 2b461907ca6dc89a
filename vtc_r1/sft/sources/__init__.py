"""Sources: where rows of training data come from.

`open_source` takes a hub id, a `.parquet` or `.jsonl` file, or a folder of either.
"""

from vtc_r1.sft.sources.base import Source
from vtc_r1.sft.sources.opening import open_source

__all__ = ["Source", "open_source"]
