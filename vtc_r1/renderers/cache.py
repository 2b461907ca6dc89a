"""A bounded cache of pages, so that no segment is drawn twice in a process."""

import sys
from threading import Lock

from vtc_r1.renderers.lru_cache import LruCache
from vtc_r1.renderers.page import Page

_PNG_SHARE = 4  #: a page's PNG takes about a quarter of the bytes of its pixels, once it is encoded


class PageCache:
    """The pages of the texts drawn last, by profile and text; safe to share between threads.

    Args:
        limit: maximum size in bytes; a text that needs more on its own is not cached.
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
        """Return the cached pages of `text` for the profile with that hash, None if there are none."""
        with self._lock:
            pages = self._kept.get((profile, text))
        return None if pages is None else list(pages)

    def put(self, profile: str, text: str, pages: list[Page]) -> None:
        """Cache pages, and drop the least recently used ones to make room."""
        with self._lock:
            self._kept.put((profile, text), list(pages), _weight(text, pages))


def _weight(text: str, pages: list[Page]) -> int:
    return 4 * len(text) + sum(page.pixels.nbytes + page.pixels.nbytes // _PNG_SHARE for page in pages)


SHARED = PageCache(128 * 2**20)  #: the default cache of every Renderer
