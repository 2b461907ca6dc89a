"""verl's own functions on the loop of this project: configuration, agent loop, batch, advantage, loss."""

import json
import math
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("pyarrow")

from tests.consumers.environment import BUILD, is_built, python
from vtc_r1.rl.recipe import GRPO
from vtc_r1.rl.verl.folder import write

pytestmark = pytest.mark.harness
HERE = Path(__file__).parent
SMALL = (
    'problems=[{"kind": "expression", "lines": [3, 4], "count": 20}]',
    "groups=2",
    "group_size=4",
    "steps=2",
    "warmup_steps=0",
    "schedule=cosine",
    "interpolation=1",
    "temperature=2.1",
    "evaluation=null",
    "max_iterations=4",
    "segment_tokens=40",
    "freeze_vision=false",
    "freeze_projector=false",
    'cluster={"gpus": 1, "prompt_tokens": 1024}',
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What verl made of a run on the embedded model, one of whose solves fails."""
    if not is_built("verl"):
        pytest.skip(f"the environment verl is not there: {BUILD} verl")
    folder = tmp_path_factory.mktemp("verl")
    write(GRPO.load("nano", SMALL), folder / "run")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PYTEST"))}
    given = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    words = [python("verl"), HERE / "drive_verl.py", folder / "run", folder / "notes.json"]
    done = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env={**kept, **given, "PYTHONPATH": str(HERE.parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-6000:]
    notes: dict[str, Any] = json.loads((folder / "notes.json").read_text("utf-8"))
    return notes


def sessions(found: dict[str, Any]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Rows of each solve, in the order of its iterations."""
    solves: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in sorted(found["rows"], key=lambda row: int(row["key"].split("_")[2])):
        uid, session, _ = row["key"].split("_")
        solves.setdefault((uid, session), []).append(row)
    return solves


def test_the_configuration_is_one_of_verl(found: dict[str, Any]) -> None:
    assert found["config"] == {
        "n": 4,
        "mini": 10,
        "clip_high": 0.28,
        "strategy": "fsdp2",
        "rollout": "sglang",
        "filter": True,
    }
    assert found["problems"] == 20


def test_every_iteration_is_a_row_with_its_own_pages_and_the_reward_of_the_solve(
    found: dict[str, Any],
) -> None:
    solves = sessions(found)
    assert len(solves) == 7 and max(map(len, solves.values())) > 2  # 2 × 4, and one failed
    for rows in solves.values():
        pages = [row["pages"] for row in rows]
        assert pages[0] == 0 and pages == sorted(set(pages))  # more at every iteration
        assert all((row["vision"] > 0) == (row["pages"] > 0) and row["steps"] == 7 for row in rows)
        assert len({row["reward"] for row in rows}) == 1
    assert {row["reward"] for row in found["rows"]} == {0.0, 1.0}


def test_a_failed_solve_is_left_out_and_its_group_goes_on(found: dict[str, Any]) -> None:
    assert sorted(found["status"].values()) == ["failure", "finished"]
    assert sorted(len(its) for its in found["ours"].values()) == [3, 4]


def test_what_is_trained_is_what_was_sampled(found: dict[str, Any]) -> None:
    differences = [row["logp_difference"] for row in found["rows"]]
    assert max(differences) < 1e-3 and any(row["pages"] > 1 for row in found["rows"])
    assert found["sampling"]["temperature"] == 2.1 and found["sampling"]["logprobs"] is True


def test_the_advantage_of_a_group_is_ours_on_all_its_iterations(found: dict[str, Any]) -> None:
    assert any(abs(row["advantage"]) > 0.1 for row in found["rows"])
    for (uid, session), rows in sessions(found).items():
        for row in rows:
            assert row["same"]
            assert math.isclose(row["advantage"], found["ours"][uid][session], rel_tol=1e-4, abs_tol=1e-6)


def test_the_loss_is_ours(found: dict[str, Any]) -> None:
    assert found["loss"] != 0 and 0 < found["clip_fraction"] < 1 and found["kl"] > 0
    for name in ("loss", "clip_fraction", "kl"):
        assert math.isclose(found[name], found[f"our_{name}"], rel_tol=1e-4, abs_tol=1e-6), name


def test_a_step_of_its_engine_trains_on_what_was_sampled(found: dict[str, Any]) -> None:
    step = found["step"]
    assert step["norm"] > 0 and step["changed"] > 50
    assert abs(step["kl"]) < 1e-2  # it computes in bf16, and what was sampled is of fp32
    assert math.isclose(step["loss"], step["expected"], abs_tol=1e-2)
