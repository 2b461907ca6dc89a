"""Whether two checkpoints hold the same weights, and if they do not, which ones differ."""

from pathlib import Path

from safetensors.torch import load_file

_NAMED = 5  #: tensors that a failure names


def assert_same_weights(found: Path, expected: Path) -> None:
    """Assert that two checkpoint folders have the same `model.safetensors`, byte by byte.

    A failure names what differs: pytest would print the bytes, hundreds of kilobytes that say nothing.
    """
    one, other = (folder / "model.safetensors" for folder in (found, expected))
    if one.read_bytes() == other.read_bytes():
        return
    here, there = load_file(one), load_file(other)
    said = [f"{name}: only in one of them" for name in sorted(here.keys() ^ there.keys())]
    for name in sorted(here.keys() & there.keys()):
        weight, wanted = here[name], there[name]
        if (weight.dtype, weight.shape) != (wanted.dtype, wanted.shape):
            said.append(f"{name}: {weight.dtype} {[*weight.shape]}, not {wanted.dtype} {[*wanted.shape]}")
        elif changed := int((weight != wanted).sum()):
            most = float((weight.float() - wanted.float()).abs().max())
            said.append(f"{name}: {changed} of {weight.numel()} values, by {most:.3g} at most")
    said = said or ["the tensors are equal, so it is their order or the metadata"]
    more = f"; and {len(said) - _NAMED} more" if len(said) > _NAMED else ""
    raise AssertionError(f"{one} is not {other}: {'; '.join(said[:_NAMED])}{more}")
