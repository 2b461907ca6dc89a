"""Kernels of models that nobody serves here; they can be imported."""

from sgl_kernel import __getattr__

__all__ = ["__getattr__"]
