"""Saves of a run, also those that earlier versions wrote."""

import json

import pytest

pytest.importorskip("torch", reason="training needs the extra train")

import torch

from vtc_r1.rl.progress import Score, StepDone
from vtc_r1.rl.saves import State, resume, save

pytestmark = pytest.mark.model
EARLIER = {
    "step": 1,
    "measured": {"0/7": [6.0, 3.0]},
    "history": [
        {
            "step": 0,
            "scores": [{"name": "gcd 1-3", "problems": 4, "right": 3, "iterations": 2.5}],
            "seconds": 4.0,
        },
        {
            **{"step": 1, "steps": 3, "solves": 6, "reward": 0.75, "right": 0.5, "iterations": 2.5},
            **{"tokens": 36.5, "groups": 4, "learning": 3, "never": 1, "faults": 2, "entropy": 0.125},
            **{"clipped": 0.25, "divergence": 0.0625, "drift": 5, "apart": 1e-7, "norm": 0.375},
            **{"rolling": 6.5, "learned": 0.875},
        },
    ],
}


def trained():
    """A network, with an optimiser that has taken a step."""
    network = torch.nn.Linear(2, 1)
    optimizer = torch.optim.AdamW(network.parameters())
    network(torch.ones(2)).sum().backward()
    optimizer.step()
    return network, optimizer


def test_a_save_restores_weights_optimiser_and_state(tmp_path):
    network, optimizer = trained()
    state = State(2, {"0/7": [6.0, 3.0]}, [{"step": 1, "reward": 0.5}])
    save(tmp_path, state, network, optimizer, keep=1)
    other, other_optimizer = trained()
    assert resume(tmp_path, other, other_optimizer) == state
    assert torch.equal(other.weight, network.weight)
    assert other_optimizer.state_dict()["state"][0]["step"] == 1


def test_a_save_of_an_earlier_version_is_resumed_with_the_names_of_this_one(tmp_path):
    network, optimizer = trained()
    save(tmp_path, State(1), network, optimizer, keep=1)
    (tmp_path / "checkpoint-1" / "state.json").write_text(json.dumps(EARLIER))
    state = resume(tmp_path, network, optimizer)
    assert state.step == 1 and state.pass_counts == {"0/7": [6.0, 3.0]}
    evaluated, step = state.history
    (score,) = evaluated.pop("scores")
    assert evaluated == {"step": 0, "seconds": 4.0} and Score(**score) == Score("gcd 1-3", 4, 3, 2.5)
    assert StepDone(**step) == StepDone(
        step=1,
        steps=3,
        solves=6,
        reward=0.75,
        accuracy=0.5,
        iterations=2.5,
        completion_length=36.5,
        groups=4,
        groups_with_gradient=3,
        groups_all_wrong=1,
        failures=2,
        entropy=0.125,
        clip_fraction=0.25,
        kl=0.0625,
        retokenization_drift=5,
        sampling_logp_difference=1e-7,
        grad_norm=0.375,
        rollout_seconds=6.5,
        update_seconds=0.875,
    )
