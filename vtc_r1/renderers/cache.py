"""A bounded cache of pages, so that no segment is drawn twice in a process."""

from collections import OrderedDict
from threading import Lock

from vtc_r1.renderers.page import Page

_PNG_SHARE = 4
"""A page's PNG takes about a quarter of the bytes of its pixels, once it is asked for."""


class PageCache:
    """The pages of the texts drawn last, by profile and text; safe to share between threads.

    Args:
        limit: bytes that it holds at most; a text that alone needs more is not kept.
    """

    def __init__(self, limit: int) -> None:
        self.limit, self.size = limit, 0
        self._kept: OrderedDict[tuple[str, str], list[Page]] = OrderedDict()
        self._lock = Lock()

    def get(self, profile: str, text: str) -> list[Page] | None:
        """Return the pages of `text` by the profile of that hash, None where they are not kept."""
        with self._lock:
            pages = self._kept.get((profile, text))
            if pages is None:
                return None
            self._kept.move_to_end((profile, text))
            return list(pages)

    def put(self, profile: str, text: str, pages: list[Page]) -> None:
        """Keep pages, and drop those that were asked for least lately to make room."""
        weight = _weight(text, pages)
        if weight > self.limit:
            return
        with self._lock:
            if (profile, text) in self._kept:
                return
            self._kept[profile, text] = list(pages)
            self.size += weight
            while self.size > self.limit:
                (_, dropped), gone = self._kept.popitem(last=False)
                self.size -= _weight(dropped, gone)


def _weight(text: str, pages: list[Page]) -> int:
    return 4 * len(text) + sum(page.pixels.nbytes + page.pixels.nbytes // _PNG_SHARE for page in pages)


SHARED = PageCache(128 * 2**20)
"""What every Renderer uses unless told otherwise."""
