"""What keeps a study from starting is told at once, with a remedy, and nothing is run."""

import socket
from pathlib import Path

import pytest

from tests.cli.command import vtc
from tests.study.declared import DATA, EVAL, declare, plan, reasons

pytestmark = pytest.mark.process

WRONG = """
secrets = ["VTC_TEST_ABSENT_SECRET"]
titel = "x"

[machine]
gpus = 0

[steps.data]
source = "example"
segment_token = 96

[steps.Data]
source = "example"

[steps.other]
source = "example"

[steps.sft]
recipe = "nano-tun"

[steps.tune]
kind = "sft"
recipe = "nano-tune"
data = ["@daat"]

[steps.typed]
kind = "data"
source = "example"
limit = "many"

[steps.lost]
kind = "data"
source = "absent.jsonl"

[steps.rl]
kind = "grpo"
recipe = "nanoo"

[steps.eval]
benchmarks = ["arithmetik"]
memory = "optical"
model = "no-such-folder"

[steps.second]
kind = "eval"
benchmarks = ["arithmetic"]
memory = "optica"

[steps.wrong]
kind = "eval"
benchmarks = ["arithmetic"]
model = "@typed"

[steps.serve]
model = "Qwen/Qwen3-VL-8B-Instruct"
port = {port}

[steps.served]
kind = "eval"
server = "@serve"
benchmarks = ["arithmetic"]
"""
SAID = [
    "unknown key of the study 'titel': did you mean 'title'?",
    "machine: gpus = 0: give a whole number above 0",
    "Data: a step's name has small letters",
    "other: unknown kind of step 'other'",
    "tune: data = @daat: unknown step 'daat': did you mean 'data'?",
    "data: unknown key of data 'segment_token': did you mean 'segment_tokens'?",
    "sft: unknown recipe 'nano-tun': did you mean 'nano-tune'?",
    "rl: unknown recipe 'nanoo': did you mean 'nano'?",
    "second: unknown memory policy 'optica': did you mean 'optical'?",
    "wrong: model = @typed: model takes a step of kind grpo or sft or weights, and typed is of kind data",
    "typed: Invalid value for '--limit': ",
    "the secret VTC_TEST_ABSENT_SECRET is not set: export VTC_TEST_ABSENT_SECRET=…",
    "the weights of Qwen/Qwen3-VL-8B-Instruct are not in",
    "port {port} is in use: give another port, or none for a free one",
    "lost: source = absent.jsonl: there is no such file, and it is not a hub id",
    "eval: unknown benchmark 'arithmetik': did you mean 'arithmetic'?",
    "eval: no-such-folder: there is no such folder, and it is not a hub id",
]


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        file = declare(tmp_path, WRONG.replace("{port}", port))
        absent = {"HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": "hub", "CUDA_VISIBLE_DEVICES": ""}
        done = vtc("study", file, cwd=tmp_path, **absent)
    told = reasons(done)
    missing = [said for said in SAID if not any(said.replace("{port}", port) in line for line in told)]
    assert missing == [], "\n".join(told)
    assert done.out == "" and not (tmp_path / "studies").exists()


def test_a_circle_of_steps_is_named(tmp_path: Path) -> None:
    circle = "[steps.{0}]\nkind = 'sft'\nrecipe = 'nano-tune'\nmodel = '@{1}'\n"
    file = declare(tmp_path, circle.format("a", "b") + circle.format("b", "a"))
    done = vtc("study", file, cwd=tmp_path)
    assert done.code == 2 and "the steps go in a circle, a → b → a" in done.error


def test_what_lies_elsewhere_is_not_overwritten(tmp_path: Path) -> None:
    file = declare(tmp_path, DATA)
    for name in ("out", "store"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine.txt").write_text("mine", encoding="utf-8")
    done = vtc("study", file, "--out", "out", "--plan", "--json", cwd=tmp_path)
    assert done.code == 2 and "out: is not empty and holds no study; choose another --out" in done.err
    done = vtc("study", file, "--store", "store", cwd=tmp_path)
    assert done.code == 1 and "store: is not a store of studies" in done.error
    assert {path.name for path in tmp_path.rglob("*")} == {
        "small.toml",
        "sums.jsonl",
        "out",
        "store",
        "mine.txt",
    }


def test_settings_from_elsewhere_and_absent_servers_are_refused(tmp_path: Path) -> None:
    file = declare(tmp_path, EVAL)
    (tmp_path / "vtc.toml").write_text("segment_tokens = 64\n", encoding="utf-8")
    told = reasons(vtc("study", file, cwd=tmp_path, VTC_TEMPERATURE="1"))
    assert any("VTC_TEMPERATURE is set and would change solves" in line for line in told)
    assert any("vtc.toml in this folder would change solves" in line for line in told)
    assert any("serve: http://127.0.0.1:9/v1 does not answer" in line for line in told)


def test_a_name_that_is_none_is_told_with_the_nearest(tmp_path: Path) -> None:
    file = declare(tmp_path, DATA)
    for words, said in {
        ("nanoo",): "unknown study 'nanoo': did you mean 'nano'?",
        ("absent.toml",): "study absent.toml: there is no such file; shipped are",
        (file, "--set", "dat.limit=1"): "unknown step 'dat': did you mean 'data'?",
        (file, "--set", "limit=1"): "'limit=1' is no setting of a study: write STEP.KEY=VALUE",
    }.items():
        done = vtc("study", *words, cwd=tmp_path)
        assert done.code == 2 and said in done.error


@pytest.mark.parametrize(
    "name", ["nano", "rehearsal", "paper-qwen3-vl-8b", "paper-glyph", "qwen3-vl-2b-lora"]
)
def test_the_shipped_studies_lack_nothing_but_what_is_not_here(name: str, tmp_path: Path) -> None:
    planned = plan(tmp_path, name)
    assert len(planned["jobs"]) >= 9
    outside = ("hub", "HF_TOKEN", "GPU", "which is not installed", "GB", "sglang", "cache")
    assert [line for line in planned["refusals"] if not any(word in line for word in outside)] == []
