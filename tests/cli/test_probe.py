"""`vtc-r1 probe` from outside: a server that misreads on purpose, tesseract, bad input, interrupts."""

import base64
import io
import json
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.cli.command import arguments, environment, on, vtc
from tests.conftest import Serve
from tests.loopback import Reply, refusal
from vtc_r1.eval.probe import load_result, text_kinds
from vtc_r1.eval.probe.tasks import transcribe
from vtc_r1.renderers import load_profile
from vtc_r1.renderers.scaling import scaled

pytest.importorskip("rapidfuzz", reason="the extra `probe` is not installed")

pytestmark = pytest.mark.process
PROFILE = "default+width=256+height=256+font_size=12+line_height=14"
SMALL = load_profile("default").replace(width=256, height=256, font_size=12, line_height=14)
QUICK = [
    "--profile",
    PROFILE,
    "--scales",
    "1,0.8",
    "--pages",
    "2",
    "--kinds",
    "digits",
    "--tasks",
    "transcribe",
]


def pixels(body: dict[str, Any]) -> bytes:
    """What the page in a request shows."""
    (url,) = (
        part["image_url"]["url"] for part in body["messages"][-1]["content"] if part["type"] == "image_url"
    )
    image = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))
    return np.asarray(image.convert("L")).tobytes()


def texts() -> dict[bytes, str]:
    """What stands on every page that the quick probe shows."""
    found = {}
    for scale in (1.0, 0.8):
        for number in range(2):
            seed = f"probe:0:digits:transcribe:{number}"
            (item,) = transcribe(text_kinds(["digits"])[0], scaled(SMALL, scale), seed)
            found[item.page.pixels.tobytes()] = item.expected
    return found


def misreading(body: dict[str, Any]) -> Reply:
    """Transcribe the page with every 7 read as 1, two tokens a character."""
    text = texts()[pixels(body)].replace("7", "1")
    usage = {"prompt_tokens": 100, "completion_tokens": 2 * len(text), "total_tokens": 100 + 2 * len(text)}
    return Reply(f"```\n{text}\n```", usage=usage, piece=4_000)


def test_a_server_that_misreads_is_measured_exactly(serve: Serve, tmp_path: Path) -> None:
    server = serve(misreading)
    done = vtc("probe", *QUICK, *on(server), "--out", "out", "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    result = json.loads(done.out)
    drawn = {scale: [*texts().values()][at : at + 2] for at, scale in ((0, 1.0), (2, 0.8))}
    assert [point["scale"] for point in result["points"]] == [1.0, 0.8]
    for point in result["points"]:
        plain = [text.replace(" ", "") for text in drawn[point["scale"]]]
        right = sum(text.count("7") for text in plain) / sum(map(len, plain))
        assert point["error"]["mean"] == pytest.approx(right)
        assert point["exact"]["mean"] == 0 and point["failed"] == 0
    assert result["tokens"]["digits"]["counted"] and result["tokens"]["digits"]["characters"] < 0.51
    first = server.requests[0]
    assert first.body["temperature"] == 0 and [part["type"] for part in first.content] == [
        "image_url",
        "text",
    ]
    assert load_result(tmp_path / "out").points[0].error.mean == result["points"][0]["error"]["mean"]
    again = vtc("probe", *QUICK, *on(server), "--out", "out", cwd=tmp_path, COLUMNS="300")
    assert again.code == 0 and len(server.requests) == 4
    assert "4 of 4 pages read, 4 of them before" in again.err
    tables = 2  # errors; and what was right, abstained, silently wrong
    assert again.out.startswith("## Transcribing a page")
    assert again.out.count("| digits |") == tables * len(result["points"])


@pytest.mark.parametrize(
    ("prompt", "asked"),
    [
        ([], "Transcribe the text"),
        (["--prompt", "deepseek-ocr"], "Free OCR."),
        (["--prompt", "OCR this:"], "OCR this:"),
    ],
)
def test_every_family_is_asked_in_its_way(
    serve: Serve, tmp_path: Path, prompt: list[str], asked: str
) -> None:
    server = serve(misreading)
    done = vtc("probe", *QUICK, *on(server), *prompt, "-q", cwd=tmp_path)
    assert done.code == 0, done.err
    assert server.requests[0].content[-1]["text"].startswith(asked)
    (out,) = (tmp_path / "probes").iterdir()
    assert {path.name for path in out.iterdir()} >= {"setup.json", "readings.jsonl", "result.json"}


def test_pages_that_fail_end_in_exit_code_1_and_are_asked_again(serve: Serve, tmp_path: Path) -> None:
    refused = []

    def script(body: dict[str, Any]) -> Reply:
        if not refused:
            refused.append(True)
            return refusal("this image is cursed")
        return misreading(body)

    server = serve(script)
    done = vtc("probe", *QUICK, *on(server), "--out", "out", "--concurrency", "1", cwd=tmp_path)
    assert done.code == 1
    assert (
        "1 page failed" in done.err
        and "cursed" in done.err
        and "run the same command again to retry" in done.err
    )
    assert vtc("probe", *QUICK, *on(server), "--out", "out", "-q", cwd=tmp_path).code == 0


def test_an_interrupted_probe_goes_on(serve: Serve, tmp_path: Path) -> None:
    server = serve(lambda body: misreading(body) if len(server.requests) < 3 else Reply(hang=True))
    command = arguments("probe", *QUICK, *on(server), "--out", "out", "--concurrency", "1")
    pipes = {"stderr": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=tmp_path, env=environment(), **pipes) as running:
        try:
            assert server.wait_for(lambda now: len(now.requests) >= 3, 60)
            time.sleep(0.1)
            running.send_signal(signal.SIGINT)
            _, err = running.communicate(timeout=20)
        finally:
            running.kill()
    assert running.returncode == 130 and b"Traceback" not in err, err.decode()
    assert b"2 of 4 pages are in out; run the same command again to resume" in err
    assert len((tmp_path / "out" / "readings.jsonl").read_text("utf-8").splitlines()) == 2
    other = serve(misreading)
    done = vtc("probe", *QUICK, *on(other), "--out", "out", cwd=tmp_path)
    assert done.code == 0 and len(other.requests) == 2, done.err


BAD = {
    "no such reader": (["--reader", "eagle"], "give model, tesseract or ppocr"),
    "no such kind": (["--kinds", "digts"], "did you mean 'digits'"),
    "no such task": (["--tasks", "sing"], "unknown task"),
    "no such profile": (["--profile", "defalt"], "did you mean 'default'"),
    "no such key": (["--profile", "default+colour=red"], "colour"),
    "no numbers": (["--scales", "large"], "needs numbers"),
    "nothing": (["--kinds", ","], "names nothing"),
    "too small": (["--scales", "0.01"], "scale 0.01"),
    "no such prompt": (["--prompt", "deepsek-ocr"], "did you mean 'deepseek-ocr'"),
    "no such file": (["--file", "none.jsonl"], "no such file"),
    "solutions without a file": (["--kinds", "solutions"], "--file FILE"),
    "questions to the embedded model": (["--tasks", "needle"], "only transcribes"),
    "a server for tesseract": (["--reader", "tesseract", "--model", "x"], "drop --model"),
    "a server for ppocr": (["--reader", "ppocr", "--base-url", "http://x"], "drop --base-url"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_usage_is_one_line(tmp_path: Path, case: str) -> None:
    words, what = BAD[case]
    done = vtc("probe", *words, cwd=tmp_path)
    assert done.code == 2 and what in done.error


def test_a_tesseract_that_is_absent_says_how_to_install_it(tmp_path: Path) -> None:
    done = vtc("probe", "--reader", "tesseract", "--kinds", "digits", cwd=tmp_path, PATH=str(tmp_path))
    assert done.code == 2 and "apt install tesseract-ocr" in done.error


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_tesseract_reads_large_digits(tmp_path: Path) -> None:
    words = ["--profile", PROFILE, "--scales", "1.5", "--pages", "1", "--kinds", "digits"]
    done = vtc("probe", "--reader", "tesseract", *words, "--json", "-q", cwd=tmp_path)
    assert done.code == 0, done.err
    result = json.loads(done.out)
    (point,) = result["points"]
    assert point["error"]["mean"] < 0.1 and point["known_error"]["mean"] <= point["error"]["mean"]
    assert result["reader"]["revision"].startswith("tesseract") and not result["tokens"]["digits"]["counted"]


def test_ppocr_reads_large_digits(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    if find_spec("rapidocr_onnxruntime") is None:  # importing it would load OpenCV, which nothing here needs
        pytest.skip("rapidocr-onnxruntime is not installed")
    profile = f"{PROFILE}+newline_ink=#000000"
    words = ["--profile", profile, "--scales", "1.5", "--pages", "1", "--kinds", "digits"]
    done = vtc("probe", "--reader", "ppocr", *words, "--json", "-q", cwd=tmp_path)
    assert done.code == 0, done.err
    result = json.loads(done.out)
    (point,) = result["points"]
    assert point["error"]["mean"] < 0.02
    assert result["reader"]["revision"].startswith("ch_PP-OCR")


def test_a_ppocr_that_is_absent_says_how_to_install_it(tmp_path: Path) -> None:
    (tmp_path / "rapidocr_onnxruntime").mkdir()  # hides the package, and holds no network
    (tmp_path / "rapidocr_onnxruntime" / "__init__.py").touch()
    done = vtc("probe", "--reader", "ppocr", "--kinds", "digits", cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert done.code == 2 and "rapidocr-onnxruntime" in done.error and "[probe]" in done.error


def test_the_embedded_model_reads_its_own_page(tmp_path: Path) -> None:
    pytest.importorskip("transformers", reason="the embedded model needs the extra local")
    done = vtc("probe", "--scales", "1", "--kinds", "digits", "--pages", "8", "--json", "-q", cwd=tmp_path)
    assert done.code == 0, done.err
    (point,) = json.loads(done.out)["points"]
    assert point["error"]["mean"] < 0.1 and point["compression_ratio"] == pytest.approx(4, rel=0.1)
