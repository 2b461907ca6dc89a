"""The rollout worker of verl's agent loop: it solves a problem by the loop, and rewards the solve."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtc_r1.errors import BackendError, VtcError, first_line
from vtc_r1.eval.grading import Grader, grader
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.runner import answer_text
from vtc_r1.rl.recipe import GrpoRecipe
from vtc_r1.rl.rewards import RewardError, RewardSum, Solved
from vtc_r1.rl.verl.backend import RolloutServer, Turn, VerlBackend
from vtc_r1.solver import Solver
from vtc_r1.trace import Trace

if TYPE_CHECKING:
    from vtc_r1.backends.encoding import PromptEncoder

_RECORDED = ("temperature", "top_p", "top_k")  #: sampling parameters that the trace states


class SolveFailed(VtcError):
    """A solve failed, or could not be rewarded; it is left out of its group."""


@dataclass(frozen=True)
class RewardedSolve:
    """A solve with its reward."""

    trace: Trace  #: the record of the solve
    turns: tuple[Turn, ...]  #: the segments of its iterations, without void ones
    reward: float  #: the reward
    correct: bool  #: whether its answer is correct


@dataclass
class RolloutWorker:
    """Solves and rewards problems with the settings of a recipe; there is one in each process.

    Attributes:
        solves: number of solves so far.
        failed: number of those that failed.
    """

    recipe: GrpoRecipe  #: the recipe
    encoder: "PromptEncoder"  #: of the checkpoint that is trained
    eos_ids: frozenset[int]  #: ids of the tokens that end a segment
    rewards: RewardSum = field(init=False)
    solves: int = 0
    failed: int = 0
    _graders: dict[str, Grader] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rewards = RewardSum(self.recipe.rewards)

    @classmethod
    def of(cls, recipe: Mapping[str, Any], checkpoint: str | Path) -> "RolloutWorker":
        """Return the worker of a recipe's values and a checkpoint; within a process, always the same one.

        Raises:
            CheckpointError: the checkpoint's tokenizer or image configuration cannot be read.
            UsageError: a reward is unknown.
        """
        return _worker(json.dumps(dict(recipe), sort_keys=True), str(checkpoint))

    async def solve(
        self,
        problem: Problem,
        grader_name: str,
        server: RolloutServer,
        sampling_params: Mapping[str, Any],
        max_model_len: int | None = None,
    ) -> RewardedSolve:
        """Solve a problem and reward it.

        Args:
            problem: the problem.
            grader_name: name of its grader.
            server: verl's rollout servers.
            sampling_params: sampling parameters of verl.
            max_model_len: limit of the servers for the tokens of prompt and segment together.

        Raises:
            SolveFailed: the solve failed, or its reward raised; the message counts those of this process.
        """
        self.solves += 1
        backend = VerlBackend(
            server,
            self.encoder,
            self.eos_ids,
            self.recipe.name,
            _without_own(sampling_params),
            max_model_len,
        )
        try:
            with self._solver(backend, sampling_params) as solver:
                trace = await solver.asolve(problem.question)
            if trace.status == "failed":
                raise BackendError(str(trace.error))
            correct = self._grader(grader_name).grade(problem, trace.answer, answer_text(trace)).correct
            reward = self.rewards.score(Solved(problem, trace, correct))
            return RewardedSolve(trace, _trained_turns(trace, backend.turns), reward, correct)
        except (VtcError, RewardError) as error:
            self.failed += 1
            raise SolveFailed(
                f"problem {problem.id} ({problem.question}): {first_line(error)}; {self.failed} of "
                f"{self.solves} solves of this process are left out"
            ) from error

    def _solver(self, backend: VerlBackend, sampling_params: Mapping[str, Any]) -> Solver:
        recipe = self.recipe
        sampling = {name: sampling_params[name] for name in _RECORDED if name in sampling_params}
        return Solver(
            backend=backend,
            preset=recipe.preset,
            memory=recipe.memory,
            profile=recipe.profile,
            prompts=recipe.prompts,
            sampling={**sampling, "presence_penalty": 0.0},
            max_iterations=recipe.max_iterations,
            segment_tokens=recipe.segment_tokens,
            segment_end="limit",
            verify="off",
            record_tokens=True,
        )

    def _grader(self, name: str) -> Grader:
        if name not in self._graders:
            self._graders[name] = grader(name, trusted=True)
        return self._graders[name]


@cache
def _worker(recipe: str, checkpoint: str) -> RolloutWorker:
    from transformers import GenerationConfig

    from vtc_r1.backends.encoding import PromptEncoder

    encoder = PromptEncoder(checkpoint)
    try:
        eos = GenerationConfig.from_pretrained(checkpoint).eos_token_id
    except OSError:  # the checkpoint has no generation configuration
        eos = None
    eos = encoder.tokenizer.eos_token_id if eos is None else eos
    eos_ids = frozenset(eos if isinstance(eos, list) else [eos])
    return RolloutWorker(GrpoRecipe.model_validate_json(recipe), encoder, eos_ids)


def _trained_turns(trace: Trace, turns: list[Turn]) -> tuple[Turn, ...]:
    """Return the turns of iterations that are not void; raises BackendError if the trace records others."""
    recorded = [iteration.sampled for iteration in trace.iterations]
    if recorded != [turn.sampled for turn in turns]:
        raise BackendError(f"{len(turns)} segments were generated, and the trace has {len(recorded)} others")
    return tuple(
        turn for turn, iteration in zip(turns, trace.iterations, strict=True) if not iteration.is_void
    )


def _without_own(sampling_params: Mapping[str, Any]) -> dict[str, Any]:
    """Return verl's sampling parameters without those that the backend sets itself."""
    return {name: value for name, value in sampling_params.items() if name not in ("logprobs", "max_tokens")}
