"""A checkpoint is asked as it was trained, here and on a server, unless the user says otherwise."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Serve
from tests.test_trained import copied
from vtc_r1 import Solver
from vtc_r1.errors import UnknownName
from vtc_r1.fitted import BESIDE, fitted, keep
from vtc_r1.prompts import PromptSet
from vtc_r1.prompts.promptset import find_folder
from vtc_r1.renderers import load_profile
from vtc_r1.settings import Settings
from vtc_r1.sglang.command import Command


def told(**more: Any) -> dict[str, Any]:
    """The statement of a checkpoint that was trained with VTC-R1's prompts on the default page."""
    profile = load_profile("default")
    return {
        "trained_for": {
            "preset": "vtc-r1",
            "memory": ["hybrid"],
            "prompts": [{"name": "vtc", "sha256": PromptSet("vtc").sha256}],
            "profiles": [{"name": "default", "sha256": profile.sha256}],
            "densities": ["fixed"],
            "segment_ends": ["boundary"],
            "segment_tokens": 3_000,
            **more,
        }
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """It has a name that says something else."""
    return copied(tmp_path / "my-thinking-run", told())


def how(solver: Solver) -> tuple[Any, ...]:
    made = solver.configuration
    return (
        made.model.preset,
        made.prompts.name,
        made.profile.name,
        made.memory,
        made.segment_end,
        made.budget.segment_tokens,
        made.sampling.temperature,
    )


AS_TRAINED = ("vtc-r1", "vtc", "default", "hybrid", "boundary", 3_000, 0.6)


@pytest.mark.parametrize("base_url", [None, "http://127.0.0.1:9/v1"])
def test_it_is_asked_as_it_was_trained(folder: Path, base_url: str | None) -> None:
    with Solver(base_url=base_url, model=str(folder)) as solver:
        assert how(solver) == AS_TRAINED
        assert solver.skeleton("1+2").warnings == []


@pytest.mark.parametrize("base_url", [None, "http://127.0.0.1:9/v1"])
@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"prompts": "boxed"}, "prompt set boxed (only vtc)"),
        ({"profile": "paper"}, "profile paper (only default)"),
        ({"memory": "optical"}, "memory optical (only hybrid)"),
        ({"segment_end": "limit"}, "segment end limit (only boundary)"),
        ({"density": "fit"}, "density fit"),
        ({"segment_tokens": 2_000}, "segments of 2000 tokens (its own take up to 3000)"),
        ({"preset": "qwen3-vl-instruct"}, "prompt set boxed (only vtc)"),
    ],
    ids=str,
)
def test_a_flag_wins_and_the_disagreement_is_one_line(
    folder: Path, base_url: str | None, flags: dict[str, Any], said: str
) -> None:
    with Solver(base_url=base_url, model=str(folder), **flags) as solver:
        (line,) = solver.skeleton("1+2").warnings
    assert said in line and "\n" not in line
    assert sum(now != then for now, then in zip(how(solver), AS_TRAINED, strict=True)) >= (
        "density" not in flags
    )


def test_settings_leave_to_the_checkpoint_what_nobody_has_set(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    settings = Settings.load(model=str(folder))
    assert settings.memories == "hybrid"
    with Solver(**settings.solver_arguments()) as solver:
        assert how(solver) == AS_TRAINED
    given = Settings.load(model=str(folder), memory="text,optical")
    assert given.memories == "text,optical"
    monkeypatch.setenv("VTC_MEMORY", "optical")
    assert Settings.load(model=str(folder)).solver_arguments()["memory"] == "optical"
    assert Settings.load(model="Qwen/Qwen3-VL-8B-Instruct").memories == "optical"


def test_the_launched_server_is_the_one_that_was_trained(folder: Path) -> None:
    assert "--reasoning-parser" not in Command(str(folder)).arguments()


def test_own_prompts_and_profiles_are_kept_beside_it(tmp_path: Path) -> None:
    own = tmp_path / "mine"
    shutil.copytree(find_folder("vtc"), own)
    (own / "last.jinja").write_text("Go on.", encoding="utf-8")
    profile = load_profile("paper").replace(name="dense", font_size=8)
    named = {
        "prompts": [{"name": "mine", "sha256": PromptSet(own).sha256}],
        "profiles": [{"name": "dense", "sha256": profile.sha256}],
    }
    checkpoint = copied(tmp_path / "run", told(**named))
    keep(checkpoint, own, profile)
    shutil.rmtree(own)
    with Solver(model=str(checkpoint)) as solver:
        assert how(solver)[:3] == ("vtc-r1", "mine", "dense")
        assert solver.skeleton("1+2").warnings == []
    (checkpoint / BESIDE / "mine" / "last.jinja").write_text("Something else.", encoding="utf-8")
    (checkpoint / BESIDE / "dense.toml").unlink()
    with Solver(model=str(checkpoint)) as solver:
        (line,) = solver.skeleton("1+2").warnings
    assert "profile paper (only dense); prompt set vtc (only mine)" in line


@pytest.mark.parametrize("name", ["../vtc", "/etc", "mine", ""])
def test_a_name_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    wrong = [{"name": name, "sha256": "0" * 64}]
    checkpoint = copied(tmp_path / "run", told(prompts=wrong, profiles=wrong))
    found = fitted(str(checkpoint))
    assert (found.prompts, found.profile) == ("vtc", "paper")


def test_nothing_is_imported_because_a_checkpoint_says_so(tmp_path: Path) -> None:
    (tmp_path / "evil.py").write_text("raise SystemExit('imported')", encoding="utf-8")
    for what in ("memory", "segment_ends", "densities"):
        checkpoint = copied(tmp_path / what, told(**{what: ["evil:Memory"]}))
        with pytest.raises(UnknownName, match="evil:Memory"):
            Solver(model=str(checkpoint))


@pytest.mark.parametrize("preset", [None, "no-such-preset", "module:Preset"])
def test_an_older_statement_leaves_sampling_to_the_name(tmp_path: Path, preset: str | None) -> None:
    checkpoint = copied(tmp_path / "run", told(preset=preset))
    with Solver(model=str(checkpoint)) as solver:
        assert how(solver)[0] == "qwen3-vl-instruct"
        assert how(solver)[1:6] == AS_TRAINED[1:6]


async def test_a_server_gets_the_prompts_of_the_training(serve: Serve, folder: Path) -> None:
    server = serve(["<think>Six times seven.</think><answer>42</answer>"], models=(str(folder),))
    async with Solver(base_url=server.base_url, model=str(folder)) as solver:
        trace = await solver.asolve("What is it?")
    assert (trace.status, trace.answer, trace.warnings) == ("answered", "42", [])
    assert "<answer>" in json.dumps(server.requests[0].body["messages"])
