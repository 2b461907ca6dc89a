"""Vision-token arithmetic: what a page costs a model, one class for each way of counting."""

from vtc_r1.renderers.vision.base import VisionFamily
from vtc_r1.renderers.vision.checkpoint import from_checkpoint
from vtc_r1.renderers.vision.known import FAMILIES, UNKNOWN, family

__all__ = ["FAMILIES", "UNKNOWN", "VisionFamily", "family", "from_checkpoint"]
