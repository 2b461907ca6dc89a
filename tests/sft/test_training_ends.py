"""How a training ends: with finite weights, at a signal with a save, killed with nothing lost."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="training needs the extra train")
pytest.importorskip("accelerate", reason="training needs the extra train")
pytest.importorskip("pyarrow")

import torch
from safetensors.torch import load_file

from tests.same_weights import assert_same_weights
from tests.sft import tiny
from tests.sft.openr1 import built, write_six
from vtc_r1.errors import TrainingError
from vtc_r1.renderers import load_profile
from vtc_r1.sft import train as entry
from vtc_r1.sft.training import run as running
from vtc_r1.sft.training.folder import last_save
from vtc_r1.sft.training.loading import load_recipe
from vtc_r1.sft.training.progress import TrainingProgress, TrainingStopped
from vtc_r1.sft.training.recipe import Recipe
from vtc_r1.sft.training.run import train
from vtc_r1.sft.training.steps import largest

pytestmark = pytest.mark.training
SMALL = ("steps=4", "accumulation=2", "log_steps=1", "workers=0", "learning_rate=0.01", "save_steps=2")
CONSTANT = ("schedule=constant_with_warmup", "warmup=0")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of more passes than the steps need, and a tiny checkpoint."""
    folder = tmp_path_factory.mktemp("ends")
    rows = write_six(folder)
    built(rows, folder / "data", profile=load_profile("default"), segment_tokens=60)
    tiny.qwen(folder / "tiny")
    return folder


def recipe(folder: Path, *settings: str, model: str = "tiny", name: str = "qwen3-vl-8b") -> Recipe:
    return load_recipe(name, [f"model={folder / model}", f"data={folder / 'data'}", *SMALL, *settings])


def ignore(told: object) -> None:
    pass


def weights(checkpoint: Path) -> dict[str, torch.Tensor]:
    return load_file(checkpoint / "model.safetensors")


@pytest.mark.parametrize("settings", [(), ("accumulation=1",), ("max_grad_norm=0",), ("optimizer=muon",)])
def test_a_loss_that_is_not_finite_stops_the_run_at_its_step(
    folder: Path, tmp_path: Path, settings: tuple[str, ...]
) -> None:
    told: list[object] = []
    chosen = recipe(folder, "learning_rate=1e30", "precision=fp32", "save_steps=1", *CONSTANT, *settings)
    for _ in range(2):  # the same command again resumes, and says the same
        with pytest.raises(
            TrainingError, match=r"step 2: the (loss|gradient) is nan, so nothing is published"
        ):
            train(chosen, tmp_path / "run", told.append)
    assert [each.step for each in told if isinstance(each, TrainingProgress)] == [1]
    assert not (tmp_path / "run" / "checkpoint").exists()
    save = last_save(tmp_path / "run" / "work")
    assert save is not None and all(value.isfinite().all() for value in weights(save).values())


def test_the_command_ends_with_1(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = [
        f"model={folder / 'tiny'}",
        f"data={folder / 'data'}",
        *SMALL,
        *CONSTANT,
        "learning_rate=1e30",
    ]
    words = [word for each in settings for word in ("--set", each)]
    assert entry.main(["qwen3-vl-8b", "--out", str(tmp_path / "run"), *words]) == 1
    said = capsys.readouterr()
    assert said.out == "" and "vtc-r1: step 2: the loss is nan" in said.err
    assert "lower the learning_rate (1e+30) in another --out" in said.err


def test_what_is_not_finite_is_not_published_whatever_made_it(folder: Path, tmp_path: Path) -> None:
    huge = recipe(folder, "steps=1", "save_as=float16", "learning_rate=1e6", "precision=fp32", *CONSTANT)
    with pytest.raises(
        TrainingError, match=r"is not published: \d+ of \d+ tensors are not finite as float16"
    ):
        train(huge, tmp_path / "cast", ignore)
    assert not (tmp_path / "cast" / "checkpoint").exists()
    broken = tiny.qwen(tmp_path / "broken")
    spoiled = weights(broken)
    name = next(name for name in spoiled if "visual.merger" in name)
    spoiled[name].view(-1)[3] = float("inf")
    from safetensors.torch import save_file

    save_file(spoiled, broken / "model.safetensors", {"format": "pt"})
    still = recipe(tmp_path, f"data={folder / 'data'}", "learning_rate=0", "steps=1", model="broken")
    with pytest.raises(TrainingError):
        train(still, tmp_path / "still", ignore)
    assert not (tmp_path / "still" / "checkpoint").exists()


def test_the_largest_value_is_not_finite_if_any_is_not() -> None:
    assert largest([]) == largest([None, torch.zeros(0)]) == 0
    huge = torch.tensor([3e38, -3.2e38])
    assert largest([huge, torch.tensor([[1.0]], dtype=torch.bfloat16)]) == 3.2e38
    for value in ("nan", "inf", "-inf"):
        assert not largest([huge, torch.tensor([0.0, float(value), 1.0])]).isfinite()


class Killed(Exception):
    pass


@pytest.mark.parametrize("name", ["qwen3-vl-8b", "qwen3-vl-8b-lora"])
def test_killed_after_the_last_save_the_same_weights_are_published(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The last step is in the middle of an epoch, and its learning rate is not 0."""
    if "lora" in name:
        pytest.importorskip("peft")
    chosen = recipe(folder, *CONSTANT, "lora.dropout=0.1" if "lora" in name else "seed=1", name=name)
    whole = train(chosen, tmp_path / "whole", ignore)
    with monkeypatch.context() as patch:
        patch.setattr("vtc_r1.sft.training.weights.publish", lambda *words: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            train(chosen, tmp_path / "cut", ignore)
    save = last_save(tmp_path / "cut" / "work")
    assert save is not None and save.name == "checkpoint-4"
    told: list[Any] = []
    found = train(chosen, tmp_path / "cut", told.append)
    assert told[0].resumed_from == 4 and not any(isinstance(each, TrainingProgress) for each in told)
    assert_same_weights(found, whole)
    assert (found / "README.md").read_text("utf-8") == (whole / "README.md").read_text("utf-8")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves_and_says_so(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    chosen = recipe(folder, *CONSTANT, "save_steps=100")
    whole = train(chosen, tmp_path / "whole", ignore)
    told: list[Any] = []

    def report(event: object) -> None:
        told.append(event)
        entry.say(event)  # type: ignore[arg-type]
        if isinstance(event, TrainingProgress) and event.step == 1:
            os.kill(os.getpid(), number)

    outer = signal.signal(
        number, signal.default_int_handler
    )  # it is ignored where tests run in the background
    try:
        with pytest.raises(KeyboardInterrupt):
            train(chosen, tmp_path / "cut", report)
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, outer)
    assert [each for each in told if isinstance(each, TrainingStopped)] == [
        TrainingStopped(None),
        TrainingStopped(2),
    ]
    assert "step 2 is saved; run the same command again to resume" in capsys.readouterr().err
    assert not (tmp_path / "cut" / "checkpoint").exists()
    resumed: list[Any] = []
    found = train(chosen, tmp_path / "cut", resumed.append)
    assert resumed[0].resumed_from == 2
    assert_same_weights(found, whole)


@contextmanager
def waiting(folder: Path, out: Path, settings: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """A training in a process group of its own, which waits after its first step to be asked to end."""
    settings = [f"model={folder / 'tiny'}", f"data={folder / 'data'}", *SMALL, *settings]
    words = ["qwen3-vl-8b", "--out", str(out), *(word for each in settings for word in ("--set", each))]
    mark = out.with_name("waits")

    def hear() -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where tests run in the background

    with subprocess.Popen(
        [sys.executable, "-m", "tests.sft.waiting", str(mark), *words],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=hear,
    ) as running:
        try:
            while not mark.exists():
                assert running.poll() is None
                time.sleep(0.02)
            yield running
        finally:
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)


@pytest.mark.parametrize("numbers", [(signal.SIGTERM,), (signal.SIGINT, signal.SIGTERM, signal.SIGTERM)])
def test_a_signal_to_every_process_saves(
    folder: Path, tmp_path: Path, numbers: tuple[signal.Signals, ...]
) -> None:
    """As a service manager sends it, `timeout` twice, and a terminal: also to what prepares batches."""
    settings = ("workers=2", "save_steps=100", *CONSTANT)
    with waiting(folder, tmp_path / "cut", settings) as running:
        for number in numbers:
            os.killpg(running.pid, number)
        said = running.communicate()[1]
    assert running.returncode == 130, said
    assert said.count("stopping after this step, which is saved") == 1
    assert "step 2 is saved; run the same command again to resume" in said and "Traceback" not in said
    save = last_save(tmp_path / "cut" / "work")
    assert save is not None and save.name == "checkpoint-2"
    told: list[Any] = []
    found = train(recipe(folder, *settings), tmp_path / "cut", told.append)
    assert told[0].resumed_from == 2
    whole = train(recipe(folder, *settings), tmp_path / "whole", ignore)
    assert_same_weights(found, whole)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="children are listed in /proc")
def test_what_prepares_batches_ends_with_the_training(folder: Path, tmp_path: Path) -> None:
    with waiting(folder, tmp_path / "run", ("workers=2",)) as running:
        found = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text("utf-8").split()
        assert len(found) == 2
        for number in map(int, found):
            os.kill(number, signal.SIGTERM)
        running.kill()
        last = time.monotonic() + 120
        while any(map(is_running, found)):
            assert time.monotonic() < last
            time.sleep(0.1)


def is_running(process: str) -> bool:
    """Whether a process is there that has not ended, even if nobody has asked how."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text("utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def test_a_second_signal_ends_at_once(folder: Path, tmp_path: Path) -> None:
    """One that comes later: `timeout` and launchers send two at a time."""

    def report(event: object) -> None:
        if isinstance(event, TrainingProgress):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(1.2)
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        train(recipe(folder, *CONSTANT, "save_steps=100"), tmp_path / "run", report)
    assert last_save(tmp_path / "run" / "work") is None


def test_a_signal_in_the_last_step_publishes(folder: Path, tmp_path: Path) -> None:
    def report(event: object) -> None:
        if isinstance(event, TrainingProgress) and event.step == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    assert (train(recipe(folder, *CONSTANT), tmp_path / "run", report) / "config.json").exists()
    assert running.last_save(tmp_path / "run" / "work") is not None
