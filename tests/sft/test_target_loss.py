"""The loss on targets alone equals that over all logits, with its gradients, and makes no large tensor."""

import copy
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import AutoModelForImageTextToText

from tests.sft import tiny
from vtc_r1.sft.training import target_loss
from vtc_r1.sft.training.target_loss import lose_on_targets

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("models")
    made = {"tiny": tiny.qwen(folder / "tiny"), "tied": tiny.qwen(folder / "tied", tied=True)}
    made["glm"] = tiny.glm(folder / "glm")
    return {
        name: AutoModelForImageTextToText.from_pretrained(path, dtype=torch.float32)
        for name, path in made.items()
    }


def batch(rows: int, *, shifted: bool = False) -> dict[str, torch.Tensor]:
    """Examples of random text whose targets begin and end at different positions."""
    generator = torch.Generator().manual_seed(3)
    ids = torch.randint(0, 256, (rows, 40), generator=generator)
    labels = ids.clone()
    for at in range(rows):
        labels[at, : 9 + 7 * at], labels[at, 35 - at :] = -100, -100
    given = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": labels}
    if shifted:
        given["shift_labels"] = torch.nn.functional.pad(labels, (0, 1), value=-100)[:, 1:].contiguous()
    return given


def taken(model: Any, inputs: dict[str, Any]) -> tuple[float, dict[str, torch.Tensor]]:
    loss = model(**inputs).loss
    loss.backward()
    return float(loss.detach()), {
        name: weight.grad for name, weight in model.named_parameters() if weight.grad is not None
    }


@pytest.mark.parametrize("name", ["tiny", "tied", "glm"])
@pytest.mark.parametrize("part", [2**26, 272 * 5])
@pytest.mark.parametrize("given", [{}, {"shifted": True}])
def test_loss_and_gradients_are_those_over_all_logits(
    models: dict[str, Any], monkeypatch: pytest.MonkeyPatch, name: str, part: int, given: dict[str, bool]
) -> None:
    monkeypatch.setattr(target_loss, "_ELEMENTS", part)
    plain, ours = copy.deepcopy(models[name]), copy.deepcopy(models[name])
    lose_on_targets(ours)
    for rows, items in ((1, {}), (3, {"num_items_in_batch": torch.tensor(99)})):
        inputs = {**batch(rows, **given), **items}
        (loss, gradients), (found, taken_here) = taken(plain, inputs), taken(ours, inputs)
        assert found == pytest.approx(loss, rel=1e-6)
        assert gradients.keys() == taken_here.keys()
        for key, gradient in gradients.items():
            torch.testing.assert_close(taken_here[key], gradient, rtol=1e-4, atol=1e-7)


class Largest(TorchDispatchMode):
    """Notes the most elements of a tensor that an operation makes."""

    most = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = function(*args, **(kwargs or {}))
        for each in made if isinstance(made, tuple | list) else [made]:
            if isinstance(each, torch.Tensor):
                self.most = max(self.most, each.numel())
        return made


def test_no_tensor_holds_the_logits_of_all_targets(
    models: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target_loss, "_ELEMENTS", 272 * 5)
    plain, ours = copy.deepcopy(models["tiny"]), copy.deepcopy(models["tiny"])
    lose_on_targets(ours)
    found = []
    for model in (plain, ours):
        with Largest() as largest:
            model(**batch(3)).loss.backward()
        found.append(largest.most)
    vocabulary = plain.config.text_config.vocab_size
    assert found[0] >= 3 * 40 * vocabulary and found[1] <= vocabulary * plain.config.text_config.hidden_size


def test_a_model_in_training_still_writes(models: dict[str, Any], tmp_path: Path) -> None:
    plain, ours = models["tiny"].eval(), copy.deepcopy(models["tiny"]).eval()
    lose_on_targets(ours)
    given = {key: value for key, value in batch(1).items() if key != "labels"}
    written = [model.generate(**given, max_new_tokens=6, do_sample=False) for model in (plain, ours)]
    assert torch.equal(*written)
    with torch.no_grad():
        torch.testing.assert_close(ours(**given).logits, plain(**given).logits)
    ours.save_pretrained(tmp_path / "saved")
    assert '"Qwen3VLForConditionalGeneration"' in (tmp_path / "saved" / "config.json").read_text("utf-8")
