"""A solve for verl: one problem through the loop, its reward, and its segments as they were sampled."""

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

_SENT = ("temperature", "top_p", "top_k")


class SolveFailed(VtcError):
    """A solve that failed, or could not be rewarded: it is left out of its group."""


@dataclass(frozen=True)
class Solve:
    """A rewarded solve."""

    trace: Trace  #: its record
    turns: tuple[Turn, ...]  #: the segments of its iterations, those that count
    reward: float  #: what it is worth
    correct: bool  #: whether its answer is right


@dataclass
class Solving:
    """Solves problems by the settings of a recipe; one for each process.

    Attributes:
        solved: solves so far.
        failed: those of them that are left out.
    """

    recipe: GrpoRecipe  #: the recipe
    encoder: "PromptEncoder"  #: of the checkpoint that is trained
    ends: frozenset[int]  #: tokens that end a segment
    rewards: RewardSum = field(init=False)
    solved: int = 0
    failed: int = 0
    _graders: dict[str, Grader] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rewards = RewardSum(self.recipe.rewards)

    @classmethod
    def of(cls, recipe: Mapping[str, Any], checkpoint: str | Path) -> "Solving":
        """Return that of a recipe's values and a checkpoint, the same one in the whole process.

        Raises:
            CheckpointError: the checkpoint's tokenizer or image configuration cannot be read.
            UsageError: a reward is unknown.
        """
        return _solving(json.dumps(dict(recipe), sort_keys=True), str(checkpoint))

    async def solve(
        self,
        problem: Problem,
        grading: str,
        server: RolloutServer,
        sampling: Mapping[str, Any],
        context: int | None = None,
    ) -> Solve:
        """Solve a problem and reward it.

        Args:
            problem: the problem.
            grading: name of its grader.
            server: verl's rollout servers.
            sampling: parameters that verl asks for.
            context: tokens that the servers take of prompt and segment together.

        Raises:
            SolveFailed: the solve failed, or its reward raised; one line says how many did so far.
        """
        self.solved += 1
        backend = VerlBackend(
            server, self.encoder, self.ends, self.recipe.name, _plain(sampling), context=context
        )
        try:
            with self._solver(backend, sampling) as solver:
                trace = await solver.asolve(problem.question)
            if trace.status == "failed":
                raise BackendError(str(trace.error))
            correct = self._grader(grading).grade(problem, trace.answer, answer_text(trace)).correct
            reward = self.rewards.score(Solved(problem, trace, correct))
            return Solve(trace, _counted(trace, backend.turns), reward, correct)
        except (VtcError, RewardError) as error:
            self.failed += 1
            raise SolveFailed(
                f"problem {problem.id} ({problem.question}): {first_line(error)}; {self.failed} of "
                f"{self.solved} solves of this process are left out"
            ) from error

    def _solver(self, backend: VerlBackend, sampling: Mapping[str, Any]) -> Solver:
        recipe = self.recipe
        asked = {name: sampling[name] for name in _SENT if name in sampling}
        return Solver(
            backend=backend,
            preset=recipe.preset,
            memory=recipe.memory,
            profile=recipe.profile,
            prompts=recipe.prompts,
            sampling={**asked, "presence_penalty": 0.0},
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
def _solving(recipe: str, checkpoint: str) -> Solving:
    from transformers import GenerationConfig

    from vtc_r1.backends.encoding import PromptEncoder

    encoder = PromptEncoder(checkpoint)
    try:
        ends = GenerationConfig.from_pretrained(checkpoint).eos_token_id
    except OSError:  # it has none
        ends = None
    ends = encoder.tokenizer.eos_token_id if ends is None else ends
    return Solving(
        GrpoRecipe.model_validate_json(recipe), encoder, frozenset(ends if isinstance(ends, list) else [ends])
    )


def _counted(trace: Trace, turns: list[Turn]) -> tuple[Turn, ...]:
    """Return the turns of the iterations that count; raises BackendError if they are not those recorded."""
    recorded = [iteration.sampled for iteration in trace.iterations]
    if recorded != [turn.sampled for turn in turns]:
        raise BackendError(f"{len(turns)} segments were generated, and the trace has {len(recorded)} others")
    return tuple(
        turn for turn, iteration in zip(turns, trace.iterations, strict=True) if not iteration.is_void
    )


def _plain(sampling: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in sampling.items() if name not in ("logprobs", "max_tokens")}
