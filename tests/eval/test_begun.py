"""Folders that were begun and hold nothing yet: they stand in nobody's way."""

import pytest

from tests.eval.report.made import PROBLEMS, Solve, made
from tests.eval.tune.landscape import searched, setup, terms
from vtc_r1.errors import UsageError
from vtc_r1.eval.runs import RunFolder
from vtc_r1.eval.runs.writer import RunWriter
from vtc_r1.eval.tune import TuneFolder
from vtc_r1.eval.tune.strategies import Evolution
from vtc_r1.sft.training.folder import TrainingFolder
from vtc_r1.sft.training.loading import load_recipe


def another(run):
    """A run of another budget."""
    return run.model_copy(update={"budget": run.budget.model_copy(update={"iterations": 3})})


def test_a_run_without_a_sample_becomes_another_and_one_with_some_does_not(tmp_path):
    path = made(tmp_path, [])
    wanted = another(RunFolder(path).run)
    with RunWriter(path, wanted, PROBLEMS, [one.id for one in PROBLEMS]) as folder:
        assert folder.run.budget.iterations == 3
    other = made(tmp_path / "more", [Solve("one")])
    with pytest.raises(UsageError, match="other settings"):
        RunWriter(other, wanted, PROBLEMS, [one.id for one in PROBLEMS])


def test_a_search_without_a_measurement_becomes_another_and_one_with_some_does_not(tmp_path):
    known = terms()
    for seed in (0, 1):
        made_up = setup(known, Evolution(known), seed)
        with TuneFolder(tmp_path / "begun", made_up) as folder:
            assert folder.rounds == []
    assert searched(tmp_path / "begun", seed=2, evaluations=2).tried
    with pytest.raises(UsageError, match="holds another search"):
        searched(tmp_path / "begun", seed=3, evaluations=2)


@pytest.mark.parametrize("saved", [False, True])
def test_a_training_does_not_become_another(tmp_path, saved):
    with TrainingFolder(tmp_path / "run", load_recipe("nano", ["steps=3"]), {}, is_main=True) as folder:
        assert folder.work.is_dir()
    if saved:
        save = tmp_path / "run" / "work" / "checkpoint-1"
        save.mkdir()
        (save / "whole").touch()
    with (
        pytest.raises(UsageError, match="a run with another steps"),
        TrainingFolder(tmp_path / "run", load_recipe("nano", ["steps=4"]), {}, is_main=True),
    ):
        pass
