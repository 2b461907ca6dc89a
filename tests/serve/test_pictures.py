"""Images of requests: what they may cost, and when they are decoded."""

import base64
import io
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.scripted import Scripted
from tests.serve.conftest import Start
from tests.serve.running import Running, running
from tests.serve.test_limits import Held, until
from tests.serve.test_refusals import png
from vtc_r1 import Solver
from vtc_r1.renderers.page import Page
from vtc_r1.serve import pictures as module
from vtc_r1.serve.picture import Picture, picture
from vtc_r1.storage import load_trace

VISION = Solver(preset="vtc-r1", backend=Scripted([])).renderer.profile.vision
ANSWER = "<think>It is.</think><answer>1</answer>"


def uri(image: Image.Image, kind: str = "PNG", **options: Any) -> str:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"


def colours(count: int, side: int = 40) -> list[str]:
    return [uri(Image.new("RGB", (side, side), (at, 0, 0))) for at in range(count)]


def noise(seed: int, side: int = 40) -> str:
    """An image whose PNG file is as large as its pixels."""
    return uri(Image.frombytes("RGB", (side, side), random.Random(seed).randbytes(side * side * 3)))


def asked(*uris: str) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = [{"type": "image_url", "image_url": {"url": one}} for one in uris]
    return [{"role": "user", "content": [*parts, {"type": "text", "text": "What is it?"}]}]


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where the images stood that were decoded, in the order in which that began; never two at once."""
    places: list[str] = []
    alone = threading.Lock()

    def counted(data: bytes, where: str, vision: Any) -> Picture:
        assert alone.acquire(blocking=False)
        try:
            places.append(where)
            return picture(data, where, vision)
        finally:
            alone.release()

    monkeypatch.setattr(module, "picture", counted)
    return places


def room(server: Running) -> int:
    return server.service.darkroom._held


def test_identical_images_are_decoded_once_and_shown_each_time(start: Start, decoded: list[str]) -> None:
    server = start((ANSWER,))
    red, blue = colours(2)
    assert server.chat(messages=asked(red, blue, red, red), n=2).status == 200
    assert decoded == [f"messages[0].content[{at}].image_url.url" for at in (0, 1)]
    for request in server.service.solver.backend.requests:
        first, second, *same = [page.sha256 for page in request.prompt.pages]
        assert same == [first, first] and first != second
    server.idle()
    assert room(server) == 0


def test_requests_that_wait_hold_files_and_no_pixels(decoded: list[str]) -> None:
    held = Held()
    with running(held.solver(), concurrency=1) as server, ThreadPoolExecutor(4) as pool, held:
        (red,) = colours(1)
        kept = len(picture(base64.b64decode(red.partition(",")[2]), "here", VISION).png)
        first = pool.submit(server.chat, messages=asked(red))
        until(lambda: server.service.gate.running == 1 and len(decoded) == 1)
        others = [pool.submit(server.chat, messages=asked(*colours(2, 50 + at))) for at in range(3)]
        until(lambda: server.service.gate.waiting == 3)
        assert len(decoded) == 1 and room(server) == kept // 3 < 40 * 40
        held.let_go.set()
        assert {one.result().status for one in (first, *others)} == {200}
        server.idle()
        assert len(decoded) == 7 and room(server) == 0


def test_a_request_that_is_given_up_while_it_waits_is_never_decoded(decoded: list[str]) -> None:
    held = Held()
    with running(held.solver(), concurrency=1) as server, ThreadPoolExecutor(2) as pool, held:
        first = pool.submit(server.chat)
        until(lambda: server.service.gate.running == 1)
        second = pool.submit(server.chat, messages=asked(*colours(2)))
        until(lambda: len(server.service.store.running) == 2)
        waiting = next(one for one in server.service.store.running.values() if one.pictures)
        server.ask("DELETE", f"/api/solves/{waiting.name}")
        held.let_go.set()
        assert (first.result().status, second.result().error["code"]) == (200, "cancelled")
        assert decoded == [] and room(server) == 0


def test_running_requests_share_a_darkroom(monkeypatch: pytest.MonkeyPatch, decoded: list[str]) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", 2 * 40 * 40)
    held = Held()
    with running(held.solver(), concurrency=3) as server, ThreadPoolExecutor(3) as pool, held:
        asks = [pool.submit(server.chat, messages=asked(noise(at))) for at in range(3)]
        until(lambda: server.service.gate.running == 3 and len(decoded) == 2)
        until(lambda: server.service.solver.backend.running == 2)
        held.let_go.set()
        assert {one.result().status for one in asks} == {200} and len(decoded) == 3
        server.idle()
        assert room(server) == 0


def test_the_pixels_of_a_request_are_limited(start: Start, decoded: list[str]) -> None:
    server = start((ANSWER,))
    large = colours(3, 4_096)
    reply = server.chat(messages=asked(*large))
    assert (reply.status, reply.error["code"]) == (400, "image_too_large")
    assert reply.error["param"] == "messages[0].content[2].image_url.url"
    assert "33,554,432 pixels" in reply.error["message"] and decoded == []


def test_what_they_are_sent_on_as_is_limited(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_SENT", 500_000)
    server = start((ANSWER,))
    large = noise(1, 300)
    assert server.chat(messages=asked(large)).status == 200
    reply = server.chat(messages=asked(large, large))
    assert (reply.status, reply.error["code"]) == (400, "image_too_large")
    server.idle()
    assert room(server) == 0


def torn() -> str:
    head, _, data = png(400, 300, "JPEG").partition(",")
    return f"{head},{data[: len(data) // 2 // 4 * 4]}"


def test_a_torn_image_is_refused_before_a_stream_begins_and_in_one_that_waited() -> None:
    held = Held()
    with running(held.solver(), concurrency=1) as server, ThreadPoolExecutor(2) as pool, held:
        for fields in ({}, {"stream": True}, {"n": 2}):
            reply = server.chat(messages=asked(png(), torn()), **fields)
            assert (reply.status, reply.error["code"]) == (400, "invalid_image")
            assert reply.error["param"] == "messages[0].content[1].image_url.url"
        server.idle()
        first = pool.submit(server.chat)
        until(lambda: server.service.gate.running == 1)
        second = pool.submit(server.chat, messages=asked(torn()), stream=True)
        until(lambda: server.service.gate.waiting == 1)
        held.let_go.set()
        assert first.result().status == 200
        assert second.result().chunks()[-1]["error"]["code"] == "invalid_image"
        server.idle()
        assert room(server) == 0


def on_white(image: Image.Image) -> np.ndarray[Any, Any]:
    clear = image.convert("RGBA")
    return np.asarray(Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB"))


def kinds() -> dict[str, tuple[Image.Image, str, dict[str, Any]]]:
    rng = np.random.default_rng(7)
    noisy = Image.fromarray(rng.integers(0, 256, (30, 40, 4), dtype=np.uint8), "RGBA")
    palette = noisy.convert("RGB").quantize(16)
    return {
        "alpha": (noisy, "PNG", {}),
        "grey and alpha": (noisy.convert("LA"), "PNG", {}),
        "palette": (palette, "PNG", {}),
        "palette with a clear colour": (palette, "PNG", {"transparency": 3}),
        "grey": (noisy.convert("L"), "PNG", {}),
        "one bit": (noisy.convert("1"), "PNG", {}),
        "16 bits": (Image.fromarray((rng.random((30, 40)) * 60_000).astype(np.uint16)), "PNG", {}),
        "cmyk": (noisy.convert("CMYK"), "JPEG", {}),
        "webp": (noisy, "WEBP", {"lossless": True}),
        "gif": (palette, "GIF", {"transparency": 3}),
        "animated": (palette, "GIF", {"save_all": True, "append_images": [palette.rotate(180)]}),
    }


@pytest.mark.parametrize("kind", kinds())
def test_every_kind_is_on_white(kind: str) -> None:
    image, name, options = kinds()[kind]
    data = base64.b64decode(uri(image, name, **options).partition(",")[2])
    made = picture(data, "here", VISION)
    with Image.open(io.BytesIO(data)) as again:
        expected = on_white(again)
    assert made.pixels.shape == (30, 40, 3) == (made.height, made.width, 3)
    assert np.abs(made.pixels.astype(int) - expected.astype(int)).max() <= 1
    page = Page(np.asarray(made.pixels), "", made.vision_tokens)
    assert (page, hash(page), page.sha256) == (made, hash(made), made.sha256)


def test_a_saved_solve_has_its_images(start: Start, tmp_path: Path) -> None:
    server = start((ANSWER,), save=tmp_path / "traces")
    assert server.chat(messages=asked(png())).status == 200
    until(lambda: [*tmp_path.glob("traces/*/trace.json")])
    (path,) = tmp_path.glob("traces/*/trace.json")
    trace = load_trace(path)
    assert trace.pages[trace.images[0].sha256].width == 40
