"""The steps of a run: problems → solves → rewards → advantages → packed traces → optimiser."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from vtc_r1.disk.lines import append_to, replace_lines, write_line
from vtc_r1.rl.curriculum import Curriculum
from vtc_r1.rl.evaluation import evaluate
from vtc_r1.rl.groups import Batch, Gathering
from vtc_r1.rl.prepare import Prepared
from vtc_r1.rl.progress import Evaluated, Notice, Report, StepDone, Stopped
from vtc_r1.rl.rollouts import solve
from vtc_r1.rl.samples import Sample, sample_of
from vtc_r1.rl.saves import State, save
from vtc_r1.rl.update import Learned, enough_memory
from vtc_r1.sft.training.stopping import Stopping
from vtc_r1.solver import Solver

_NAMED = 3  #: faults of a step that are reported; the others are counted


class GrpoTrainer:
    """Trains from a state on.

    Args:
        ready: the prepared run.
        state: where it is.
        work: where saves go.
        log: file of the figures of every step and evaluation, as JSON lines.
        report: is told of progress.
    """

    def __init__(self, ready: Prepared, state: State, work: Path, log: Path, report: Report) -> None:
        recipe = ready.recipe
        self.ready, self.recipe, self.state, self.work, self.report = ready, recipe, state, work, report
        self.curriculum = Curriculum(ready.problems, state.measured)
        self.gathering = Gathering(
            self.curriculum,
            ready.rewards,
            recipe.groups,
            recipe.group_size,
            recipe.refills,
            recipe.advantage,
            recipe.seed,
        )
        self._log = log
        # What was logged after the save is done again.
        replace_lines(log, (f"{json.dumps(each)}\n".encode() for each in state.history))

    def train(self) -> None:
        """Take the steps that are left; raises KeyboardInterrupt once a run that was to stop is saved.

        Raises:
            TrainingError: a loss or gradient is not finite, or memory ran out.
            StorageError: a save cannot be written.
        """
        recipe, state = self.recipe, self.state
        self._evaluate_if_due()
        with Stopping(lambda: self.report(Stopped(None))) as stopping:
            while state.step < recipe.steps:
                self._note(self._step(state.step))
                # Before an evaluation, which takes longer than whoever ends a run may wait.
                is_last = state.step == recipe.steps
                if is_last or stopping.asked or self._is_due or state.step % recipe.save_steps == 0:
                    self._save()
                if not stopping.asked or is_last:
                    self._evaluate_if_due()
                if stopping.asked and not is_last:
                    self.report(Stopped(state.step))
                    raise KeyboardInterrupt

    def _step(self, step: int) -> StepDone:
        """Do step `step`, from 0."""
        recipe, began = self.recipe, time.monotonic()
        rollouts = self.ready.rollouts
        with (
            enough_memory(f"step {step + 1}, solving {recipe.groups * recipe.group_size} at a time"),
            rollouts.solver(state=f"step {step}") as solver,
        ):
            batch = self.gathering.gather(step, lambda questions, seeds: solve(solver, questions, seeds))
            samples, advantages = self._samples(batch, solver)
        rolled = time.monotonic()
        learned = self.ready.learner.learn(step, samples, advantages) if samples else None
        for line in batch.faults[:_NAMED]:
            self.report(Notice(f"step {step + 1}: {line}"))
        self.state.step = step + 1
        self.state.measured = self.curriculum.measured
        return _figures(
            step + 1, recipe.steps, batch, samples, learned, rolled - began, time.monotonic() - rolled
        )

    def _samples(self, batch: Batch, solver: Solver) -> tuple[list[Sample], list[float]]:
        """Pack the solves of the groups with a gradient; no more groups than a step wants."""
        samples, advantages = list[Sample](), list[float]()
        for group in batch.learning[: self.recipe.groups]:
            assert group.advantages is not None
            for trace, advantage in zip(group.traces, group.advantages, strict=True):
                samples.append(sample_of(trace, solver, self.ready.packer))
                advantages.append(advantage)
        return samples, advantages

    @property
    def _is_due(self) -> bool:
        """Whether held-out problems are to be solved at this step, and have not been."""
        plan, step = self.recipe.evaluation, self.state.step
        if plan is None or (step % plan.every and step != self.recipe.steps):
            return False
        return not any("scores" in each and each["step"] == step for each in self.state.history)

    def _evaluate_if_due(self) -> None:
        if self._is_due:
            self._note(evaluate(self.ready.rollouts, self.ready.held_out, self.state.step))

    def _note(self, done: StepDone | Evaluated) -> None:
        """Report figures, and log them."""
        values: dict[str, Any] = json.loads(json.dumps(asdict(done)))
        self.state.history.append(values)
        with append_to(self._log) as file:
            write_line(file, json.dumps(values))
        self.report(done)

    def _save(self) -> None:
        learner = self.ready.learner
        save(self.work, self.state, self.ready.network, learner.optimizer, self.recipe.keep)


def _figures(
    step: int,
    steps: int,
    batch: Batch,
    samples: Sequence[Sample],
    learned: Learned | None,
    rolling: float,
    seconds: float,
) -> StepDone:
    traces = batch.traces
    rewards = [reward for group in batch.groups for reward in group.rewards]
    right = sum(group.right for group in batch.groups)
    return StepDone(
        step=step,
        steps=steps,
        solves=len(traces),
        reward=_mean(rewards),
        right=right / max(1, len(traces)),
        iterations=_mean([len(trace.iterations) for trace in traces]),
        tokens=_mean([trace.usage.completion_tokens for trace in traces]),
        groups=len(batch.groups),
        learning=len(batch.learning),
        never=sum(bool(group.traces) and not group.right for group in batch.groups),
        faults=len(batch.faults),
        entropy=learned.entropy if learned else 0.0,
        clipped=learned.clipped if learned else 0.0,
        divergence=learned.divergence if learned else 0.0,
        drift=sum(sample.drift for sample in samples),
        apart=learned.apart if learned else 0.0,
        norm=learned.norm if learned else 0.0,
        rolling=round(rolling, 3),
        learned=round(seconds, 3),
    )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0
