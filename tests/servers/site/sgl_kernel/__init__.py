"""Takes the place of SGLang's kernels, whose published wheel needs CUDA.

SGLang names kernels of this package while it is imported. On a CPU without AMX it runs PyTorch's own
operators instead, save for one: writing where a batch's tokens lie into the table of requests. So every
kernel can be named, that one works, and the others say that they do not.
"""

from collections.abc import Callable
from typing import Any, NoReturn

import torch

__version__ = "0"


def _absent(name: str) -> Callable[..., NoReturn]:
    def kernel(*_: object, **__: object) -> NoReturn:
        raise NotImplementedError(f"the kernel {name} does not exist in this CPU environment")

    return kernel


class _Kernels:
    """`torch.ops.sgl_kernel`; SGLang takes its CPU kernels by name, and asks whether there are others."""

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        return __getattr__(name)


def __getattr__(name: str) -> Callable[..., NoReturn]:
    if not name.endswith("_cpu"):
        raise AttributeError(f"module 'sgl_kernel' has no attribute {name!r}")
    return _absent(name)


def assign_req_to_token_pool_cpu(
    rows: Any, table: Any, first: Any, past: Any, places: Any, row_length: int
) -> None:
    """Write each request's new `places`, which lie one after another, into columns first…past of its row."""
    counts = (past - first).tolist()
    for row, begin, chunk in zip(rows.tolist(), first.tolist(), places.split(counts), strict=False):
        table[row, begin : begin + len(chunk)] = chunk.to(table.dtype)


torch.ops.sgl_kernel = _Kernels()
