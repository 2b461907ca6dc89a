from pathlib import Path

import pytest

from vtc_r1.errors import RecipeError, UnknownName
from vtc_r1.renderers import load_profile
from vtc_r1.sft.training.loading import accelerate_config, load_recipe, recipe_names

NAMES = recipe_names()
PAPER = {
    "learning_rate": 1e-5,
    "schedule": "cosine",
    "warmup": 0.1,
    "epochs": 1.0,
    "batch": 1,
    "accumulation": 8,
    "cutoff": 32_768,
    "precision": "bf16",
    "freeze_vision": True,
    "freeze_projector": True,
}


def written(folder: Path, text: str) -> str:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_recipes_that_ship():
    assert {"nano", "qwen3-vl-8b", "qwen3-vl-8b-lora", "qwen3-vl-2b", "qwen3-vl-2b-lora", "glyph"} <= {*NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_loads_and_its_pages_are_of_its_family(name):
    recipe = load_recipe(name)
    assert recipe.name == name
    assert load_profile(recipe.profile).family == recipe.family


@pytest.mark.parametrize("name", ["qwen3-vl-8b", "qwen3-vl-2b", "glyph"])
def test_full_training_has_the_papers_hyper_parameters(name):
    recipe = load_recipe(name)
    assert {key: getattr(recipe, key) for key in PAPER} == PAPER
    assert recipe.lora is None and recipe.report_to == ()


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("lerning_rate=1", r"unknown key of recipe nano 'lerning_rate': did you mean 'learning_rate'\?"),
        ("lora.rnak=8", r"'lora\.rnak': did you mean 'lora\.rank'\?"),
        ("evaluation.evry=8", r"'evaluation\.evry': did you mean 'evaluation\.every'\?"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest(setting, said):
    with pytest.raises(UnknownName, match=said):
        load_recipe("nano", [setting])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["batch=0"], "batch .*greater than or equal to 1"),
        (["batch=many"], "batch .*integer"),
        (["learning_rate"], "write key=value"),
        (["batch.size=2"], "batch is not a table"),
        (["data=x"], "data and curriculum are both given"),
        (["steps=null"], "a curriculum has no end: give steps"),
        (["evaluation.every=5"], "evaluation names no problems: give benchmark or file"),
        (["lora.rank=8"], "lora is for the language model of a checkpoint"),
        (["report_to=mlflow"], "report_to"),
    ],
)
def test_values_that_cannot_be(settings, said):
    with pytest.raises(RecipeError, match=said):
        load_recipe("nano", settings)


def test_settings_reach_everywhere():
    settings = [
        "data=a, b",
        "lora.rank=4",
        "report_to=wandb",
        "learning_rate=3e-6",
        "evaluation.benchmark=aime24",
    ]
    recipe = load_recipe("qwen3-vl-8b", settings)
    assert recipe.data == ("a", "b")
    assert recipe.lora is not None and (recipe.lora.rank, recipe.lora.alpha) == (4, 32)
    assert recipe.report_to == ("wandb",) and recipe.learning_rate == 3e-6
    assert recipe.evaluation is not None and recipe.evaluation.benchmark == "aime24"


def test_a_recipe_of_ones_own_extends_another(tmp_path):
    path = written(tmp_path, 'extends = "qwen3-vl-8b-lora"\ndata = ["x"]\n[lora]\nrank = 8\n')
    recipe = load_recipe(path)
    assert recipe.name == "mine" and recipe.data == ("x",)
    assert recipe.lora is not None and (recipe.lora.rank, recipe.lora.alpha) == (8, 64)
    assert recipe.model == load_recipe("qwen3-vl-8b").model


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("batch = ", "cannot be read"),
        ('extends = "mine.toml"', "there is no such file"),
        ('extends = "nanno"', "unknown recipe 'nanno': did you mean 'nano'"),
        ("extends = 3", "is not a recipe"),
        ("batch = 2", "model is missing"),
    ],
)
def test_files_that_are_no_recipe(tmp_path, text, said, monkeypatch):
    path = written(tmp_path, text)
    monkeypatch.chdir("/")
    with pytest.raises((RecipeError, UnknownName), match=said):
        load_recipe(path)


def test_a_circle_of_recipes_ends(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(f'extends = "{path}"', encoding="utf-8")
    with pytest.raises(RecipeError, match="is circular"):
        load_recipe(str(path))


def test_differences_are_named():
    one, other = load_recipe("nano"), load_recipe("nano", ["batch=16", "seed=3"])
    assert one.differences(other) == ["batch", "seed"]


def test_configurations_for_several_gpus_ship():
    yaml = pytest.importorskip("yaml")
    fsdp = yaml.safe_load(accelerate_config("fsdp").read_text("utf-8"))
    assert (fsdp["distributed_type"], fsdp["fsdp_config"]["fsdp_version"]) == ("FSDP", 2)
    assert fsdp["fsdp_config"]["fsdp_state_dict_type"] == "FULL_STATE_DICT"
    zero = yaml.safe_load(accelerate_config("zero3").read_text("utf-8"))
    assert (zero["distributed_type"], zero["deepspeed_config"]["zero_stage"]) == ("DEEPSPEED", 3)
    assert zero["deepspeed_config"]["zero3_save_16bit_model"] is True
