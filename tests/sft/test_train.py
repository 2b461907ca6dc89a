"""The embedded model's recipes."""

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs the extra train")
pytest.importorskip("accelerate", reason="training needs the extra train")

from safetensors.numpy import load_file

from tests.same_weights import assert_same_weights
from tests.sft.openr1 import built, row, write_jsonl
from vtc_r1 import Solver
from vtc_r1.backends.checkpoint import trained_for
from vtc_r1.backends.embedded import checkpoint
from vtc_r1.errors import CheckpointError, UsageError
from vtc_r1.exercises import NAMED, read
from vtc_r1.prompts import PromptSet
from vtc_r1.renderers import load_profile
from vtc_r1.sft import train as entry
from vtc_r1.sft.training.loading import load_recipe
from vtc_r1.sft.training.progress import TrainingProgress, TrainingStarted
from vtc_r1.sft.training.recipe import Recipe
from vtc_r1.sft.training.run import train

pytestmark = pytest.mark.training


def recipe(*settings: str, name: str = "nano") -> Recipe:
    return load_recipe(name, ["steps=12", "batch=4", "save_steps=6", "log_steps=4", *settings])


class Stop(Exception):
    pass


def ignore(told: object) -> None:
    pass


def stop_after(step: int):
    def report(told: object) -> None:
        if isinstance(told, TrainingProgress) and told.step >= step:
            raise Stop

    return report


def test_an_interrupted_run_resumes_and_ends_with_the_same_weights(tmp_path: Path) -> None:
    whole = train(recipe(), tmp_path / "whole", ignore)
    with pytest.raises(Stop):
        train(recipe(), tmp_path / "cut", stop_after(8))
    assert not (tmp_path / "cut" / "checkpoint").exists()
    assert_same_weights(train(recipe(), tmp_path / "cut", ignore), whole)


def test_training_goes_on_from_a_checkpoint(tmp_path: Path) -> None:
    first = train(recipe("steps=4"), tmp_path / "first", ignore)
    still = recipe("steps=4", f"model={first}", "learning_rate=0")
    assert_same_weights(train(still, tmp_path / "kept", ignore), first)


def test_the_finished_checkpoint_has_the_files_of_the_shipped_one(tmp_path: Path) -> None:
    told: list[object] = []
    done = train(recipe("steps=1", "batch=2"), tmp_path / "run", told.append)
    assert isinstance(told[0], TrainingStarted) and told[0].trained == told[0].weights > 1_000_000
    assert {path.name for path in done.iterdir()} == {path.name for path in checkpoint().iterdir()} | {
        "vtc_r1"
    }
    assert {path.name for path in (done / "vtc_r1").iterdir()} == {"nano", "nano.toml"}
    mine, shipped = load_file(done / "model.safetensors"), load_file(checkpoint() / "model.safetensors")
    assert {name: (value.dtype, value.shape) for name, value in mine.items()} == {
        name: (value.dtype, value.shape) for name, value in shipped.items()
    }
    assert "generated while training, by a seed" in (done / "README.md").read_text("utf-8")
    assert trained_for(done) == trained_for(checkpoint()) is not None


def test_the_embedded_model_learns_from_built_data(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    rows = write_jsonl(tmp_path / "rows.jsonl", [row(number, steps=2) for number in range(3)])
    nano = {"profile": load_profile("nano"), "prompts": "nano", "prompts_sha256": PromptSet("nano").sha256}
    built(rows, tmp_path / "data", **nano, segment_tokens=60, max_segments=20, memory="hybrid")
    told: list[object] = []
    tuned = recipe(f"data={tmp_path / 'data'}", "steps=2", "log_steps=1", name="nano-tune")
    done = train(tuned, tmp_path / "run", told.append)
    losses = [each.loss for each in told if isinstance(each, TrainingProgress) and each.loss is not None]
    assert len(losses) == 2
    before, after = (load_file(each / "model.safetensors") for each in (checkpoint(), done))
    assert any((before[name] != after[name]).any() for name in before)
    said = trained_for(done)
    assert said is not None and (said.memory, said.iterations, said.segment_tokens) == (("hybrid",), 20, 60)
    with Solver(model=str(done), max_iterations=1) as solver:
        trace = solver.solve("1+2*3-4")
    assert (trace.memory, trace.warnings) == ("hybrid", [])
    with Solver(model=str(done), memory="optical", max_iterations=1) as solver:
        (sentence,) = solver.solve("1+2*3-4").warnings
    assert "not trained for memory optical (only hybrid)" in sentence


def test_a_checkpoint_that_is_none_cannot_be_the_start(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="tokenizer or image configuration"):
        train(recipe(f"model={tmp_path}"), tmp_path / "run", ignore)


def test_another_course_trains_the_embedded_model_and_its_checkpoint_solves(tmp_path: Path) -> None:
    """The recipe's checkpoint takes the course's questions, pages and memory without a warning."""
    question = read(NAMED["chain"].example, kinds=NAMED)
    assert question is not None
    done = train(recipe("steps=1", "batch=1", "workers=0", name="micro"), tmp_path / "run", ignore)
    with Solver(model=str(done), memory="decay:first=1", memory_tokens=24, max_iterations=2) as solver:
        trace = solver.solve(question.question)
    assert trace.profile.name == "micro"
    settings = [one for one in trace.warnings if "not trained for" in one and "for this" not in one]
    assert settings == []


def test_a_curriculum_is_for_one_process() -> None:
    from vtc_r1.sft.training import prepare

    with pytest.raises(UsageError, match="trained by one process"):
        prepare._check_alone(2)


def test_a_folder_with_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious", encoding="utf-8")
    with pytest.raises(UsageError, match="not empty"):
        train(recipe(), tmp_path, ignore)
    assert (tmp_path / "thesis.tex").read_text(encoding="utf-8") == "precious"


def test_a_launcher_finds_the_same_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = ["--set", "steps=1", "--set", "batch=2", "--set", "log_steps=1"]
    assert entry.main(["nano", "--out", str(tmp_path / "run"), *small]) == 0
    said = capsys.readouterr()
    assert said.out == f"{tmp_path / 'run' / 'checkpoint'}\n"
    assert "step 1/1  loss " in said.err
    assert entry.main(["nano", "--set", "stepps=1"]) == 2
    assert "did you mean 'steps'" in capsys.readouterr().err
