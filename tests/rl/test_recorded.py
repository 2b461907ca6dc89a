"""Recorded tokens: what was sampled is what is trained, on text and on pages."""

import pytest

pytest.importorskip("torch", reason="a model in this process needs the extra local")

import torch
from transformers import AutoModelForImageTextToText

from tests.scripted import Scripted
from vtc_r1 import Solver, Trace
from vtc_r1.backends.embedded import checkpoint
from vtc_r1.backends.encoding import PromptEncoder
from vtc_r1.backends.transformers import LiveBackend
from vtc_r1.errors import DataError, UsageError
from vtc_r1.rl.loss import token_logprobs
from vtc_r1.rl.recipe import GRPO
from vtc_r1.rl.rollouts import Rollouts, solve
from vtc_r1.rl.samples import sample_of
from vtc_r1.rl.update import PolicyUpdater, learning_rate
from vtc_r1.sft.packing import IGNORED, Packer

pytestmark = pytest.mark.model
QUESTIONS = ["12+7*3-8", "gcd(84,36)", "9*4-(7+8)+61-3*5"]


@pytest.fixture(scope="module")
def network():
    torch.set_num_threads(1)
    return AutoModelForImageTextToText.from_pretrained(checkpoint(), dtype=torch.float32).eval()


@pytest.fixture(scope="module")
def encoder():
    return PromptEncoder(checkpoint())


def rollouts(network, encoder, *settings):
    return Rollouts(GRPO.load("nano", ["temperature=1.3", *settings]), network, encoder)


def played(network, encoder, *settings, questions=QUESTIONS):
    """Traces, with the samples made of them."""
    with rollouts(network, encoder, *settings).solver() as solver:
        traces = solve(solver, questions, range(len(questions)))
        packer = Packer(encoder)
        return traces, [sample_of(trace, solver, packer) for trace in traces]


@pytest.mark.parametrize("memory", ["optical", "text", "hybrid"])
def test_what_was_sampled_is_what_is_trained(network, encoder, memory):
    settings = (f"memory={memory}", "temperature=3", "max_iterations=3", "segment_tokens=40")
    traces, samples = played(network, encoder, *settings)
    packer, differences = Packer(encoder), []
    for trace, sample in zip(traces, samples, strict=True):
        sampled = [one for iteration in trace.iterations for one in iteration.sampled.ids]
        trained = [int(one) for places in sample.packed.targets for one in sample.packed.labels[places]]
        assert trained == sampled and sample.tokens == len(sampled)
        assert len(trace.iterations) > 1 and bool(sample.packed.pages) == (memory != "text")
        batch = packer.batch([sample.packed])
        labels = batch.pop("shift_labels")
        batch.pop("labels")
        with torch.no_grad():
            logits = network(**batch, use_cache=False).logits
        now = token_logprobs(logits, labels.clamp_min(0), 3.0).logprobs[labels != IGNORED]
        before = torch.from_numpy(sample.logprobs)[labels[0] != IGNORED]
        differences.append((now - before).abs())
    assert float(torch.cat(differences).mean()) < 1e-3
    assert float(torch.cat([torch.from_numpy(one.logprobs) for one in samples]).min()) < -1
    # Random bytes are rarely text: tokenized again, they give other tokens.
    assert sum(sample.retokenization_drift for sample in samples) > 0


def test_the_engine_of_one_request_after_another_records_the_same(network, encoder):
    backend = LiveBackend(network, encoder, "nano", revision="0")
    settings = {"preset": "nano-open", "segment_tokens": 96, "sampling": {"temperature": 1.3}, "seed": 5}
    with Solver(backend=backend, record_tokens=True, **settings) as solver:
        trace = solver.solve(QUESTIONS[0])
        sample = sample_of(trace, solver, Packer(encoder))
    with rollouts(network, encoder).solver() as solver:
        (other,) = solve(solver, QUESTIONS[:1], [5])
    assert [one.sampled.ids for one in trace.iterations] == [one.sampled.ids for one in other.iterations]
    for one, two in zip(trace.iterations, other.iterations, strict=True):
        assert one.sampled.logprobs == pytest.approx(two.sampled.logprobs, abs=1e-4)
    assert sample.retokenization_drift == 0
    stored = Trace.model_validate_json(trace.model_dump_json())
    assert stored == trace and stored.iterations[0].sampled == trace.iterations[0].sampled


def test_a_segment_cut_by_its_limit_is_trained_as_it_was_sampled(network, encoder):
    traces, samples = played(network, encoder, "segment_tokens=10", questions=QUESTIONS[:1])
    assert "length" in {one.finish_reason for one in traces[0].iterations}
    cut = next(one for one in traces[0].iterations if one.finish_reason == "length")
    assert len(cut.sampled.ids) == 10 and len(samples[0].logprobs) == len(samples[0].packed.ids)


def test_the_same_solves_come_to_the_same_bits_whatever_was_solved_before(network, encoder):
    first, _ = played(network, encoder)
    played(network, encoder, questions=QUESTIONS[::-1])
    again, _ = played(network, encoder)
    for one, other in zip(first, again, strict=True):
        assert [each.sampled for each in one.iterations] == [each.sampled for each in other.iterations]


def test_more_solves_than_rows_take_turns(network, encoder):
    traces, samples = played(network, encoder, "rows=2")
    assert all(trace.status == "answered" for trace in traces) and not any(
        one.retokenization_drift for one in samples
    )


def test_updates_make_rewarded_solves_more_likely(network, encoder):
    import copy

    ours = copy.deepcopy(network)
    recipe = GRPO.load("nano", ["learning_rate=1e-4", "pass_tokens=600", "kl=0.1", "warmup_steps=0"])
    updater = PolicyUpdater(recipe, ours, Packer(encoder), reference=network)
    _, samples = played(network, encoder)
    found = [updater.update(0, samples, [1.0, -1.0, 1.0]) for _ in range(4)]
    assert found[0].sampling_logp_difference < 1e-3 and found[0].kl == 0 < found[-1].kl
    assert found[-1].loss < found[0].loss and found[0].entropy > 0


@pytest.mark.parametrize("schedule", ["constant", "linear", "cosine"])
def test_the_learning_rate_is_that_of_torchs_own_schedule(schedule):
    """Against `LinearLR` and `CosineAnnealingLR`, after a warm-up of two steps."""
    import torch

    recipe = GRPO.load("nano", ["learning_rate=3e-4", "warmup_steps=2", "steps=12", f"schedule={schedule}"])
    weight = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=3e-4)
    theirs = {
        "constant": lambda: torch.optim.lr_scheduler.ConstantLR(weight, factor=1.0),
        "linear": lambda: torch.optim.lr_scheduler.LinearLR(weight, 1.0, 0.0, total_iters=10),
        "cosine": lambda: torch.optim.lr_scheduler.CosineAnnealingLR(weight, 10),
    }[schedule]()
    expected = [1e-4, 2e-4]
    for _ in range(10):
        expected.append(theirs.get_last_lr()[0])
        weight.step()
        theirs.step()
    assert [learning_rate(recipe, step) for step in range(12)] == pytest.approx(expected)
    assert expected[2] == pytest.approx(3e-4)


def test_what_has_no_tokens_is_refused_by_name(network, encoder):
    with pytest.raises(UsageError, match=r"backend scripted .* does not say which tokens it sampled"):
        Solver(backend=Scripted([]), preset="vtc-r1", record_tokens=True)
    with rollouts(network, encoder).solver(greedy=True) as solver:
        (trace,) = solve(solver, QUESTIONS[:1], [0])
        assert "sampled" not in trace.model_dump_json()
        with pytest.raises(UsageError, match="iteration 0 of the trace has no recorded tokens"):
            sample_of(trace, solver, Packer(encoder))


def test_another_prompt_than_that_of_the_solve_is_refused(network, encoder):
    with rollouts(network, encoder).solver() as solver:
        (trace,) = solve(solver, QUESTIONS[:1], [0])
        other = trace.model_copy(update={"question": "1+1"})
        with pytest.raises(DataError, match="iteration 0: the prompt takes"):
            sample_of(other, solver, Packer(encoder))
