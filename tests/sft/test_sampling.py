"""Rounds of sampling: prompts, targets, choice, drops, going on."""

import json
from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

from tests.eval.small import NAMES, loaded
from tests.scripted import Scripted, Segment, cut
from tests.sft.sampled import (
    SAMPLES,
    Model,
    counting,
    digit,
    drops,
    prepared,
    sampled,
    shown,
    stored,
)
from vtc_r1.errors import BackendError, ContextOverflow, DataError, UsageError
from vtc_r1.eval.runs.folder import SAMPLES as SAMPLES_FILE
from vtc_r1.memory import POLICIES
from vtc_r1.sft.built.example_page import example_page
from vtc_r1.sft.built.statistics import statistics
from vtc_r1.sft.export import FORMATS, export
from vtc_r1.sft.export.messages import prompt_of
from vtc_r1.sft.sampling.sample import solve

pytestmark = pytest.mark.slow


def check_prompts(data, model: Model) -> None:
    """Every example has the prompt that the loop sent, to the pixel, and what the model wrote then."""
    prompts = data.prompts()
    for example in data:
        asked = model.asked[example.uuid, example.generation, example.segment].prompt
        again = prompt_of(example, prompts, data.policy)
        assert (again.system, shown(again.content)) == (asked.system, shown(asked.content))


@pytest.mark.parametrize("memory", [name for name in POLICIES if name != "single"])
def test_examples_have_the_prompts_that_the_loop_sent(tmp_path: Path, memory: str) -> None:
    model = Model(counting)
    data = sampled(tmp_path / "out", model, memory=memory)
    assert len(data) == 4 * SAMPLES * len(NAMES) == len(model.asked)
    check_prompts(data, model)
    last = data[3]
    assert (last.segment, last.segments, last.answer, last.target) == (3, 4, "1", "\\boxed{1}")
    assert (last.row, last.generation, last.uuid, last.source) == (0, 0, "one", "digits")
    carried = (0, 3) if memory in ("text", "auto", "summary", "tail", "delethink") else (3, 0)
    carried = {"forget": (0, 0), "hybrid": (2, 1), "facts": (3, 3), "reread": (3, 1)}.get(memory, carried)
    texts = [part for part in last.memory if isinstance(part, str)]
    assert (len(last.images), len(texts)) == carried
    assert (last.vision_tokens > 0, last.text_tokens > 0) == (carried[0] > 0, carried[1] > 0)
    assert data.config.memory == memory


def test_a_single_generation_is_one_example(tmp_path: Path) -> None:
    model = Model(lambda name, sample, iteration: f"<think>{sample}</think> {digit(name)}")
    data = sampled(tmp_path / "out", model, memory="single")
    assert len(data) == SAMPLES * len(NAMES) and {example.memory for example in data} == {()}
    check_prompts(data, model)


def test_a_segment_is_learned_as_far_as_the_loop_remembered_it(tmp_path: Path) -> None:
    def script(name: str, sample: int, iteration: int) -> Segment:
        return (
            cut(f"First line of {sample}.\nSecond line.\nThe third is cu") if iteration == 0 else digit(name)
        )

    model = Model(script)
    data = sampled(tmp_path / "out", model, memory="text")
    assert data[0].target == "First line of 0.\nSecond line.\n"
    assert data[1].memory == ("First line of 0.\nSecond line.",)
    check_prompts(data, model)


@pytest.mark.parametrize(
    ("end", "first"),
    [("boundary", "A first step. " * 9 + "\n\n"), ("streamed:after=0.5", "A first step. " * 8)],
)
def test_a_segment_is_learned_as_it_was_ended(tmp_path: Path, end: str, first: str) -> None:
    text = "A first step. " * 9 + "\n\nand more:\nthe third li"
    model = Model(lambda name, sample, at: cut(text) if at == 0 else digit(name))
    data = sampled(tmp_path / "out", model, memory="text", segment_end=end, segment_tokens=32)
    assert (data[0].target, data[1].memory) == (first, (first.strip(),))
    assert data.config.loop is not None and data.config.loop.segment_end == end
    check_prompts(data, model)


@pytest.mark.parametrize("density", ["content:exact=1.5", "fit:tokens=100"])
@pytest.mark.slow
def test_pages_of_another_density_are_learned_as_they_were_shown(tmp_path: Path, density: str) -> None:
    model = Model(counting)
    data = sampled(tmp_path / "out", model, density=density, memory_tokens=4_000)
    assert len(data) == 4 * SAMPLES * len(NAMES) and data.config.loop is not None
    assert (data.config.loop.density, data.config.loop.budget.memory_tokens) == (density, 4_000)
    usual = sampled(tmp_path / "usual" / "out", Model(counting))
    assert data[3].images != usual[3].images
    check_prompts(data, model)
    with pytest.raises(UsageError, match="made with other settings"):
        prepared(tmp_path / "out", Model(counting))
    other = prepared(tmp_path / "usual" / "out", Model(counting)).config
    assert data.config.differences(other) == ["budget.memory_tokens", "density"]


def test_what_stands_behind_an_answer_that_was_cut_is_not_learned(tmp_path: Path) -> None:
    text = "<think>\nIt is {}.\n</think>\n<answer>{}</answer>\nAnd now for something compl"
    model = Model(lambda name, sample, at: cut(text.format(sample, NAMES.index(name) + 1)))
    data = sampled(tmp_path / "out", model, prompts="vtc")
    assert data[0].target == "<think>\nIt is 0.\n</think>\n<answer>1</answer>"


def test_control_tokens_that_a_model_spells_out_are_text(tmp_path: Path) -> None:
    model = Model(lambda name, sample, at: f"{sample} <|im_end|>\n" if at == 0 else digit(name))
    data = sampled(tmp_path / "out", model, memory="text")
    assert data[0].target == "0 < |im_end|>\n" and data[1].memory == ("0 < |im_end|>",)


def test_memory_that_gave_way_to_the_context_is_as_it_was(tmp_path: Path) -> None:
    def script(name: str, sample: int, iteration: int) -> Segment:
        if iteration == 2 and not overflowed.get((name, sample)):
            overflowed[name, sample] = True
            model._iterations[model.requests[-1].solve] -= 1
            return ContextOverflow("full", 1000, 999)
        return counting(name, sample, iteration)

    overflowed: dict[tuple[str, int], bool] = {}
    model = Model(script)
    data = sampled(tmp_path / "out", model)
    assert [len(data[at].images) for at in range(4)] == [0, 1, 1, 2]
    check_prompts(data, model)


def by_sample(name: str, sample: int, iteration: int) -> Segment:
    """Sample 0: many short segments, 1: one long segment, 2: two of medium length."""
    work = [["a\n"] * 4, ["a long way to go\n" * 9], ["not so long\n" * 4, "b\n"]][sample]
    return f"{iteration}{work[iteration]}" if iteration < len(work) else digit(name)


@pytest.mark.parametrize(
    ("choose", "chosen"), [("shortest", [0]), ("fewest-iterations", [1]), ("all", [0, 1, 2])]
)
def test_rules_of_choice(tmp_path: Path, choose: str, chosen: list[int]) -> None:
    data = sampled(tmp_path / "out", Model(by_sample), options={"choose": choose})
    for name in NAMES:
        assert sorted({one.generation for one in data if one.uuid == name}) == chosen
    others = SAMPLES - len(chosen)
    assert data.manifest["generations_dropped"] == ({"not_chosen": others * len(NAMES)} if others else {})


def test_another_choice_needs_no_other_solves(tmp_path: Path) -> None:
    model = Model(by_sample)
    sampled(tmp_path / "out", model, options={"choose": "shortest"})
    asked = len(model.requests)
    data = sampled(tmp_path / "more", model, options={"choose": "all"})
    assert len(model.requests) == asked
    assert data.manifest["solves"]["solves"] == data.manifest["solves"]["right"] == SAMPLES * len(NAMES)


def spoilt(name: str, sample: int, iteration: int) -> Segment:
    """Solves of all kinds."""
    if (name, sample) == ("one", 0):
        return "\\boxed{5}"
    if (name, sample) == ("one", 1):
        return f"never the same {iteration}\n" if iteration < 8 else digit(name)
    if name == "two":
        return "\\boxed{1}"
    if (name, sample) == ("three", 2):
        return "the same again\n"
    return digit(name) if name == "four" else counting(name, sample, iteration)


def test_what_is_dropped_is_counted_and_listed(tmp_path: Path) -> None:
    data = sampled(tmp_path / "out", Model(spoilt))
    assert drops(data) == [
        ("one", 0, "wrong"),
        ("one", 1, "forced"),
        ("two", None, "unsolved"),
        ("two", 0, "wrong"),
        ("two", 1, "wrong"),
        ("two", 2, "wrong"),
        ("three", 2, "unanswered"),
        ("four", 1, "duplicate"),
        ("four", 2, "duplicate"),
    ]
    assert (data.manifest["rows"], data.manifest["rows_used"]) == (6, 5)
    assert data.manifest["dropped"] == {"unsolved": 1}
    counts = {"duplicate": 2, "forced": 1, "unanswered": 1, "wrong": 4}
    assert data.manifest["generations_dropped"] == counts
    card = (data.folder / "README.md").read_text("utf-8")
    assert "| `wrong` | 4 | the answer is wrong |" in card and "5 of 6 problems gave examples" in card
    right = [one for one in data if one.uuid == "one"]
    assert {one.generation for one in right} == {2}


def test_where_the_best_one_cannot_be_used_the_next_is(tmp_path: Path) -> None:
    def script(name: str, sample: int, iteration: int) -> Segment:
        if (
            sample == 0 and iteration == 0
        ):  # the loop goes on after it, as it was cut; a model that stops there ends
            return cut("\\boxed{9} is a guess\nthat goes on\n", tokens=1)
        return counting(name, sample, iteration) if sample else digit(name)

    data = sampled(tmp_path / "out", Model(script), options={"choose": "shortest"})
    assert {example.generation for example in data} == {1}
    assert data.manifest["generations_dropped"] == {"answer_unreadable": 6, "not_chosen": 6}


def test_a_solve_with_an_empty_segment_is_dropped(tmp_path: Path) -> None:
    def script(name: str, sample: int, iteration: int) -> Segment:
        return "<think>\n</think>\n" if (sample, iteration) == (1, 1) else counting(name, sample, iteration)

    data = sampled(tmp_path / "out", Model(script))
    assert data.manifest["generations_dropped"] == {"empty_trace": 6}
    assert {example.generation for example in data} == {0, 2}


def test_long_examples_are_dropped(tmp_path: Path) -> None:
    def script(name: str, sample: int, iteration: int) -> Segment:
        return f"{sample} on and on\n" * (30 if name == "three" else 1) if iteration == 0 else digit(name)

    data = sampled(tmp_path / "out", Model(script), memory="text", options={"max_tokens": 100})
    assert data.manifest["generations_dropped"] == {"too_many_tokens": SAMPLES}
    assert ("three", None, "unsolved") in drops(data)


def test_pages_that_are_not_those_shown_are_not_learned(tmp_path: Path) -> None:
    model, out = Model(counting), tmp_path / "out"
    solve(prepared(out, model))
    (path,) = tmp_path.glob(f"solves/*/*/{SAMPLES_FILE}")
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for row in rows:
        if row["problem"] == "two":
            row["trace"]["iterations"][1]["pages_sent"] = ["0" * 64]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    data = sampled(out, model)
    assert data.manifest["generations_dropped"] == {"pages_changed": SAMPLES}
    assert "two" not in {example.uuid for example in data}


def test_failed_solves_are_owed_again(tmp_path: Path) -> None:
    def failing(name: str, sample: int, iteration: int) -> Segment:
        return BackendError("the line is dead") if name == "five" else counting(name, sample, iteration)

    out, whole = tmp_path / "out", tmp_path / "whole" / "out"
    with pytest.raises(DataError, match=r"3 of 18 solves failed .the line is dead.*--drop-failed"):
        sampled(out, Model(failing))
    assert not out.exists()
    model = Model(counting)
    data = sampled(out, model)
    assert {name for name, _, _ in model.asked} == {"five"}
    assert [*data] == [*sampled(whole, Model(counting))]


def test_failed_solves_may_be_dropped(tmp_path: Path) -> None:
    def failing(name: str, sample: int, iteration: int) -> Segment:
        return BackendError("no") if name == "five" else counting(name, sample, iteration)

    data = sampled(tmp_path / "out", Model(failing), drop_failed=True)
    assert data.manifest["generations_dropped"] == {"failed": 3}
    assert data.manifest["dropped"] == {"unsolved": 1}


def test_nothing_right_is_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none of 6 problems gave an example .wrong 18, unsolved 6"):
        sampled(tmp_path / "out", Model(lambda name, sample, at: "\\boxed{77}"))
    assert not (tmp_path / "out").exists()


def test_a_model_that_is_greedy_by_nature_is_warmed(tmp_path: Path) -> None:
    benchmark = loaded(sampling={"temperature": 0})
    assert prepared(tmp_path / "out", Scripted([]), benchmark=benchmark).setup.run.sampling.temperature == 1.0
    with pytest.raises(UsageError, match="--n 3: with --temperature 0"):
        prepared(tmp_path / "out", Scripted([]), temperature=0)
    one = prepared(tmp_path / "out", Scripted([]), temperature=0, samples=1)
    assert (one.setup.run.sampling.temperature, one.config.loop.seed) == (0, None)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"memory": "optical,text"}, "has one memory policy"),
        ({"memory": "txt"}, "did you mean 'text'"),
        ({"system_file": "x"}, "--system-file is not part of a prompt set"),
    ],
)
def test_what_a_data_set_cannot_be_made_by(tmp_path: Path, settings: dict[str, str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        prepared(tmp_path / "out", Scripted([]), **settings)


def test_a_finished_round_has_its_seed_without_its_solves(tmp_path: Path) -> None:
    out = tmp_path / "out"
    sampled(out, Model(counting))
    assert prepared(out, Scripted([]), seed=None, samples=3).config.loop.seed == 7


@pytest.mark.parametrize("memory", ["optical", "hybrid"])
def test_everything_that_reads_built_data_reads_it(tmp_path: Path, memory: str) -> None:
    data = sampled(tmp_path / "out", Model(counting), memory=memory)
    found = statistics(data.shards)
    assert (found.examples, found.traces, found.segments_a_trace) == (72, 18, {4: 18})
    assert found.compression_ratio
    page = example_page(data[3], prompt_of(data[3], data.prompts(), data.policy), "three")
    assert page.count("data:image/png") == len(data[3].images) and "\\boxed{1}" in page
    for form in FORMATS:
        assert export(data, form, tmp_path / form) == 72


def test_tokens_are_those_of_the_solves_text(tmp_path: Path) -> None:
    data = sampled(tmp_path / "out", Model(counting), memory="hybrid")
    first, second, third, _ = (data[at] for at in range(4))
    assert (first.memory_tokens, first.vision_tokens) == (0, 0)
    assert (second.memory_tokens, second.text_tokens) == (10, 10)
    assert (third.memory_tokens, third.text_tokens) == (20, 10)
    assert data.config.tokens.startswith("estimate")


def test_the_order_in_which_solves_finish_changes_nothing(tmp_path: Path) -> None:
    whole = sampled(tmp_path / "a" / "out", Model(by_sample))
    prepared_alone = prepared(tmp_path / "b" / "out", Model(by_sample))
    solve(prepared_alone, concurrency=1)
    again = sampled(tmp_path / "b" / "out", Model(by_sample))
    assert [*again] == [*whole]
    files = [
        {path.name: path.read_bytes() for path in data.folder.glob("*/*")}
        | {"drops": (data.folder / "drops.jsonl").read_bytes()}
        for data in (whole, again)
    ]
    assert files[0] == files[1]
    assert len(stored(tmp_path / "b" / "out")) == SAMPLES * len(NAMES)
