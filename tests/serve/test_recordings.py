"""Solves that the page shows again: the shipped one, and traces of the user."""

import importlib.util
import json
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from tests.scripted import Scripted, cut
from tests.serve.conftest import Start
from tests.serve.running import Running, running
from tests.serve.test_live import follow
from tests.solved import solved
from vtc_r1 import Solver, Trace
from vtc_r1.errors import Unreadable, VtcError
from vtc_r1.serve.recordings import Recordings
from vtc_r1.storage import parse_trace, save_trace

pytestmark = pytest.mark.slow

DOCS = Path(__file__).parents[2] / "docs"
LINES = "The value k{n} is {n}. It was found in step {n} of the work.\n"
NO_TRACES = ("", "{}", "[1]", '{"version": 1}', '{"version": 9}', "\x00", "[" * 99_999)
PAGED = ("optical", "blank", "hybrid", "facts", "decay:after=1", "reread", "auto")


def script() -> ModuleType:
    """What has written the shipped solution."""
    spec = importlib.util.spec_from_file_location("recorded_solution", DOCS / "recorded_solution.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def shipped() -> Trace:
    (recording,) = Recordings().all
    return recording.trace


@pytest.fixture
def server(start: Start) -> Running:
    return start()


def shown(server: Running, at: int = 0) -> dict[str, object]:
    found: dict[str, object] = server.ask("GET", "/api/about").json["recordings"][at]
    return found


def of(memory: str, **options: object) -> Trace:
    """A solve with some pages under a policy."""
    texts = ["".join(LINES.format(n=n) for n in range(at, at + 30)) for at in (0, 40, 80)]
    said = [*(cut(f"<think>{text}", 900) for text in texts), "<think>So.</think><answer>7</answer>"]
    with Solver(backend=Scripted(said), preset="vtc-r1", memory=memory, **options) as solver:  # type: ignore[arg-type]
        return solver.solve("What is k7?")


def test_the_shipped_answer_is_that_of_a_search_by_hand(shipped: Trace) -> None:
    found, n, power = 0, 0, 1
    while found < 2026:
        n, power = n + 1, power * 2 % 15015
        found += (power - n * n) % 15015 == 0
    assert "15015" in shipped.question and "2026" in shipped.question
    assert (shipped.answer, shipped.status, shipped.error) == (str(n), "answered", None)


def test_the_shipped_pages_are_dense_and_real(shipped: Trace) -> None:
    pages = [shipped.pages[page.sha256] for each in shipped.iterations for page in each.pages]
    assert len(pages) >= 8 and len({page.sha256 for page in pages}) == len(pages)
    for page in pages:
        assert len(page.text) >= 3_000 and page.lines is not None and len(page.lines) >= 40
        assert (np.asarray(page.pixels) < 128).mean() > 0.04
    assert shipped.model.backend == "script" and shipped.compression_ratio is not None
    assert not shipped.warnings


def test_the_shipped_text_is_that_of_its_script(shipped: Trace) -> None:
    module = script()
    assert [each.text for each in shipped.iterations] == module.segments()
    assert (shipped.question, shipped.answer) == (module.QUESTION, str(module.answer()))


def test_the_first_screen_offers_it_and_its_log_and_pages_are_served(server: Running, shipped: Trace) -> None:
    offered = shown(server)
    name, pages = offered["id"], sum(len(each.pages) for each in shipped.iterations)
    assert offered["source"] == "recorded from a script, pages are real"
    assert (offered["pages"], offered["iterations"]) == (pages, len(shipped.iterations))
    assert offered["compression"] == shipped.compression_ratio
    told = [event for _, event in follow(server, str(name))]
    assert [event["text"] for event in told if event["type"] == "segment"] == [
        each.text for each in shipped.iterations
    ]
    assert told[-1]["compression"] == shipped.compression_ratio and told[-1]["answer"] == shipped.answer
    page = shipped.iterations[4].pages[0]
    image = server.ask("GET", f"/api/solves/{name}/pages/{page.sha256}.png")
    with Image.open(BytesIO(image.raw)) as picture:
        pixels = np.asarray(picture.convert("L"))
    assert sha256(f"{page.width}x{page.height}:".encode() + pixels.tobytes()).hexdigest() == page.sha256
    assert server.ask("GET", "/api/solves").json["solves"] == []
    assert server.ask("DELETE", f"/api/solves/{name}").status == 404
    record = server.ask("GET", f"/api/solves/{name}")
    assert parse_trace(record.raw.decode()) == shipped


def test_recordings_are_for_every_key_and_for_no_stranger(start: Start) -> None:
    server = start(keys=("one", "two"))
    (recording,) = Recordings().all
    for key, status in (("one", 200), ("two", 200), ("three", 401)):
        headers = {"Authorization": f"Bearer {key}"}
        assert server.ask("GET", f"/api/solves/{recording.name}", headers=headers).status == status


@pytest.mark.parametrize("form", ["folder", "file", "without pages"])
def test_a_trace_of_the_user_is_shown_first(tmp_path: Path, form: str) -> None:
    trace = solved()
    save_trace(trace, tmp_path)
    path = tmp_path / "trace.json" if form == "file" else tmp_path
    if form == "without pages":
        path = tmp_path / "downloaded.json"
        path.write_text(trace.model_dump_json(), encoding="utf-8")
        for page in (tmp_path / "pages").iterdir():
            page.unlink()
        (tmp_path / "pages").rmdir()
    with running(Solver(backend=Scripted([]), preset="nano"), show=(path,)) as server:
        offered = shown(server)
        assert (offered["question"], offered["answer"]) == (trace.question, trace.answer)
        assert offered["source"] == "recorded from scripted"
        told = [event for _, event in follow(server, str(offered["id"]))]
        (page,) = next(event for event in told if event["type"] == "pages")["pages"]
        assert server.ask("GET", f"/api/solves/{offered['id']}/pages/{page['sha256']}.png").status == 200
        assert shown(server, 1)["source"] == "recorded from a script, pages are real"


@pytest.mark.parametrize("memory", PAGED)
def test_pages_are_drawn_again_under_every_policy(tmp_path: Path, memory: str) -> None:
    trace = of(memory)
    assert any(each.pages for each in trace.iterations) or memory == "auto"
    path = tmp_path / "one.json"
    path.write_text(trace.model_dump_json(), encoding="utf-8")
    again = Recordings([path]).all[0].trace
    for name in {page.sha256 for each in trace.iterations for page in each.pages}:
        assert again.pages[name].png == trace.pages[name].png


def test_pages_that_come_out_differently_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(of("optical", canary=True).model_dump_json(), encoding="utf-8")
    with pytest.raises(VtcError, match=r"one\.json: .* cannot be drawn again .*show a folder"):
        Recordings([path])
    values = json.loads(of("optical").model_dump_json())
    values["profile"]["name"] = "mine"
    path.write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(VtcError, match=r"one\.json: .* cannot be drawn again \(.*mine.*\)"):
        Recordings([path])


@pytest.mark.parametrize("content", NO_TRACES)
def test_what_is_no_trace_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "torn.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(Unreadable, match=r"torn\.json: is not a trace"):
        Recordings([path])
    with pytest.raises(Unreadable, match="gone"):
        Recordings([tmp_path / "gone"])


def test_a_trace_without_its_images_or_iterations_is_refused(tmp_path: Path) -> None:
    trace = solved()
    save_trace(trace, tmp_path)
    next((tmp_path / "pages").iterdir()).write_bytes(b"no picture")
    with pytest.raises(VtcError, match="page cannot be read"):
        Recordings([tmp_path])
    path = tmp_path / "empty.json"
    path.write_text(trace.model_copy(update={"iterations": []}).model_dump_json(), encoding="utf-8")
    (tmp_path / "alone").mkdir()
    path = path.rename(tmp_path / "alone" / "empty.json")
    with pytest.raises(VtcError, match="has no iteration"):
        Recordings([path])


def test_the_list_has_iterations_and_compression(start: Start, tmp_path: Path) -> None:
    first = start(save=tmp_path)
    first.ask("POST", "/api/solves", {"question": "1+2*3-4+5"})
    first.idle()
    (line,) = first.ask("GET", "/api/solves").json["solves"]
    trace = first.ask("GET", f"/api/solves/{line['id']}").json
    assert (line["iterations"], line["compression"]) == (2, trace["compression_ratio"])
    while not (tmp_path / line["id"] / "trace.json").is_file():
        first.idle()
    (again,) = start(save=tmp_path).ask("GET", "/api/solves").json["solves"]
    assert (again["iterations"], again["compression"]) == (2, trace["compression_ratio"])


@pytest.mark.parametrize("preset", ["nano", "vtc-r1"])
def test_what_the_model_can_do_is_said(start: Start, preset: str) -> None:
    can = start(preset=preset).ask("GET", "/api/about").json["can"]
    wanted = ["gcd(84, 36)", "45 in base 2"] if preset == "nano" else ["Any question", "tokens"]
    assert all(words in can for words in wanted)
