import itertools
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.many_examples import many_examples
from tests.sft.openr1 import config, row, trace
from vtc_r1.answers import final_answer
from vtc_r1.backends import embedded
from vtc_r1.errors import DataError
from vtc_r1.exercises import read
from vtc_r1.memory import POLICIES, Optical, memory_policy
from vtc_r1.prompts import PromptSet
from vtc_r1.renderers import Page, Renderer, load_profile
from vtc_r1.segments import keep
from vtc_r1.sft.building.example import REASONS
from vtc_r1.sft.building.glyphs import fonts_of
from vtc_r1.sft.building.row_builder import RowBuilder
from vtc_r1.sft.examples import segment_example, segment_targets
from vtc_r1.sft.rows import worked_row

pytestmark = pytest.mark.slow

BUILDER = RowBuilder(config({}))
WITH_OPTIONS = (
    "decay:after=1,block=1", "hybrid:tokens=300", "optical:budget=1200", "text:budget=700",
    "facts:budget=900", "reread:of=facts", "reread:of=decay,budget=2000",
)  # fmt: skip
NANO = Path(embedded.__file__).with_name("nano")


def reasons(record, builder=BUILDER):
    return [drop.reason for drop in builder.build(0, record).drops]


def test_the_loop_would_carry_exactly_these_pages_and_stop_exactly_there():
    examples = BUILDER.build(0, row(3, steps=12)).examples
    assert len(examples) > 3
    memory = Optical(Renderer(BUILDER.config.profile))
    for at, example in enumerate(examples):
        assert (example.segment, example.segments) == (at, len(examples))
        assert list(example.images) == [page.png for page in memory.content()]
        assert example.vision_tokens == sum(page.vision_tokens for page in memory.content())
        answer = final_answer(example.target, "vtc", stopped=True)
        assert answer == ("3" if at == len(examples) - 1 else None)
        memory.add(keep(example.target, cut=False))


def test_segments_end_with_the_summary_that_the_next_example_is_given():
    built = RowBuilder(config({}, memory="summary:tokens=90"))
    first, *others = built.build(0, row(3, steps=12)).examples
    assert first.memory == () and len(others) > 2
    before = first
    for example in others:
        (summary,) = example.memory
        assert before.target.endswith(f"</think>\n<summary>\n{summary}\n</summary>")
        assert 0 < example.text_tokens <= 90 and before.target_tokens > example.text_tokens
        lines = summary.split("\n")
        earlier = "\n".join([*map(str, before.memory), before.target])
        assert all(line in earlier for line in lines) and summary.kind == "summary"
        before = example
    assert "<summary>" not in before.target and final_answer(before.target, "vtc", stopped=True) == "3"


@pytest.mark.parametrize("name", [*(name for name in POLICIES if name != "single"), *WITH_OPTIONS])
def test_an_example_carries_what_the_loops_memory_of_that_name_does(name):
    built = RowBuilder(config({}, memory=name))
    memory = memory_policy(name)(Renderer(built.config.profile))
    for example in built.build(0, row(3, steps=12)).examples:
        carried = [example.images[part] if isinstance(part, int) else part for part in example.memory]
        assert carried == [part if isinstance(part, str) else part.png for part in memory.content()]
        assert len(example.images) == sum(isinstance(part, int) for part in example.memory)
        assert (example.text_tokens > 0) == any(isinstance(part, str) for part in example.memory)
        assert example.vision_tokens == sum(
            page.vision_tokens for page in memory.content() if isinstance(page, Page)
        )
        memory.add(keep(example.target, cut=False))
    assert example.segment > 3


def test_without_iterations_a_trace_is_one_segment():
    (example,) = RowBuilder(config({}, memory="single")).build(0, row(0, steps=12)).examples
    assert (example.segments, example.images, example.memory) == (1, (), ())
    assert keep(example.target.partition("</think>")[0], cut=False) == trace(12)
    assert final_answer(example.target, "vtc", stopped=True) == "0"


def test_segments_carry_the_whole_trace():
    examples = BUILDER.build(0, row(0, steps=12)).examples
    kept = [keep(example.target.partition("</think>")[0], cut=False) for example in examples]
    assert "\n\n".join(kept) == trace(12)


def test_pages_are_drawn_once_and_shared():
    examples = BUILDER.build(0, row(0, steps=12)).examples
    for before, after in itertools.pairwise(examples):
        assert all(one is two for one, two in zip(before.images, after.images, strict=False))


def test_tokens_add_up():
    examples = BUILDER.build(0, row(0, steps=12)).examples
    assert [each.memory_tokens for each in examples] == sorted(each.memory_tokens for each in examples)
    assert examples[0].memory_tokens == examples[0].vision_tokens == 0
    assert all(each.target_tokens <= 134 + 20 for each in examples)


def test_a_tokenizer_counts_instead_of_the_estimate():
    pytest.importorskip("tokenizers")
    builder = RowBuilder(config({}, segment_tokens=300, max_segments=20), NANO / "tokenizer.json")
    examples = builder.build(0, row(0, steps=12)).examples
    segments = [keep(example.target.partition("</think>")[0], cut=False) for example in examples]
    assert len(segments) > 6
    for segment, example in zip(segments, examples, strict=True):
        assert len(segment.encode()) <= 300
        assert example.question_tokens == len(example.question.encode())
    assert examples[-1].memory_tokens + len(segments[-1].encode()) == len(trace(12).encode())


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"generations": []}, "no_generation"),
        ({"generations": None}, "no_generation"),
        ({"generations": ["", None]}, "no_generation"),
        ({"generations": ["no tags here", ""]}, "no_think"),
        ({"generations": ["<think>open", ""]}, "no_think"),
        ({"generations": ["<think>\n \n</think>4", ""]}, "empty_trace"),
        ({"generations": ["<think>I write </think> here, and go on.</think>4", ""]}, "unclear_thoughts"),
        ({"generations": ["<think>once</think>4. Or <think>twice</think>5", ""]}, "unclear_thoughts"),
        ({"generations": ["opened by the template</think>quoted `</think>`", ""]}, "unclear_thoughts"),
        ({"generations": ["I write `<think>` first.</think>4", ""]}, "unclear_thoughts"),
        ({"generations": ["once</think>4. Or <think>twice</think>5", ""]}, "unclear_thoughts"),
        ({"generations": [f"<think>{'x ' * 200_000}</think>", ""]}, "too_long"),
        ({"generations": [f"<think>{trace(60)}</think>", ""]}, "too_many_segments"),
        ({"problem": "y " * 3000}, "too_many_tokens"),
        ({"correctness_math_verify": None}, "no_verdict"),
        ({"correctness_math_verify": [None, None]}, "no_verdict"),
        ({"correctness_math_verify": []}, "no_verdict"),
        ({"correctness_math_verify": [False, False]}, "none_correct"),
        ({"is_reasoning_complete": [False, True]}, "none_complete"),
        ({"answer": " "}, "no_answer"),
        ({"answer": None}, "no_answer"),
        ({"answer": "4</answer><answer>5"}, "answer_unreadable"),
        ({"problem": "\n"}, "no_problem"),
        ({"problem": 7}, "malformed"),
        ({"generations": "text"}, "malformed"),
        ({"correctness_math_verify": [[True]]}, "malformed"),
    ],
)
def test_what_is_dropped_and_why(fields, reason):
    builder = RowBuilder(config({}, max_tokens=1500, max_characters=100_000))
    result = builder.build(5, row(**fields))
    assert result.examples == []
    assert [drop.reason for drop in result.drops] == [reason]
    assert result.drops[0].row == 5
    assert reason in REASONS


@pytest.mark.parametrize("quoted", ["<think>", "< /think>", "</ think>", "<think> <think>"])
def test_other_tags_in_thoughts_lose_no_text(quoted):
    text = f"<think>\nFirst.\n\nI quote {quoted} and go on.\n\n{trace(5)}</think>4"
    examples = BUILDER.build(0, row(generations=[text, ""])).examples
    kept = [keep(example.target.partition("</think>")[0], cut=False) for example in examples]
    assert "\n\n".join(kept).split() == keep(text.partition("</think>")[0], cut=False).split()


BENGALI = "ক খ গ ঘ "
PLAIN = load_profile("default").replace(width=320, height=320, fallback="none")


@pytest.mark.parametrize(
    ("letters", "share", "is_dropped"),
    [(0, 0.0, False), (4, 0.0, True), (4, 0.01, False), (60, 0.01, True), (60, 1.0, False)],
)
def test_what_nobody_can_read_is_dropped_beyond_a_share(letters, share, is_dropped):
    built = RowBuilder(config({}, profile=PLAIN, max_missing=share))
    text = f"<think>\n{BENGALI * (letters // 4)}\n\n{trace(12)}</think>4"
    result = built.build(0, row(generations=[text, ""]))
    assert bool(result.examples) != is_dropped
    if is_dropped:
        (drop,) = result.drops
        assert drop.reason == "missing_glyphs" and re.fullmatch(
            rf"{letters} of [\d,]+ \(Bengali\)", drop.detail
        )
        assert built.glyphs.characters == 0
    else:
        assert (built.glyphs.missing, built.glyphs.scripts) == (letters, {"Bengali"} if letters else set())
        assert built.glyphs.characters > 1000


def test_text_that_is_not_drawn_needs_no_glyphs():
    built = RowBuilder(config({}, profile=PLAIN, memory="text"))
    text = f"<think>\n{BENGALI * 40}\n\n{trace(12)}</think>4"
    assert built.build(0, row(generations=[text, ""])).examples and built.glyphs.characters == 0


def test_other_fonts_than_those_of_the_build_are_refused():
    here = fonts_of([PLAIN])
    assert RowBuilder(config({}, profile=PLAIN, fonts=here)).config.fonts == here
    for fonts, said in (
        (("NotoSansCJK.ttc#2 0123456789abcdef", *here), "it lacks NotoSansCJK.ttc#2 0123456789abcdef;"),
        (("DejaVuSans.ttf#0 0123456789abcdef",), "it lacks DejaVuSans.ttf#0 0123456789abcdef and also has"),
    ):
        with pytest.raises(DataError, match="draws with other fonts than the build began with") as error:
            RowBuilder(config({}, profile=PLAIN, fonts=fonts))
        assert said in str(error.value)


def test_a_row_that_is_no_object_or_lacks_a_field_is_malformed():
    without = row()
    del without["problem"]
    assert reasons(None) == reasons(without) == reasons({}) == ["malformed"]


def test_the_judge_counts_where_the_rule_is_null():
    result = BUILDER.build(0, row(correctness_math_verify=None, correctness_llama=[True, False]))
    assert {example.generation for example in result.examples} == {0}


def test_math_verify_comes_before_the_judge():
    fields = {"correctness_math_verify": [False, True], "correctness_llama": [True, True]}
    record = row(**fields)
    record["generations"][1] = record["generations"][0]
    assert {example.generation for example in BUILDER.build(0, record).examples} == {1}


def test_the_next_good_generation_is_taken_where_one_cannot_be_used():
    record = row(correctness_math_verify=[True, True])
    record["generations"] = ["no tags", record["generations"][0]]
    result = BUILDER.build(0, record)
    assert {example.generation for example in result.examples} == {1}
    assert result.drops == []


def test_all_good_generations():
    record = row(correctness_math_verify=[True, True, True], is_reasoning_complete=None)
    record["generations"] = [record["generations"][0], "no tags", record["generations"][0]]
    result = RowBuilder(config({}, generations="all")).build(0, record)
    assert {example.generation for example in result.examples} == {0, 2}
    assert [(drop.generation, drop.reason) for drop in result.drops] == [(1, "no_think")]


def test_control_tokens_and_tags_in_a_row_stay_text():
    text = f"<think>\nA <|im_end|> b <answer>1</answer> c.\n\n{trace(5)}</think>"
    result = BUILDER.build(0, row(problem="<|im_start|>system", generations=[text, ""]))
    assert result.examples
    for example in result.examples:
        assert "<|" not in example.target + example.question
    assert result.examples[0].target.count("<answer>") == 0


def test_the_embedded_models_rows_give_what_its_curriculum_trains_on():
    worked = worked_row(read("12+3*4-5+6-7+8"))
    builder = RowBuilder(config({}, profile=load_profile("nano"), segmentation="lines"))
    examples = builder.build(0, worked.model_dump()).examples
    assert [example.target for example in examples] == [target for _, target in segment_targets(worked)]
    for at, example in enumerate(examples):
        expected = segment_example(worked, at, "optical", PromptSet("nano"), Renderer("nano"))
        assert list(example.images) == [page.png for page in expected.prompt.pages]


@many_examples(60)
@given(st.text(max_size=400), st.text(max_size=40), st.text(max_size=40))
def test_any_text_is_built_or_dropped_with_a_reason(thoughts, problem, answer):
    record = row(problem=problem, answer=answer, generations=[f"<think>{thoughts}</think>", ""])
    result = BUILDER.build(0, record)
    assert bool(result.examples) != bool(result.drops)
    assert all(drop.reason in REASONS for drop in result.drops)


@pytest.mark.parametrize("name", ["optical", "text", "hybrid"])
def test_what_is_carried_whole_has_the_tokens_that_it_has_in_its_trace(name):
    built = RowBuilder(config({}, memory=name, segment_tokens=300, max_segments=20), NANO / "tokenizer.json")
    examples = built.build(0, row(0, steps=12)).examples
    ending = {
        two.memory_tokens - one.memory_tokens - one.target_tokens for one, two in itertools.pairwise(examples)
    }
    assert len(examples) > 3 and len(ending) == 1


@pytest.mark.parametrize(("name", "carries"), [("blank", False), ("forget", False), ("decay:after=1", True)])
def test_only_what_is_carried_counts(name, carries):
    examples = RowBuilder(config({}, memory=name)).build(0, row(3, steps=12)).examples
    assert [one.memory_tokens > 0 for one in examples[1:]] == [carries] * (len(examples) - 1)
    assert all(one.text_tokens == 0 for one in examples)
