"""What the provider of a closed model accepts in one request, checked before it is sent."""

from collections.abc import Iterator

from vtc_r1.closed import ClosedModel, closed
from vtc_r1.errors import BackendError
from vtc_r1.prompts.prompt import Prompt

_FEWER = "keep fewer pages with --memory-tokens N, or give --memory text"
_SMALLER = "draw smaller pages with another --profile"


def check(model: ClosedModel, prompt: Prompt) -> None:
    """Raise BackendError for a prompt that the provider would refuse, naming the limit and the remedy."""
    for found, limit, unit, remedy in _measured(model, prompt):
        if limit is not None and found > limit:
            line = (
                f"a request of {found:,} {unit} is over the limit of {model.provider} ({limit:,}): {remedy}"
            )
            raise BackendError(line, "refused")


def left_out(model: ClosedModel) -> frozenset[str]:
    """Return the request fields that the model does not take; without `max_tokens` its newer name is sent."""
    return model.without | ({"max_tokens"} if closed().provider[model.provider].newer else set())


def _measured(model: ClosedModel, prompt: Prompt) -> Iterator[tuple[int, int | None, str, str]]:
    """Yield each measure of a prompt: its value, its limit, its unit, and the remedy."""
    provider, pages = closed().provider[model.provider], prompt.pages
    yield len(pages), model.images or provider.images, "images", _FEWER
    sides = max((max(page.width, page.height) for page in pages), default=0)
    yield sides, provider.pixels, "pixels on a side of an image", _SMALLER
    if provider.many is not None and len(pages) > provider.many:
        what = f"pixels on a side of an image, beside more than {provider.many} images,"
        yield sides, provider.pixels_of_many, what, f"{_SMALLER}, or {_FEWER}"
    sizes = [page.base64_bytes for page in pages]
    yield max(sizes, default=0), provider.image_bytes, "bytes of one image", _SMALLER
    texts = sum(len(part.encode("utf-8", "replace")) for part in prompt.content if isinstance(part, str))
    yield sum(sizes) + texts, provider.request_bytes, "bytes", _FEWER
