"""A bounded cache of pages, so that no segment is drawn twice in a process."""

import sys
from threading import Lock

from vtc_r1.renderers.lru_cache import LruCache
from vtc_r1.renderers.page import Page

_PNG_SHARE = 4
"""A page's PNG takes about a quarter of the bytes of its pixels, once it is asked for."""


class PageCache:
    """The pages of the texts drawn last, by profile and text; safe to share between threads.

    Args:
        limit: bytes that it holds at most; a text that alone needs more is not kept.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._kept: LruCache[list[Page]] = LruCache(sys.maxsize, limit)
        self._lock = Lock()

    @property
    def size(self) -> int:
        """Bytes that it holds."""
        return self._kept.held_bytes

    def get(self, profile: str, text: str) -> list[Page] | None:
        """Return the pages of `text` by the profile of that hash, None where they are not kept."""
        with self._lock:
            pages = self._kept.get((profile, text))
        return None if pages is None else list(pages)

    def put(self, profile: str, text: str, pages: list[Page]) -> None:
        """Keep pages, and drop those that were asked for least lately to make room."""
        with self._lock:
            self._kept.put((profile, text), list(pages), _weight(text, pages))


def _weight(text: str, pages: list[Page]) -> int:
    return 4 * len(text) + sum(page.pixels.nbytes + page.pixels.nbytes // _PNG_SHARE for page in pages)


SHARED = PageCache(128 * 2**20)
"""What every Renderer uses by default."""
