"""Muon and AdamW as one optimiser, in torch's own code."""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import Any

import pytest

pytest.importorskip("torch", reason="training needs the extra train")
pytest.importorskip("accelerate", reason="training needs the extra train")

import torch

from vtc_r1.sft import nano
from vtc_r1.sft.training.muon import MuonAdamW, for_model

pytestmark = pytest.mark.training
COEFFICIENTS = 3.4445, -4.7750, 2.0315


def orthogonal(matrix: torch.Tensor) -> torch.Tensor:
    """The polynomial of Jordan et al., five times, in fp32."""
    first, third, fifth = COEFFICIENTS
    found = matrix / matrix.norm()
    for _ in range(5):
        square = found @ found.T
        found = first * found + (third * square + fifth * square @ square) @ found
    return found


def test_matrices_move_along_their_orthogonal_momentum_as_far_as_by_adamw() -> None:
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.randn(64, 192))
    momentum, expected = torch.zeros(64, 192), weight.detach().clone()
    optimizer = MuonAdamW([weight], [], lr=0.01, weight_decay=0.1)
    for _ in range(3):
        weight.grad = torch.randn(64, 192) * 1e-4
        momentum.lerp_(weight.grad, 0.05)
        moved = orthogonal(weight.grad.lerp(momentum, 0.95)) * 0.2 * 192**0.5
        expected = expected * (1 - 0.01 * 0.1) - 0.01 * moved
        optimizer.step()
    assert moved.square().mean().sqrt() == pytest.approx(0.2, rel=0.2)
    torch.testing.assert_close(weight.detach(), expected, atol=3e-4, rtol=0)


def test_what_is_no_matrix_of_a_layer_is_adamws() -> None:
    torch.manual_seed(0)
    network = nano.model(nano.tokenizer())
    optimizer = for_model(network, lr=0.01, weight_decay=0.1)
    others, matrices = ([*group["params"]] for group in optimizer.param_groups)
    assert len(others) + len(matrices) == len([*network.parameters()])
    assert all(weight.ndim == 2 for weight in matrices)
    names = {id(weight): name for name, weight in network.named_parameters()}
    assert {names[id(weight)] for weight in others if weight.ndim > 1} == {
        "model.visual.patch_embed.proj.weight",
        "model.visual.pos_embed.weight",
        "model.language_model.embed_tokens.weight",
    }
    again = torch.optim.AdamW(
        [weight.detach().clone().requires_grad_() for weight in others], 0.01, weight_decay=0.0
    )
    for weight, copy in zip(others, again.param_groups[0]["params"], strict=True):
        weight.grad = torch.randn_like(weight)
        copy.grad = weight.grad.clone()
    before = [weight.detach().clone() for weight in matrices]
    optimizer.step()
    again.step()
    for weight, copy in zip(others, again.param_groups[0]["params"], strict=True):
        torch.testing.assert_close(weight, copy)
    assert all(torch.equal(weight, kept) for weight, kept in zip(matrices, before, strict=True))


def fresh(matrices: int = 1, others: int = 1) -> tuple[list[torch.nn.Parameter], MuonAdamW]:
    torch.manual_seed(0)
    high = [torch.nn.Parameter(torch.randn(8, 24)) for _ in range(matrices)]
    flat = [torch.nn.Parameter(torch.randn(8)) for _ in range(others)]
    return [*high, *flat], MuonAdamW(high, flat, lr=0.1, betas=(0.9, 0.98), weight_decay=0.01)


def steps(stepped: Any, weights: Sequence[torch.nn.Parameter], numbers: Iterable[int]) -> None:
    for number in numbers:
        torch.manual_seed(number)
        for weight in weights:
            weight.grad = torch.randn_like(weight)
        stepped.step()


@pytest.mark.parametrize(("matrices", "others"), [(1, 1), (2, 0), (0, 2)])
def test_it_goes_on_from_a_save(matrices: int, others: int) -> None:
    whole, optimizer = fresh(matrices, others)
    steps(optimizer, whole, range(6))
    first, optimizer = fresh(matrices, others)
    steps(optimizer, first, range(3))
    saved, (resumed, again) = optimizer.state_dict(), fresh(matrices, others)
    for weight, kept in zip(resumed, first, strict=True):
        weight.data = kept.data.clone()
    again.load_state_dict(saved)
    steps(again, resumed, range(3, 6))
    for weight, expected in zip(resumed, whole, strict=True):
        assert torch.equal(weight, expected)


def test_a_scheduler_moves_both_after_accelerate_has_loaded_its_state() -> None:
    from accelerate import Accelerator

    weights, optimizer = fresh()
    prepared = Accelerator(cpu=True).prepare(optimizer)  # loads the state that it has just asked for
    schedule = torch.optim.lr_scheduler.LambdaLR(prepared, lambda step: 0.5**step)
    before = [weight.detach().clone() for weight in weights]
    steps(prepared, weights, range(1))
    assert not any(torch.equal(*pair) for pair in zip(weights, before, strict=True))
    schedule.step()
    prepared.load_state_dict(prepared.state_dict())
    assert [group["lr"] for group in prepared.param_groups] == [0.05, 0.05]
    assert [part.param_groups[0]["lr"] for part in optimizer.parts.values()] == [0.05, 0.05]
    for group in prepared.param_groups:
        group["lr"] = 0.0
    before = [weight.detach().clone() for weight in weights]
    steps(prepared, weights, range(1))
    assert all(torch.equal(*pair) for pair in zip(weights, before, strict=True))


def test_what_0_1_0_saved_is_gone_on_from() -> None:
    """One AdamW held all: the others, then the matrices with their momentum."""
    options = {"lr": 0.05, "initial_lr": 0.1, "betas": (0.9, 0.98), "eps": 1e-8, "amsgrad": False}
    options |= {"maximize": False, "foreach": None, "capturable": False, "differentiable": False}
    options |= {"fused": True, "decoupled_weight_decay": True}
    weights, optimizer = fresh(2, 1)
    steps(optimizer, weights, range(3))
    now = optimizer.state_dict()
    momenta = [now["muon"]["state"][at]["momentum_buffer"] for at in range(2)]
    held = [{"step": torch.tensor(3.0), "momentum": momentum} for momentum in momenta]
    saved = {
        "state": {0: now["adamw"]["state"][0], 1: held[0], 2: held[1]},
        "param_groups": [
            {**options, "weight_decay": 0.0, "params": [0]},
            {**options, "weight_decay": 0.01, "momentum": 0.95, "params": [1, 2]},
        ],
    }
    resumed, again = fresh(2, 1)
    for weight, kept in zip(resumed, weights, strict=True):
        weight.data = kept.data.clone()
    again.load_state_dict(deepcopy(saved))
    assert [group["lr"] for group in again.param_groups] == [0.05, 0.05]
    assert [group["initial_lr"] for group in again.param_groups] == [0.1, 0.1]
    for group in optimizer.param_groups:
        group["lr"] = 0.05
    for each, of in ((optimizer, weights), (again, resumed)):
        steps(each, of, range(3, 6))
    assert all(torch.equal(*pair) for pair in zip(weights, resumed, strict=True))
