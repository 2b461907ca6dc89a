"""Training runs on a tiny random Qwen3-VL, through the code path of the 8B recipes."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs the extra train")
pytest.importorskip("accelerate", reason="training needs the extra train")
pytest.importorskip("peft", reason="training needs the extra train")
pytest.importorskip("pyarrow")

import torch
from safetensors.torch import load_file
from transformers import AutoModelForImageTextToText

from tests.same_weights import assert_same_weights
from tests.sft import tiny
from tests.sft.openr1 import built, write_six
from vtc_r1 import errors
from vtc_r1.backends.checkpoint import trained_for
from vtc_r1.backends.encoding import PromptEncoder
from vtc_r1.errors import CheckpointError, MissingExtra, RecipeError, StorageError, UsageError
from vtc_r1.fitted import BESIDE, fitted
from vtc_r1.renderers import load_profile
from vtc_r1.sft.collate import Collator
from vtc_r1.sft.training import trackers
from vtc_r1.sft.training.dataset import TrainingData
from vtc_r1.sft.training.folder import last_save
from vtc_r1.sft.training.loading import load_recipe
from vtc_r1.sft.training.progress import EvaluationFinished, TrainingProgress, TrainingStarted
from vtc_r1.sft.training.run import train

pytestmark = pytest.mark.training
ROOT = Path(__file__).parents[2]
SMALL = ("steps=2", "accumulation=2", "log_steps=1", "workers=0", "learning_rate=0.01", "save_steps=1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two data sets, and tiny checkpoints."""
    folder = tmp_path_factory.mktemp("training")
    rows = write_six(folder)
    page = load_profile("default")
    built(rows, folder / "data", profile=page, memory="hybrid", segment_tokens=60)
    built(rows, folder / "glyph", profile=load_profile("glyph-en"), segment_tokens=60)
    tiny.qwen(folder / "tiny")
    tiny.qwen(folder / "tied", tied=True)
    tiny.glm(folder / "glm")
    return folder


def recipe(folder, name="qwen3-vl-8b", *settings, data="data", model="tiny"):
    return load_recipe(name, [f"model={folder / model}", f"data={folder / data}", *SMALL, *settings])


def ignore(told):
    pass


def weights(checkpoint):
    return load_file(checkpoint / "model.safetensors")


def answer_of(checkpoint, data, *, tokens=12):
    """What a checkpoint writes for the first example that has pages, by `generate` of the library."""
    at = data.first_with_pages()
    batch = Collator(PromptEncoder(checkpoint))([data[at]])
    prompt = {key: value[:, : int((batch["labels"][0] == -100).sum())] for key, value in batch.items()}
    prompt |= {key: batch[key] for key in ("pixel_values", "image_grid_thw")}
    del prompt["labels"]
    model = AutoModelForImageTextToText.from_pretrained(checkpoint, dtype=torch.float32)
    with torch.no_grad():
        return model.generate(**prompt, max_new_tokens=tokens, do_sample=False)[0, -tokens:].tolist()


def test_a_white_page_in_the_padding_changes_nothing(folder):
    """Where weights are spread over processes every batch has a page; nothing sees the one put in."""
    data, encoder = TrainingData(recipe(folder)), PromptEncoder(folder / "tiny")
    first = [data[at] for at in range(len(data)) if not data.built(at).images][:2]
    plain, paged = Collator(encoder)(first), Collator(encoder, always_pages=True)(first)
    assert "pixel_values" not in plain and len(paged["image_grid_thw"]) == 1
    length = plain["input_ids"].shape[1]
    assert (paged["input_ids"][:, :length] == plain["input_ids"]).all()
    assert (paged["attention_mask"][:, length:] == 0).all() and (paged["labels"][:, length:] == -100).all()
    model = AutoModelForImageTextToText.from_pretrained(folder / "tiny", dtype=torch.float32)
    with torch.no_grad():
        losses = [model(**batch).loss for batch in (plain, paged)]
    torch.testing.assert_close(losses[0], losses[1])
    with_pages = [data[data.first_with_pages()]]
    assert len(Collator(encoder, always_pages=True)(with_pages)["image_grid_thw"]) == len(
        Collator(encoder)(with_pages)["image_grid_thw"]
    )


@pytest.mark.parametrize(
    ("name", "data", "model"),
    [("qwen3-vl-8b", "data", "tiny"), ("qwen3-vl-2b", "data", "tied"), ("glyph", "glyph", "glm")],
)
def test_two_steps_train_the_language_model_alone(folder, tmp_path, name, data, model):
    told = []
    done = train(recipe(folder, name, data=data, model=model), tmp_path / "run", told.append)
    before, after = weights(folder / model), weights(done)
    assert before.keys() == after.keys()
    assert all(before[key].shape == after[key].shape for key in before)
    changed = {key for key in before if not torch.equal(before[key].bfloat16(), after[key])}
    assert changed and not any("visual" in key for key in changed)
    assert any("embed_tokens" in key for key in changed) and any("layers.1" in key for key in changed)
    began, *steps = told
    assert isinstance(began, TrainingStarted) and (began.steps, began.resumed_from) == (2, 0)
    assert [each.step for each in steps if isinstance(each, TrainingProgress)] == [1, 2]
    assert AutoModelForImageTextToText.from_pretrained(done).dtype == torch.bfloat16


def test_a_checkpoint_has_all_that_lay_beside_its_start_and_a_card(folder, tmp_path):
    done = train(recipe(folder), tmp_path / "run", ignore)
    for name in (
        "tokenizer.json",
        "tokenizer_config.json",
        "chat_template.jinja",
        "preprocessor_config.json",
    ):
        assert (done / name).read_bytes() == (folder / "tiny" / name).read_bytes()
    config = json.loads((done / "config.json").read_text("utf-8"))
    assert config["architectures"] == ["Qwen3VLForConditionalGeneration"]
    trained = trained_for(done)
    assert (trained.memory, trained.prompts[0].name, trained.segment_tokens) == (("hybrid",), "vtc", 60)
    assert [each.name for each in trained.profiles] == ["default"] and not trained.budgeted
    assert (trained.preset, fitted(str(done)).prompts) == ("vtc-r1", "vtc")
    assert {path.name for path in (done / BESIDE).iterdir()} == {"vtc", "default.toml"}
    card = (done / "README.md").read_text("utf-8")
    for part in (
        "license: apache-2.0",
        "began from | tiny",
        "| hybrid | ",
        "Training loss: ",
        "No problems were solved",
    ):
        assert part in card
    assert str(tmp_path) not in card and str(folder) not in card
    before = done.stat().st_mtime_ns
    assert train(recipe(folder), tmp_path / "run", ignore) == done
    assert done.stat().st_mtime_ns == before


def test_the_tower_and_the_projector_learn_where_they_are_not_frozen(folder, tmp_path):
    done = train(recipe(folder, "qwen3-vl-8b", "freeze_projector=false"), tmp_path / "run", ignore)
    before, after = weights(folder / "tiny"), weights(done)
    changed = {key for key in before if not torch.equal(before[key].bfloat16(), after[key])}
    seen = {key for key in changed if "visual" in key}
    assert seen and all("merger" in key for key in seen)


def test_adapters_are_merged_into_a_checkpoint_like_any_other(folder, tmp_path, monkeypatch):
    from vtc_r1.sft.training import weights as publishing

    kept = {}
    real = publishing.gathered

    def gathered(trainer, recipe):
        state = real(trainer, recipe)
        kept["peft"] = trainer.model.merge_and_unload().state_dict()
        return state

    monkeypatch.setattr(publishing, "gathered", gathered)
    settings = ("lora.rank=4", "precision=fp32", "save_as=float32")
    chosen = recipe(folder, "qwen3-vl-8b-lora", *settings)
    done = train(chosen, tmp_path / "run", ignore)
    before, after = weights(folder / "tiny"), weights(done)
    assert before.keys() == after.keys()
    changed = {key for key in before if not torch.equal(before[key], after[key])}
    assert changed and all("language_model.layers" in key and "_proj" in key for key in changed)
    for key in after:
        torch.testing.assert_close(after[key], kept["peft"][key])
    model = AutoModelForImageTextToText.from_pretrained(folder / "tiny", dtype=torch.float32)
    model.load_state_dict(kept["peft"])
    model.save_pretrained(tmp_path / "peft")
    for path in (folder / "tiny").glob("*.json*"):
        if not (tmp_path / "peft" / path.name).exists():
            (tmp_path / "peft" / path.name).write_bytes(path.read_bytes())
    (tmp_path / "peft" / "chat_template.jinja").write_bytes(
        (folder / "tiny" / "chat_template.jinja").read_bytes()
    )
    assert trained_for(done).memory == ("hybrid",)
    data = TrainingData(chosen)
    assert answer_of(done, data) == answer_of(tmp_path / "peft", data)


class Stop(Exception):
    pass


def stop_at(step):
    def report(told):
        if isinstance(told, TrainingProgress) and told.step == step:
            raise Stop

    return report


@pytest.mark.parametrize(
    ("name", "optimizer"), [("qwen3-vl-8b", "adamw"), ("qwen3-vl-8b", "muon"), ("qwen3-vl-8b-lora", "adamw")]
)
def test_a_resumed_run_ends_with_the_same_weights(folder, tmp_path, name, optimizer):
    chosen = recipe(folder, name, "steps=4", "save_steps=2", f"optimizer={optimizer}")
    whole = weights(train(chosen, tmp_path / "whole", ignore))
    with pytest.raises(Stop):
        train(chosen, tmp_path / "cut", stop_at(3))
    work = tmp_path / "cut" / "work"
    assert not (tmp_path / "cut" / "checkpoint").exists()
    torn = work / "checkpoint-3"
    torn.mkdir()
    (torn / "model.safetensors").write_bytes(b"half")
    assert last_save(work) == work / "checkpoint-2"
    told = []
    resumed = weights(train(chosen, tmp_path / "cut", told.append))
    assert told[0].resumed_from == 2 and not torn.exists()
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)


def test_the_loop_solves_held_out_problems_during_training(folder, tmp_path):
    problems = tmp_path / "held-out.jsonl"
    problems.write_text('{"question": "1+1", "answer": "2"}\n{"question": "2+2", "answer": "4"}\n', "utf-8")
    plan = [f"evaluation.file={problems}", "evaluation.every=1", "evaluation.max_iterations=2"]
    told = []
    chosen = recipe(folder, "qwen3-vl-8b", *plan, "evaluation.segment_tokens=8")
    done = train(chosen, tmp_path / "run", told.append)
    found = [each for each in told if isinstance(each, EvaluationFinished)]
    assert [(each.step, each.problems, each.right) for each in found] == [(1, 2, 0), (2, 2, 0)]
    assert [each.step for each in told if isinstance(each, TrainingProgress)] == [1, 2]
    assert all(1 <= each.iterations <= 3 and not each.failed for each in found)
    assert "the first 2 of 2 problems of held-out" in (done / "README.md").read_text("utf-8")
    assert_same_weights(done, train(recipe(folder), tmp_path / "without", ignore))


def test_what_cannot_be_is_refused_before_weights_are_loaded(folder, tmp_path, monkeypatch):
    from vtc_r1.sft.training.start import Start

    monkeypatch.setattr(Start, "model", None)
    with pytest.raises(RecipeError, match="cannot generate in this process"):
        plan = ("evaluation.benchmark=arithmetic",)
        train(recipe(folder, "glyph", *plan, data="glyph", model="glm"), tmp_path / "a", ignore)
    with pytest.raises(RecipeError, match=r"sees the pages of an example as \d+ vision tokens, its data set"):
        train(recipe(folder, model="glm"), tmp_path / "b", ignore)
    with pytest.raises(CheckpointError, match="there is no such folder"):
        train(recipe(folder, model="absent"), tmp_path / "c", ignore)
    with monkeypatch.context() as sharded:
        sharded.setenv("ACCELERATE_USE_FSDP", "true")
        with pytest.raises(RecipeError, match="needs whole matrices, FSDP splits them"):
            train(recipe(folder, "qwen3-vl-8b", "optimizer=muon"), tmp_path / "g", ignore)
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "thesis.tex").write_text("precious", encoding="utf-8")
    with pytest.raises(UsageError, match="is not empty and does not hold a run"):
        train(recipe(folder), tmp_path / "d", ignore)
    monkeypatch.setattr(errors, "find_spec", lambda name: None if name == "peft" else name)
    with pytest.raises(MissingExtra, match="peft"):
        train(recipe(folder, "qwen3-vl-8b-lora"), tmp_path / "e", ignore)
    monkeypatch.setattr(trackers, "find_spec", lambda name: None if name == "trackio" else name)
    with pytest.raises(UsageError, match="trackio is not installed: pip install trackio"):
        train(recipe(folder, "qwen3-vl-8b", "report_to=trackio"), tmp_path / "f", ignore)


def test_a_folder_of_another_run_is_refused_by_what_differs(folder, tmp_path):
    with pytest.raises(Stop):
        train(recipe(folder), tmp_path / "run", stop_at(2))
    with pytest.raises(UsageError, match="holds a run with another learning_rate, seed"):
        train(recipe(folder, "qwen3-vl-8b", "learning_rate=1", "seed=9"), tmp_path / "run", ignore)


def test_a_full_disk_is_one_line_and_the_save_before_it_counts(folder, tmp_path, monkeypatch):
    import transformers

    real = transformers.Trainer._save_checkpoint

    def full(self, model, trial):
        real(self, model, trial)
        if self.state.global_step == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(transformers.Trainer, "_save_checkpoint", full)
    with pytest.raises(StorageError, match=r"checkpoint-2: cannot be written .*No space left"):
        train(recipe(folder), tmp_path / "run", ignore)
    assert last_save(tmp_path / "run" / "work").name == "checkpoint-1"
    assert not (tmp_path / "run" / "checkpoint").exists()


def launched(words, notes):
    """Run the launcher's command in two processes that share the weights; returns how they lie in each."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "ACCELERATE_USE_FSDP": "true",
        "FSDP_VERSION": "2",
        "FSDP_AUTO_WRAP_POLICY": "TRANSFORMER_BASED_WRAP",
        "FSDP_STATE_DICT_TYPE": "FULL_STATE_DICT",
    }
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    script = [str(ROOT / "tests" / "sft" / "sharded.py"), str(notes), *words]
    done = subprocess.run([*launch, *script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads((notes / f"{rank}.json").read_text("utf-8")) for rank in (0, 1)], done.stderr


def agreement(start, found, expected):
    """Cosine between what two runs made of one start; rounding turns steps whose gradient is near 0."""
    assert found.keys() == expected.keys() == start.keys()
    one, other = (
        torch.cat([(after[key] - start[key]).flatten() for key in start]) for after in (found, expected)
    )
    return float(torch.nn.functional.cosine_similarity(one, other, dim=0))


@pytest.mark.parametrize("name", ["qwen3-vl-8b", "qwen3-vl-2b-lora"])
def test_two_processes_share_the_weights_by_fsdp(folder, tmp_path, name):
    """Parameters are sharded, the checkpoint is whole, and training equals that of one process."""
    model = "tied" if "2b" in name else "tiny"
    chosen = [
        f"model={folder / model}",
        f"data={folder / 'data'}",
        *SMALL,
        "precision=fp32",
        "save_as=float32",
    ]
    problems = tmp_path / "held-out.jsonl"
    problems.write_text('{"question": "1+1", "answer": "2"}\n', "utf-8")
    plan = [f"evaluation.file={problems}", "evaluation.max_iterations=1", "evaluation.segment_tokens=4"]
    settings = [*chosen, *plan, "accumulation=1"]
    (tmp_path / "notes").mkdir()
    words = [name, "--out", str(tmp_path / "run"), *(word for each in settings for word in ("--set", each))]
    parts, said = launched(words, tmp_path / "notes")
    assert parts[0] and None not in parts[0].values()
    for key, (shape, _) in parts[0].items():
        rows = [part[key][1][0] for part in parts]
        assert sum(rows) == shape[0] and max(rows) == -(-shape[0] // 2), key
    assert "step 2  0/1 right" in said and "failed" not in said
    found = weights(tmp_path / "run" / "checkpoint")
    assert {key: value.shape for key, value in found.items()} == {
        key: value.shape for key, value in weights(folder / model).items()
    }
    as_much = load_recipe(name, [*chosen, "batch=2", "accumulation=1"])
    told = []
    alone = weights(train(as_much, tmp_path / "alone", told.append))
    losses = [each.loss for each in told if isinstance(each, TrainingProgress) and each.loss is not None]
    assert [float(loss) for loss in re.findall(r"  loss ([\d.]+)", said)] == pytest.approx(losses, rel=1e-3)
    start = weights(folder / model)
    assert agreement(start, found, alone) > 0.99
    if "lora" in name:
        shutil.rmtree(tmp_path / "run" / "checkpoint")
        shutil.rmtree(tmp_path / "run" / "work" / "checkpoint-2")
        _, said = launched(words, tmp_path / "notes")
        assert "resuming from step 1" in said
        assert agreement(start, weights(tmp_path / "run" / "checkpoint"), found) > 0.9999
