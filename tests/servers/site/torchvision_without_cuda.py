"""Lets a torchvision whose compiled part needs CUDA be imported beside a torch for CPUs.

Importing torchvision attaches rules to its compiled operators, and fails where they do not exist. They
are declared just before that import, without code: resizing and normalising images needs none of them.
"""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

_OPERATORS = ("nms", "qnms")
_declared = []


class _BeforeTorchvision(MetaPathFinder):
    """Finds nothing; acts once, when torchvision is looked for."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if name == "torchvision":
            sys.meta_path.remove(self)
            import torch

            library = torch.library.Library("torchvision", "FRAGMENT")
            for operator in _OPERATORS:
                library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
            _declared.append(library)


sys.meta_path.insert(0, _BeforeTorchvision())
