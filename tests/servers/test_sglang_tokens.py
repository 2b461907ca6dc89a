"""Tokens and log-probabilities that a real SGLang sends are those of the same checkpoint in this process."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="a model in this process needs the extra local")

import torch
from transformers import AutoModelForImageTextToText

from tests.servers.running import Running
from vtc_r1 import Solver
from vtc_r1.backends.embedded import checkpoint
from vtc_r1.backends.encoding import PromptEncoder
from vtc_r1.rl.loss import token_logprobs
from vtc_r1.rl.samples import sample_of
from vtc_r1.sft.packing import IGNORED, Packer

pytestmark = pytest.mark.sglang
QUESTIONS = ("12+7*3-8", "9*4-(7+8)+61-3*5")
HOT = 3.0  #: at which the model is not sure of what it writes


@pytest.mark.parametrize("temperature", [HOT, 0.0])
def test_what_sglang_sampled_is_what_would_be_trained(server: Running, temperature: float) -> None:
    torch.set_num_threads(1)
    network = AutoModelForImageTextToText.from_pretrained(checkpoint(), dtype=torch.float32).eval()
    packer, differences, least, read = Packer(PromptEncoder(checkpoint())), list[float](), 0.0, 0
    sampling = {"temperature": temperature, "top_p": 1.0, "top_k": -1, "presence_penalty": 0.0}
    with Solver(
        base_url=server.base_url,
        model=server.model,
        sampling=sampling,
        segment_end="limit",
        segment_tokens=40,
        max_iterations=4,
        verify="off",
        record_tokens=True,
    ) as solver:
        for trace in solver.map(QUESTIONS, concurrency=2):
            assert trace.status != "failed", trace.error
            sample = sample_of(trace, solver, packer)  # refuses another prompt, and other tokens
            read += len(sample.packed.pages)
            least = min(least, float(sample.logprobs.min()))
            batch = packer.batch([sample.packed])
            labels = batch.pop("shift_labels")
            batch.pop("labels")
            with torch.no_grad():
                logits = network(**batch, use_cache=False).logits
            trained = token_logprobs(logits, labels.clamp_min(0), temperature or 1.0).logprobs[0].numpy()
            mask = labels[0].numpy() != IGNORED
            differences += np.abs(trained[: len(mask)] - sample.logprobs[: len(mask)])[mask].tolist()
    assert read > 4 and (least < -1 or not temperature)
    assert np.mean(differences) < 1e-3
