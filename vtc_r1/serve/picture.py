"""Images in a user's message, re-encoded: a model server only ever gets PNG files made here.

Images by URL are fetched where the operator allows them: from public hosts over HTTP only.
"""

import base64
import binascii
import io
import ipaddress
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vtc_r1.errors import UsageError
from vtc_r1.renderers.page import Page
from vtc_r1.renderers.vision import VisionFamily
from vtc_r1.serve.refusal import Refusal

if TYPE_CHECKING:
    from aiohttp.abc import ResolveResult

MOST_IMAGES = 16
MOST_BYTES = 20_000_000
MOST_PIXELS = 16_777_216  #: the largest area that Qwen3-VL takes; larger images would only be scaled down
_STRIP = 256  #: rows that are converted at once
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_HEAD = re.compile(r"data:image/[a-z0-9.+-]{1,20};base64,", re.IGNORECASE)


def decoded(address: str, where: str) -> bytes:
    """Return the bytes of a `data:` URI.

    Args:
        address: the URL in the body.
        where: its place in the body.

    Raises:
        Refusal: it is anything else; this function never fetches a URL or opens a file.
    """
    head = _HEAD.match(address)
    if head is None:
        reason = "only data:image/…;base64,… is accepted; URLs are not fetched"
        raise invalid_image(where, reason, "invalid_image_url")
    if len(address) > MOST_BYTES * 4 // 3 + 100:
        raise invalid_image(where, f"the image is larger than {MOST_BYTES:,} bytes", "image_too_large")
    try:
        return base64.b64decode(address[head.end() :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid_image(where, "the image is not valid base64", "invalid_base64_image") from error


class Picture(Page):
    """An image of a client, as a page that keeps its PNG file; its pixels are decoded for each use.

    Args:
        page: the image.
    """

    def __init__(self, page: Page) -> None:
        size = (page.width, page.height)
        vars(self).update(text="", vision_tokens=page.vision_tokens, missing_glyphs=0, drawn="", lacks=())
        vars(self).update(lines=None, png=page.png, sha256=page.sha256, _size=size)

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """Its pixels, of shape (height, width, 3)."""
        with Image.open(io.BytesIO(self.png)) as opened:
            return np.asarray(opened)

    @property
    def base64(self) -> bytes:
        """The PNG in base64, made per use: kept beside the file, it would more than double the memory."""
        return base64.b64encode(self.png)

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(vars(self)["_size"][0])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(vars(self)["_size"][1])

    def __hash__(self) -> int:
        return hash(((self.height, self.width, 3), self.text, self.vision_tokens))


def measured(data: bytes, where: str, vision: VisionFamily) -> int:
    """Return an image's number of pixels from its header; nothing is decoded.

    Args:
        data: a PNG, JPEG, WebP or GIF file.
        where: its place in the body.
        vision: counts its vision tokens.

    Raises:
        Refusal: it is too large, or not an image of these formats.
    """
    if len(data) > MOST_BYTES:
        raise invalid_image(where, f"the image is larger than {MOST_BYTES:,} bytes", "image_too_large")
    with _opened(data, where) as opened:
        width, height = opened.size
        if width * height > MOST_PIXELS:
            raise invalid_image(
                where, f"{width}×{height} has more than {MOST_PIXELS:,} pixels", "image_too_large"
            )
        vision.tokens(width, height)
    return width * height


def picture(data: bytes, where: str, vision: VisionFamily) -> Picture:
    """Decode an image: the first frame of an animated one, a transparent one on white.

    Args:
        data: an image that was measured.
        where: its place in the body.
        vision: counts its vision tokens.

    Raises:
        Refusal: it cannot be decoded.
    """
    with _opened(data, where) as opened:
        tokens = vision.tokens(*opened.size)
        width, height = opened.size
        is_clear = opened.has_transparency_data
        pixels = np.empty((height, width, 3), np.uint8)
        # In strips: two more copies of a large image would be most of the memory that a request takes.
        for top in range(0, height, _STRIP):
            part = opened.crop((0, top, width, min(height, top + _STRIP)))
            if is_clear:
                clear = part.convert("RGBA")
                part = Image.new("RGB", clear.size, "white")
                part.paste(clear, mask=clear)
            pixels[top : top + _STRIP] = np.asarray(part.convert("RGB"))
    return Picture(Page(pixels, "", tokens))


@contextmanager
def _opened(data: bytes, where: str) -> Iterator[Image.Image]:
    """Open an image; an error about the image in the block becomes a Refusal."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            yield opened
    except UsageError as error:
        raise invalid_image(where, str(error), "invalid_image") from error
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        kinds = ", ".join(_FORMATS)
        raise invalid_image(where, f"it is not a readable image ({kinds})", "invalid_image") from error


def invalid_image(where: str, reason: str, code: str) -> Refusal:
    """Return the refusal of an image."""
    return Refusal(400, f"Invalid '{where}': {reason}.", param=where, code=code)


_SECONDS = 10.0
_CHUNK = 65_536


async def fetched(address: str, where: str) -> bytes:
    """Fetch an image; private hosts, redirects and other schemes are refused.

    Args:
        address: `http://` or `https://`.
        where: its place in the body.

    Raises:
        Refusal: it cannot or must not be fetched.
    """
    import aiohttp
    from aiohttp.abc import AbstractResolver
    from aiohttp.resolver import ThreadedResolver

    class Public(AbstractResolver):
        """Resolves to public addresses only, the ones that the connection then uses."""

        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> "list[ResolveResult]":
            found = await ThreadedResolver().resolve(host, port, family)
            public = [one for one in found if is_public(one["host"])]
            if not public:
                raise OSError("not a public host")
            return public

        async def close(self) -> None:
            pass

    if not _is_allowed(address):
        raise invalid_image(
            where, "only http:// and https:// addresses of public hosts are fetched", "invalid_image_url"
        )
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    connector = aiohttp.TCPConnector(resolver=Public())
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
            session.get(address, allow_redirects=False) as answer,
        ):
            if answer.status != 200:
                raise invalid_image(where, f"its host answered {answer.status}", "invalid_image_url")
            data = b""
            async for chunk in answer.content.iter_chunked(_CHUNK):
                data += chunk
                if len(data) > MOST_BYTES:
                    raise invalid_image(
                        where, f"the image is larger than {MOST_BYTES:,} bytes", "image_too_large"
                    )
            return data
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
        raise invalid_image(where, "it cannot be fetched", "invalid_image_url") from error


def is_public(host: str) -> bool:
    """Tell whether an IP address is a public one."""
    found = ipaddress.ip_address(host)
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_global and not found.is_multicast


def _is_allowed(address: str) -> bool:
    """Tell whether a URL may be fetched; a host given as an IP address must be public."""
    try:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            return False
        _ = parts.port
    except ValueError:
        return False
    try:
        return is_public(parts.hostname)
    except ValueError:
        return True
