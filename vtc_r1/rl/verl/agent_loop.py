"""verl's agent loop: a solve by the loop of this project, one output for each of its iterations.

Only verl imports this file; the configuration of its agent loops names it.
"""

import logging
from collections.abc import Mapping
from typing import Any

from omegaconf import OmegaConf
from verl.experimental.agent_loop.agent_loop import AgentLoopBase, AgentLoopMetrics, AgentLoopOutput

from vtc_r1.eval.problem import Problem
from vtc_r1.rl.verl.worker import RewardedSolve, RolloutWorker, SolveFailed

_LOG = logging.getLogger(__name__)
_STEPS = ("global_steps", "min_global_steps", "max_global_steps")
"""Fields that verl adds to a segment: the steps of the weights that generated it."""


class OpticalLoop(AgentLoopBase):  # type: ignore[misc]  # verl has no types
    """Solves a problem; the last output has the reward, and verl gives its advantage to all outputs.

    Args:
        args: what verl passes to every agent loop.
        recipe: values of the recipe.
        kwargs: what verl passes to every agent loop.
    """

    def __init__(self, *args: Any, recipe: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        values = OmegaConf.to_container(recipe) if OmegaConf.is_config(recipe) else recipe
        self.worker = RolloutWorker.of(values, self.config.actor_rollout_ref.model.path)

    async def run(self, sampling_params: dict[str, Any], **kwargs: Any) -> list[AgentLoopOutput]:
        """Solve the problem of a row.

        Args:
            sampling_params: sampling parameters of verl.
            kwargs: columns of the row; `extra_info` has the problem and the name of its grader.

        Raises:
            SolveFailed: the solve failed, or its reward raised. verl then leaves it out of its group, and
                replaces a group with no solve left.
        """
        row: Mapping[str, Any] = kwargs["extra_info"]
        rollout = self.rollout_config
        try:
            solve = await self.worker.solve(
                Problem.model_validate_json(row["problem"]),
                row["grader"],
                self.server_manager,
                sampling_params,
                max_model_len=rollout.prompt_length + rollout.response_length,
            )
        except SolveFailed as error:
            _LOG.warning("vtc-r1: %s", error)
            raise
        return _outputs(solve)


def _outputs(solve: RewardedSolve) -> list[AgentLoopOutput]:
    """Return what verl trains on: one output for each segment, with its own prompt and pages."""
    last = len(solve.turns) - 1
    info = {
        "acc": float(solve.correct),
        "iterations": float(len(solve.turns)),
        "tokens": float(sum(len(turn.sampled.ids) for turn in solve.turns)),
    }
    return [
        AgentLoopOutput(
            prompt_ids=turn.prompt_ids,
            response_ids=list(turn.sampled.ids),
            response_mask=[1] * len(turn.sampled.ids),
            response_logprobs=list(turn.sampled.logprobs),
            multi_modal_data={"images": turn.pages} if turn.pages else {},
            reward_score=solve.reward if index == last else None,
            num_turns=len(solve.turns),
            metrics=AgentLoopMetrics(generate_sequences=solve.trace.seconds if index == last else 0.0),
            extra_fields={
                **{name: turn.extra_fields.get(name) for name in _STEPS},
                "turn_scores": [],
                "tool_rewards": [],
                "reward_extra_info": info,
            },
        )
        for index, turn in enumerate(solve.turns)
    ]
