"""Run folders as an evaluation leaves them, from random mathematics, for reports to be measured on."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vtc_r1.configuration import Budget, ModelRecord, Named, Sampling
from vtc_r1.eval.benchmark import benchmark
from vtc_r1.eval.grading import Grade
from vtc_r1.eval.grading.provenance import Grading
from vtc_r1.eval.problem import Problem
from vtc_r1.eval.runs import Graded, Run, RunFolder, Sample
from vtc_r1.iteration import Iteration, PageRecord, Seconds, Usage
from vtc_r1.renderers import Renderer
from vtc_r1.renderers.page import Page
from vtc_r1.trace import Status, Trace

CHANCE = {"optical": 0.88, "text": 0.89, "hybrid": 0.9, "single": 0.85, "forget": 0.62, "blank": 0.55}
SUBJECTS = (
    "Algebra",
    "Counting & Probability",
    "Geometry",
    "Intermediate Algebra",
    "Number Theory",
    "Prealgebra",
    "Precalculus",
)
_WORDS = (
    "Let us first consider the simplest case.",
    "Wait, we should check this again.",
    "Therefore the claim follows.",
    "So we substitute this back.",
    "Hmm, that does not look right.",
    "This gives two solutions, one of them real.",
    "By symmetry it suffices to look at one of them.",
    "**Step.** Now we count the pairs.",
    "Expanding the product:",
)
_HASH = "0" * 64


def formula(rng: random.Random) -> str:
    """Write a random formula."""
    a, b, c, n = (rng.randint(2, 97) for _ in range(4))
    x = rng.choice("xyzabkmnrst")
    return rng.choice(
        [
            f"${x} = \\frac{{{a}}}{{{b}}}$",
            f"${x}^2 + {a}{x} - {b} = 0$",
            f"\\[\\sum_{{k=1}}^{{{n}}} \\frac{{k^{{{a % 7}}}}}{{\\sqrt{{k+{b}}}}} \\le {c}\\]",
            f"$$\\begin{{aligned}} {a}{x} + {b}y &= {c} \\\\ {x} - y &= {n} \\end{{aligned}}$$",
            f"\\({x} \\equiv {a} \\pmod{{{b}}}\\)",
            f"$\\binom{{{a}}}{{{b % 9}}} \\cdot {c}!$",
            f"$\\left(\\frac{{{a}\\pi}}{{{b}}}, {c}\\right)$",
            f"$\\sin^2 {x} + \\cos^2 {x} = 1$",
            f"\\[\\int_0^{{{a}}} {x}^{{{b % 8}}} \\, d{x} = {c}\\]",
            f"$f({x}) = \\begin{{cases}} {x}^2 & {x} > {a} \\\\ -{x} & \\text{{else}} \\end{{cases}}$",
        ]
    )


def paragraph(rng: random.Random) -> str:
    """Write a paragraph of reasoning."""
    parts = [part for _ in range(rng.randint(3, 7)) for part in (rng.choice(_WORDS), formula(rng))]
    return " ".join(parts)


@dataclass(frozen=True)
class Shape:
    """What is made.

    Attributes:
        problems: problems of each run.
        samples: solves of each.
        memories: memory policies, a run each.
        paragraphs: paragraphs of a segment, on average.
        pages: distinct page images.
        seed: of everything.
    """

    problems: int = 20
    samples: int = 2
    memories: Sequence[str] = ("optical", "text", "single", "blank")
    paragraphs: int = 24
    pages: int = 24
    seed: int = 0


def write_runs(folder: Path, shape: Shape) -> list[Path]:
    """Write the runs of `shape` under `folder`; returns their folders."""
    rng = random.Random(shape.seed)
    stock = [paragraph(rng) for _ in range(400)]
    drawn = Renderer("default").render("\n\n".join(stock))[: shape.pages]
    problems = [_problem(rng, at) for at in range(shape.problems)]
    return [_write_run(folder, memory, problems, shape, stock, drawn) for memory in shape.memories]


def _problem(rng: random.Random, at: int) -> Problem:
    asked = " ".join([formula(rng), rng.choice(_WORDS[:4]), formula(rng)])
    return Problem(
        id=f"test/{SUBJECTS[at % 7].lower().replace(' ', '_')}/{at}.json",
        question=f"Suppose that {asked} What is the least possible value of $m+n$?",
        answer=rng.choice(
            [str(rng.randint(1, 999)), f"\\frac{{{rng.randint(1, 50)}}}{{{rng.randint(2, 50)}}}"]
        ),
        level=str(rng.randint(1, 5)),
        subject=SUBJECTS[at % 7],
    )


def _write_run(
    folder: Path,
    memory: str,
    problems: Sequence[Problem],
    shape: Shape,
    stock: Sequence[str],
    drawn: Sequence[Page],
) -> Path:
    chosen = benchmark("math500")
    run = Run(
        benchmark=chosen,
        revision="synthetic",
        fingerprint=_HASH,
        problems=len(problems),
        memory=memory,
        samples=shape.samples,
        seed=shape.seed,
        model=ModelRecord(name="Qwen/Qwen3-VL-8B", backend="synthetic", preset="vtc-r1"),
        prompts=Named(name="vtc", sha256=_HASH),
        profile=Named(name="default", sha256=_HASH),
        sampling=Sampling(temperature=0.6, top_p=0.95),
        budget=Budget(),
        grading=Grading.of(problems),
    )
    path = folder / chosen.name / memory
    path.mkdir(parents=True)
    (path / "run.json").write_text(run.model_dump_json(indent=2), encoding="utf-8")
    lines = "".join(f"{problem.model_dump_json()}\n" for problem in problems)
    (path / "problems.jsonl").write_text(lines, encoding="utf-8")
    pages = drawn if memory in ("optical", "hybrid") else [page.blank() for page in drawn[:1]]
    if memory in ("optical", "hybrid", "blank"):
        _write_pages(RunFolder(path), pages)
    rng = random.Random(f"{shape.seed}:{memory}")
    with (
        (path / "samples.jsonl").open("w", encoding="utf-8") as samples,
        (path / "grades.jsonl").open("w") as grades,
    ):
        for problem, sample in ((problem, sample) for sample in range(shape.samples) for problem in problems):
            trace, grade = _solve(rng, run, problem, shape, stock, pages)
            samples.write(Sample(problem=problem.id, sample=sample, trace=trace).model_dump_json() + "\n")
            grades.write(Graded(problem=problem.id, sample=sample, grade=grade).model_dump_json() + "\n")
    return path


def _write_pages(folder: RunFolder, pages: Sequence[Page]) -> None:
    for page in pages:
        path = folder.page_path(page.sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(page.png)


def _solve(
    rng: random.Random, run: Run, problem: Problem, shape: Shape, stock: Sequence[str], pages: Sequence[Page]
) -> tuple[Trace, Grade]:
    difficulty = 0.06 * (int(problem.level or 1) - 3)
    is_right = rng.random() < CHANCE.get(run.memory, 0.7) - difficulty
    ended = "answered" if is_right else rng.choices(["answered", "exhausted", "failed"], [8, 3, 1])[0]
    count = 1 if run.memory == "single" else min(8, 1 + int(rng.expovariate(0.6)))
    answer = None if ended != "answered" else problem.answer if is_right else str(rng.randint(1, 999))
    iterations = list(_iterations(rng, run.memory, shape, stock, pages, count, answer))
    trace = Trace(
        question=problem.question,
        status=_status(ended),
        answer=answer,
        error="the server did not answer (503 Service Unavailable) five times" if ended == "failed" else None,
        model=run.model,
        memory=run.memory,
        prompts=run.prompts,
        profile=run.profile,
        sampling=run.sampling.model_copy(update={"seed": rng.randrange(2**31)}),
        budget=run.budget,
        iterations=iterations,
        seconds=sum(one.seconds.generate + one.seconds.render for one in iterations),
    )
    if answer is None:
        return trace, Grade(correct=False, extracted=None, rule=None, method="none")
    return trace, Grade(
        correct=is_right, extracted=answer, rule="tag", method="equal" if is_right else "compared"
    )


def _status(name: str) -> Status:
    return "answered" if name == "answered" else "exhausted" if name == "exhausted" else "failed"


def _iterations(
    rng: random.Random,
    memory: str,
    shape: Shape,
    stock: Sequence[str],
    pages: Sequence[Page],
    count: int,
    answer: str | None,
) -> Iterator[Iteration]:
    held: list[Page] = []
    for index in range(count):
        chosen = rng.choices(stock, k=max(1, int(rng.gauss(shape.paragraphs, shape.paragraphs / 4))))
        text = "\n\n".join(chosen)
        is_last = index == count - 1
        if is_last and answer is not None:
            text += f"\n</think>\nThe result is\n<answer>{answer}</answer>"
        written = len(text) // 3
        vision = sum(page.vision_tokens for page in held)
        fresh = [] if is_last or memory in ("text", "single", "forget") else rng.choices(pages, k=2)
        yield Iteration(
            index=index,
            text=text,
            kept=None if is_last else text[: -len(chosen[-1])].rstrip() if index % 2 else text,
            finish_reason="stop" if is_last else "length",
            pages=[
                PageRecord(
                    sha256=page.sha256,
                    width=page.width,
                    height=page.height,
                    vision_tokens=page.vision_tokens,
                    text=text[at * len(text) // 2 : (at + 1) * len(text) // 2],
                )
                for at, page in enumerate(fresh)
            ],
            pages_sent=[page.sha256 for page in held],
            memory_text_tokens=3 * vision,
            max_tokens=8192,
            usage=Usage(
                prompt_tokens=200 + vision,
                vision_tokens=vision,
                completion_tokens=written,
                cached_tokens=vision // 2,
            ),
            seconds=Seconds(render=0.01, first_token=0.1 + vision / 20_000, generate=written / 90),
        )
        held += fresh
