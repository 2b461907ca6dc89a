"""Solves over verl's rollout servers: what was sampled is what is handed back, and what fails is named."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("transformers", reason="tokens need the extra local")

from vtc_r1.backends.embedded import checkpoint
from vtc_r1.eval.problem import Problem
from vtc_r1.rl.recipe import GRPO
from vtc_r1.rl.rewards import Reward, Solved
from vtc_r1.rl.verl.worker import RewardedSolve, RolloutWorker, SolveFailed

pytestmark = pytest.mark.model
PROBLEM = Problem(id="0/3", question="37+85-19*2+46", answer="130")
SAMPLING = {"temperature": 1.0, "top_p": 1.0, "top_k": -1, "repetition_penalty": 1.0, "logprobs": True}
RIGHT = ("19*2=38\n37+85=122\n", "</think><answer>130</answer>")


class Short(Reward):
    """Raises where a solve has two iterations."""

    name = "short"

    def score(self, solved: Solved) -> float:
        assert len(solved.trace.iterations) != 2, "two iterations"
        return 1.0


class Scripted:
    """A server that writes texts, each ended by the token that ends a segment."""

    def __init__(self, rollout_worker: RolloutWorker, texts: Sequence[str], **changed: Any) -> None:
        self.encoder, self.end = rollout_worker.encoder, min(rollout_worker.eos_ids)
        self.texts, self.changed = list(texts), changed
        self.asked: list[dict[str, Any]] = []

    async def generate(
        self,
        request_id: str,
        *,
        prompt_ids: list[int],
        sampling_params: dict[str, Any],
        image_data: list[Any] | None = None,
    ) -> Any:
        self.asked.append(
            {"id": request_id, "ids": prompt_ids, "sampling": sampling_params, "images": image_data}
        )
        ids = [*self.encoder.written(self.texts[len(self.asked) - 1]), self.end]
        said = {"token_ids": ids, "log_probs": [-0.25] * len(ids), "extra_fields": {"global_steps": 4}}
        return SimpleNamespace(**{**said, **self.changed})


def worker(*settings: str) -> RolloutWorker:
    recipe = GRPO.load("nano", ["evaluation=null", *settings])
    return RolloutWorker.of(recipe.model_dump(mode="json"), checkpoint())


async def solved(by: RolloutWorker, server: Scripted, max_model_len: int | None = None) -> RewardedSolve:
    return await by.solve(PROBLEM, "integer", server, SAMPLING, max_model_len)


async def test_every_iteration_has_its_prompt_its_pages_and_exactly_its_tokens() -> None:
    by = worker()
    server = Scripted(by, RIGHT)
    found = await solved(by, server)
    assert found.correct and found.reward == 1 and len(found.turns) == 2
    for turn, asked, text in zip(found.turns, server.asked, RIGHT, strict=True):
        assert turn.prompt_ids == asked["ids"] and turn.pages == (asked["images"] or [])
        assert list(turn.sampled.ids) == [*by.encoder.written(text), server.end]
        assert set(turn.sampled.logprobs) == {-0.25} and turn.extra_fields == {"global_steps": 4}
    first, second = found.turns
    assert not first.pages and by.encoder.image_id not in first.prompt_ids
    assert [page.mode for page in second.pages] == ["RGB", "RGB"]
    assert second.prompt_ids.count(by.encoder.image_id) == found.trace.iterations[1].usage.vision_tokens > 0
    assert server.asked[0]["id"] == server.asked[1]["id"]  # one server for the prefix that they share
    assert server.asked[0]["sampling"] == {**SAMPLING, "max_tokens": 96}
    assert found.trace.sampling.temperature == 1.0


async def test_a_wrong_answer_is_rewarded_as_such() -> None:
    by = worker("rewards=correct,format:weight=0.5")
    found = await solved(by, Scripted(by, ["</think><answer>131</answer>"]))
    assert not found.correct and found.reward == 0.5 and len(found.turns) == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"log_probs": None}, "0 log-probabilities for 19 tokens: .*calculate_log_probs must be True"),
        ({"token_ids": []}, "generated no token"),
        ({"stop_reason": "aborted"}, "aborted the segment"),
    ],
)
async def test_what_cannot_be_trained_on_fails_the_solve(changed: dict[str, Any], said: str) -> None:
    by = worker("seed=1")
    before, failed = by.solves, by.failed
    with pytest.raises(SolveFailed, match=f"problem 0/3 .*{said}"):
        await solved(by, Scripted(by, RIGHT, **changed))
    assert (by.solves, by.failed) == (before + 1, failed + 1)


async def test_a_server_that_fails_a_reward_that_raises_and_a_full_context_are_named() -> None:
    by = worker(f"rewards={__name__}:Short")
    with pytest.raises(SolveFailed, match="rollout server failed: list index out of range; 1 of 1 solves"):
        await solved(by, Scripted(by, []))
    with pytest.raises(SolveFailed, match=r":Short: AssertionError: two iterations; 2 of 2 solves"):
        await solved(by, Scripted(by, RIGHT))
    server = Scripted(by, RIGHT)
    with pytest.raises(SolveFailed, match="tokens of 30"):
        await solved(by, server, max_model_len=30)
    assert not server.asked


async def test_a_worker_is_made_once_in_a_process() -> None:
    assert worker("seed=2") is worker("seed=2") is not worker("seed=3")
