"""GPUs known by name, with the figures that a roofline needs.

Sources, all for the SXM board and dense bf16 (half of the data sheets' figure with sparsity):
    a100-80: NVIDIA A100 80GB data sheet.
    h100: NVIDIA H100 data sheet.
    h200: NVIDIA H200 data sheet.
    b200: NVIDIA DGX B200 data sheet, its totals divided by its eight GPUs.
The links between GPUs are NVLink's, one direction (half of the data sheets' figure).
"""

from dataclasses import dataclass

from vtc_r1.errors import UnknownName


@dataclass(frozen=True)
class Gpu:
    """One GPU."""

    name: str  #: name of the GPU
    memory: float  #: bytes of its memory
    bandwidth: float  #: peak bandwidth of its memory, in bytes per second
    flops: float  #: peak bf16 operations per second
    link: float  #: peak bandwidth to the other GPUs of its machine, in bytes per second and direction


GPUS = {
    gpu.name: gpu
    for gpu in (
        Gpu("a100-80", memory=80e9, bandwidth=2.039e12, flops=312e12, link=300e9),
        Gpu("h100", memory=80e9, bandwidth=3.35e12, flops=989e12, link=450e9),
        Gpu("h200", memory=141e9, bandwidth=4.8e12, flops=989e12, link=450e9),
        Gpu("b200", memory=180e9, bandwidth=8e12, flops=2_250e12, link=900e9),
    )
}


def gpu_named(name: str) -> Gpu:
    """Return the GPU of a name, ignoring case; raises UnknownName."""
    if name.lower() not in GPUS:
        raise UnknownName("GPU", name, GPUS)
    return GPUS[name.lower()]
