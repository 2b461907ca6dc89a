"""Benchmarks, and problems from files."""

import json
import random
import re
from collections import Counter
from pathlib import Path

import pytest

from vtc_r1.configuration import Sampling
from vtc_r1.errors import BenchmarkError, UnknownName
from vtc_r1.eval.benchmark import benchmark, benchmark_names
from vtc_r1.eval.columns import shuffled
from vtc_r1.eval.drawn import problems
from vtc_r1.eval.grading import grader
from vtc_r1.eval.load import load
from vtc_r1.exercises import NAMED, read

DATA = Path(__file__).parents[2].parent / "shared" / "data"
GPQA = [
    {
        "Question": f"Which of {n}?",
        "Correct Answer": f"right {n}\n",
        **{f"Incorrect Answer {at}": f"wrong {at} of {n}" for at in (1, 2, 3)},
        "Record ID": f"rec{n}",
        "High-level domain": "Physics",
        "Subdomain": "Optics",
    }
    for n in range(40)
]


def written(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_the_benchmarks_that_ship():
    assert benchmark_names() == [
        "aime24",
        "aime25",
        "aime26",
        "amc23",
        "arithmetic",
        "brumo25",
        "chains",
        "common-words",
        "gpqa-diamond",
        "gsm8k",
        "hmmt25",
        "long-context",
        "longbench",
        "longbench-v2",
        "lookup",
        "math500",
        "minerva",
        "mmlu-pro",
        "niah",
        "niah-multi",
        "nth-answer",
        "olympiadbench",
        "omni-math",
        "variable-tracking",
    ]


@pytest.mark.parametrize("name", benchmark_names())
def test_every_shipped_benchmark_is_whole(name):
    found = benchmark(name)
    assert found.name == name
    assert (found.dataset is None) == (found.generated is not None)
    assert found.prompts == "model"
    assert Sampling.model_validate(found.sampling)
    assert grader(found.grader, found.rules).name == found.grader
    assert all(reference.source == "arXiv 2601.22069" for reference in found.reference)
    assert not re.search(r"[0-9a-f]{40}", found.model_dump_json())


def test_published_figures():
    published = {
        (name, row.model, row.method): row.accuracy
        for name in benchmark_names()
        for row in benchmark(name).reference
    }
    assert published["math500", "Qwen3-VL-8B", "VTC-R1"] == 90.0
    assert published["gpqa-diamond", "Glyph", "SFT"] == 38.4
    assert len(published) == 20


def test_an_unknown_benchmark_suggests_the_nearest():
    with pytest.raises(UnknownName, match="did you mean 'math500'"):
        load("math50")


def test_a_benchmark_of_your_own(tmp_path):
    rows = written(tmp_path / "rows.jsonl", [{"q": "1+1", "a": "it is \\boxed{2}"}])
    path = tmp_path / "Mine.toml"
    path.write_text(
        'title = "Mine"\ngrader = "integer"\ngold = "solution"\n[fields]\nquestion = "q"\nanswer = "a"\n'
    )
    found = load(path, file=rows)
    assert (found.benchmark.name, found.problems[0].question, found.problems[0].answer) == (
        "mine",
        "1+1",
        "2",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = 3", "title"),
        ('title = "x"\ngrader = "guess"', "grader"),
        ('title = "x"\nsamples = 0', "samples"),
        ('title = "x"\ncolour = "red"', "colour"),
        ('title = "x"\n[fields]\nchoices = "options"', "choices"),
        ('title = "x"\n[fields]\nincorrect = ["w"]', "incorrect"),
        ('title = "x"\ngrader = "choice"\n[fields]\nincorrect = ["w"]\nchoices = "o"', "keep one"),
        ('title = "x"\n[sampling]\ntop_p = 7', "top_p"),
        ("title = ", "cannot be read"),
    ],
)
def test_a_benchmark_that_cannot_be_read_is_named(tmp_path, text, said):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(BenchmarkError, match=said) as told:
        load(path)
    assert str(path) in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_rows_of_any_file(tmp_path, suffix):
    rows = [{"problem": "1+1?", "answer": 2.0, "id": "b"}, {"problem": "1/2?", "answer": 0.5, "id": "a"}]
    path = tmp_path / f"rows.{suffix}"
    if suffix == "jsonl":
        written(path, rows)
    else:
        pyarrow = pytest.importorskip("pyarrow")
        pytest.importorskip("pyarrow.parquet").write_table(pyarrow.Table.from_pylist(rows), path)
    found = load(file=path)
    assert [(one.id, one.question, one.answer) for one in found.problems] == [
        ("b", "1+1?", "2"),
        ("a", "1/2?", "0.5"),
    ]
    assert found.benchmark.grader == "mathematics"
    assert found.revision.startswith("sha256:")
    assert load(file=path).fingerprint == found.fingerprint


def test_named_columns(tmp_path):
    path = written(
        tmp_path / "rows.jsonl",
        [{"q": "1+1", "a": 2, "n": 7, "id": 0}, {"q": "1+2", "a": 3, "n": 8, "id": 0}],
    )
    found = load(file=path, question_field="q", answer_field="a", id_field="n")
    assert [one.id for one in found.problems] == ["7", "8"]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('{"question": "1"}', "line 1: no column 'answer' for the answer; its columns are 'question'"),
        ('{"answer": "1"}', "no column 'problem' or 'question'.*--question-field"),
        ('{"question": "1", "answer": "1"}\n\n{"question": "1", "answer": " "}', "line 3: no gold answer"),
        ('{"question": "1", "answer": null}', "line 1: no gold answer"),
        ('{"question": " ", "answer": "1"}', "line 1: the question is empty"),
        ('{"question": "1", "answer": "1", "id": 1}\n' * 2, "line 2: id '1' was already used on line 1"),
        ('{"question": "1", "answer": "1"}\n{"question', "line 2 is not JSON"),
        ("[1]", "line 1 is not an object"),
        ("[" * 100_000, "line 1 is not JSON"),
        ("", "has no rows"),
    ],
)
def test_a_row_that_makes_no_problem_is_named(tmp_path, lines, said):
    path = tmp_path / "rows.jsonl"
    path.write_text(lines)
    with pytest.raises(BenchmarkError, match=said) as told:
        load(file=path)
    assert str(path) in str(told.value)
    assert "\n" not in str(told.value)


def test_files_that_are_none(tmp_path):
    with pytest.raises(BenchmarkError, match="no such file"):
        load(file=tmp_path / "rows.jsonl")
    (tmp_path / "rows.txt").write_text("a,b")
    with pytest.raises(BenchmarkError, match=r"\.txt is not read; use \.jsonl"):
        load(file=tmp_path / "rows.txt")
    (tmp_path / "rows.parquet").write_text("no parquet")
    pytest.importorskip("pyarrow")
    with pytest.raises(BenchmarkError, match="not a readable parquet"):
        load(file=tmp_path / "rows.parquet")
    with pytest.raises(BenchmarkError, match="--file"):
        load()


def test_gsm8k_golds_stand_behind_the_hashes(tmp_path):
    rows = [{"question": "How many?", "answer": "She has 3 * 4 = <<3*4=12>>12.\n#### 1,012"}]
    found = load("gsm8k", file=written(tmp_path / "rows.jsonl", rows))
    assert found.problems[0].answer == "1,012"
    assert grader("integer").grade(found.problems[0], "1012").correct
    rows[0]["answer"] = "no hashes"
    with pytest.raises(BenchmarkError, match="no gold answer"):
        load("gsm8k", file=written(tmp_path / "rows.jsonl", rows))


def test_choices_keep_their_order_whatever_stands_around_them(tmp_path):
    whole = load("gpqa-diamond", file=written(tmp_path / "all.jsonl", GPQA)).problems
    some = load(
        "gpqa-diamond", file=written(tmp_path / "some.jsonl", random.Random(1).sample(GPQA, 7))
    ).problems
    by_id = {one.id: one for one in whole}
    assert all(one == by_id[one.id] for one in some)
    for at, one in enumerate(whole):
        assert one.choices["ABCD".index(one.answer)] == f"right {at}"
        assert f"\n{one.answer}) right {at}\n" in one.question
        assert sorted(one.choices)[0] == f"right {at}"
        assert (one.subject, one.extra) == ("Physics", {"Subdomain": "Optics"})
    assert {one.answer for one in whole} == set("ABCD")
    grader("choice").check(whole)


def test_choices_follow_the_seed():
    orders = {shuffled("Which?", "right", ("x", "y", "z"), seed) for seed in range(40)}
    assert len(orders) > 10
    assert shuffled("Which?", "right", ("x", "y", "z"), 3) == shuffled("Which?", "right", ("x", "y", "z"), 3)


def test_the_arithmetic_benchmark_is_drawn_from_its_seed():
    found = load("arithmetic")
    assert found.problems == tuple(problems(500, 0))
    assert (found.revision, found.fingerprint) == ("seed 0", load("arithmetic").fingerprint)
    assert [one.level for one in found.problems[:6]] == ["1", "1", "2", "1", "1", "2"]
    assert len({one.id for one in found.problems}) == 500
    assert problems(5, 1) != problems(5, 0)


def test_the_chains_are_drawn_from_their_seed_balanced_over_iterations():
    found = load("chains").problems
    assert found == tuple(problems(400, 0, "chains"))
    assert Counter(one.subject for one in found) == {"chain": 200, "ledger": 200}
    assert {one.level for one in found if one.subject == "chain"} == set("34567")
    assert all(read(one.question, kinds=NAMED).iterations == int(one.level) for one in found[:20])


def test_the_fingerprint_tells_what_is_asked_and_how_it_is_graded(tmp_path):
    rows = [{"question": "1+1", "answer": "2"}]
    base = load(file=written(tmp_path / "rows.jsonl", rows))
    named = load(file=written(tmp_path / "other.jsonl", rows))
    assert named.fingerprint == base.fingerprint
    rows[0]["question"] = "1+1?"
    assert load(file=written(tmp_path / "rows.jsonl", rows)).fingerprint != base.fingerprint


@pytest.mark.skipif(not DATA.is_dir(), reason="the data sets are not beside the repository (../shared/data)")
@pytest.mark.parametrize(("name", "count"), [("math500", 500), ("aime24", 30), ("aime25", 30), ("amc23", 40)])
def test_rows_in_the_form_of_the_hub(name, count):
    found = load(name, file=DATA / f"{name}.jsonl")
    assert len(found.problems) == count
    with grader(found.benchmark.grader) as made:
        made.check(found.problems)
        grades = made.grade_many((one, one.answer, "") for one in found.problems)
        assert all(grade.correct and grade.method == "equal" for grade in grades)
    if name == "math500":
        assert {one.level for one in found.problems} == set("12345")
        assert len({one.subject for one in found.problems}) == 7
