"""Values to look up: the benchmark, and its solves by a model that reads."""

import re
from collections import Counter

from tests.scripted import Scripted
from vtc_r1 import Solver
from vtc_r1.backends import embedded
from vtc_r1.backends.base import Request
from vtc_r1.eval.drawn import Lookups
from vtc_r1.eval.drawn import lookup_problems as problems
from vtc_r1.eval.load import load


def test_it_is_drawn_from_its_seed() -> None:
    found, wanted = load("lookup"), Lookups(kind="lookup", problems=400, pairs=(4, 8, 16, 24))
    assert found.problems == tuple(problems(wanted))
    assert (found.revision, found.fingerprint) == ("seed 0", load("lookup").fingerprint)
    other = problems(wanted.model_copy(update={"seed": 1}))
    assert not {one.context for one in other} & {one.context for one in found.problems}


def test_every_length_comes_in_turn_and_any_line_is_asked_for() -> None:
    found = load("lookup").problems
    assert [one.level for one in found[:6]] == ["4", "8", "16", "24", "4", "8"]
    assert len({one.id for one in found}) == 400
    lines = Counter((one.level, one.extra["line"]) for one in found)
    assert {line for level, line in lines if level == "4"} == {1, 2, 3, 4}
    assert len([line for level, line in lines if level == "24"]) > 20


def test_a_document_holds_the_answer_once_where_it_says() -> None:
    for one in load("lookup").problems:
        lines = one.context[0].text.split("\n")
        assert len(lines) == int(one.level or 0)
        name = one.question.removesuffix(" = ?")
        assert [line for line in lines if line.startswith(name)] == [f"{name}={one.answer}"]
        assert lines[one.extra["line"] - 1] == f"{name}={one.answer}"


def test_the_embedded_model_takes_every_one() -> None:
    for one in load("lookup").problems:
        asked, shown = embedded.lookup(one.question, one.documents)
        assert asked == f"{one.question[:2]}?" and shown == one.documents


def test_a_model_that_reads_finds_them_and_one_that_sees_nothing_does_not() -> None:
    def reads(request: Request) -> str:
        name = str(request.prompt.content[0])[:2]
        seen = "\n".join(page.text for page in request.prompt.pages if (page.pixels < 255).any())
        found = re.search(rf"{name}=(\d+)", seen)
        return f"</think><answer>{found[1] if found else 0}</answer>"

    asked = load("lookup").problems[:8]
    for memory, right in (("optical", 8), ("blank", 0)):
        with Solver(backend=Scripted(reads), preset="nano", memory=memory) as solver:
            traces = [solver.solve(one.question, one.documents) for one in asked]
        assert sum(trace.answer == one.answer for trace, one in zip(traces, asked, strict=True)) == right
