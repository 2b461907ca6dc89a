"""Exports in the trainers that they are for: nothing is cut, the loss is on the target, a step is trained."""

import json
import math
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("pyarrow")

from tests.consumers.environment import BUILD, is_built, python
from tests.servers.running import free_port
from tests.sft import tiny
from tests.sft.openr1 import built, row, write_jsonl
from vtc_r1.backends.encoding import PromptEncoder
from vtc_r1.renderers import load_profile
from vtc_r1.sft.built.dataset import BuiltDataset
from vtc_r1.sft.export import export
from vtc_r1.study.tiny.checkpoint import checkpoint
from vtc_r1.study.tiny.packages import Unavailable

pytestmark = pytest.mark.harness
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("consumers")
    rows = write_jsonl(folder / "rows.jsonl", [row(number, steps=3 + 9 * number) for number in range(3)])
    built(rows, folder / "data", profile=load_profile("default"), segment_tokens=400)
    tiny.qwen(folder / "tiny")
    return folder


def run(name: str, words: list[str], folder: Path, **variables: str) -> None:
    """Run a program of an environment in a folder."""
    if not is_built(name):
        pytest.skip(f"the environment {name} is not there: {BUILD}")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PYTEST"))}
    offline = {
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
    }
    done = subprocess.run(
        [str(python(name)), *words],
        cwd=folder,
        env={**kept, **offline, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-6000:]}"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Qwen3-VL with the published vocabulary, whose numbers ms-swift has in its code."""
    try:
        return checkpoint(tmp_path_factory.mktemp("published") / "qwen3-vl")
    except Unavailable as error:
        pytest.skip(str(error))


def check(model: Path, folder: Path, notes: Path, ends: tuple[str, ...]) -> None:
    """Compare what a trainer made of each example with the example; the loss of its step is a number."""
    encoder, data = PromptEncoder(model), BuiltDataset(folder / "data")
    found: dict[str, Any] = json.loads(notes.read_text("utf-8"))
    assert len(found["rows"]) == len(data)
    for made, example in zip(found["rows"], data, strict=True):
        learned = [token for token in made["labels"] if token != -100]
        assert encoder.tokenizer.decode(learned) in [example.target + end for end in ends]
        assert made["ids"].count(encoder.image_id) == example.vision_tokens
    assert found["losses"] and all(map(math.isfinite, found["losses"]))


def test_trl(folder: Path, tmp_path: Path) -> None:
    export(BuiltDataset(folder / "data"), "trl", tmp_path / "trl")
    words = [str(HERE / "drive_trl.py"), str(folder / "tiny"), str(tmp_path / "notes.json")]
    run("trl", words, tmp_path / "trl")
    check(folder / "tiny", folder, tmp_path / "notes.json", ("<|im_end|>",))
    notes = json.loads((tmp_path / "notes.json").read_text("utf-8"))
    assert max(len(row["ids"]) for row in notes["rows"]) > 1024  # TRL's default would cut it


def test_llamafactory(folder: Path, tmp_path: Path) -> None:
    """Under ZeRO-3, by the file that is written beside the training file, in a launch of one process."""
    export(BuiltDataset(folder / "data"), "llamafactory", tmp_path / "llamafactory")
    words = [str(HERE / "drive_llamafactory.py"), str(folder / "tiny"), str(tmp_path / "notes.json")]
    launch = {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1"}
    launch |= {"MASTER_PORT": str(free_port()), "DS_ACCELERATOR": "cpu"}
    run("llamafactory", words, tmp_path / "llamafactory", **launch)
    check(folder / "tiny", folder, tmp_path / "notes.json", ("<|im_end|>\n", "<|im_end|>"))


def test_swift(folder: Path, published: Path, tmp_path: Path) -> None:
    """It reads the export for LLaMA-Factory."""
    export(BuiltDataset(folder / "data"), "llamafactory", tmp_path / "swift")
    words = [str(HERE / "drive_swift.py"), str(published), str(tmp_path / "notes.json")]
    run("swift", words, tmp_path / "swift")
    check(published, folder, tmp_path / "notes.json", ("<|im_end|>\n", "<|im_end|>"))
