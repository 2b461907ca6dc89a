"""Refusals of images: too many in a request, not as data, or none at all; and what to do about each."""

import re

_TOO_MANY = re.compile(
    r"(?:too many|at most|more than|maximum (?:number )?of|max(?:imum)? allowed is|up to|limit of) \d*\s*"
    r"(?:\w+\s)?(?:images?\b|image\(s\)|multimodal items)|\bimages?\b[^.]*"
    r"(?:exceed|too many|at most|max(?:imum)? (?:is|allowed)|but only|limit[ -_]mm|defaulted to)",
    re.IGNORECASE,
)
_BLIND = re.compile(
    r"(?:images?|image_url|image input|vision)\b[^.]{0,40}(?:not|n't) (?:be )?(?:support|allowed|enabled)"
    r"|(?:not|n't) support[^.]{0,30}(?:image|vision|multimodal)|not a (?:multimodal|vision)|mmproj"
    r"|unknown (?:part|content) type[^.]{0,20}image",
    re.IGNORECASE,
)
_BY_ADDRESS = re.compile(
    r"data[ :]?ur[il]s?\b[^.]*(?:not|n't|unsupported)|(?:only|must be) (?:an? )?https?\b[^.]*ur[il]",
    re.IGNORECASE,
)
_TOO_LARGE = re.compile(
    r"\bimages?\b[^.]*(?:\d ?[KM]i?B\b|bytes|pixels?\b|dimensions?|resolution|too (?:large|big))",
    re.IGNORECASE,
)
_REMEDIES = {
    _TOO_LARGE: "take smaller pages with --profile",
    _TOO_MANY: "keep fewer pages with --memory-tokens, take --memory text, or raise the server's limit "
    "(SGLang: --limit-mm-data-per-request, vLLM: --limit-mm-per-prompt)",
    _BY_ADDRESS: "a gateway takes images by address alone: give the address of the server behind it",
    _BLIND: "serve a vision model such as Qwen3-VL, with images allowed, or take --memory text",
}


def of_images(message: str) -> str | None:
    """Return what to do about a refusal of images, None where it is about something else."""
    return next((remedy for words, remedy in _REMEDIES.items() if words.search(message)), None)
