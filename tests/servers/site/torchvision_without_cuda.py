"""Lets a torchvision whose compiled part needs CUDA be imported, and decode images, beside a torch for CPUs.

Importing torchvision attaches rules to its compiled operators, and fails where they do not exist. They are
declared just before that import, without code: resizing and normalising images needs none of them.
Decoding is done by Pillow.
"""

import io
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

_OPERATORS = ("nms", "qnms")
_DECODER = "decode_image(Tensor data, int mode, bool apply_exif_orientation) -> Tensor"
_RGB = 3
_declared = []


class _AroundTorchvision(MetaPathFinder):
    """Finds nothing but torchvision's image module, which it lets use the decoder below."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name == "torchvision" and not _declared:
            _declare()
        if name != "torchvision.io.image":
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def execute_and_allow(module: ModuleType) -> None:
            execute(module)
            vars(module)["_assert_has_image_ops"] = lambda: None

        vars(spec.loader)["exec_module"] = execute_and_allow
        return spec


def _declare() -> None:
    import torch

    library = torch.library.Library("torchvision", "FRAGMENT")
    for operator in _OPERATORS:
        library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    images = torch.library.Library("image", "FRAGMENT")
    images.define(_DECODER)
    images.impl("decode_image", _decode, "CPU")
    _declared.extend((library, images))


def _decode(data: Any, mode: int, apply_exif_orientation: bool) -> Any:
    """Decode the bytes of an image file into red, green and blue, uint8 of shape (3, height, width)."""
    import numpy as np
    import torch
    from PIL import Image

    if mode != _RGB or apply_exif_orientation:
        raise NotImplementedError(
            "images are decoded as they stand, into red, green and blue, and no other way"
        )
    with Image.open(io.BytesIO(data.numpy().tobytes())) as image:
        pixels = np.array(image.convert("RGB"))
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()


sys.meta_path.insert(0, _AroundTorchvision())
