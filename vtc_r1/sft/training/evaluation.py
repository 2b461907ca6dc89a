"""Evaluation during training: the loop solves held-out problems with the current weights."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from vtc_r1.backends.encoding import PromptEncoder
from vtc_r1.backends.transformers import LiveBackend
from vtc_r1.errors import RecipeError
from vtc_r1.eval.grading import Grader
from vtc_r1.eval.grading.graders import grader
from vtc_r1.eval.load import load
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.runner import answer_text
from vtc_r1.presets import preset
from vtc_r1.sft.training.progress import EvaluationFinished, Report
from vtc_r1.sft.training.recipe import Recipe
from vtc_r1.sft.training.trackers import ACCURACY, ITERATIONS, PROBLEMS
from vtc_r1.sft.training.trainer import is_sharded
from vtc_r1.sft.training.weights import base_of, gathered, rebuilt
from vtc_r1.solver import Solver


class LoopEvaluation(TrainerCallback):  # type: ignore[misc]
    """Runs every `every` steps and after the last one; always greedy.

    Args:
        recipe: a recipe with an evaluation.
        encoder: encodes the prompts.
        report: called with the result.

    Raises:
        RecipeError: the model is of a family that cannot generate in this process, or a problem is one
            that it cannot take.
        BenchmarkError: the problems cannot be read.
    """

    def __init__(self, recipe: Recipe, encoder: PromptEncoder, report: Report) -> None:
        assert recipe.evaluation is not None
        self.recipe, self.plan, self.encoder, self.report = recipe, recipe.evaluation, encoder, report
        self.trainer: Any = None
        if recipe.family not in ("qwen3-vl", "nano"):
            raise RecipeError(
                f"evaluation: a model of {recipe.family} cannot generate in this process; "
                "leave evaluation out, serve a checkpoint and use vtc-r1 eval"
            )
        self.loaded = load(self.plan.benchmark, file=None if self.plan.file is None else Path(self.plan.file))
        for problem in self.problems:
            preset(recipe.preset, trusted=True).question(problem.question)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems that are solved."""
        return self.loaded.problems[: self.plan.limit]

    @property
    def words(self) -> str:
        """Description of the problems, for the record."""
        count = len(self.problems)
        return f"the first {count} of {len(self.loaded.problems)} problems of {self.loaded.benchmark.name}"

    @cached_property
    def _grader(self) -> Grader:
        return grader(self.loaded.benchmark.grader, self.loaded.benchmark.rules)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Evaluate if it is due."""
        if state.global_step % self.plan.every == 0 or state.global_step == state.max_steps:
            self.run(state.global_step)

    def run(self, step: int) -> None:
        """Evaluate now; every process must call it, one of them does the work."""
        with self._network() as network:
            if network is not None:
                self._log(self._solve(network, step))
        self.trainer.accelerator.wait_for_everyone()

    def _log(self, found: EvaluationFinished) -> None:
        """Report the result; a loss that is due for this step is still reported afterwards."""
        control, accuracy = self.trainer.control, found.right / found.problems
        is_due = control.should_log
        self.trainer.log({ACCURACY: accuracy, ITERATIONS: found.iterations, PROBLEMS: found.problems})
        control.should_log = is_due
        self.report(found)

    @contextmanager
    def _network(self) -> Iterator[Any]:
        """The model in evaluation mode on the main process, a copy if it is sharded; None on others."""
        import torch

        model, is_main = base_of(self.trainer), self.trainer.is_world_process_zero()
        if is_sharded(model):
            state = gathered(self.trainer, self.recipe)
            device = self.trainer.args.device
            dtype = torch.float32 if device.type == "cpu" else torch.bfloat16
            yield None if state is None else rebuilt(model, state, dtype, device)
            return
        was_training = model.training
        try:
            yield model.eval() if is_main else None
        finally:
            model.train(was_training)

    def _solve(self, network: Any, step: int) -> EvaluationFinished:
        began, right, iterations, errors = time.monotonic(), 0, 0, []
        plan, recipe = self.plan, self.recipe
        backend = LiveBackend(
            network, self.encoder, recipe.name, revision=f"step {step}", most_rows=plan.concurrency
        )
        solver = Solver(
            backend=backend,
            preset=recipe.preset,
            memory=plan.memory,
            profile=recipe.profile,
            prompts=recipe.prompts,
            sampling={"temperature": 0.0},
            max_iterations=plan.max_iterations,
            segment_tokens=plan.segment_tokens,
        )
        with solver:
            questions = [problem.question for problem in self.problems]
            for trace in solver.map(questions, concurrency=plan.concurrency):
                assert trace.index is not None
                problem = self.problems[trace.index]
                right += self._grader.grade(problem, trace.answer, answer_text(trace)).correct
                iterations += len(trace.iterations)
                errors += [trace.error or ""] if trace.status == "failed" else []
        count = len(self.problems)
        took, why = time.monotonic() - began, next(iter(errors), "")
        return EvaluationFinished(step, count, right, iterations / count, took, len(errors), why)

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Close the grader."""
        if "_grader" in vars(self):
            self._grader.close()
