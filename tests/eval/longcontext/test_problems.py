"""Problems about long documents: what is asked for is where it should be, and nothing else answers."""

import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.many_examples import many_examples
from vtc_r1.eval.benchmark import Benchmark, benchmark, benchmark_names
from vtc_r1.eval.longcontext import LongContext, problems
from vtc_r1.eval.longcontext.problems import TASKS
from vtc_r1.eval.longcontext.task import hide
from vtc_r1.eval.problem import Problem

NEEDLE = re.compile(r"The secret number of the ([a-z ]+) is (\d{7})\.")
ASSIGNED = re.compile(r"VAR ([A-Z]{5}) = (?:VAR ([A-Z]{5})|(\d{5}))\.")
PLACED = [task for task in TASKS if task != "common-words"]
DEPTH_HELD = [task for task in TASKS if task not in ("common-words", "nth-answer")]

lengths = st.sampled_from([1024, 4096, 5000, 16384])
depths = st.sampled_from([0.0, 12.5, 50.0, 97.0, 100.0])
seeds = st.integers(0, 10_000)


def drawn(task: str, length: int = 4096, depth: float = 50, seed: int = 0, **more: Any) -> Problem:
    values = {
        "kind": "long-context",
        "tasks": [task],
        "lengths": [length],
        "depths": [depth],
        "seed": seed,
        **more,
    }
    return problems(LongContext.model_validate(values))[0]


def solved(problem: Problem) -> set[str]:
    """Answer by rule, from the question and the document alone."""
    text, question = problem.context[0].text, problem.question
    if (problem.subject or "").startswith("niah"):
        values: dict[str, list[str]] = {}
        for key, value in NEEDLE.findall(text):
            values.setdefault(key, []).append(value)
        asked = [key for key in values if f"the {key}" in question]
        return {value for key in asked for value in values[key]}
    if problem.subject == "variable-tracking":
        (wanted,) = re.findall(r"\d{5}", question)
        known: dict[str, str] = {}
        for name, other, value in ASSIGNED.findall(text):
            known[name] = value or known[other]
        return {name for name, value in known.items() if value == wanted}
    if problem.subject == "common-words":
        counted = Counter(re.findall(r"\d+\. ([a-z]+)", text)).most_common()
        (number,) = map(int, re.findall(r"\. (\d+) of them", question))
        assert counted[number - 1][1] > counted[number][1] + 1
        return {word for word, _ in counted[:number]}
    ordinals = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"]
    found = re.search(r"does the (\w+) (\w+) about (\w+) carry", question)
    assert found
    marks = re.findall(rf"User: Write a {found[2]} about {found[3]}\.\nAssistant: .*\(mark: (\w+)\)", text)
    assert len(marks) == int(re.findall(r"for (\d+) times", question)[0])
    return {marks[ordinals.index(found[1])]}


@pytest.mark.parametrize("task", TASKS)
@given(length=lengths, depth=depths, seed=seeds)
@many_examples(12)
def test_the_document_has_exactly_one_answer_and_it_is_the_gold_one(
    task: str, length: int, depth: float, seed: int
) -> None:
    problem = drawn(task, length, depth, seed)
    assert solved(problem) == set(problem.answers)
    assert problem.answer == ", ".join(problem.answers)
    for answer in problem.answers:
        assert problem.context[0].text.count(answer) == 1 or task in ("variable-tracking", "common-words")
        assert answer not in problem.question


@pytest.mark.parametrize("task", TASKS)
@given(length=lengths, depth=depths, seed=seeds)
@many_examples(8)
def test_the_document_has_the_length_asked_for(task: str, length: int, depth: float, seed: int) -> None:
    characters = len(drawn(task, length, depth, seed).context[0].text)
    assert 0 <= length * 3.2 - characters < 500


@pytest.mark.parametrize("task", DEPTH_HELD)
@given(length=lengths, depth=depths, seed=seeds)
@many_examples(12)
def test_what_is_asked_for_stands_at_the_depth_asked_for(
    task: str, length: int, depth: float, seed: int
) -> None:
    problem = drawn(task, length, depth, seed)
    text, place = problem.context[0].text, problem.extra["places"][0]
    assert text[place:].startswith(("The secret number", "VAR "))
    hidden = sum(len(line) for line in re.findall(r"VAR [^.]+\.|The secret number of[^.]+\.", text))
    slack = (100 if task == "niah-lines" else hidden) + 150
    assert abs(place - depth / 100 * len(text)) <= slack


@pytest.mark.parametrize("task", PLACED)
def test_places_say_where_the_answers_stand(task: str) -> None:
    problem = drawn(task)
    text = problem.context[0].text
    assert len(problem.extra["places"]) == len(problem.answers)
    for place, answer in zip(problem.extra["places"], problem.answers, strict=True):
        assert 0 <= text.index(answer, place) - place < 700


def test_the_ith_answer_follows_the_depth() -> None:
    found = [drawn("nth-answer", depth=depth).question for depth in (0, 25, 50, 99, 100)]
    asked = [
        next(word for word in ("first", "second", "third", "fourth") if f"the {word} " in one)
        for one in found
    ]
    assert asked == ["first", "second", "third", "fourth", "fourth"]


@pytest.mark.parametrize("task", TASKS)
def test_a_seed_decides_everything(task: str) -> None:
    assert drawn(task, seed=3) == drawn(task, seed=3)
    assert drawn(task, seed=3).context != drawn(task, seed=4).context
    alone = drawn(task, problems=3)
    among = problems(
        LongContext(
            kind="long-context", tasks=("niah-single", task), lengths=(1024, 4096), depths=(50,), problems=3
        )  # type: ignore[arg-type]
    )
    assert alone in among, "a problem does not depend on what is drawn beside it"


def test_no_two_problems_share_a_document() -> None:
    found = problems(LongContext(kind="long-context", tasks=tuple(TASKS), lengths=(1024,), problems=2))
    assert len({problem.context[0].text for problem in found}) == len(found) == 2 * (5 * 7 + 1)
    assert len({problem.id for problem in found}) == len(found)
    assert {problem.level for problem in found} == {"1k"}


@given(st.lists(st.text("ab", min_size=1, max_size=9), max_size=30), st.lists(st.floats(0, 1), max_size=6))
def test_hiding_keeps_the_text_and_tells_the_places(sentences: list[str], depths: list[float]) -> None:
    hidden = [(depth, f"<{at}>") for at, depth in enumerate(depths)]
    text, places = hide(sentences, hidden)
    assert [text[place : place + len(one)] for place, (_, one) in zip(places, hidden, strict=True)] == [
        one for _, one in hidden
    ]
    assert [word for word in text.split(" ") if word and not word.startswith("<")] == sentences


def test_the_shipped_benchmarks_cover_4k_to_128k() -> None:
    found = [benchmark(name) for name in benchmark_names()]
    drawn = [one.generated for one in found if isinstance(one.generated, LongContext)]
    assert len(drawn) == 6
    assert {task for one in drawn for task in one.tasks} == set(TASKS)
    assert all(one.lengths[0] == 4096 and one.lengths[-1] == 131_072 for one in drawn)


@pytest.mark.parametrize(
    "values",
    [{"tasks": ["haystack"]}, {"lengths": []}, {"depths": [101]}, {"problems": 0}, {"lengths": [10]}],
)
def test_bad_parameters_are_refused(values: dict[str, Any]) -> None:
    good = {"kind": "long-context", "tasks": ["niah-single"], "lengths": [1024]}
    whole = {"name": "own", "title": "Own", "grader": "scored", "generated": {**good, **values}}
    with pytest.raises(ValueError, match="generated"):
        Benchmark.model_validate(whole)
