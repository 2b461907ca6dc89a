"""The training loop: problems → rollouts → rewards → advantages → packed samples → policy update."""

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
from vtc_r1.rl.groups import Batch, GroupSampler
from vtc_r1.rl.prepare import Prepared
from vtc_r1.rl.progress import Evaluated, Notice, Report, StepDone, Stopped
from vtc_r1.rl.rollouts import solve
from vtc_r1.rl.samples import Sample, sample_of
from vtc_r1.rl.saves import State, save
from vtc_r1.rl.update import UpdateMetrics, enough_memory
from vtc_r1.sft.training.stopping import Stopping
from vtc_r1.solver import Solver

_MAX_NOTICES = 3  #: failures of a step that are reported one by one; the others are only counted


class GrpoTrainer:
    """Trains from a state on.

    Args:
        prepared: the prepared run.
        state: where the run is.
        work: folder of the saves.
        log: file for the metrics of every step and evaluation, as JSON lines.
        report: receives the events of the run.
    """

    def __init__(self, prepared: Prepared, state: State, work: Path, log: Path, report: Report) -> None:
        recipe = prepared.recipe
        self.prepared, self.recipe, self.state, self.work, self.report = prepared, recipe, state, work, report
        self.curriculum = Curriculum(prepared.problems, state.pass_counts)
        self.group_sampler = GroupSampler(
            curriculum=self.curriculum,
            rewards=prepared.rewards,
            groups=recipe.groups,
            group_size=recipe.group_size,
            refills=recipe.refills,
            estimator=recipe.advantage,
            seed=recipe.seed,
        )
        self._log = log
        # Steps that were logged after the save are done, and logged, again.
        replace_lines(log, (f"{json.dumps(row)}\n".encode() for row in state.history))

    def train(self) -> None:
        """Take the remaining steps; raises KeyboardInterrupt once a run that a signal ends is saved.

        Raises:
            TrainingError: a loss or gradient is not finite, or memory ran out.
            StorageError: a save cannot be written.
        """
        recipe, state = self.recipe, self.state
        if state.step == recipe.steps:
            self.prepared.interpolate()
        self._evaluate_if_due()
        with Stopping(lambda: self.report(Stopped(None))) as stopping:
            while state.step < recipe.steps:
                self._record(self._step(state.step))
                # Before an evaluation, which takes longer than whoever ends a run may wait.
                is_last = state.step == recipe.steps
                if is_last or stopping.asked or self._is_due or state.step % recipe.save_steps == 0:
                    self._save()
                if is_last:
                    self.prepared.interpolate()  # the last save holds the weights before this
                if not stopping.asked or is_last:
                    self._evaluate_if_due()
                if stopping.asked and not is_last:
                    self.report(Stopped(state.step))
                    raise KeyboardInterrupt

    def _step(self, step: int) -> StepDone:
        """Take step `step`, from 0."""
        recipe, start = self.recipe, time.monotonic()
        rollouts = self.prepared.rollouts
        with (
            enough_memory(f"step {step + 1}, solving {recipe.groups * recipe.group_size} at a time"),
            rollouts.solver(revision=f"step {step}") as solver,
        ):
            batch = self.group_sampler.sample(step, lambda questions, seeds: solve(solver, questions, seeds))
            samples, advantages = self._samples(batch, solver)
        rollout_end = time.monotonic()
        update = self.prepared.updater.update(step, samples, advantages) if samples else None
        for line in batch.failures[:_MAX_NOTICES]:
            self.report(Notice(f"step {step + 1}: {line}"))
        self.state.step = step + 1
        self.state.pass_counts = self.curriculum.pass_counts
        return _step_done(
            step + 1,
            recipe.steps,
            batch,
            samples,
            update,
            rollout_seconds=rollout_end - start,
            update_seconds=time.monotonic() - rollout_end,
        )

    def _samples(self, batch: Batch, solver: Solver) -> tuple[list[Sample], list[float]]:
        """Pack the solves of at most `groups` groups with a gradient; return them with their advantages."""
        samples, advantages = list[Sample](), list[float]()
        for group in batch.with_gradient[: self.recipe.groups]:
            assert group.advantages is not None
            for trace, advantage in zip(group.traces, group.advantages, strict=True):
                samples.append(sample_of(trace, solver, self.prepared.packer))
                advantages.append(advantage)
        return samples, advantages

    @property
    def _is_due(self) -> bool:
        """Whether an evaluation is due at this step, and has not been done."""
        evaluation, step = self.recipe.evaluation, self.state.step
        if evaluation is None or (step % evaluation.every and step != self.recipe.steps):
            return False
        return not any("scores" in row and row["step"] == step for row in self.state.history)

    def _evaluate_if_due(self) -> None:
        if self._is_due:
            self._record(evaluate(self.prepared.rollouts, self.prepared.held_out, self.state.step))

    def _record(self, event: StepDone | Evaluated) -> None:
        """Log the metrics of an event, and report it."""
        row: dict[str, Any] = json.loads(json.dumps(asdict(event)))
        self.state.history.append(row)
        with append_to(self._log) as file:
            write_line(file, json.dumps(row))
        self.report(event)

    def _save(self) -> None:
        prepared = self.prepared
        save(self.work, self.state, prepared.network, prepared.updater.optimizer, self.recipe.keep)


def _step_done(
    step: int,
    steps: int,
    batch: Batch,
    samples: Sequence[Sample],
    update: UpdateMetrics | None,
    *,
    rollout_seconds: float,
    update_seconds: float,
) -> StepDone:
    traces = batch.traces
    rewards = [reward for group in batch.groups for reward in group.rewards]
    correct = sum(group.correct for group in batch.groups)
    return StepDone(
        step=step,
        steps=steps,
        solves=len(traces),
        reward=_mean(rewards),
        accuracy=correct / max(1, len(traces)),
        iterations=_mean([len(trace.iterations) for trace in traces]),
        completion_length=_mean([trace.usage.completion_tokens for trace in traces]),
        groups=len(batch.groups),
        groups_with_gradient=len(batch.with_gradient),
        groups_all_wrong=sum(bool(group.traces) and not group.correct for group in batch.groups),
        failures=len(batch.failures),
        entropy=update.entropy if update else 0.0,
        clip_fraction=update.clip_fraction if update else 0.0,
        kl=update.kl if update else 0.0,
        retokenization_drift=sum(sample.retokenization_drift for sample in samples),
        sampling_logp_difference=update.sampling_logp_difference if update else 0.0,
        grad_norm=update.grad_norm if update else 0.0,
        rollout_seconds=round(rollout_seconds, 3),
        update_seconds=round(update_seconds, 3),
    )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0
