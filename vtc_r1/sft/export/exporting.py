"""Writes an export atomically."""

from collections.abc import Callable
from pathlib import Path

from vtc_r1.disk.access import writable
from vtc_r1.disk.atomic import atomic_folder
from vtc_r1.errors import UsageError
from vtc_r1.sft.built.dataset import BuiltDataset
from vtc_r1.sft.export.jsonl import write_jsonl
from vtc_r1.sft.export.llamafactory import write_llamafactory
from vtc_r1.sft.export.trl import write_trl
from vtc_r1.sft.export.webdataset import write_webdataset

FORMATS: dict[str, Callable[[BuiltDataset, Path, str], int]] = {
    "llamafactory": write_llamafactory,
    "trl": write_trl,
    "webdataset": write_webdataset,
    "jsonl": write_jsonl,
}
"""Writer of each format: data set, folder, model → number of examples."""


def export(data: BuiltDataset, form: str, out: Path, *, model: str = "Qwen/Qwen3-VL-8B-Instruct") -> int:
    """Export `data`; `out` is written under a temporary name and renamed once it is complete.

    Args:
        data: a built data set.
        form: one of FORMATS.
        out: the folder to create; it must not exist, or be empty.
        model: the model named in a training configuration.

    Returns:
        The number of examples.

    Raises:
        UsageError: `out` holds something, or the data set's prompt set has changed since.
        StorageError: it cannot be written.
        DataError: the data set cannot be read.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out}: exists; choose another --out")
    with writable(out), atomic_folder(out) as fresh:
        return FORMATS[form](data, fresh, model)
