"""Rollouts: many solves by the loop at once, with the present weights, every sampled token recorded."""

import asyncio
import hashlib
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vtc_r1.backends.lockstep import LockstepBackend
from vtc_r1.events import Finished
from vtc_r1.loop import Loop
from vtc_r1.portal import Portal
from vtc_r1.rl.recipe import GrpoRecipe
from vtc_r1.solver import Solver
from vtc_r1.trace import Trace

if TYPE_CHECKING:
    from vtc_r1.backends.encoding import PromptEncoder


@dataclass(frozen=True)
class Rollouts:
    """Solves questions with the settings of a recipe."""

    recipe: GrpoRecipe  #: the recipe
    network: Any  #: the model
    encoder: "PromptEncoder"  #: encodes its prompts

    @contextmanager
    def solver(self, *, greedy: bool = False, revision: str = "") -> Iterator[Solver]:
        """Yield a solver with the present weights.

        Nothing that an earlier solver computed is reused, so the same weights, questions and seeds give the
        same traces.

        Args:
            greedy: always take the most likely token.
            revision: of the weights, for the traces.
        """
        recipe, was_training = self.recipe, self.network.training
        backend = LockstepBackend(
            self.network.eval(),
            self.encoder,
            recipe.name,
            revision=revision,
            most_rows=recipe.rows,
            threads=recipe.threads,
        )
        sampling = {"temperature": 0.0 if greedy else recipe.temperature}
        with Solver(
            backend=backend,
            preset=recipe.preset,
            memory=recipe.memory,
            profile=recipe.profile,
            prompts=recipe.prompts,
            sampling={**sampling, "top_p": 1.0, "top_k": -1, "presence_penalty": 0.0},
            max_iterations=recipe.max_iterations,
            segment_tokens=recipe.segment_tokens,
            segment_end="limit",
            verify="off",
            record_tokens=not greedy,
        ) as solver:
            try:
                yield solver
            finally:
                self.network.train(was_training)

    def solve_all(
        self, questions: Sequence[str], seeds: Sequence[int], *, greedy: bool = False, revision: str = ""
    ) -> Iterator[tuple[Trace, Solver]]:
        """Solve questions, twice as many at a time as the recipe has rows.

        Args:
            questions: the questions.
            seeds: seed of the sampler for each question.
            greedy: always take the most likely token.
            revision: of the weights, for the traces.

        Yields:
            Each trace, in the order of the questions, and its solver, which is closed after its batch.
        """
        size = 2 * self.recipe.rows
        for start in range(0, len(questions), size):
            with self.solver(greedy=greedy, revision=revision) as solver:
                traces = solve(solver, questions[start : start + size], seeds[start : start + size])
                yield from ((trace, solver) for trace in traces)


def solve(solver: Solver, questions: Sequence[str], seeds: Sequence[int]) -> list[Trace]:
    """Solve questions in lock step; returns their traces in the same order.

    Args:
        solver: one of `Rollouts.solver`.
        questions: the questions.
        seeds: seed of the sampler for each question.
    """
    backend = solver.backend
    assert isinstance(backend, LockstepBackend)
    loops = [
        solver.begin(question, index, seed)
        for index, (question, seed) in enumerate(zip(questions, seeds, strict=True))
    ]
    for index, loop in enumerate(loops):
        loop.name = f"{index:08}"  # requests are ordered by it
    portal = Portal()
    try:
        return portal.call(_together(backend, [_finished(loop) for loop in loops]))
    finally:
        portal.close()


def seed_of(*parts: object) -> int:
    """Return the seed, from 0 to 2³¹ - 1, that names and numbers determine."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:4], "big") >> 1


async def _together(backend: LockstepBackend, solves: list[Coroutine[Any, Any, Trace]]) -> list[Trace]:
    return await backend.together(solves)


async def _finished(loop: Loop) -> Trace:
    await asyncio.sleep(0)
    async for event in loop.iterate():
        if isinstance(event, Finished):
            return event.trace
    raise AssertionError("a solve ends with Finished")
