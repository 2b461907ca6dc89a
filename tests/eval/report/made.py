"""Runs as an evaluation leaves them, with segments of the test's choosing."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vtc_r1.configuration import Budget, ModelRecord, Named, Sampling
from vtc_r1.eval.benchmark import benchmark
from vtc_r1.eval.grading import Grade
from vtc_r1.eval.grading.provenance import Grading
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.runs import Graded, Run, Sample
from vtc_r1.eval.runs.writer import RunWriter
from vtc_r1.iteration import Iteration, PageRecord, Seconds, Usage
from vtc_r1.renderers import Renderer
from vtc_r1.trace import Status, Trace

RENDERER = Renderer("default")


@dataclass(frozen=True)
class Solve:
    """One solve: its segments, how it ended, and whether that is right; `right` None is not graded yet."""

    problem: str
    sample: int = 0
    right: bool | None = True
    segments: Sequence[str] = ("Half of it is $\\frac{1}{2}$.", "So it is \\boxed{7}.")
    answer: str | None = "7"
    status: Status = "answered"


def problem(name: str, question: str = "What is $3+4$?", answer: str = "7", **more: str) -> Problem:
    return Problem(id=name, question=question, answer=answer, **more)


PROBLEMS = (
    problem("one", level="1", subject="Algebra"),
    problem("two", "How many of $x^2 = 4$ are there?", "2", level="2", subject="Geometry"),
    problem("three", "Which is it?", "3", level="2", subject="Algebra"),
)


def trace(solve: Solve, run: Run, question: str) -> Trace:
    """The trace of a solve: every segment but the last becomes pages."""
    iterations, held = [], {}
    for index, text in enumerate(solve.segments):
        sent = list(held.values())
        is_last = index == len(solve.segments) - 1
        fresh = [] if is_last or run.memory == "text" else RENDERER.render(text)
        iterations.append(
            Iteration(
                index=index,
                text=text,
                kept=None if is_last else text.strip() or None,
                finish_reason="stop" if is_last else "length",
                pages=[PageRecord.of(page) for page in fresh],
                pages_sent=[page.sha256 for page in sent],
                usage=Usage(prompt_tokens=50, completion_tokens=len(text) // 3),
                seconds=Seconds(generate=1.5),
            )
        )
        held |= {page.sha256: page for page in fresh}
    return Trace(
        question=question,
        status=solve.status,
        answer=solve.answer,
        error="the server gave up" if solve.status == "failed" else None,
        model=run.model,
        memory=run.memory,
        prompts=run.prompts,
        profile=run.profile,
        sampling=run.sampling,
        budget=run.budget,
        iterations=iterations,
        seconds=1.5 * len(iterations),
    ).with_pages(held)


def made(
    out: Path,
    solves: Sequence[Solve],
    memory: str = "optical",
    problems: Sequence[Problem] = PROBLEMS,
    samples: int = 1,
) -> Path:
    """Write a run with these solves; returns its folder."""
    named = Named(name="boxed", sha256="0" * 64)
    run = Run(
        benchmark=benchmark("math500"),
        revision="made up",
        fingerprint="f" * 64,
        problems=len(problems),
        memory=memory,
        samples=samples,
        model=ModelRecord(name="scripted", revision="1", backend="scripted", preset="default"),
        prompts=named,
        profile=named,
        sampling=Sampling(),
        budget=Budget(),
        grading=Grading.of(problems),
    )
    path = out / "math500" / memory
    known = {one.id: one for one in problems}
    with RunWriter(path, run, problems, known) as folder:
        for solve in solves:
            solved = trace(solve, run, known[solve.problem].question)
            folder.add(Sample(problem=solve.problem, sample=solve.sample, trace=solved))
            if solve.right is not None:
                rule = None if solve.answer is None else "boxed"
                grade = Grade(correct=solve.right, extracted=solve.answer, rule=rule, method="equal")
                folder.add_grade(Graded(problem=solve.problem, sample=solve.sample, grade=grade))
    return path
