"""`vtc-r1 train`, as far as it goes without training."""

import json
from pathlib import Path

import pytest

from tests.cli.command import vtc, vtc_each

pytestmark = pytest.mark.process

WRONG = {
    "--gpu is for an estimate: add --estimate": ["qwen3-vl-8b", "--gpu", "h100"],
    "--json is for an estimate: add --estimate": ["qwen3-vl-8b", "--json"],
    "unknown GPU 'h101': did you mean 'h100'": ["qwen3-vl-8b", "--estimate", "--gpu", "h101"],
    "the shape of zai-org/Glyph is unknown": ["glyph", "--estimate"],
    "unknown recipe 'qwen3-vl-9b': did you mean 'qwen3-vl-8b'": ["qwen3-vl-9b"],
    "key of recipe nano 'lerning_rate': did you mean 'learning_rate'": ["nano", "--set", "lerning_rate=1"],
    "recipe absent.toml: there is no such file": ["absent.toml"],
    "no recipe: give one of glyph, micro, nano": [],
    "data and curriculum are both given": ["nano", "--set", "data=x"],
    "qwen3-vl-2b: a second recipe": ["nano", "qwen3-vl-2b"],
    "unknown recipe 'nanoo': did you mean 'nano'": ["grpo", "nanoo"],
    "no recipe: give one of nano, qwen3-vl-8b, or a TOML file": ["grpo"],
    "--launch: recipe nano runs in this process": ["grpo", "nano", "--launch"],
    "--launch: starts a run by verl": ["nano", "--launch"],
    "a run by verl needs verl, which is not installed": ["grpo", "qwen3-vl-8b", "--launch"],
    "there is no such folder": ["grpo", "qwen3-vl-8b", "--start", "runs/8b/checkpoint"],
    "key of recipe nano 'rewrds': did you mean 'rewards'": ["grpo", "nano", "--set", "rewrds=correct"],
    "unknown reward 'corect': did you mean 'correct'": ["grpo", "nano", "--set", "rewards=corect", "--print"],
    "option of reward efficiency 'pi': did you mean 'phi'": [
        "grpo",
        "nano",
        "--set",
        "rewards=efficiency:pi=3",
    ],
    "reward correct: weight = 'much'": ["grpo", "qwen3-vl-8b", "--set", "rewards=correct:weight=much"],
    "kind of exercise 'gdc': did you mean 'gcd'": ["grpo", "nano", "--set", 'problems=[{"kind": "gdc"}]'],
}


def test_recipes_are_listed_and_printed(tmp_path: Path) -> None:
    found = vtc_each(
        {"list": ["train", "--list"], "print": ["train", "qwen3-vl-8b", "--print"]}, cwd=tmp_path
    )
    assert {"nano", "qwen3-vl-8b", "qwen3-vl-8b-lora", "glyph"} <= {*found["list"].out.split()}
    shown = found["print"].out
    assert "learning_rate = 1e-05" in shown and 'model = "Qwen/Qwen3-VL-8B-Instruct"' in shown
    launch = next(line for line in shown.splitlines() if line.startswith("accelerate launch"))
    config = launch.split("--config_file ")[1].split(" ")[0]
    assert Path(config).is_file() and launch.endswith(
        "-m vtc_r1.sft.train qwen3-vl-8b --out runs/qwen3-vl-8b"
    )
    assert not [*tmp_path.iterdir()]


def test_recipes_of_reinforcement_are_listed_printed_and_changed(tmp_path: Path) -> None:
    changed = ["--set", "rewards=correct,format", "--steps", "7", "--learning-rate", "0.5", "--seed", "3"]
    found = vtc_each(
        {
            "list": ["train", "grpo", "--list"],
            "print": ["train", "grpo", "nano", "--print", *changed],
            "rewards": ["list", "rewards"],
            "names": ["list", "grpo-recipes"],
        },
        cwd=tmp_path,
    )
    assert found["list"].out.split() == ["nano", "qwen3-vl-8b"] and found["names"].out.split()[0] == "nano"
    for line in ('rewards = ["correct", "format"]', "steps = 7", "learning_rate = 0.5", "seed = 3"):
        assert line in found["print"].out.splitlines()
    assert [line.split()[0] for line in found["rewards"].out.splitlines()] == [
        "correct",
        "efficiency",
        "format",
    ]
    assert not [*tmp_path.iterdir()]


def test_short_flags_change_the_recipe(tmp_path: Path) -> None:
    words = ["--start", "runs/a", "--learning-rate", "5e-4", "--steps", "100", "--seed", "2"]
    shown = vtc("train", "nano", *words, "--print", cwd=tmp_path).out
    for line in ('model = "runs/a"', "learning_rate = 0.0005", "steps = 100", "seed = 2"):
        assert line in shown.splitlines()


def test_what_cannot_be_is_one_line(tmp_path: Path) -> None:
    found = vtc_each({said: ["train", *words] for said, words in WRONG.items()}, cwd=tmp_path)
    for said, done in found.items():
        assert done.code == 2 and said in done.error


def test_an_estimate_says_what_fits_and_what_does_not(tmp_path: Path) -> None:
    words = ["train", "qwen3-vl-8b", "--estimate", "--gpu", "h200"]
    found = vtc_each({"table": [*words, "--gpu-price", "2"], "json": [*words, "--json"]}, cwd=tmp_path)
    shown, said = found["table"], json.loads(found["json"].out)
    assert shown.code == 0 and shown.err == "" and not [*tmp_path.iterdir()]
    assert "lengths assumed: 105,998 examples as in the VTC-R1 paper" in shown.out
    assert "The VTC-R1 paper reports 18.93 h" in shown.out and max(map(len, shown.out.splitlines())) <= 100
    (one,) = (line for line in shown.out.splitlines() if line.startswith("| 1 ") and " NO " in line)
    assert [each["gpus"] for each in said["estimates"]] == [1, 2, 4, 8, 16, 32, 64]
    assert [each["fits"] for each in said["estimates"]] == [False, *[True] * 6]
    first = said["estimates"][0]
    assert f" {first['bytes_total'] / 1e9:,.1f} " in one
    assert said["paper"]["hours"] == 18.93 and first["dollars_an_epoch"] is None
    dollars = round(2 * first["gpu_hours_an_epoch"])
    assert any(line.startswith("| 1 ") and line.endswith(f"| {dollars} |") for line in shown.out.splitlines())


def test_missing_data_is_told_before_anything_is_loaded(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("accelerate")
    done = vtc("train", "qwen3-vl-8b", "--set", "data=absent", cwd=tmp_path)
    assert done.code == 2
    assert "absent: there is no such folder; `vtc-r1 data build` makes it" in done.error
    assert not [*tmp_path.iterdir()]
