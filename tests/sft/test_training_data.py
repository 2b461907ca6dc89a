import random

import numpy as np
import pytest

pytest.importorskip("pyarrow")

from tests.sft.openr1 import built, row, write_jsonl
from vtc_r1.errors import DataError, RecipeError
from vtc_r1.prompts import PromptSet
from vtc_r1.renderers import load_profile
from vtc_r1.sft.building.workspace import Workspace
from vtc_r1.sft.built.dataset import BuiltDataset, ExampleReader
from vtc_r1.sft.training.dataset import POOL, LengthBuckets, TrainingData
from vtc_r1.sft.training.loading import load_recipe

ROWS = [row(number, steps=2 + number % 7) for number in range(9)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    rows = write_jsonl(folder / "rows.jsonl", ROWS)
    built(rows, folder / "hybrid", profile=load_profile("default"), memory="hybrid")
    built(rows, folder / "text", profile=load_profile("default"), memory="text")
    built(rows, folder / "other", profile=load_profile("paper"))
    built(rows, folder / "glyph", profile=load_profile("glyph-en"))
    boxed = {"prompts": "boxed", "prompts_sha256": PromptSet("boxed").sha256}
    built(rows, folder / "boxed", profile=load_profile("default"), **boxed)
    return folder


def recipe(*folders, **settings):
    data = ",".join(map(str, folders))
    return load_recipe(
        "qwen3-vl-8b", [f"data={data}", *(f"{key}={value}" for key, value in settings.items())]
    )


def test_examples_are_read_in_any_order(folder):
    data = BuiltDataset(folder / "hybrid")
    expected = list(data)
    order = list(range(len(data)))
    random.Random(0).shuffle(order)
    reader = ExampleReader(data.shards)
    assert len(data.shards) == 3 and len(reader) == len(data)
    assert [reader[at] for at in order] == [expected[at] for at in order]
    with pytest.raises(IndexError):
        reader[len(data)]


def test_several_data_sets_are_one(folder):
    both = TrainingData(recipe(folder / "hybrid", folder / "text"))
    hybrid, text = (list(BuiltDataset(folder / name)) for name in ("hybrid", "text"))
    assert [both.built(at) for at in range(len(both))] == hybrid + text
    assert [both[at].target for at in range(len(both))] == [each.target for each in hybrid + text]
    assert len(both.identity()) == 2


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("other", r"was built for profile paper .* recipe qwen3-vl-8b is for default .*--profile default"),
        ("glyph", r"drawn for glm-4\.1v, recipe qwen3-vl-8b is for qwen3-vl; build it again"),
        ("boxed", r"was built for prompt set boxed, recipe qwen3-vl-8b is for vtc; build it again"),
    ],
)
def test_data_for_something_else_is_refused(folder, name, said):
    with pytest.raises(RecipeError, match=said):
        TrainingData(recipe(folder / name))


def test_data_that_is_not_there_is_refused(folder, tmp_path, monkeypatch):
    with pytest.raises(DataError, match="absent: there is no such folder; `vtc-r1 data build` makes it"):
        TrainingData(recipe(tmp_path / "absent"))
    with pytest.raises(RecipeError, match="names no data: --set data=FOLDER"):
        TrainingData(load_recipe("qwen3-vl-8b"))
    monkeypatch.setattr(Workspace, "publish", lambda *words: None)
    built(folder / "rows.jsonl", tmp_path / "half")
    with pytest.raises(DataError, match=r"its build is unfinished in half\.partial: run it again"):
        TrainingData(recipe(tmp_path / "half"))


LENGTHS = np.array(random.Random(5).choices(range(10, 5000), k=1000))


def test_every_example_comes_once_and_the_order_is_the_seeds():
    order = LengthBuckets(LENGTHS, 4, seed=1)
    first = list(order)
    assert sorted(first) == list(range(1000)) == list(range(len(order)))
    assert first == list(LengthBuckets(LENGTHS, 4, seed=1))
    assert first != list(LengthBuckets(LENGTHS, 4, seed=2))
    order.set_epoch(1)
    assert sorted(order) == list(range(1000)) and list(order) != first


def test_little_of_a_pass_is_padding():
    def padding(order):
        passes = LENGTHS[np.array(order)].reshape(-1, 4)
        return 1 - passes.sum() / (passes.max(axis=1) * 4).sum()

    plain = random.Random(0).sample(range(1000), 1000)
    assert padding(list(LengthBuckets(LENGTHS, 4, seed=0))) < 0.05 < 0.3 < padding(plain)


def test_the_longest_pass_comes_first_and_lengths_are_mixed():
    order = np.array(list(LengthBuckets(LENGTHS, 4, seed=0)))
    means = LENGTHS[order].reshape(-1, 4).mean(axis=1)
    pools = -(-len(means) // POOL)
    assert pools > 1 and means[0] > 4500
    assert abs(np.corrcoef(np.arange(len(means)), means)[0, 1]) < 0.3


@pytest.mark.parametrize("count", [1, 3, 4, 5, 257])
def test_a_short_pass_is_the_last(count):
    order = list(LengthBuckets(LENGTHS[:count], 4, seed=0))
    assert sorted(order) == list(range(count))
