"""Training under DeepSpeed's ZeRO-3 on the CPU, as the launcher starts it with the shipped configuration."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs the extra train")
pytest.importorskip("accelerate", reason="training needs the extra train")
pytest.importorskip("pyarrow")

import torch
from safetensors.torch import load_file

from tests.consumers.environment import BUILD, is_built, packages_of
from tests.same_weights import assert_same_weights
from tests.sft import tiny
from tests.sft.openr1 import built, write_six
from vtc_r1.renderers import load_profile
from vtc_r1.sft.training.loading import accelerate_config, load_recipe
from vtc_r1.sft.training.run import train

pytestmark = pytest.mark.harness
ROOT = Path(__file__).parents[2]
SMALL = ("steps=2", "log_steps=1", "workers=0", "learning_rate=0.01", "save_steps=1", "save_as=float32")
CONSTANT = ("schedule=constant_with_warmup", "warmup=0", "gradient_checkpointing=false")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("zero3")
    rows = write_six(folder)
    built(rows, folder / "data", profile=load_profile("default"), segment_tokens=60)
    tiny.qwen(folder / "tiny")
    (folder / "held-out.jsonl").write_text('{"question": "1+1", "answer": "2"}\n', "utf-8")
    return folder


def launched(processes: int, words: list[str]) -> str:
    """Train in some processes; return what they say."""
    if not find_spec("deepspeed") and not is_built("deepspeed"):
        pytest.skip(f"DeepSpeed is not there: {BUILD} deepspeed")
    beside = [] if find_spec("deepspeed") else [str(packages_of("deepspeed"))]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), *beside]),
        "OMP_NUM_THREADS": "1",
        "DS_ACCELERATOR": "cpu",
        "CUDA_VISIBLE_DEVICES": "",
    }
    config = ["--config_file", str(accelerate_config("zero3")), "--num_processes", str(processes)]
    launch = [sys.executable, "-m", "accelerate.commands.launch", *config, "--mixed_precision", "no"]
    done = subprocess.run(
        [*launch, "-m", "vtc_r1.sft.train", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-8000:]
    return done.stderr


@pytest.mark.parametrize("processes", [1, 2])
def test_a_checkpoint_is_written_evaluated_and_resumed(folder: Path, tmp_path: Path, processes: int) -> None:
    settings = [f"model={folder / 'tiny'}", f"data={folder / 'data'}", *SMALL, *CONSTANT, "precision=fp32"]
    settings += [f"evaluation.file={folder / 'held-out.jsonl'}", "evaluation.every=2"]
    settings += ["evaluation.max_iterations=1", "evaluation.segment_tokens=4", "accumulation=1"]
    words = [word for each in settings for word in ("--set", each)]
    said = launched(processes, ["qwen3-vl-8b", "--out", str(tmp_path / "run"), *words])
    counted = re.search(r"([\d,]+) of ([\d,]+) weights", said)
    assert counted and counted[1] != "0" and counted[2] != "0"
    assert "step 2  0/1 right" in said and "failed" not in said
    start, found = (
        load_file(each / "model.safetensors") for each in (folder / "tiny", tmp_path / "run/checkpoint")
    )
    alone = load_recipe("qwen3-vl-8b", [*settings, f"batch={processes}"])
    expected = load_file(train(alone, tmp_path / "alone", lambda told: None) / "model.safetensors")
    assert found.keys() == expected.keys() == start.keys()
    one, other = (
        torch.cat([(after[key] - start[key]).flatten() for key in start]) for after in (found, expected)
    )
    assert float(torch.nn.functional.cosine_similarity(one, other, dim=0)) > 0.99
    (tmp_path / "run/checkpoint").rename(tmp_path / "first")
    said = launched(processes, ["qwen3-vl-8b", "--out", str(tmp_path / "run"), *words])
    assert "resuming from step 2" in said and counted[0] in said and "step 3" not in said
    assert_same_weights(tmp_path / "run/checkpoint", tmp_path / "first")
