"""Images in a user's message, drawn anew: what a model server gets is always a PNG of ours."""

import base64
import binascii
import io
import re

import numpy as np
from PIL import Image

from vtc_r1.errors import UsageError
from vtc_r1.renderers.page import Page
from vtc_r1.renderers.vision import VisionFamily
from vtc_r1.serve.refusal import Refusal

MOST_IMAGES = 16
MOST_BYTES = 20_000_000
MOST_PIXELS = 16_777_216
"""The largest area that a Qwen3-VL sees; larger ones would only be scaled down."""
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_HEAD = re.compile(r"data:image/[a-z0-9.+-]{1,20};base64,", re.IGNORECASE)


def decoded(address: str, where: str) -> bytes:
    """Return the bytes of a `data:` URI.

    Args:
        address: what stands in the body.
        where: its place there.

    Raises:
        Refusal: it is anything else; nothing is ever fetched or opened here.
    """
    head = _HEAD.match(address)
    if head is None:
        reason = "only data:image/…;base64,… is taken; addresses are not fetched"
        raise off(where, reason, "invalid_image_url")
    if len(address) > MOST_BYTES * 4 // 3 + 100:
        raise off(where, f"the image is over {MOST_BYTES:,} bytes", "image_too_large")
    try:
        return base64.b64decode(address[head.end() :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise off(where, "the image is no valid base64", "invalid_base64_image") from error


def picture(data: bytes, where: str, vision: VisionFamily) -> Page:
    """Decode an image; a moving one gives its first frame, a transparent one lies on white.

    Args:
        data: a PNG, JPEG, WebP or GIF file.
        where: its place in the body.
        vision: counts what it costs the model.

    Raises:
        Refusal: it is too large, or no image of these kinds.
    """
    if len(data) > MOST_BYTES:
        raise off(where, f"the image is over {MOST_BYTES:,} bytes", "image_too_large")
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            width, height = opened.size
            if width * height > MOST_PIXELS:
                raise off(where, f"{width}×{height} is over {MOST_PIXELS:,} pixels", "image_too_large")
            tokens = vision.tokens(width, height)
            flat = opened.convert("RGBA")
            paper = Image.new("RGBA", flat.size, "white")
            pixels = np.asarray(Image.alpha_composite(paper, flat).convert("RGB"))
    except UsageError as error:
        raise off(where, str(error), "invalid_image") from error
    except Refusal:
        raise
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        kinds = ", ".join(_FORMATS)
        raise off(where, f"it is no image that can be read ({kinds})", "invalid_image") from error
    return Page(pixels, "", tokens).ready()


def off(where: str, reason: str, code: str) -> Refusal:
    """Return what an image is refused with."""
    return Refusal(400, f"Invalid '{where}': {reason}.", param=where, code=code)
