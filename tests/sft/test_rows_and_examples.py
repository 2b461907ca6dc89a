import json
import random

import pytest

from vtc_r1.answers import boxed, final_answer
from vtc_r1.exercises import KINDS as EXERCISES
from vtc_r1.exercises import read
from vtc_r1.exercises.lookups import draw as draw_lookup
from vtc_r1.memory import memory_policy
from vtc_r1.prompts import PromptSet
from vtc_r1.renderers import Page, Renderer
from vtc_r1.segments import keep
from vtc_r1.sft.examples import (
    READ,
    carry,
    lookup_example,
    reading_example,
    segment_example,
    segment_targets,
    whole_example,
)
from vtc_r1.sft.rows import Row, draw_row, thinking, worked_row
from vtc_r1.sft.segmentation import segment_lines

COLUMNS = [
    "problem",
    "solution",
    "answer",
    "problem_type",
    "question_type",
    "source",
    "uuid",
    "is_reasoning_complete",
    "generations",
    "correctness_math_verify",
    "correctness_llama",
    "finish_reasons",
    "correctness_count",
    "messages",
]
KINDS = ["optical", "text", "hybrid"]
LONG = worked_row(read("1+2*3-4+5-6+7"))


def rows(count=200):
    rng = random.Random(11)
    return [draw_row(rng) for _ in range(count)]


def identities(parts):
    return [part.sha256 if isinstance(part, Page) else part for part in parts]


def test_columns_are_those_of_the_data_set():
    assert list(Row.model_fields) == COLUMNS
    assert list(worked_row(read("1+2*3")).model_dump()) == COLUMNS


def test_a_worked_row_round_trips_through_json():
    assert Row(**json.loads(LONG.model_dump_json())) == LONG


def test_columns_of_a_row_are_of_one_length_each_generation():
    assert len(LONG.generations) == len(LONG.is_reasoning_complete) == len(LONG.finish_reasons)
    assert LONG.correctness_count == sum(LONG.correctness_math_verify)


def test_verdicts_may_be_null():
    row = Row(**{**LONG.model_dump(), "correctness_math_verify": None, "finish_reasons": None})
    assert row.correctness_math_verify is row.finish_reasons is None


def test_a_row_works_its_problem_out():
    for row in rows():
        exercise = read(row.problem)
        assert row.answer == exercise.answer
        assert row.solution.split("\n") == list(exercise.lines)


def test_a_generation_thinks_and_then_boxes_the_answer():
    for row in rows():
        assert thinking(row.generations[0]) == row.solution
        assert boxed(row.generations[0]) == row.answer
        assert row.messages[-1] == {"role": "assistant", "content": row.generations[0]}


def test_a_problem_has_one_identity():
    assert worked_row(read("1+2*3")).uuid == worked_row(read(" 1 + 2 * 3 ")).uuid
    assert len({row.uuid for row in rows()}) == len({row.problem for row in rows()})


def test_draws_follow_the_seed():
    assert rows(20) == rows(20)


@pytest.mark.parametrize(
    ("generation", "text"),
    [
        ("<think>a</think>b", "a"),
        ("<think>\na\n\nb\n</think>", "a\n\nb"),
        ("<think>a</think><think>b</think>", "a"),
        ("<think></think>", ""),
        ("<think>a", None),
        ("a</think>", "a"),
        ("a\n</think>\n<think>b</think>", "b"),
        ("", None),
    ],
)
def test_thinking(generation, text):
    assert thinking(generation) == text


def test_segments_join_to_the_trace():
    for row in rows():
        assert "\n".join(segment for segment, _ in segment_targets(row)) == row.solution


def test_a_segment_is_one_step_and_one_page():
    renderer = Renderer("nano")
    for row in rows(40):
        segments = [segment for segment, _ in segment_targets(row)]
        assert segments == list(read(row.problem).lines)
        assert [len(renderer.render(segment)) for segment in segments] == [1] * len(segments)


def test_the_longest_draw_can_be_bounded():
    rng = random.Random(4)
    assert max(draw_row(rng, 4).solution.count("\n") for _ in range(100)) == 3
    assert {draw_row(rng).problem_type for _ in range(100)} == set(EXERCISES)


def test_only_the_last_target_is_final():
    for row in rows():
        *earlier, last = (target for _, target in segment_targets(row))
        assert last.endswith(f"</think>\n<answer>{row.answer}</answer>")
        assert final_answer(last, "vtc", stopped=True) == row.answer
        assert [final_answer(target, "vtc", stopped=True) for target in earlier] == [None] * len(earlier)


def test_the_loop_keeps_of_a_target_what_training_carries():
    for row in rows():
        for segment, target in segment_targets(row)[:-1]:
            assert keep(target, cut=False) == segment


def test_a_row_without_thinking_is_refused():
    with pytest.raises(ValueError, match=f"row {LONG.uuid}: no <think>"):
        segment_targets(LONG.model_copy(update={"generations": ["14"]}))


@pytest.mark.parametrize(
    ("trace", "lines", "segments"),
    [
        ("a", 2, ["a"]),
        ("a\nb", 2, ["a\nb"]),
        ("a\nb\nc", 2, ["a\nb\nc"]),
        ("a\nb\nc\nd", 2, ["a\nb\n", "c\nd"]),
        ("a\nb\nc\nd\ne", 3, ["a\nb\nc\nd\ne"]),
        ("a\nb\nc", 1, ["a\n", "b\n", "c"]),
        ("", 2, [""]),
        ("\n\na\nb", 1, ["\n\na\n", "b"]),
        ("a\n\nb\nc\n", 1, ["a\n", "\nb\n", "c\n"]),
        ("\n\n", 1, ["\n\n"]),
    ],
)
def test_segment_lines(trace, lines, segments):
    assert [trace[start:end] for start, end in segment_lines(trace, lines)] == segments


@pytest.mark.parametrize("kind", KINDS)
def test_training_carries_what_the_loops_policy_carries(kind):
    segments = [segment for segment, _ in segment_targets(LONG)]
    memory = memory_policy(kind)(Renderer("nano"))
    for count, segment in enumerate(segments, 1):
        memory.add(segment)
        carried = carry(segments[:count], kind, Renderer("nano"))
        assert identities(carried) == identities(memory.content())


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_carried_into_the_first_segment(kind):
    assert carry([], kind, Renderer("nano")) == []


@pytest.mark.parametrize("kind", KINDS)
def test_an_example_is_the_loops_prompt_and_the_segments_target(kind):
    prompts, renderer = PromptSet("nano"), Renderer("nano")
    pairs = segment_targets(LONG)
    for at, (_, target) in enumerate(pairs):
        memory = memory_policy(kind)(renderer)
        for segment, _ in pairs[:at]:
            memory.add(segment)
        prompt = prompts.render(LONG.problem, memory.content(), iteration=at)
        example = segment_example(LONG, at, kind, prompts, renderer)
        assert example.target == target
        assert identities(example.prompt.content) == identities(prompt.content)


def test_an_example_of_a_whole_trace_asks_for_all_of_it():
    prompts = PromptSet("nano")
    example = whole_example(LONG, prompts)
    assert identities(example.prompt.content) == identities(
        prompts.render(LONG.problem, [], iteration=0, whole=True).content
    )
    assert example.prompt != segment_example(LONG, 0, "optical", prompts, Renderer("nano")).prompt
    assert example.target == f"<think>\n{LONG.solution}\n</think>\n<answer>{LONG.answer}</answer>"


@pytest.mark.parametrize("kind", KINDS)
def test_a_lookup_example_shows_its_document_as_a_memory(kind):
    lookup, prompts, renderer = draw_lookup(random.Random(2), 6), PromptSet("nano"), Renderer("nano")
    example = lookup_example(lookup, kind, prompts, renderer)
    memory = carry(lookup.pairs, kind, renderer)
    assert identities(example.prompt.content) == identities(
        prompts.render(lookup.question, memory, iteration=0).content
    )
    assert example.target == f"<think>\n{lookup.line}\n</think>\n<answer>{lookup.answer}</answer>"
    assert final_answer(example.target, "vtc", stopped=True) == lookup.answer


def test_a_reading_example_asks_for_what_its_page_carries():
    example = reading_example("1+2=3", PromptSet("nano"), Renderer("nano"))
    (page,) = example.prompt.pages
    assert example.prompt.content[0] == READ
    assert page.text == example.target == "1+2=3"
