import hashlib
import json
import re
import tarfile

import pytest

pytest.importorskip("pyarrow")

from tests.sft.openr1 import built, row, write_jsonl
from vtc_r1.errors import StorageError, UsageError
from vtc_r1.prompts import PromptSet
from vtc_r1.renderers import load_profile
from vtc_r1.sft.built import dataset
from vtc_r1.sft.built.dataset import BuiltDataset
from vtc_r1.sft.built.example_page import example_page
from vtc_r1.sft.built.statistics import report, statistics
from vtc_r1.sft.export import FORMATS, export, exporting
from vtc_r1.sft.export.messages import prompt_of

HOSTILE = '<script>alert(1)</script> <image> </pre> \u202e & "quoted"'
ROWS = [row(number, steps=3 + 3 * number) for number in range(4)]
ROWS[2]["problem"] += HOSTILE
ROWS[2]["generations"][0] = ROWS[2]["generations"][0].replace("Wait", HOSTILE, 1)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built")
    built(write_jsonl(folder / "rows.jsonl", ROWS), folder / "out", shard_rows=3)
    return BuiltDataset(folder / "out")


@pytest.fixture(scope="module")
def exported(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    for form in FORMATS:
        assert export(data, form, folder / form) == len(data)
    return folder


def lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_json_lines_hold_every_example_and_its_pages(data, exported):
    for found, example in zip(lines(exported / "jsonl" / "train.jsonl"), data, strict=True):
        images = found.pop("images")
        assert tuple((exported / "jsonl" / path).read_bytes() for path in images) == example.images
        assert [item["page"] for item in found.pop("memory")] == [*range(len(images))]
        assert all(getattr(example, name) == value for name, value in found.items())


def test_a_page_is_one_file_named_by_its_hash(data, exported):
    pages = {png for example in data for png in example.images}
    files = [*(exported / "jsonl" / "pages").rglob("*.png")]
    assert {path.stem for path in files} == {hashlib.sha256(png).hexdigest() for png in pages}


def test_llamafactory_has_a_placeholder_for_every_page_in_the_loops_order(data, exported):
    folder = exported / "llamafactory"
    prompts = PromptSet("vtc")
    for found, example in zip(lines(folder / "train.jsonl"), data, strict=True):
        user, assistant = found["messages"]
        prompt = prompt_of(example, prompts, data.policy)
        assert (user["role"], assistant["role"]) == ("user", "assistant")
        assert user["content"].count("<image>") == len(found["images"]) == len(example.images)
        assert user["content"].endswith("<image>" * len(example.images))
        assert found["system"] == prompt.system.replace("<image>", "< image>")
        assert assistant["content"] == example.target.replace("<image>", "< image>")
        assert all((folder / path).is_file() for path in found["images"])


def test_llamafactory_has_its_entry_and_a_training_file(exported):
    entry = json.loads((exported / "llamafactory" / "dataset_info.json").read_text("utf-8"))["vtc_r1"]
    assert entry["formatting"] == "sharegpt"
    first = lines(exported / "llamafactory" / entry["file_name"])[0]
    assert {*entry["columns"].values()} == first.keys()
    assert {entry["tags"]["role_tag"], entry["tags"]["content_tag"]} == first["messages"][0].keys()
    yaml = pytest.importorskip("yaml")
    training = yaml.safe_load((exported / "llamafactory" / "train.yaml").read_text("utf-8"))
    paper = {
        "learning_rate": 1e-5,
        "lr_scheduler_type": "cosine",
        "warmup_ratio": 0.1,
        "num_train_epochs": 1.0,
        "per_device_train_batch_size": 1,
        "gradient_accumulation_steps": 8,
        "bf16": True,
        "freeze_vision_tower": True,
        "freeze_multi_modal_projector": True,
        "finetuning_type": "full",
        "dataset": "vtc_r1",
        "image_max_pixels": 16777216,
        "image_min_pixels": 65536,
    }
    assert {name: training[name] for name in paper} == paper
    assert training["cutoff_len"] >= 32768
    deepspeed = json.loads((exported / "llamafactory" / training["deepspeed"]).read_text("utf-8"))
    assert deepspeed["zero_optimization"]["stage"] == 3


def test_no_example_is_longer_than_the_cutoff_by_any_tokenizer(data, tmp_path):
    other = BuiltDataset(data.folder)
    other.config = other.config.model_copy(update={"max_tokens": 16})
    export(other, "llamafactory", tmp_path / "out")
    said = (tmp_path / "out" / "train.yaml").read_text("utf-8")
    cutoff = int(re.search(r"^cutoff_len: (\d+)$", said, re.MULTILINE)[1])
    for found, example in zip(lines(tmp_path / "out" / "train.jsonl"), data, strict=True):
        written = "".join([found["system"], *(message["content"] for message in found["messages"])])
        assert len(written.encode()) + example.vision_tokens < cutoff


def test_llamafactory_has_no_template_for_every_family(data, tmp_path):
    nano = data.config.model_copy(update={"profile": load_profile("nano")})
    other = BuiltDataset(data.folder)
    other.config = nano
    with pytest.raises(UsageError, match="for nano; LLaMA-Factory has templates for qwen3-vl"):
        export(other, "llamafactory", tmp_path / "out")
    assert not [*tmp_path.iterdir()]


def test_trl_has_messages_with_an_image_for_every_page(data, exported, tmp_path):
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    loaded = datasets.load_dataset(str(exported / "trl"), split="train", cache_dir=str(tmp_path))
    for found, example in zip(loaded, data, strict=True):
        prompt = prompt_of(example, PromptSet("vtc"), data.policy)
        system, user = found["prompt"]
        assert system["content"] == [{"type": "text", "text": prompt.system}]
        kinds = [part["type"] for part in user["content"]]
        assert kinds == ["image" if not isinstance(part, str) else "text" for part in prompt.content]
        assert kinds.count("image") == len(found["images"]) == len(example.images)
        assert found["completion"] == [
            {"role": "assistant", "content": [{"type": "text", "text": example.target}]}
        ]


def test_trl_gets_the_configuration_without_which_it_would_cut(exported):
    yaml = pytest.importorskip("yaml")
    training = yaml.safe_load((exported / "trl" / "train.yaml").read_text("utf-8"))
    assert training["max_length"] is None and training["completion_only_loss"] is True


def test_datasets_reads_the_pages_of_webdataset(data, exported, tmp_path):
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    loaded = datasets.load_dataset(str(exported / "webdataset"), split="train", cache_dir=str(tmp_path))
    pages = sorted(name for name in loaded.column_names if name.endswith(".png"))
    for name in pages:
        loaded = loaded.cast_column(name, datasets.Image(decode=False))
    assert len(loaded) == len(data) and len(pages) == max(len(each.images) for each in data)
    for found, example in zip(loaded, data, strict=True):
        images = [found[name]["bytes"] for name in pages if found[name] is not None]
        assert tuple(images) == example.images
        assert (found["json"]["target"], found["json"]["vision_tokens"]) == (
            example.target,
            example.vision_tokens,
        )
        assert [part["page"] for part in found["json"]["memory"]] == list(range(len(images)))


def test_webdataset_has_a_sample_for_every_example(data, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "SHARD_BYTES", 30_000)
    export(data, "webdataset", tmp_path / "out")
    files = {}
    shards = sorted((tmp_path / "out").glob("*.tar"))
    assert len(shards) > 1
    for path in shards:
        with tarfile.open(path) as tar:
            files |= {member.name: tar.extractfile(member).read() for member in tar}
    for at, example in enumerate(data):
        fields = json.loads(files.pop(f"{at:09d}.json"))
        assert (fields["target"], fields["question"]) == (example.target, example.question)
        assert (
            tuple(files.pop(f"{at:09d}.{page:03d}.png") for page in range(len(example.images)))
            == example.images
        )
    assert files == {}


def test_an_export_is_whole_or_not_there(data, tmp_path, monkeypatch):
    def fail(path, *words):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vtc_r1.sft.export.messages.Path.write_bytes", fail)
    with pytest.raises(StorageError, match="No space left"):
        export(data, "jsonl", tmp_path / "out")
    assert not [*tmp_path.iterdir()]


def test_an_export_overwrites_nothing(data, exported):
    with pytest.raises(UsageError, match="exists"):
        export(data, "jsonl", exported)


def test_a_changed_prompt_set_is_refused(data, tmp_path):
    other = BuiltDataset(data.folder)
    other.config = other.config.model_copy(update={"prompts_sha256": "0" * 64})
    with pytest.raises(UsageError, match="another state of the prompt set vtc"):
        export(other, "trl", tmp_path / "out")


def test_a_page_of_an_example_escapes_all_text_and_needs_nothing_else(data):
    at = next(n for n, each in enumerate(data) if "script" in each.question and len(each.images) > 1)
    html = example_page(data[at], prompt_of(data[at], data.prompts(), data.policy), "a <title>")
    assert "<script" not in html and "<image" not in html and "a &lt;title&gt;" in html
    assert html.count("<img ") == html.count("data:image/png;base64,") == len(data[at].images)
    assert html.count("<div") == html.count("</div>")
    assert "http://" not in html and "https://" not in html
    assert (
        html.index("system</h3>") < html.index("prompt</h3>") < html.index("<img") < html.index("target</h3>")
    )


def test_statistics_count_what_is_there(data):
    examples = list(data)
    found = statistics(data.shards)
    traces = {(each.row, each.generation): each.segments for each in examples}
    assert (found.examples, found.traces) == (len(examples), len(traces))
    assert sum(found.segment_index.values()) == len(examples)
    assert sum(count * many for count, many in found.segments_a_trace.items()) == len(examples)
    last = [each for each in examples if each.segment == each.segments - 1]
    assert found.vision_tokens == sum(each.vision_tokens for each in last)
    assert found.compression_ratio == round(found.text_tokens / found.vision_tokens, 2)
    assert json.loads(json.dumps(report(data)))["build"]["rows"] == 4


def test_text_that_is_carried_is_exported_in_its_place(tmp_path):
    built(write_jsonl(tmp_path / "rows.jsonl", ROWS), tmp_path / "hybrid", memory="hybrid")
    hybrid = BuiltDataset(tmp_path / "hybrid")
    export(hybrid, "llamafactory", tmp_path / "factory")
    export(hybrid, "jsonl", tmp_path / "jsonl")
    rows = zip(
        lines(tmp_path / "factory" / "train.jsonl"), lines(tmp_path / "jsonl" / "train.jsonl"), strict=True
    )
    for (factory, plain), example in zip(rows, hybrid, strict=True):
        texts = [part for part in example.memory if isinstance(part, str)]
        assert len(texts) == min(1, example.segment)
        plainly = "".join(f"\n\n{text}" for text in texts).replace("<image>", "< image>")
        assert factory["messages"][0]["content"].endswith("<image>" * len(example.images) + plainly)
        assert [item["text"] for item in plain["memory"]] == [None] * len(example.images) + texts
    found = report(hybrid)
    assert found["memory"] == "hybrid" and found["compression_ratio"] > 1


def test_counting_touches_no_page(data, monkeypatch):
    monkeypatch.setattr(dataset, "examples_of", None)
    assert statistics(data.shards).examples == len(data)


def test_an_unfinished_build_of_the_same_name_is_left_alone(data, tmp_path):
    shard = tmp_path / "out.partial" / "data" / "train-00000.parquet"
    shard.parent.mkdir(parents=True)
    shard.write_bytes(b"hours of work")
    export(data, "jsonl", tmp_path / "out")
    assert shard.read_bytes() == b"hours of work"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "out.partial"]
