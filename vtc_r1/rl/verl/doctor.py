"""Checks of an environment for runs by verl."""

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from vtc_r1.extras import remedy
from vtc_r1.sglang.check import Check, Finding

_VERL, _NEXT = (0, 9), (0, 10)
_TRANSFORMERS = (5, 11)
SGLANG = "verl's guide says which SGLang, torch and flash-attn go together, verl.readthedocs.io"
"""What to do for SGLang: its pins and verl's exclude each other, so no extra can name both."""


def rl_checks() -> list[Check]:
    """Return the checks, in order."""
    return [
        Check("verl", verl),
        Check("transformers", transformers),
        Check("SGLang", lambda: _installed("sglang", SGLANG)),
        Check("Ray", lambda: _installed("ray")),
        Check("TransferQueue", lambda: _installed("TransferQueue")),
        Check("GPUs", gpus),
    ]


def verl() -> Finding:
    """Is a version of verl installed that this package was made for?"""
    found = _version("verl")
    if found is None:
        return _absent("verl")
    if not _VERL <= _numbers(found) < _NEXT:
        return Finding("failed", f"verl {found}, and 0.9 was run", remedy("rl"))
    return Finding("ok", f"verl {found}")


def transformers() -> Finding:
    """Is transformers as old as verl wants it?"""
    found = _version("transformers")
    if found is None:
        return _absent("transformers")
    if _numbers(found) >= _TRANSFORMERS:
        return Finding(
            "failed",
            f"transformers {found}, and verl 0.9 wants one below 5.11",
            f"install the extra rl in an environment of its own, without local or train: {remedy('rl')}",
        )
    return Finding("ok", f"transformers {found}")


def gpus() -> Finding:
    """Does torch see GPUs?"""
    if find_spec("torch") is None:
        return _absent("torch")
    import torch

    count = torch.cuda.device_count()
    if not count:
        return Finding("failed", "torch sees no GPU", "run it on a machine with GPUs of CUDA")
    sizes = [torch.cuda.get_device_properties(at).total_memory / 2**30 for at in range(count)]
    return Finding("ok", f"{count} × {torch.cuda.get_device_name(0)}, {min(sizes):.0f} GiB each")


def _installed(name: str, otherwise: str | None = None) -> Finding:
    found = _version(name)
    return _absent(name, otherwise) if found is None else Finding("ok", f"{name} {found}")


def _absent(name: str, otherwise: str | None = None) -> Finding:
    return Finding("failed", f"{name} is not installed", otherwise or remedy("rl"))


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _numbers(found: str) -> tuple[int, ...]:
    """The first two numbers of a version."""
    parts = found.split(".")[:2]
    return tuple(int("".join(filter(str.isdigit, part)) or 0) for part in parts)
