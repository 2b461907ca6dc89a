"""Runs by verl as they are written, and how they are refused; verl itself is not needed."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow")

from vtc_r1.errors import MissingExtra, RecipeError, StorageError, UnknownName, UsageError
from vtc_r1.eval.problem import Problem
from vtc_r1.rl.recipe import GRPO, GrpoRecipe
from vtc_r1.rl.run import train
from vtc_r1.rl.verl import doctor, launch
from vtc_r1.rl.verl.configuration import as_yaml, configuration
from vtc_r1.rl.verl.folder import write

SMALL = ('problems=[{"kind": "expression", "lines": [3, 4], "count": 70}]', "evaluation=null")


def recipe(*settings: str) -> GrpoRecipe:
    """The shipped recipe on few problems."""
    return GRPO.load("qwen3-vl-8b", [*SMALL, *settings])


def rows(path: Path) -> list[dict[str, Any]]:
    import pyarrow.parquet

    found: list[dict[str, Any]] = pyarrow.parquet.read_table(path).to_pylist()
    return found


def test_the_algorithm_of_a_recipe_is_that_of_the_configuration() -> None:
    found = configuration(recipe("kl=0.02", "clip_high=0.3", "updates=2", "cluster.nodes=2"))
    actor, rollout = found["actor_rollout_ref"]["actor"], found["actor_rollout_ref"]["rollout"]
    assert found["defaults"] == ["ppo_trainer", "_self_"]
    assert (actor["clip_ratio_low"], actor["clip_ratio_high"], actor["loss_agg_mode"]) == (
        0.2,
        0.3,
        "token-mean",
    )
    assert actor["use_kl_loss"] and actor["kl_loss_coef"] == 0.02 and actor["kl_loss_type"] == "low_var_kl"
    assert actor["ppo_epochs"] == 2 and actor["optim"]["lr"] == 1e-6 and actor["strategy"] == "fsdp2"
    assert actor["ppo_mini_batch_size"] == 64 * 9  # every segment of 64 groups, with a forced answer each
    assert rollout["name"] == "sglang" and rollout["n"] == 8 and rollout["calculate_log_probs"]
    assert rollout["agent"]["default_agent_loop"] == "vtc_r1" and rollout["max_model_len"] == 24_576 + 8192
    assert found["algorithm"]["adv_estimator"] == "grpo" and found["algorithm"]["filter_groups"]["enable"]
    assert not configuration(recipe("refills=0"))["algorithm"]["filter_groups"]["enable"]
    assert not configuration(recipe())["actor_rollout_ref"]["actor"]["use_kl_loss"]
    assert found["trainer"]["nnodes"] == 2 and found["trainer"]["total_training_steps"] == 200
    assert found["trainer"]["test_freq"] == -1 and not found["trainer"]["val_before_train"]


def test_a_folder_has_what_verl_reads(tmp_path: Path) -> None:
    out = tmp_path / "run"
    script = write(recipe(), out)
    assert script == out / "run.sh" and os.access(script, os.X_OK)
    agent = (out / "agent.yaml").read_text("utf-8")
    assert '"vtc_r1.rl.verl.agent_loop.OpticalLoop"' in agent and 'prompts: "vtc"' in agent
    problems = rows(out / "problems.parquet")
    assert len(problems) == 70 and [row["extra_info"]["index"] for row in problems] == list(range(70))
    for row in problems:
        problem = Problem.model_validate_json(row["extra_info"]["problem"])
        assert row["prompt"] == [{"role": "user", "content": problem.question}]
        assert row["reward_model"]["ground_truth"] == problem.answer
        assert row["extra_info"]["grader"] == "integer" and row["data_source"] == "expression 3-4"
    assert json.loads((out / "recipe.json").read_text())["name"] == "qwen3-vl-8b"
    before = (out / "verl.yaml").read_bytes()
    (out / "saves").mkdir()
    (out / "saves/kept").touch()
    assert write(recipe(), out) == script
    assert (out / "verl.yaml").read_bytes() == before and (out / "saves/kept").exists()


def test_held_out_problems_are_not_trained_on_and_sets_stand_in_the_ratio_of_their_shares(
    tmp_path: Path,
) -> None:
    sets = [
        {"kind": "expression", "lines": [2, 3], "count": 60, "share": 1},
        {"kind": "gcd", "lines": [3, 4], "count": 40, "share": 2},
    ]
    held = {"problems": [{"kind": "expression", "lines": [2, 3], "count": 50}]}
    settings = [f"problems={json.dumps(sets)}", f"evaluation={json.dumps(held)}"]
    write(GRPO.load("qwen3-vl-8b", settings), tmp_path / "run")
    problems, held_out = rows(tmp_path / "run/problems.parquet"), rows(tmp_path / "run/held-out.parquet")
    names = [row["data_source"] for row in problems]
    assert names.count("expression 2-3") == 60 and names.count("gcd 3-4") == 120
    asked = {row["prompt"][0]["content"] for row in held_out}
    assert len(asked) == 50 and not asked & {row["prompt"][0]["content"] for row in problems}


@pytest.mark.process
def test_scripts_are_bash_and_pass_on_where_they_are(tmp_path: Path) -> None:
    script = write(recipe(), tmp_path / "a b")
    for each in (script, script.with_name("merge.sh")):
        subprocess.run(["bash", "-n", str(each)], check=True)
    done = subprocess.run(
        ["bash", str(script), "trainer.save_freq=1"],
        env={**os.environ, "PYTHON": "/bin/echo"},
        capture_output=True,
        text=True,
        check=True,
    )
    here = tmp_path / "a b"
    assert f"-m verl.trainer.main_ppo --config-path {here} --config-name verl" in done.stdout
    assert f"data.train_files='{here}/problems.parquet'" in done.stdout
    assert done.stdout.endswith("trainer.save_freq=1\n")


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("advantage=leave-one-out", "choose that"),
        ("interpolation=0.5", "publishes the trained weights"),
        ("schedule=linear", "has `constant` and `cosine`"),
        ("freeze_vision=true", "set both to false"),
        ("pass_tokens=32767", "a prompt and a segment take up to 32768"),
        ("cluster.tensor_parallel=3", "does not divide 8 GPUs"),
        ("groups=71", "there are 70 problems"),
        ("memory=reread", "choose another one"),
        ("cluster=null", "runs in this process"),
    ],
)
def test_what_verl_does_not_do_is_refused_and_nothing_is_written(
    tmp_path: Path, setting: str, said: str
) -> None:
    with pytest.raises(RecipeError, match=said):
        write(recipe(setting), tmp_path / "run")
    assert not [*tmp_path.iterdir()]


def test_an_unknown_reward_and_a_taken_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="corect"):
        write(recipe("rewards=corect"), tmp_path / "run")
    write(recipe(), tmp_path / "run")
    with pytest.raises(UsageError, match="another recipe"):
        write(recipe("learning_rate=1e-5"), tmp_path / "run")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/file").touch()
    with pytest.raises(StorageError, match="does not hold a run by verl"):
        write(recipe(), tmp_path / "mine")
    assert [*(tmp_path / "mine").iterdir()] == [tmp_path / "mine/file"]


def test_a_run_in_this_process_refuses_a_recipe_for_verl(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="runs by verl"):
        train(recipe(), tmp_path / "run", print)
    assert not [*tmp_path.iterdir()]


def test_a_launch_without_verl_says_what_to_install() -> None:
    if launch.find_spec("verl"):
        pytest.skip("verl is installed")
    cluster = recipe().cluster
    assert cluster is not None
    with pytest.raises(MissingExtra, match=r"needs verl, which is not installed: .*\[rl\]"):
        launch.check_launch(cluster)


def test_values_are_written_as_yaml() -> None:
    yaml = pytest.importorskip("yaml")
    values = {"a": {"b": [1, "x: y", None], "c": {}}, "d": [{"e": True, "f": 0.5}], "g": []}
    assert yaml.safe_load(as_yaml(values)) == values


@pytest.mark.parametrize(
    ("name", "version", "said"),
    [
        ("verl", "0.8.4", "failed"),
        ("verl", "0.9.1", "ok"),
        ("verl", "0.10.0", "failed"),
        ("transformers", "5.10.4", "ok"),
        ("transformers", "5.11.0", "failed"),
        ("transformers", "5.24.0", "failed"),
    ],
)
def test_the_doctor_knows_which_versions_go_together(
    monkeypatch: pytest.MonkeyPatch, name: str, version: str, said: str
) -> None:
    monkeypatch.setattr(doctor, "version", {name: version}.__getitem__)
    found = {"verl": doctor.verl, "transformers": doctor.transformers}[name]()
    assert found.outcome == said and version in found.seen and bool(found.remedy) == (said == "failed")
