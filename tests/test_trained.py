"""What a model was trained for, and where a solve leaves that."""

import asyncio
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.scripted import Scripted, cut
from tests.solved import QUESTION, SEGMENTS
from vtc_r1 import Solver, Trace
from vtc_r1.backends import checkpoint as checkpoints
from vtc_r1.backends.doubts import FOUND, SHORT, doubts
from vtc_r1.backends.embedded import checkpoint
from vtc_r1.documents import Document
from vtc_r1.errors import CheckpointError
from vtc_r1.exercises import read
from vtc_r1.exercises.lookups import draw
from vtc_r1.memory import Optical
from vtc_r1.renderers import load_profile
from vtc_r1.storage import parse_trace
from vtc_r1.trained import TrainedFor


class Newest(Optical):
    name = "newest"


def solved(segments: Any = SEGMENTS, **options: Any) -> Trace:
    """A solve under the embedded model's preset."""
    solver = Solver(backend=Scripted(segments), **{"preset": "nano", **options})
    return asyncio.run(solver.asolve(QUESTION))


INSIDE: list[dict[str, Any]] = [
    {},
    {"memory": "text"},
    {"memory": "hybrid"},
    {"memory": "single"},
    {"memory": "optical:budget=4000"},
    {"memory_tokens": 4000},
    {"segment_end": "own"},
    {"segment_end": "boundary"},
    {"segment_tokens": 32},
    {"max_iterations": 30},
    {"profile": load_profile("nano").replace(name="mine")},
]


@pytest.mark.parametrize("options", INSIDE, ids=str)
def test_what_a_model_was_trained_for_passes_without_a_word(options: dict[str, Any]) -> None:
    assert solved(**options).warnings == []


OUTSIDE: list[tuple[dict[str, Any], str]] = [
    ({"memory": "decay"}, "memory decay (only optical, text, hybrid, single)"),
    ({"memory": "decay:after=1,block=1,by=scale"}, "memory decay:after=1,block=1,by=scale (only optical"),
    ({"memory": "facts"}, "memory facts"),
    ({"memory": "auto"}, "memory auto"),
    ({"memory": "reread:of=hybrid"}, "memory reread:of=hybrid"),
    ({"memory": "hybrid:tokens=20"}, "memory hybrid:tokens=20"),
    ({"memory": "blank"}, "memory blank"),
    ({"memory": "forget"}, "memory forget"),
    ({"memory": Newest}, "memory newest"),
    ({"density": "content"}, "density content (only fixed)"),
    ({"density": "fit:tokens=4"}, "density fit:tokens=4"),
    ({"segment_end": "streamed:after=0.6"}, "segment end streamed:after=0.6 (only limit, boundary, own)"),
    ({"profile": "default"}, "profile default (only nano)"),
    ({"profile": load_profile("nano").replace(baseline=11)}, "profile nano as it is here (only nano)"),
    ({"profile": load_profile("nano").replace(font="DejaVuSans")}, "profile nano as it is here"),
    ({"prompts": "boxed"}, "prompt set boxed (only nano)"),
    ({"prompts": "vtc"}, "prompt set vtc (only nano)"),
    ({"segment_tokens": 31}, "segments of 31 tokens (its own take up to 32)"),
    (
        {"memory": "text", "density": "content", "profile": "paper"},
        "density content (only fixed); profile paper",
    ),
]


@pytest.mark.parametrize(("options", "said"), OUTSIDE, ids=str)
def test_settings_that_it_was_not_trained_for_are_named_in_one_sentence(
    options: dict[str, Any], said: str
) -> None:
    solver = Solver(backend=Scripted(SEGMENTS), preset="nano", **options)
    (before,) = solver.skeleton(QUESTION).warnings
    trace = asyncio.run(solver.asolve(QUESTION))
    assert trace.warnings[0] == before
    assert before.startswith("scripted was not trained for ") and before.endswith("answers may be wrong")
    assert said in before
    assert parse_trace(trace.model_dump_json()).warnings == trace.warnings


LINE = "<think>\n1+1=2\n"


@pytest.mark.parametrize(
    ("segments", "options", "said"),
    [
        (["<think>\n11+11=22\n"] * 3 + [SEGMENTS[-1]], {"memory_tokens": 8}, "dropped for the budget"),
        (
            ["<think>\n11+11=22\n", "<think>\n22+11=33\n", SEGMENTS[-1]],
            {"memory": "text", "memory_tokens": 12},
            "dropped for the budget",
        ),
        ([f"<think>\n{at}+1={at + 1}\n" for at in range(11)] + [SEGMENTS[-1]], {}, "more iterations than"),
        ([LINE, SEGMENTS[-1]], {"max_iterations": 1}, "the answer was forced"),
        ([cut("<think>\n1+1=2\n2+", tokens=38), SEGMENTS[-1]], {"max_tokens": 40}, None),
        (
            [cut(LINE, tokens=20), cut("<think>\n2+", tokens=9), SEGMENTS[-1]],
            {"max_tokens": 29},
            "cut at fewer",
        ),
    ],
)
def test_what_happens_outside_of_the_training_is_said(
    segments: list[Any], options: dict[str, Any], said: str | None
) -> None:
    warnings = solved(segments, **options).warnings
    assert warnings == [] if said is None else any(said in sentence for sentence in warnings), warnings


def test_a_forced_answer_that_does_not_come_is_no_wrong_one() -> None:
    assert solved([LINE, LINE.replace("1", "3")], max_iterations=1).warnings == []


def test_another_models_solves_are_not_judged() -> None:
    solver = Solver(backend=Scripted(["\\boxed{1}"], model="Qwen/Qwen3-VL-8B-Instruct"), memory="facts")
    assert solver.preset.name == "qwen3-vl-instruct"
    assert asyncio.run(solver.asolve(QUESTION)).warnings == []


def test_a_trace_of_earlier_days_still_loads() -> None:
    values = json.loads(solved().model_dump_json())
    for field in ("warnings", "seconds_loading"):
        del values[field]
    trace = parse_trace(json.dumps(values))
    assert (trace.warnings, trace.seconds_loading) == ([], 0.0)


def copied(folder: Path, told: Any) -> Path:
    """The embedded checkpoint with another statement, None for none."""
    shutil.copytree(checkpoint(), folder)
    path = folder / "config.json"
    config = json.loads(path.read_text("utf-8"))
    del config["vtc_r1"]
    if told is not None:
        config["vtc_r1"] = told
    path.write_text(json.dumps(config), "utf-8")
    return folder


def test_a_checkpoint_speaks_for_itself(tmp_path: Path) -> None:
    facts = copied(tmp_path / "mine", {"trained_for": {"memory": ["facts"], "of a later version": 1}})
    with Solver(model=str(facts), memory="facts", profile="nano", prompts="nano") as solver:
        assert solver.skeleton("1+2").warnings == []
    with Solver(model=str(facts), memory="optical", profile="default") as solver:
        (sentence,) = solver.skeleton("1+2").warnings
    assert sentence == f"{facts} was not trained for memory optical (only facts): its answers may be wrong"


@pytest.mark.parametrize("told", [None, {}, {"trained_for": None}, "anything"])
def test_a_checkpoint_that_says_nothing_is_not_warned_of(tmp_path: Path, told: Any) -> None:
    with Solver(model=str(copied(tmp_path / "mine", told)), memory="decay", density="fit") as solver:
        assert solver.skeleton("1+2").warnings == []


@pytest.mark.parametrize("told", [{"memory": "facts"}, {"segment_tokens": 0}, {"profiles": ["nano"]}, 3])
def test_a_statement_that_cannot_be_read_is_refused_by_name(tmp_path: Path, told: Any) -> None:
    folder = copied(tmp_path / "mine", {"trained_for": told})
    with pytest.raises(CheckpointError, match=r"config\.json: vtc_r1\.trained_for") as caught:
        checkpoints.trained_for(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.model
def test_what_is_loaded_says_the_same_as_the_file(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from vtc_r1.backends.transformers import TransformersBackend

    backend = TransformersBackend(checkpoint(), device="cpu", threads=1)
    before = backend.trained_for
    asyncio.run(backend.check())
    read_again = TrainedFor.read(backend.network.config.to_dict(), "loaded")
    assert before == backend.trained_for == read_again is not None
    asyncio.run(backend.aclose())


def said_of(question: str) -> bool:
    exercise = read(question)
    assert exercise is not None
    return bool(doubts(exercise.question, ()))


@pytest.mark.parametrize(
    ("question", "is_doubtful"),
    [
        ("37+85-19*2+46", False),
        ("4*5+6-7*8", False),
        ("1+2+3+4+5", False),
        ("1+2+3+4+5+6", True),
        ("1+2+3+4+5+6+7", True),
        ("11+12+3+4+5+6+7", True),
        ("11+22+33+44+55+66+77", False),
        ("24*9-43*5", True),
        ("24*9+43*5", False),
        ("9*2-43*5", False),
        ("5-24*9+43*5", True),
        ("gcd(198,108)", False),
        ("gcd(3,19)", False),
        ("2x+1+1+1+1+1=7", False),
        ("255 in base 2", False),
    ],
)
def test_what_the_embedded_model_often_gets_wrong_is_doubted(question: str, is_doubtful: bool) -> None:
    assert said_of(question) is is_doubtful


@pytest.mark.parametrize(
    ("lines", "percent"), [(1, None), (3, None), (4, 85), (7, 85), (8, 64), (23, 41), (24, 36)]
)
def test_a_document_is_doubted_by_its_lines(lines: int, percent: int | None) -> None:
    import random

    lookup = draw(random.Random(lines), lines)
    said = doubts(lookup.question, (Document.of_text("\n".join(lookup.pairs), "pairs.txt"),))
    assert ([] if percent is None else [True]) == [f"{percent} %" in sentence for sentence in said]


def test_the_figures_of_the_doubts_are_those_of_the_card() -> None:
    card = (checkpoint() / "README.md").read_text("utf-8")
    for lines, percent in FOUND.items():
        row = re.search(
            rf"^\| {lines} \| 100 \| (\d+\.\d) %", card.split("<!-- lookups -->")[1], re.MULTILINE
        )
        assert row is not None and float(row[1]) == percent
    hard = card.split("<!-- hard -->")[1].split("<!-- end of hard -->")[0]
    assert all(f"| {operations} sums and differences" in hard for operations in SHORT)
    assert all(float(share) < 80 for share in re.findall(r"\| (\d+\.\d) %", hard))
