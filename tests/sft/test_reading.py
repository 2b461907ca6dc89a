import json
from pathlib import Path
from random import Random

import pytest

pytest.importorskip("pyarrow")

from tests.sft.openr1 import built, config, row, write_jsonl
from vtc_r1.backends import embedded
from vtc_r1.errors import PromptError
from vtc_r1.prompts import PromptSet
from vtc_r1.prompts.reading import ReadingPrompts
from vtc_r1.renderers import load_profile
from vtc_r1.sft.building.build import build
from vtc_r1.sft.building.workspace import Workspace
from vtc_r1.sft.built.dataset import BuiltDataset
from vtc_r1.sft.built.example_page import example_page
from vtc_r1.sft.built.statistics import report, statistics
from vtc_r1.sft.export import FORMATS, export
from vtc_r1.sft.export.messages import prompt_of
from vtc_r1.sft.reading import draw_reading, page_lines
from vtc_r1.sft.sources import open_source
from vtc_r1.sft.stopwatch import Stopwatch
from vtc_r1.sft.styling import Drawing, Style, Styles
from vtc_r1.sft.training.dataset import TrainingData
from vtc_r1.sft.training.loading import load_recipe

pytestmark = pytest.mark.slow

ROWS = [row(number, steps=3 + number % 9) for number in range(24)]
SMALL = Styles(name="small", profiles=6, base=0.2, draw={"font_size": [9, 11], "columns": [1, 2]})
PAGE = load_profile("default").replace(width=320, height=320)
NANO = Path(embedded.__file__).with_name("nano") / "tokenizer.json"
ASKED = {"reading": 0.4, "reading_sha256": ReadingPrompts("vtc").sha256, "styles": SMALL}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return write_jsonl(tmp_path_factory.mktemp("source") / "rows.jsonl", ROWS)


@pytest.fixture(scope="module")
def data(source, tmp_path_factory):
    out = tmp_path_factory.mktemp("reading") / "out"
    built(source, out, **ASKED)
    return BuiltDataset(out)


def readings(data):
    return [each for each in data if each.task != "reason"]


def drawing(profile):
    return Drawing(Style(profile.name, profile), Stopwatch())


def test_reading_tasks_have_their_share_and_change_no_other_example(source, data, tmp_path):
    built(source, tmp_path / "plain", styles=SMALL)
    assert [each for each in data if each.task == "reason"] == list(BuiltDataset(tmp_path / "plain"))
    assert 0.3 < len(readings(data)) / len(data) < 0.5
    assert {each.task for each in data} == {"reason", "transcribe", "lines", "follows", "value"}


def test_the_size_of_shards_changes_no_task(source, data, tmp_path):
    built(source, tmp_path / "out", shard_rows=5, **ASKED)
    assert list(BuiltDataset(tmp_path / "out")) == list(data)


def test_a_task_is_one_page_and_what_stands_on_it(data):
    for each in readings(data):
        assert (len(each.images), each.memory, each.segment, each.segments) == (1, (0,), 0, 1)
        assert each.target.strip() and each.answer == "" and each.text_tokens == 0
        assert each.question_tokens and each.vision_tokens and each.target_tokens


def test_some_pages_are_those_that_the_memory_carries(data):
    carried = {png for each in data if each.task == "reason" for png in each.images}
    shared = [each for each in readings(data) if each.images[0] in carried]
    assert 0.2 < len(shared) / len(readings(data)) < 0.8


TEXT = " ".join(f"word{at} holds {at * 37};" for at in range(120))


@pytest.mark.parametrize("columns", [1, 2])
def test_answers_stand_on_the_page(columns):
    own, other = drawing(PAGE.replace(columns=columns)), drawing(PAGE)
    seen = set()
    for seed in range(120):
        reading = draw_reading(Random(seed), [TEXT], own, other, 10_000)
        seen.add(reading.task)
        drawn = reading.page.drawn
        match reading.task:
            case "transcribe":
                assert reading.target == drawn
            case "lines":
                lines = reading.target.split("\n")
                assert len(lines) == reading.prompt_fields["last"] - reading.prompt_fields["first"] + 1 <= 8
                assert all(line in drawn for line in lines)
            case "follows":
                words = " ".join(drawn.split())
                assert words.count(reading.prompt_fields["after"]) == 1
                assert f"{reading.prompt_fields['after']} {reading.target}" in words
                assert len(reading.target.split()) == reading.prompt_fields["count"]
            case "value":
                name = reading.prompt_fields["question"].removesuffix("?").split()[-1]
                assert f"{name} = {reading.target}" in drawn
    assert seen == {"transcribe", "lines", "follows", "value"}


@pytest.mark.parametrize("layout", ["lines", "reflow"])
def test_the_lines_of_all_pages_are_the_text(layout):
    profile = PAGE.replace(columns=2, layout=layout, first_line_indent=8)
    pages = drawing(profile).render(TEXT)
    found = [line for at in range(len(pages)) for column in page_lines(TEXT, profile, at) for line in column]
    assert len(pages) > 1 and " ".join(found).split() == TEXT.split()


def test_the_embedded_models_small_pages_can_be_read():
    nano = drawing(load_profile("nano"))
    for seed in range(40):
        reading = draw_reading(Random(seed), ["12+3=15", "7*8=56\n56-1=55"], nano, nano, 10_000)
        assert reading.target and set(reading.target) <= set(reading.page.text + "\n")


@pytest.mark.parametrize("counts", ["estimate", "bytes"])
def test_targets_are_within_the_budget_of_a_segment(source, tmp_path, counts):
    pytest.importorskip("tokenizers")
    tokenizer = NANO if counts == "bytes" else None
    wide = load_profile("default").replace(width=640, height=640)
    opened = open_source(str(source))
    with Workspace(
        tmp_path / "out", config(opened.identity, profile=wide, **ASKED, segment_tokens=200, max_segments=99)
    ) as workspace:
        build(workspace, opened, tokenizer=tokenizer)
    found = [each for each in BuiltDataset(tmp_path / "out") if each.task != "reason"]
    assert len(found) > 5 and max(each.target_tokens for each in found) <= 200
    assert any(each.target_tokens > 100 for each in found)


def test_the_prompt_is_what_is_asked_and_the_page_alone(data):
    prompts = data.prompts()
    for each in readings(data):
        prompt = prompt_of(each, prompts, data.policy)
        assert prompt.system is None and prompt.content[0] == each.question and len(prompt.pages) == 1
    example = next(each for each in readings(data) if each.task == "lines")
    html = example_page(example, prompt_of(example, prompts, data.policy), "one")
    assert "Transcribe line" in html and "<dd>lines</dd>" in html


def test_trainers_learn_the_target_alone(source, tmp_path):
    built(source, tmp_path / "out", profile=load_profile("default"), **ASKED)
    found = TrainingData(load_recipe("qwen3-vl-8b", [f"data={tmp_path / 'out'}"]))
    at = next(at for at in range(len(found)) if found.built(at).task == "transcribe")
    example = found[at]
    assert example.target == found.built(at).target
    assert example.prompt.system is None and example.prompt.content[0] == found.built(at).question


@pytest.mark.parametrize("form", FORMATS)
def test_every_export_has_the_reading_tasks(data, form, tmp_path):
    assert export(data, form, tmp_path / form) == len(data)
    if form == "llamafactory":
        rows = [
            json.loads(line) for line in (tmp_path / form / "train.jsonl").read_text("utf-8").splitlines()
        ]
        for found, each in zip(rows, data, strict=True):
            if each.task != "reason":
                assert found["messages"][0]["content"].endswith("<image>") and found["system"] == ""
    if form == "jsonl":
        rows = [
            json.loads(line) for line in (tmp_path / form / "train.jsonl").read_text("utf-8").splitlines()
        ]
        assert [found["task"] for found in rows] == [each.task for each in data]


def test_statistics_of_traces_leave_reading_out(source, data, tmp_path):
    built(source, tmp_path / "plain", styles=SMALL)
    mixed, plain = (statistics(each.shards) for each in (data, BuiltDataset(tmp_path / "plain")))
    for name in ("traces", "segment_index", "segments_a_trace", "compression_ratio", "profiles"):
        assert getattr(mixed, name) == getattr(plain, name)
    assert sum(mixed.tasks.values()) == mixed.examples == len(data)
    assert report(data)["tasks"] == mixed.tasks
    assert "| `transcribe` |" in (data.folder / "README.md").read_text("utf-8")


def own_set(folder, **files):
    folder.mkdir()
    for name, text in {
        "question": "{{ question }}",
        "earlier": "{{ text }}",
        "last": "",
        **files,
    }.items():
        (folder / f"{name}.jinja").write_text(text, "utf-8")
    (folder / "promptset.toml").write_text('final = "vtc"\n', "utf-8")
    return folder


def test_a_prompt_set_of_ones_own_needs_a_template_only_for_reading(tmp_path):
    folder = own_set(tmp_path / "mine")
    identity = PromptSet(folder).sha256
    with pytest.raises(PromptError, match=r"reading\.jinja is missing.*build without --reading"):
        ReadingPrompts(folder)
    (folder / "reading.jinja").write_text("{% if task != 'value' %}read {{ first }}{% endif %}", "utf-8")
    assert ReadingPrompts(folder).ask("lines", first=3) == "read 3"
    assert PromptSet(folder).sha256 == identity
    with pytest.raises(PromptError, match="has no question for the task 'value'"):
        ReadingPrompts(folder).ask("value")
    (folder / "reading.jinja").write_text("{{ nothing }}", "utf-8")
    with pytest.raises(PromptError, match="'nothing' is undefined"):
        ReadingPrompts(folder).ask("lines")


def test_every_shipped_set_asks_to_read():
    for name in ("vtc", "boxed", "nano"):
        assert ReadingPrompts(name).ask("transcribe").startswith("Transcribe")
        assert (
            ReadingPrompts(name)
            .ask("lines", first=2, last=2, column=3)
            .startswith("Transcribe line 2 of column 3")
        )
