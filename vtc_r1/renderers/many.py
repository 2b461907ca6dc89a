"""Many texts at once, over several processes."""

import itertools
import multiprocessing
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path

from vtc_r1.renderers.page import Page
from vtc_r1.renderers.profile import Profile
from vtc_r1.renderers.renderer import Renderer

_CHUNK = 16  #: number of texts that a worker takes at a time


def render_many(
    texts: Iterable[str], profile: Profile | str | Path = "default", *, processes: int | None = None
) -> Iterator[list[Page]]:
    """Render texts lazily: yields the pages in the order of the texts, with their PNGs encoded.

    Texts are taken from their iterable as needed, a few chunks ahead, so that memory stays
    constant however many there are. Workers are spawned: a script that calls this needs the usual
    `if __name__ == "__main__":`.

    Args:
        texts: any iterable of texts.
        profile: as for `Renderer`.
        processes: number of workers; by default one per core; 1 renders in this process.

    Raises:
        VtcError: as for `Renderer`, before the first text is taken.
        ValueError: `processes` is not positive.
    """
    renderer = Renderer(profile, cache=None)
    count = os.cpu_count() or 1 if processes is None else processes
    if count < 1:
        raise ValueError(f"processes is {count}; it must be 1 or more")
    return _here(renderer, texts) if count == 1 else _spread(renderer, _batched(texts), count)


def _batched(texts: Iterable[str]) -> Iterator[tuple[str, ...]]:
    rest = iter(texts)
    while chunk := tuple(itertools.islice(rest, _CHUNK)):
        yield chunk


def _here(renderer: Renderer, texts: Iterable[str]) -> Iterator[list[Page]]:
    for text in texts:
        yield from _draw(renderer, (text,))


def _spread(renderer: Renderer, chunks: Iterator[tuple[str, ...]], count: int) -> Iterator[list[Page]]:
    pending: deque[Future[list[list[Page]]]] = deque()
    with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn")) as workers:
        try:
            for chunk in chunks:
                pending.append(workers.submit(_draw, renderer, chunk))
                # Two chunks per worker ahead: none of them waits, and results do not pile up in memory.
                if len(pending) > 2 * count:
                    yield from pending.popleft().result()
            while pending:
                yield from pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()


def _draw(renderer: Renderer, texts: tuple[str, ...]) -> list[list[Page]]:
    drawn = [renderer.render(text) for text in texts]
    for page in itertools.chain.from_iterable(drawn):
        page.png  # noqa: B018 -- encoded here, in the worker
    return drawn
