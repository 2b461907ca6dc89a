import pytest

pytest.importorskip("torch", reason="training needs the extra train")

import torch

from vtc_r1.sft import nano
from vtc_r1.sft.training.muon import Muon, for_model, orthogonal

pytestmark = pytest.mark.training


@pytest.mark.parametrize("shape", [(5, 16, 48), (5, 48, 16), (1, 32, 32)])
def test_every_singular_value_of_an_update_is_near_one(shape):
    torch.manual_seed(0)
    matrices = torch.randn(shape)
    found = orthogonal(matrices)
    assert found.shape == shape
    values = torch.linalg.svdvals(found)
    assert values.min() > 0.3 and values.max() < 1.3
    left, _, right = torch.linalg.svd(matrices, full_matrices=False)
    assert torch.linalg.matrix_norm(found - left @ right).max() < 0.35 * min(shape[1:]) ** 0.5


def test_a_first_step_moves_matrices_by_as_much_as_adamw_does():
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.zeros(64, 192))
    weight.grad = torch.randn(64, 192) * 1e-4
    Muon([weight], [], lr=0.01, weight_decay=0.0).step()
    assert weight.detach().square().mean().sqrt().item() == pytest.approx(0.2 * 0.01, rel=0.2)


def test_what_is_no_matrix_of_a_layer_is_adamws():
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
    again = torch.optim.AdamW([weight.detach().clone().requires_grad_() for weight in others], 0.01)
    again.param_groups[0]["weight_decay"] = 0.0
    for weight, copy in zip(others, again.param_groups[0]["params"], strict=True):
        weight.grad = torch.randn_like(weight)
        copy.grad = weight.grad.clone()
    before = [weight.detach().clone() for weight in matrices]
    optimizer.step()
    again.step()
    for weight, copy in zip(others, again.param_groups[0]["params"], strict=True):
        torch.testing.assert_close(weight, copy)
    assert all(torch.equal(weight, kept) for weight, kept in zip(matrices, before, strict=True))


def test_it_goes_on_from_a_save():
    def steps(optimizer, weights, numbers):
        for number in numbers:
            torch.manual_seed(number)
            for weight in weights:
                weight.grad = torch.randn_like(weight)
            optimizer.step()

    def fresh():
        torch.manual_seed(0)
        weights = [torch.nn.Parameter(torch.randn(8, 24)), torch.nn.Parameter(torch.randn(8))]
        return weights, Muon(weights[:1], weights[1:], lr=0.1, weight_decay=0.01)

    whole, optimizer = fresh()
    steps(optimizer, whole, range(6))
    first, optimizer = fresh()
    steps(optimizer, first, range(3))
    saved, (resumed, again) = optimizer.state_dict(), fresh()
    for weight, kept in zip(resumed, first, strict=True):
        weight.data = kept.data.clone()
    again.load_state_dict(saved)
    steps(again, resumed, range(3, 6))
    for weight, expected in zip(resumed, whole, strict=True):
        torch.testing.assert_close(weight, expected)
