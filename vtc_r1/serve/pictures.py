"""The images of requests: files until the request has its turn, then decoded one at a time."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from vtc_r1.renderers.page import Page
from vtc_r1.renderers.vision import VisionFamily
from vtc_r1.serve.picture import invalid_image, measured, picture

MOST_PIXELS = 33_554_432
"""Limit of pixels of one request, identical images counted once; they take a context of 32,768 tokens."""
_AT_ONCE = 25_165_824
"""Limit of pixels of all requests, unless one has more; noise takes 6 bytes a pixel with what is sent."""
_CHANNELS = 3
_MOST_SENT = 100_000_000  #: bytes that the images of a prompt may have as PNG files, repeated ones each time


class Darkroom:
    """Decodes the images of all requests, and limits the room that those of running requests hold."""

    def __init__(self) -> None:
        self._held = 0
        self._turn, self._decoding, self._freed = asyncio.Lock(), asyncio.Lock(), asyncio.Event()

    async def take(self, pixels: int) -> None:
        """Wait for room for this many pixels; first come, first served."""
        async with self._turn:
            while self._held and self._held + pixels > _AT_ONCE:
                self._freed.clear()
                await self._freed.wait()
            self._held += pixels

    def give(self, pixels: int) -> None:
        """Give room back."""
        self._held -= pixels
        self._freed.set()

    async def decode(self, files: Sequence[tuple[str, bytes]], vision: VisionFamily) -> list[Page]:
        """Decode images, while no other request's are decoded; raises Refusal."""
        async with self._decoding:
            # A thread of its own: one that lives on would keep as much memory as these images have needed.
            thread = ThreadPoolExecutor(1)
            try:
                return [
                    await asyncio.get_running_loop().run_in_executor(thread, picture, data, where, vision)
                    for where, data in files
                ]
            finally:
                thread.shutdown(wait=False)


class Pictures:
    """The images of one request, which all of its solves share.

    Args:
        files: place in the body and content of each image.
        vision: counts their vision tokens.
        solves: number of solves; each calls `leave` at its end.
        released: called once they are decoded, when nothing holds the files any more.

    Raises:
        Refusal: they are not images, or too large together.
    """

    def __init__(
        self,
        files: Sequence[tuple[str, bytes]],
        vision: VisionFamily,
        solves: int,
        released: Callable[[], None],
    ) -> None:
        self._vision, self._solves, self._released = vision, solves, released
        self._files: list[tuple[str, bytes]] = []
        self._order: list[int] = []
        self._pixels = 0
        self._decoding: asyncio.Task[tuple[Page, ...]] | None = None
        self._darkroom: Darkroom | None = None
        distinct: dict[bytes, int] = {}
        for where, data in files:
            if data not in distinct:
                self._pixels += measured(data, where, vision)
                distinct[data] = len(distinct)
                self._files.append((where, data))
            if self._pixels > MOST_PIXELS:
                reason = f"the images have more than {MOST_PIXELS:,} pixels in total; send smaller ones"
                raise invalid_image(where, reason, "image_too_large")
            self._order.append(distinct[data])

    async def pages(self, darkroom: Darkroom) -> tuple[Page, ...]:
        """Return them as pages, decoded for the first solve that asks; raises Refusal."""
        if self._decoding is None:
            self._decoding = asyncio.create_task(self._decode(darkroom))
        return await asyncio.shield(self._decoding)

    def leave(self) -> None:
        """Note that one of the solves has ended; with the last one, their room is free."""
        self._solves -= 1
        if self._solves:
            return
        if self._decoding is not None:
            self._decoding.cancel()
        if self._darkroom is not None:
            self._darkroom.give(self._pixels)

    async def _decode(self, darkroom: Darkroom) -> tuple[Page, ...]:
        await darkroom.take(self._pixels)
        self._darkroom = darkroom
        pages = await darkroom.decode(self._files, self._vision)
        # From here on they are held as PNG files, much smaller than their pixels unless they are noise.
        kept = min(self._pixels, sum(len(page.png) for page in pages) // _CHANNELS)
        darkroom.give(self._pixels - kept)
        self._pixels = kept
        last, self._files = self._files[-1][0], []
        self._released()
        if sum(len(pages[at].png) for at in self._order) > _MOST_SENT:
            reason = f"the images have more than {_MOST_SENT:,} bytes as PNG files; send smaller ones"
            raise invalid_image(last, reason, "image_too_large")
        return tuple(pages[at] for at in self._order)
