"""How right are the verdicts of the grader of mathematics? Gold answers spelled otherwise, and wrong ones.

    python benchmarks/grading.py --data DIR
    python benchmarks/grading.py --data DIR --only spellings,wrong --verbose

DIR holds math500.jsonl, aime24.jsonl, aime25.jsonl and amc23.jsonl, columns as on the hub. Six measures:
`itself`, every gold answer against itself; `spellings`, against itself in twelve other forms; `wrong`,
against near misses and other problems' answers; `hostile`, against answers that try to hang or crash a run;
`fuzz`, against gold answers cut, doubled and strewn with signs; `speed`, the seconds of 8,000 grades, of the
votes of 500 problems, and of 16 answers that time out. `--tests` adds the cases of math-verify's
own tests that are short, `--cases` those of a file of JSON lines with `gold`, `prediction`, `right`, and
optionally `grader`, `kind` (`text`: the prediction is a whole text), `rule` and `choices`.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from grading_cases import cases, is_short, stored
from grading_forms import FORMS
from grading_fuzz import mutations
from grading_hostile import HOSTILE
from grading_speed import speed
from grading_wrong import pairs

from vtc_r1.eval.grading import GRADERS
from vtc_r1.eval.grading.choice import MultipleChoice
from vtc_r1.eval.grading.extraction import answers
from vtc_r1.eval.grading.grade import Grade
from vtc_r1.eval.grading.graders import Integer, Mathematics
from vtc_r1.eval.load import load
from vtc_r1.eval.problem import Problem

NAMES = ("math500", "aime24", "aime25", "amc23")
DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"


def problems(folder: Path) -> list[Problem]:
    """Read the problems of all four benchmarks."""
    return [problem for name in NAMES for problem in load(name, file=folder / f"{name}.jsonl").problems]


def itself(grader: Mathematics, asked: list[Problem]) -> dict[str, Any]:
    """Gold against itself, and which gold answers nothing but a comparison of strings can match."""
    grades = grader.grade_many((problem, problem.answer, "") for problem in asked)
    methods = Counter(grade.method if grade.correct else "wrong" for grade in grades)
    return {
        "problems": len(asked),
        "right": len(asked) - methods["wrong"],
        "methods": dict(methods),
        "only_as_strings": [problem.answer for problem in grader.unreadable(asked)],
    }


def spellings(grader: Mathematics, asked: list[Problem], verbose: bool) -> dict[str, Any]:
    """Gold spelled in each of the forms."""
    rows = {}
    for name, spell in FORMS.items():
        cases = [(problem, answer) for problem in asked for answer in spell(problem.question, problem.answer)]
        grades = [*grader.grade_many((problem, answer, "") for problem, answer in cases)]
        missed = [case for case, grade in zip(cases, grades, strict=True) if not grade.correct]
        rows[name] = {
            "problems": len({id(problem) for problem, _ in cases}),
            "spellings": len(cases),
            "right": len(cases) - len(missed),
            "methods": dict(Counter(grade.method for grade in grades)),
        }
        for problem, answer in missed if verbose else ():
            print(f"  {name}: {problem.answer!r} refused as {answer!r}", file=sys.stderr)
    return rows


def wrong(grader: Mathematics, asked: list[Problem], wanted: int, seed: int, verbose: bool) -> dict[str, Any]:
    """Wrong answers that are taken for right."""
    chosen = pairs([problem.answer for problem in asked], wanted, seed)
    cases = [(Problem(id="wrong", question="?", answer=gold), answer, "") for gold, answer in chosen]
    grades = [*grader.grade_many(cases)]
    taken = [pair for pair, grade in zip(chosen, grades, strict=True) if grade.correct]
    for gold, answer in taken if verbose else ():
        print(f"  wrong: {gold!r} taken for {answer!r}", file=sys.stderr)
    methods = Counter(grade.error or grade.method for grade in grades)
    return {"pairs": len(chosen), "taken": len(taken), "methods": dict(methods)}


GOLDS = ("\\frac{x^2+1}{2}", "42", "(3,4]")
"""Gold answers that hostile ones are graded against."""


def hostile(grader: Mathematics, golds: Sequence[str] = GOLDS) -> dict[str, Any]:
    """Hostile answers: the seconds of each, and whether the grader still works after all of them."""
    grader.judge("x+1", "(x^2-1)/(x-1)")
    seconds: dict[str, float] = {}
    outcomes: Counter[str] = Counter()
    for name, make in HOSTILE.items():
        text = make()
        for gold in golds:
            began = time.perf_counter()
            grade = grader.grade(Problem(id="1", question="?", answer=gold), text, f"So \\boxed{{{text}}}")
            seconds[name] = max(seconds.get(name, 0.0), time.perf_counter() - began)
            outcomes["right" if grade.correct else grade.error or grade.method] += 1
    sane: Grade = grader.grade(Problem(id="1", question="?", answer="x+1"), "\\frac{x^2-1}{x-1}")
    slowest = sorted(seconds.items(), key=lambda item: -item[1])[:8]
    return {
        "answers": len(seconds),
        "golds": len(golds),
        "slowest_seconds": {name: round(took, 2) for name, took in slowest},
        "outcomes": dict(outcomes),
        "works_after": sane.correct,
    }


def fuzz(grader: Mathematics, asked: list[Problem], wanted: int, seed: int) -> dict[str, Any]:
    """Mutated answers to every grader, past the guard that makes what is raised a verdict."""
    golds = [problem.answer for problem in asked]
    others = (Integer(), MultipleChoice())

    def one(pair: tuple[str, str]) -> str:
        gold, answer = pair
        try:
            answers(answer)
            for other in others:
                other.decide("B", answer, ("a", "b"), quickly=False)
            verdict = grader.decide(gold, answer, (), quickly=False)
        except Exception as error:
            print(f"  fuzz: {answer!r} raised {error!r}", file=sys.stderr)
            return "raised"
        return "right" if verdict.correct else verdict.error or verdict.method

    with ThreadPoolExecutor(grader.parallel) as threads:
        outcomes = Counter(threads.map(one, mutations(golds, wanted, seed)))
    return {"answers": wanted, "raised": outcomes.pop("raised", 0), "outcomes": dict(outcomes)}


def foreign(grader: Mathematics, folder: Path, verbose: bool) -> dict[str, Any]:
    """The cases of math-verify's own tests whose prediction is short; the prediction is the answer."""
    every = [*cases(folder)]
    chosen = [case for case in every if is_short(case[1])]
    samples = [(Problem(id="1", question="?", answer=gold), found, "") for gold, found, _ in chosen]
    grades = [*grader.grade_many(samples)]
    outcomes = Counter((case[2], grade.correct) for case, grade in zip(chosen, grades, strict=True))
    for case, grade in zip(chosen, grades, strict=True) if verbose else ():
        if case[2] != grade.correct:
            print(f"  math-verify: {case[0]!r} and {case[1]!r} should be {case[2]}", file=sys.stderr)
    return {
        "cases": len(every),
        "short": len(chosen),
        "agree": outcomes[True, True] + outcomes[False, False],
        "refused": outcomes[True, False],
        "taken": outcomes[False, True],
    }


def given(path: Path, verbose: bool) -> dict[str, Any]:
    """The cases of a file: verdicts that agree, right answers refused and wrong ones taken."""
    outcomes: Counter[str] = Counter()
    with ExitStack() as opened:
        made = {name: opened.enter_context(kind()) for name, kind in GRADERS.items()}
        for case in stored(path):
            grade = made[case.grader].grade(case.problem, case.answer, case.text)
            outcome = "agree" if grade.correct == case.right else "refused" if case.right else "taken"
            outcomes[outcome] += 1
            if verbose and outcome != "agree":
                print(f"  {outcome}: {case.problem.answer!r} and {case.prediction!r}", file=sys.stderr)
    return dict(outcomes)


def main() -> None:
    """Print the measures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the four files")
    parser.add_argument(
        "--only", default="itself,spellings,wrong,hostile,fuzz,speed", help="which measures, with commas"
    )
    parser.add_argument("--tests", type=Path, help="folder of math-verify's own tests, of its sdist")
    parser.add_argument("--cases", type=Path, help="file of cases")
    parser.add_argument("--fuzz", type=int, default=24_000, help="mutated answers (24000)")
    parser.add_argument("--pairs", type=int, default=2000, help="wrong pairs (2000)")
    parser.add_argument("--seed", type=int, default=0, help="of the wrong pairs (0)")
    parser.add_argument("--verbose", action="store_true", help="name every verdict that is wrong")
    arguments = parser.parse_args()
    asked = problems(arguments.data)
    with Mathematics() as grader:
        measures = {
            "itself": lambda: itself(grader, asked),
            "spellings": lambda: spellings(grader, asked, arguments.verbose),
            "wrong": lambda: wrong(grader, asked, arguments.pairs, arguments.seed, arguments.verbose),
            "hostile": lambda: hostile(grader),
            "fuzz": lambda: fuzz(grader, asked, arguments.fuzz, arguments.seed),
            "speed": lambda: speed(grader, asked, arguments.seed),
        }
        if arguments.tests:
            print(
                json.dumps({"math-verify": foreign(grader, arguments.tests, arguments.verbose)}), flush=True
            )
        if arguments.cases:
            print(json.dumps({"cases": given(arguments.cases, arguments.verbose)}), flush=True)
        for name in filter(None, arguments.only.split(",")):
            print(json.dumps({name: measures[name]()}, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
