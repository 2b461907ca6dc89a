"""Lengths are those of what training sees, and nothing of an example is cut."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("pyarrow")

from tests.sft import tiny
from tests.sft.openr1 import built, row, write_jsonl
from vtc_r1.backends import embedded
from vtc_r1.backends.encoding import PromptEncoder
from vtc_r1.errors import DataError
from vtc_r1.renderers import load_profile
from vtc_r1.sft.collate import IGNORED, Collator
from vtc_r1.sft.examples import Example
from vtc_r1.sft.training.dataset import TrainingData
from vtc_r1.sft.training.loading import load_recipe
from vtc_r1.tokens import fingerprint

pytestmark = pytest.mark.model

ROWS = [row(number, steps=2 + number % 5) for number in range(5)]
BYTES = Path(embedded.__file__).with_name("nano") / "tokenizer.json"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lengths")
    rows = write_jsonl(folder / "rows.jsonl", ROWS)
    page = load_profile("default")
    for memory in ("optical", "hybrid", "text", "summary"):
        built(rows, folder / memory, profile=page, memory=memory, segment_tokens=60)
    built(rows, folder / "read", profile=page, reading=0.4, segment_tokens=60)
    built(rows, folder / "glyph", profile=load_profile("glyph-en"), segment_tokens=60)
    tiny.qwen(folder / "tiny")
    tiny.glm(folder / "glm")
    tiny_with(folder, folder / "thinking", "<|im_start|><think>\n")
    return folder


def data_of(folder: Path, name: str, **settings: Any) -> TrainingData:
    given = [f"data={folder / name}", *(f"{key}={value}" for key, value in settings.items())]
    return TrainingData(load_recipe("glyph" if name == "glyph" else "qwen3-vl-8b", given))


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("optical", "tiny"),
        ("hybrid", "tiny"),
        ("text", "tiny"),
        ("summary", "tiny"),
        ("read", "tiny"),
        ("optical", "thinking"),
        ("glyph", "glm"),
    ],
)
def test_a_length_is_that_of_the_batch(folder: Path, name: str, model: str) -> None:
    encoder = PromptEncoder(folder / model)
    data = data_of(folder, name, cutoff=1_000_000)
    data.measure(encoder, None)
    collator = Collator(encoder)
    found = [int(collator([data[at]])["attention_mask"].sum()) for at in range(len(data))]
    assert data.lengths.tolist() == found and data.left_out == 0


@pytest.mark.parametrize(
    ("opened", "learned"),
    [
        ("", "<think>\nA step.\n"),
        ("<think>", "\nA step.\n"),
        ("<think>\n", "A step.\n"),
        ("<think>\n\n", "A step.\n"),
        ("<think> ", "\nA step.\n"),
        ("<think>\n\n</think>\n\n", "<think>\nA step.\n"),
    ],
)
def test_a_thinking_that_the_template_opens_is_not_learned_again(
    folder: Path, tmp_path: Path, opened: str, learned: str
) -> None:
    """Whatever the end of the generation prompt, prompt and target have one opening tag."""
    model = tiny_with(folder, tmp_path / "model", f"<|im_start|>{opened}")
    encoder = PromptEncoder(model)
    example = data_of(folder, "optical")[0]
    batch = Collator(encoder)([Example(example.prompt, "<think>\nA step.\n")])
    ids, labels = batch["input_ids"][0], batch["labels"][0]
    assert encoder.tokenizer.decode(labels[labels != IGNORED]) == f"{learned}<|im_end|>"
    whole = encoder.tokenizer.decode(ids).rpartition("<|im_start|>")[2]
    assert whole == f"{opened}{learned}<|im_end|>"
    assert whole.count("<think>") - whole.count("</think>") == 1


def tiny_with(folder: Path, model: Path, opened: str) -> Path:
    """Copy a checkpoint, with another generation prompt."""
    shutil.copytree(folder / "tiny", model)
    template = model / "chat_template.jinja"
    written = template.read_text("utf-8")
    start = written.index("{%- if add_generation_prompt")
    ending = f"{{%- if add_generation_prompt -%}}{{{{ {opened!r} }}}}{{%- endif -%}}"
    template.write_text(written[:start] + ending, encoding="utf-8")
    return model


def test_what_does_not_fit_is_left_out_and_all_else_is_whole(folder: Path) -> None:
    encoder = PromptEncoder(folder / "tiny")
    every = data_of(folder, "optical", cutoff=1_000_000)
    every.measure(encoder, None)
    cutoff = int(np.sort(every.lengths)[len(every.lengths) // 2])
    some = data_of(folder, "optical", cutoff=cutoff)
    some.measure(encoder, None)
    assert some.left_out == (every.lengths > cutoff).sum() > 0
    kept = [every.built(at) for at in np.flatnonzero(every.lengths <= cutoff)]
    assert [some.built(at) for at in range(len(some))] == kept
    assert cutoff in some.lengths  # one that just fits
    for at in range(len(some)):
        batch = Collator(encoder)([some[at]])
        labels = batch["labels"][0]
        assert encoder.tokenizer.decode(labels[labels != IGNORED]) == some.built(at).target + "<|im_end|>"
    with pytest.raises(DataError, match=r"optical: all \d+ examples are over the cutoff of 16"):
        data_of(folder, "optical", cutoff=16).measure(encoder, None)


def test_another_tokenizer_is_told_with_what_it_means(folder: Path, tmp_path: Path) -> None:
    encoder = PromptEncoder(folder / "tiny")
    data = data_of(folder, "optical", cutoff=700)
    total = len(data)
    (said,) = data.measure(encoder, fingerprint(BYTES))
    longest = max(len(data.built(at).target) for at in range(len(data)))
    assert said.startswith(f"{folder / 'optical'}: its tokens are not those of this checkpoint (estimate")
    assert "times as many" in said and "where segments were to have 60;" in said
    assert f"{data.left_out} of {total} examples are over the cutoff of 700" in said and data.left_out
    assert longest < 700
    rows = write_jsonl(tmp_path / "rows.jsonl", ROWS)
    counted = {"tokens": "bytes", "tokenizer_sha256": fingerprint(BYTES)}
    built(rows, tmp_path / "same", profile=load_profile("default"), **counted, segment_tokens=60)
    assert data_of(tmp_path, "same").measure(encoder, fingerprint(BYTES)) == []
