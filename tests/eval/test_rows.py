"""Rows of any file: tables, arrays, what columns hold inside, several golds, choices."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from vtc_r1.errors import BenchmarkError
from vtc_r1.eval.columns import inside, right_letter
from vtc_r1.eval.grading import grader
from vtc_r1.eval.load import LoadedBenchmark, load
from vtc_r1.eval.problem import Problem

ROWS = [
    {"id": "a", "problem": 'Is "1, 2"\na pair?', "answer": "yes"},
    {"id": "b", "problem": "1; 2?", "answer": "$1,000"},
    {"id": "c", "problem": "Größe?", "answer": "0.5"},
]
ASKED = [(row["id"], row["problem"], row["answer"]) for row in ROWS]


def table(path: Path, rows: list[dict[str, Any]], delimiter: str = ",", encoding: str = "utf-8") -> Path:
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def told(found: LoadedBenchmark) -> list[tuple[str, str, str]]:
    return [(one.id, one.question, one.answer) for one in found.problems]


@pytest.mark.parametrize(
    ("name", "delimiter", "encoding"),
    [
        ("rows.csv", ",", "utf-8"),
        ("ROWS.CSV", ",", "utf-8-sig"),
        ("rows.csv", ";", "utf-8"),
        ("rows.tsv", "\t", "utf-8"),
    ],
)
def test_tables(tmp_path: Path, name: str, delimiter: str, encoding: str) -> None:
    assert told(load(file=table(tmp_path / name, ROWS, delimiter, encoding))) == ASKED


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(ROWS),
        json.dumps(ROWS, indent=2),
        "\ufeff" + json.dumps(ROWS),
        json.dumps({"version": 1, "data": ROWS}, indent=1),
        "".join(json.dumps(row) + "\n" for row in ROWS),
    ],
)
def test_json_of_any_shape(tmp_path: Path, content: str) -> None:
    path = tmp_path / "rows.json"
    path.write_text(content, encoding="utf-8")
    assert told(load(file=path)) == ASKED


def test_one_object_is_one_row(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps({"problem": "?", "answer": 4, "messages": [{"role": "user"}]}, indent=1))
    assert [one.answer for one in load(file=path).problems] == ["4"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("r.csv", "problem,answer\n1+1,2,3\n", "line 2 has 3 cells, the header 2"),
        ("r.csv", "problem,answer\n1+1\n", "line 2 has 1 cells"),
        ("r.csv", "problem,problem,answer\n1,2,3\n", "column 'problem' appears twice"),
        ("r.csv", 'problem,answer\n"1+1,2\n', "line 2 is not CSV"),
        ("r.csv", "problem,answer\n1+1,\n", "line 2: no gold answer"),
        ("r.csv", "problem,answer\n", "has no rows"),
        ("r.csv", "", "has no rows"),
        ("r.csv", "a,b\n1,2\n", "no column 'problem' or 'question'"),
        ("r.csv", b"problem,answer\n\xff,2\n", "not UTF-8"),
        ("r.json", '[{"problem": "1", "answer": "2"}, 3]', "row 2 is not an object"),
        ("r.json", '[{"problem": "1",', "is not JSON"),
        ("r.json", "[]", "has no rows"),
        ("r.json", "3", "holds no object"),
        ("r.json", json.dumps({"train": ROWS, "test": ROWS}), "several arrays of objects"),
        ("r.xlsx", "PK", "is not read; use"),
    ],
)
def test_a_file_that_makes_no_problem_is_named(
    tmp_path: Path, name: str, content: str | bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BenchmarkError, match=said) as raised:
        load(file=path)
    assert str(path) in str(raised.value) and "\n" not in str(raised.value)


CHAT = [{"role": "system", "content": "Box it."}, {"role": "user", "content": "1+1?"}]
VERL = {"prompt": CHAT, "reward_model": {"style": "rule", "ground_truth": "2"}, "extra_info": {"index": 7}}


def lines(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_part_of_a_column_is_a_field(tmp_path: Path) -> None:
    found = load(
        file=lines(tmp_path / "r.jsonl", VERL),
        question_field="prompt.1.content",
        answer_field="reward_model.ground_truth",
        id_field="extra_info.index",
    )
    assert told(found) == [("7", "1+1?", "2")]
    last = load(
        file=tmp_path / "r.jsonl", question_field="prompt.-1.content", answer_field="reward_model.style"
    )
    assert last.problems[0].question == "1+1?" and last.problems[0].answer == "rule"


def test_a_name_with_a_dot_is_a_name_first(tmp_path: Path) -> None:
    row = {"a.b": "whole", "a": {"b": "part"}, "answer": "1"}
    assert load(file=lines(tmp_path / "r.jsonl", row), question_field="a.b").problems[0].question == "whole"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            {"problem": CHAT, "answer": "2"},
            r"'problem' holds a conversation.*--question-field problem\.1\.content",
        ),
        ({"problem": {"text": "1+1?"}, "answer": "2"}, r"holds an object.*--question-field problem\.text"),
        ({"problem": ["1+1?"], "answer": "2"}, r"holds a list of 1 \(str\).*problem\.0"),
        ({"problem": "1", "answer": {"style": 1, "ground_truth": 2}}, r"--answer-field answer\.ground_truth"),
        ({"problem": "1", "answer": [{"text": "2"}]}, r"--answer-field answer\.0\.text"),
        ({"problem": "1", "answer": [["2"]]}, r"--answer-field answer\.0\.0"),
        ({"problem": "1", "answer": []}, "no gold answer"),
        ({"problem": "1", "answer": [None, " "]}, "no gold answer"),
        ({"problem": "1", "answer": float("nan")}, "no gold answer"),
        ({"problem": "1", "answer": "2", "id": {"a": 1}}, r"--id-field id\.a"),
        ({"problem": None, "answer": "2"}, "the question is empty"),
    ],
)
def test_what_is_no_text_is_refused_by_name(tmp_path: Path, row: dict[str, Any], said: str) -> None:
    with pytest.raises(BenchmarkError, match=said) as raised:
        load(file=lines(tmp_path / "r.jsonl", row))
    assert "line 1" in str(raised.value)


def test_the_path_that_an_error_names_is_one(tmp_path: Path) -> None:
    file, names = lines(tmp_path / "r.jsonl", VERL), {"question": "prompt", "answer": "reward_model"}
    for field in names:
        with pytest.raises(BenchmarkError) as raised:
            load(file=file, question_field=names["question"], answer_field=names["answer"])
        names[field] = str(raised.value).rpartition(" ")[2]
    found = load(file=file, question_field=names["question"], answer_field=names["answer"])
    assert told(found) == [("0", "1+1?", "2")]


@pytest.mark.parametrize("kind", ["mathematics", "integer", "exact"])
def test_any_gold_of_a_list_is_right(tmp_path: Path, kind: str) -> None:
    own = tmp_path / "own.toml"
    own.write_text(f'title = "own"\ngrader = "{kind}"\n')
    row = {"problem": "?", "answer": ["12", 7, None, "12"]}
    (problem,) = load(own, file=lines(tmp_path / "r.jsonl", row)).problems
    assert (problem.answer, problem.golds, problem.shown_gold) == ("12", ("12", "7"), "12 or 7")
    with grader(kind) as made:
        made.check([problem])
        assert [made.grade(problem, answer).correct for answer in ("12", "7", "9", "12, 7")] == [1, 1, 0, 0]


def options(row: dict[str, Any], fields: str, tmp_path: Path) -> Problem:
    own = tmp_path / "own.toml"
    own.write_text(f'title = "own"\ngrader = "choice"\n[fields]\n{fields}\n')
    return load(own, file=lines(tmp_path / "r.jsonl", {"question": "Which?", **row})).problems[0]


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        ({"options": ["red", "green", "blue"], "answer": "C"}, 'choices = "options"'),
        ({"options": ["red", "green", "blue"], "answer": "(c)"}, 'choices = "options"'),
        ({"options": ["red", "green", "blue"], "answer": 2}, 'choices = "options"'),
        ({"options": ["red", "green", "blue"], "answer": "blue"}, 'choices = "options"'),
        ({"o": {"text": ["red", "green", "blue"], "label": ["A", "B", "C"]}, "answer": "C"}, 'choices = "o"'),
        ({"a": "red", "b": "green", "c": "blue", "answer": "C"}, 'choices = ["a", "b", "c"]'),
        ({"question": "Which?\nA. red\nB. green\nC. blue", "answer": "C"}, ""),
        ({"question": "Which? (A) red (B) green (C) blue", "answer": "C"}, ""),
    ],
)
def test_a_letter_gold_with_choices(tmp_path: Path, row: dict[str, Any], fields: str) -> None:
    problem = options(row, fields, tmp_path)
    assert (problem.answer, problem.choices) == ("C", ("red", "green", "blue"))
    assert problem.question.count("blue") == 1 and problem.question.count("Give only the letter") == 1
    judge = grader("choice")
    judge.check([problem])
    right = ["C", "(C)", "c", "blue", "\\text{blue}", "C) blue"]
    assert all(judge.grade(problem, answer).correct for answer in right)
    assert not any(judge.grade(problem, answer).correct for answer in ("B", "green", "D", "C or B"))


@pytest.mark.parametrize(
    ("row", "fields", "said"),
    [
        ({"options": ["red", "green"], "answer": "C"}, 'choices = "options"', "none of the 2 choices"),
        ({"options": ["red", "green"], "answer": 2}, 'choices = "options"', "none of the 2 choices"),
        ({"options": ["red", "red"], "answer": "red"}, 'choices = "options"', "none of the 2 choices"),
        ({"options": "red", "answer": "A"}, 'choices = "options"', "not hold a list of 2 to 26 choices"),
        ({"options": ["red"], "answer": "A"}, 'choices = "options"', "not hold a list of 2 to 26 choices"),
        ({"answer": "A"}, 'choices = "options"', "no column 'options'"),
        ({"answer": "red"}, "", "none of the 0 choices"),
    ],
)
def test_choices_that_are_none(tmp_path: Path, row: dict[str, Any], fields: str, said: str) -> None:
    with pytest.raises(BenchmarkError, match=said):
        options(row, fields, tmp_path)


def test_choices_in_a_question_are_its_last_ones() -> None:
    assert inside("Points A. and B.\nA) 1\nB) 2\nC) 3") == ("1", "2", "3")
    assert inside("A) 1\nB) 2\n\nNow:\nA) 3\nB) 4") == ("3", "4")
    assert inside("Is A) or (B) right?") == () and inside("nothing") == ()
    assert right_letter("J", tuple("abcdefghij")) == "J" and right_letter("K", tuple("abcdefghij")) is None


HUB = {
    "aime26": {"problem": "?", "answer": "277", "id": "1"},
    "hmmt25": {"problem_idx": 1, "problem": "?", "answer": "\\frac{1}{576}", "problem_type": ["Algebra"]},
    "brumo25": {"problem_idx": 1, "problem": "?", "answer": "1080", "problem_type": ["Geometry"]},
    "minerva": {"question": "?", "answer": "4.5e33"},
    "olympiadbench": {
        **{"id": 1606, "question": "?", "final_answer": ["$2x, 0$", "$x+x$, $0$"], "context": "Let $x>0$."},
        **{"subfield": "Algebra", "answer_type": "Numerical", "unit": None, "error": None},
    },
    "omni-math": {
        **{"problem": "?", "answer": "2", "difficulty": 5.5, "source": "usamo", "domain": ["Mathematics"]},
    },
    "mmlu-pro": {
        **{"question_id": 70, "question": "?", "options": [*"abcdefghij"], "answer": "I", "answer_index": 8},
        **{"category": "business"},
    },
    "longbench-v2": {
        **{
            "_id": "66f3",
            "question": "?",
            "choice_A": "a",
            "choice_B": "b",
            "choice_C": "c",
            "choice_D": "d",
        },
        **{"answer": "D", "context": "Long.", "domain": "Code", "sub_domain": "x", "length": "short"},
    },
}


@pytest.mark.parametrize("name", list(HUB))
def test_rows_as_the_hub_has_them(tmp_path: Path, name: str) -> None:
    (problem,) = load(name, file=lines(tmp_path / "r.jsonl", HUB[name])).problems
    loaded = load(name, file=tmp_path / "r.jsonl")
    with grader(loaded.benchmark.grader) as judge:
        judge.check([problem])
        assert all(judge.grade(problem, gold).correct for gold in problem.golds)
        assert not judge.grade(problem, "-31").correct
    if name == "olympiadbench":
        assert problem.question == "Let $x>0$.\n\n?" and len(problem.golds) == 2
    if name == "longbench-v2":
        assert problem.documents[0].written == "Long." and problem.level == "short"
    if name == "mmlu-pro":
        assert problem.question.count("\nJ) j") == 1
