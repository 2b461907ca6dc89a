"""The course `micro`: pages of several steps, and traces that need them."""

import random

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

from vtc_r1.exercises import NAMED, read
from vtc_r1.memory import memory_policy
from vtc_r1.sft.courses import COURSES
from vtc_r1.sft.courses.micro import BUDGET, between
from vtc_r1.sft.curriculum import POOL, Curriculum
from vtc_r1.sft.examples import find_example, segment_targets, trace_examples
from vtc_r1.sft.packing import Packer
from vtc_r1.sft.rows import worked_row
from vtc_r1.sft.training.loading import load_recipe
from vtc_r1.sft.training.recipe import Recipe
from vtc_r1.sft.training.statement import statement
from vtc_r1.spec import without

pytestmark = pytest.mark.model

MICRO = COURSES["micro"]
CHAIN = NAMED["chain"].draw(random.Random(1), 18)


def trees(progress, *, reads=False):
    ((drawn, count),) = MICRO.pool(random.Random(3), progress, 2, 4, reads=reads)
    assert count == 2
    return drawn


def curriculum(encoder, **changes):
    wanted = {"steps": 32, "batch": 2, "seed": 1, "packer": Packer(encoder), "course": MICRO}
    return Curriculum(**{**wanted, **changes})


def test_every_course_has_its_name_in_recipes():
    for name in COURSES:
        assert load_recipe("nano", [f"course={name}"]).course == name
    with pytest.raises(Exception, match="course"):
        load_recipe("nano", ["course=mega"])


def test_a_batch_follows_from_its_step_and_the_seed_alone(encoder):
    first, again = curriculum(encoder)[20], curriculum(encoder)
    again[3]
    assert all(torch.equal(first[name], again[20][name]) for name in first)
    assert len(curriculum(encoder)._draw_pool(1)) == POOL


def test_pages_of_a_batch_are_of_one_size(encoder):
    batch = curriculum(encoder)[0]
    assert {tuple(grid) for grid in batch["image_grid_thw"].tolist()} == {(1, 8, 6)}


def test_problems_grow_and_reading_gives_way():
    begun, grown = trees(0.0), trees(0.5)
    assert len(begun) > len(grown)
    lengths = [max(len(tree) for tree in drawn) for drawn in (begun, grown)]
    assert lengths[0] == 3 < lengths[1] <= 7
    assert len(trees(0.0, reads=True)) == len(grown)
    assert [between((1.5, 0.5), at) for at in (0, 0.5, 1)] == [1.5, 1.0, 0.5]


def test_segments_of_a_trace_are_four_steps():
    targets = segment_targets(worked_row(CHAIN), 4)
    assert [len(segment.split("\n")) for segment, _ in targets] == [4, 4, 4, 4, 2]
    assert "\n".join(segment for segment, _ in targets) == "\n".join(CHAIN.lines)
    assert targets[-1][1].endswith(f"</think>\n<answer>{CHAIN.answer}</answer>")


def test_longest_target_is_what_the_checkpoint_states(encoder):
    longest = 0
    for kind in NAMED.values():
        row = worked_row(kind.draw(random.Random(2), [n for n in kind.lines if n % 4 in (0, 3)][-1]))
        longest = max(longest, *(len(encoder.written(target)) + 1 for _, target in segment_targets(row, 4)))
    assert longest == MICRO.segment_tokens


def test_examples_of_a_trace_carry_what_the_loop_would():
    examples = trace_examples(worked_row(CHAIN), "optical", MICRO.prompts, MICRO.pages, 4)
    assert [len(example.prompt.pages) for example in examples] == [0, 1, 2, 3, 4]
    kept = trace_examples(worked_row(CHAIN), MICRO.kept, MICRO.prompts, MICRO.pages, 4)
    assert [len(example.prompt.pages) for example in kept] == [0, 1, 2, 2, 2]
    first, newest = kept[-1].prompt.pages
    assert (first.text, newest.text) == ("\n".join(CHAIN.lines[:4]), "\n".join(CHAIN.lines[12:16]))
    assert sum(page.vision_tokens for page in kept[-1].prompt.pages) <= BUDGET


def test_lines_are_found_by_their_names():
    lines = CHAIN.lines[:8]
    example = find_example(
        ["\n".join(lines[:4]), "\n".join(lines[4:])], [lines[5], lines[0]], MICRO.prompts, MICRO.pages
    )
    assert example.target == f"{lines[5]}\n{lines[0]}"
    assert len(example.prompt.pages) == 2


def test_the_recipe_begins_with_the_embedded_model_and_states_what_it_teaches():
    recipe = load_recipe("micro", [])
    assert isinstance(recipe, Recipe) and (recipe.model, recipe.course) == ("embedded", "micro")
    assert recipe.model in MICRO.blind
    stated = statement(recipe, None)
    assert (stated.iterations, stated.budgeted, stated.profiles[0].name) == (7, True, "micro")
    policies = [memory_policy(name).name for name in ("optical", "text", MICRO.kept)]
    assert [without(policy, "budget") for policy in policies] == [*stated.memory]


def test_drawn_traces_are_of_the_kinds_that_are_taught():
    questions = {tree[0].prompt.content[0] for tree in trees(0.5) if len(tree) > 1}
    assert questions
    assert {read(question, kinds=MICRO.kinds).kind for question in questions} <= set(NAMED)
