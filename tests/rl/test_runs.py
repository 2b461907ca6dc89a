"""Runs of `vtc-r1 train grpo`: killed and resumed to the bit, what they publish, and what they refuse."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs the extra train")

from safetensors.torch import load_file

from tests.rl.resumed import recipe
from vtc_r1 import Solver
from vtc_r1.backends.checkpoint import trained_for
from vtc_r1.backends.embedded import checkpoint
from vtc_r1.errors import CheckpointError, RecipeError, StorageError, TrainingError, UnknownName, UsageError
from vtc_r1.rl.progress import Evaluated, Notice, ProgressTable, Started, StepDone, Stopped
from vtc_r1.rl.run import train
from vtc_r1.sft.training import trackers

pytestmark = pytest.mark.training
ROOT = Path(__file__).parents[2]


def ignore(event):
    pass


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run with a tracker, with what it told."""
    folder, told = tmp_path_factory.mktemp("rl") / "run", []
    held = 'evaluation={"every": 2, "problems": [{"kind": "expression", "lines": [2, 3], "count": 4}]}'
    return train(recipe(held, "report_to=tensorboard"), folder, told.append), told


def test_a_tracker_gets_the_metrics_of_every_step_and_evaluation_and_the_recipe(finished):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folder, told = finished
    (log,) = (folder.parent / "work" / "runs").iterdir()
    seen = EventAccumulator(str(log)).Reload()
    names = {*seen.Tags()["scalars"]}
    assert {"train/reward", "train/entropy", "train/kl", "train/grad_norm", "train/accuracy"} <= names
    assert {"eval/accuracy", "eval/iterations"} <= names
    steps = [one for one in told if isinstance(one, StepDone)]
    for name, values in {
        "train/reward": [one.reward for one in steps],
        "train/groups_with_gradient": [one.groups_with_gradient for one in steps],
        "train/completions/mean_length": [one.completion_length for one in steps],
        "train/clip_ratio/region_mean": [one.clip_fraction for one in steps],
        "train/sampling/sampling_logp_difference/mean": [one.sampling_logp_difference for one in steps],
    }.items():
        found = seen.Scalars(name)
        assert [one.step for one in found] == [1, 2, 3]
        assert [one.value for one in found] == pytest.approx(values)
    accuracy = [(one.step, one.scores[0].correct / 4) for one in told if isinstance(one, Evaluated)]
    for name in ("eval/accuracy", "eval/accuracy_expression_2-3"):
        assert [(one.step, one.value) for one in seen.Scalars(name)] == accuracy
    (said,) = seen.Tensors("args/text_summary")
    assert json.loads(said.tensor_proto.string_val[0])["group_size"] == 3


def test_a_tracker_that_is_not_there_or_cannot_begin_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(trackers, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="report_to: wandb is not installed: pip install wandb"):
        train(recipe("report_to=wandb"), tmp_path / "run", ignore)
    assert not (tmp_path / "run").exists()
    monkeypatch.undo()
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TENSORBOARD_LOGGING_DIR", str(tmp_path / "file"))
    with pytest.raises(UsageError, match="report_to: tensorboard cannot begin"):
        train(recipe("report_to=tensorboard"), tmp_path / "other", ignore)
    assert not (tmp_path / "other" / "log.jsonl").exists()


def test_a_run_tells_what_it_does_and_publishes_a_checkpoint_that_solves(finished):
    folder, told = finished
    steps = [one for one in told if isinstance(one, StepDone)]
    assert [one.step for one in steps] == [1, 2, 3] and all(3 <= one.groups <= 6 for one in steps)
    assert max(one.groups_with_gradient for one in steps) > 0
    assert max(one.sampling_logp_difference for one in steps) < 1e-3
    assert [one.step for one in told if isinstance(one, Evaluated)] == [0, 2, 3]
    before, after = load_file(checkpoint() / "model.safetensors"), load_file(folder / "model.safetensors")
    changed = {name for name in before if not before[name].equal(after[name])}
    assert changed and not any("visual" in name for name in changed)
    said = trained_for(folder)
    assert said.preset == "nano-open" and "optical" in said.memory and said.prompts[0].name == "nano"
    with Solver(model=str(folder)) as solver:
        assert solver.preset.name == "nano-open"
        assert solver.solve("12+7*3-8").answer == "25"
    card = (folder / "README.md").read_text()
    assert "GRPO over whole solves" in card and "| expression 2-3 | 4 | " in card and "step 3 |" in card
    assert '"learning_rate": 0.0001' in card
    logged = [json.loads(line) for line in (folder.parent / "log.jsonl").read_text().splitlines()]
    assert [one["step"] for one in logged] == [0, 1, 2, 2, 3, 3]


def test_the_published_weights_lie_between_those_at_the_start_and_the_trained_ones(finished):
    import torch

    folder, _ = finished
    before, after = load_file(checkpoint() / "model.safetensors"), load_file(folder / "model.safetensors")
    trained = torch.load(folder.parent / "work" / "checkpoint-3" / "state.pt", weights_only=True)["network"]
    changed = {name for name in before if not before[name].equal(after[name])}
    for name in changed:
        middle = (before[name].float() + trained[name]) / 2
        # Half a unit in the last place of float16, relative and among the smallest numbers.
        assert after[name].float().allclose(middle, rtol=2**-11, atol=2**-25)
    ends = [trained[name].half() for name in changed]
    assert any(not end.equal(after[name]) for end, name in zip(ends, changed, strict=True))


def test_progress_is_a_table_of_one_row_a_step(finished):
    _, told = finished
    table = ProgressTable()
    written = [table.lines(one) for one in told]
    rows = [line for text in written for line in text.split("\n") if "/3  " in line]
    heads = [line for text in written for line in text.split("\n") if line.split()[:2] == ["step", "reward"]]
    assert len(rows) == 3 and {len(row) for row in rows} == {len(head) for head in heads}
    assert written[0].startswith("3 steps  ") and "4 held out" in written[0]


def test_a_finished_run_is_not_done_again(finished):
    folder, told = finished
    again = []
    held = next(one for one in told if isinstance(one, Started))
    assert held.resumed_from == 0
    with pytest.raises(UsageError, match="holds a run with another"):
        train(recipe("groups=3"), folder.parent, again.append)
    assert again == []


def test_killed_or_interrupted_anywhere_it_comes_to_the_same_weights(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tests.rl.resumed", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["killed", "2", "stopped", "1"]


def test_a_stop_saves_before_the_evaluation_that_is_due_and_leaves_it_to_the_resumed_run(tmp_path):
    held = 'evaluation={"every": 1, "problems": [{"kind": "expression", "lines": [2, 3], "count": 2}]}'
    told = []

    def stopped(event):
        told.append(event)
        if isinstance(event, StepDone):
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        train(recipe(held, "steps=2", "save_steps=100"), tmp_path / "run", stopped)
    assert [path.name for path in (tmp_path / "run" / "work").glob("checkpoint-*")] == ["checkpoint-1"]
    assert told[-1] == Stopped(1)
    train(recipe(held, "steps=2", "save_steps=100"), tmp_path / "run", told.append)
    assert [one.step for one in told if isinstance(one, Evaluated)] == [0, 1, 2]
    logged = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [("scores" in one, one["step"]) for one in logged] == [
        *((True, 0), (False, 1), (True, 1)),
        *((False, 2), (True, 2)),
    ]


WRONG = {
    "reward": (["rewards=corect"], UnknownName, "unknown reward 'corect': did you mean 'correct'"),
    "model": (["model=/absent"], CheckpointError, "checkpoint /absent: there is no such folder"),
    "ending": (["memory=reread"], RecipeError, "memory reread ends a segment at a request to it"),
    "memory": (["memory=optcal"], UnknownName, "did you mean 'optical'"),
    "preset": (["preset=nanno"], UnknownName, "unknown preset 'nanno'"),
    "question": (
        ["preset=nano", 'problems=[{"kind": "expression", "lines": [7, 7]}]'],
        UsageError,
        "7 operations, not 1 to 6",
    ),
    "grader": (['problems=[{"kind": "gcd", "grader": "integr"}]'], UnknownName, "did you mean 'integer'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_refused_before_weights_are_loaded(tmp_path, name):
    settings, kind, said = WRONG[name]
    told = []
    with pytest.raises(kind, match=said):
        train(recipe(*settings), tmp_path / "run", told.append)
    assert told == []


def test_groups_that_never_succeed_and_rewards_that_raise_are_counted(tmp_path, monkeypatch):
    (tmp_path / "raising.py").write_text(
        "from vtc_r1.rl.rewards import Reward\n"
        "class Raising(Reward):\n"
        "    def score(self, solved):\n"
        "        raise LookupError('no such verdict')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    told = []
    beyond = 'problems=[{"kind": "expression", "lines": [12, 12], "count": 4}]'
    train(recipe(beyond, "steps=1", "rewards=raising:Raising"), tmp_path / "raising", told.append)
    (step,) = [one for one in told if isinstance(one, StepDone)]
    assert step.failures == 12 and step.solves == 0 and step.groups_with_gradient == 0
    assert "reward raising:Raising: LookupError: no such verdict" in next(
        one.line for one in told if isinstance(one, Notice)
    )
    told.clear()
    train(recipe(beyond, "steps=1"), tmp_path / "never", told.append)
    (step,) = [one for one in told if isinstance(one, StepDone)]
    assert step.groups_all_wrong == step.groups == 4 and step.accuracy == 0


def test_numbers_that_are_not_finite_end_the_run_and_publish_nothing(tmp_path):
    with pytest.raises(TrainingError, match=r"not finite|is nan|is inf"):
        train(recipe("learning_rate=1e30"), tmp_path / "run", ignore)
    assert not (tmp_path / "run" / "checkpoint").exists()


def test_a_damaged_save_is_named(tmp_path):
    folder = tmp_path / "run"
    train(recipe("steps=1"), folder, ignore)
    (folder / "work" / "checkpoint-1" / "state.pt").write_bytes(b"no")
    shutil.rmtree(folder / "checkpoint")
    with pytest.raises(StorageError, match=r"checkpoint-1: is damaged"):
        train(recipe("steps=1"), folder, ignore)
