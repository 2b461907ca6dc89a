import pickle
import threading

import numpy as np
import pytest

from vtc_r1.renderers import Page, Renderer, load_profile
from vtc_r1.renderers.cache import PageCache

TEXT = "one two three " * 50


def page(side=100):
    return Page(np.zeros((side, side), np.uint8), "x", 1)


def test_a_text_is_drawn_once_by_a_profile(monkeypatch):
    cache, drawn = PageCache(10**7), []
    real = Renderer._draw
    monkeypatch.setattr(Renderer, "_draw", lambda self, text: drawn.append(text) or real(self, text))
    first, again = (Renderer("default", cache=cache).render(TEXT) for _ in range(2))
    assert drawn == [TEXT]
    assert [one.sha256 for one in first] == [one.sha256 for one in again]
    Renderer("nano", cache=cache).render(TEXT)
    assert drawn == [TEXT, TEXT]


def test_profiles_that_differ_in_name_alone_share_pages():
    cache = PageCache(10**7)
    other = load_profile("default").replace(name="other")
    assert Renderer("default", cache=cache).render(TEXT)[0] is Renderer(other, cache=cache).render(TEXT)[0]


def test_what_was_asked_for_least_lately_goes_first():
    cache = PageCache(30_000)
    cache.put("p", "a", [page()])
    cache.put("p", "b", [page()])
    assert cache.get("p", "a") is not None
    cache.put("p", "c", [page()])
    assert cache.get("p", "b") is None
    assert cache.get("p", "a") is not None and cache.get("p", "c") is not None
    assert cache.size <= cache.limit


def test_what_is_too_large_is_not_kept():
    cache = PageCache(5_000)
    cache.put("p", "a", [page()])
    assert cache.get("p", "a") is None and cache.size == 0


def test_a_caller_cannot_spoil_what_is_kept():
    cache = PageCache(10**7)
    renderer = Renderer("default", cache=cache)
    pages = renderer.render(TEXT)
    pages.clear()
    assert len(renderer.render(TEXT)) == 1
    with pytest.raises(ValueError, match="read-only"):
        renderer.render(TEXT)[0].pixels[0, 0] = 1


def test_threads_share_it():
    cache = PageCache(40_000)

    def work():
        for number in range(200):
            cache.put("p", str(number % 7), [page()])
            cache.get("p", str(number % 5))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0 < cache.size <= cache.limit


def test_pages_travel_between_processes():
    drawn = Renderer("default").render(TEXT)[0]
    copy = pickle.loads(pickle.dumps(drawn))  # noqa: S301
    assert (copy.sha256, copy.png, copy.text) == (drawn.sha256, drawn.png, drawn.text)
