"""The folder of a training: one process at a time, and nothing half-written is taken for anything."""

from pathlib import Path

import pytest

from vtc_r1.errors import UsageError
from vtc_r1.sft.training.folder import TrainingFolder
from vtc_r1.sft.training.loading import load_recipe

RECIPE = load_recipe("nano")


def opened(out: Path, *, is_main: bool = True) -> TrainingFolder:
    return TrainingFolder(out, RECIPE, {}, is_main=is_main)


def test_one_process_trains_in_a_folder_and_others_of_its_run_only_look(tmp_path: Path) -> None:
    with opened(tmp_path / "run"):
        with pytest.raises(UsageError, match="another process is training there"), opened(tmp_path / "run"):
            pass
        with opened(tmp_path / "run", is_main=False) as looking:
            assert looking.work.is_dir()
    with opened(tmp_path / "run"):
        pass


def test_a_checkpoint_that_a_killed_process_left_unfinished_is_dropped(tmp_path: Path) -> None:
    with opened(tmp_path / "run") as folder:
        torn, save = folder.out / ".checkpoint.1.2.tmp", folder.work / "checkpoint-3"
        for made in (torn, save):
            made.mkdir()
            (made / "model.safetensors").write_bytes(b"half")
    with opened(tmp_path / "run") as folder:
        assert not torn.exists() and not save.exists() and not folder.is_finished
        assert sorted(path.name for path in folder.out.iterdir()) == ["recipe.json", "work"]
