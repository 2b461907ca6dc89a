from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs the extra train")
pytest.importorskip("accelerate", reason="training needs the extra train")

from safetensors.numpy import load_file

from vtc_r1.errors import CheckpointError, UsageError
from vtc_r1.sft.train import NanoRecipe, Progress, train_nano

RECIPE = NanoRecipe(steps=32, batch=4, save_steps=16)


class Stop(Exception):
    pass


def stop_after(step: int):
    def report(progress: Progress) -> None:
        if progress.step >= step:
            raise Stop

    return report


def ignore(progress: Progress) -> None:
    pass


@pytest.mark.slow
def test_an_interrupted_run_resumes_and_ends_with_the_same_weights(tmp_path: Path) -> None:
    recipe = replace(RECIPE, log_steps=4)
    whole = load_file(train_nano(tmp_path / "whole", recipe, ignore) / "model.safetensors")
    with pytest.raises(Stop):
        train_nano(tmp_path / "cut", recipe, stop_after(20))
    assert not (tmp_path / "cut" / "checkpoint").exists()
    resumed = load_file(train_nano(tmp_path / "cut", recipe, ignore) / "model.safetensors")
    assert whole.keys() == resumed.keys()
    assert all((whole[name] == resumed[name]).all() for name in whole)


@pytest.mark.slow
def test_training_goes_on_from_a_checkpoint(tmp_path: Path) -> None:
    first = train_nano(tmp_path / "first", replace(RECIPE, steps=16), ignore)
    start = load_file(first / "model.safetensors")
    still = replace(RECIPE, steps=16, start=str(first), learning_rate=0.0)
    kept = load_file(train_nano(tmp_path / "kept", still, ignore) / "model.safetensors")
    assert all((start[name] == kept[name]).all() for name in start)


def test_a_checkpoint_that_is_none_cannot_be_the_start(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be loaded"):
        train_nano(tmp_path / "run", replace(RECIPE, start=str(tmp_path)), ignore)


def test_a_folder_of_another_recipe_is_refused(tmp_path: Path) -> None:
    (tmp_path / "recipe.txt").write_text(f"{RECIPE}\n", encoding="utf-8")
    with pytest.raises(UsageError, match="another recipe"):
        train_nano(tmp_path, replace(RECIPE, seed=1), ignore)


def test_a_folder_with_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious", encoding="utf-8")
    with pytest.raises(UsageError, match="not empty"):
        train_nano(tmp_path, RECIPE, ignore)
    assert (tmp_path / "thesis.tex").read_text(encoding="utf-8") == "precious"
