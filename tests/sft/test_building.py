import itertools
import json
import multiprocessing
import os
import resource

import pytest

pytest.importorskip("pyarrow")

import pyarrow.parquet as pq

from tests.sft.openr1 import built, config, row, write_jsonl, write_parquet
from vtc_r1.errors import CheckpointError, DataError, StorageError, UsageError, VtcError
from vtc_r1.renderers import load_profile
from vtc_r1.sft.building.build import build
from vtc_r1.sft.building.card import card
from vtc_r1.sft.building.progress import BuildProgress, ShardRecord
from vtc_r1.sft.building.row_builder import RowBuilder
from vtc_r1.sft.building.shard import COLUMNS, write_shard
from vtc_r1.sft.building.workspace import Workspace
from vtc_r1.sft.built.dataset import BuiltDataset
from vtc_r1.sft.sources import open_source

pytestmark = pytest.mark.slow

ROWS = [row(number, steps=2 + number % 7) for number in range(14)]
ROWS[5] = row(5, answer=None)
ROWS[8] = "{torn"
PAGE = config({}).profile


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return write_jsonl(tmp_path_factory.mktemp("source") / "rows.jsonl", ROWS)


@pytest.fixture(scope="module")
def whole(source, tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "out"
    built(source, out)
    return out


def contents(folder):
    """Every file of a data set."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_every_row_is_used_or_dropped(source, whole):
    data = BuiltDataset(whole)
    assert data.manifest["rows"] == 14
    assert data.manifest["rows_used"] == 12
    assert data.manifest["dropped"] == {"malformed": 1, "no_answer": 1}
    drops = [json.loads(line) for line in (whole / "drops.jsonl").read_text("utf-8").splitlines()]
    assert [(drop["row"], drop["reason"]) for drop in drops] == [(5, "no_answer"), (8, "malformed")]


def test_examples_are_those_of_the_per_row_function_in_the_rows_order(source, whole):
    builder = RowBuilder(BuiltDataset(whole).config)
    opened = open_source(str(source))
    expected = [
        example
        for number, record in enumerate(opened.rows(0))
        for example in builder.build(number, record).examples
    ]
    data = BuiltDataset(whole)
    assert list(data) == expected
    assert [data[at] for at in (0, 7, len(data) - 1)] == [expected[at] for at in (0, 7, -1)]


def test_nothing_but_the_data_set_is_left(whole):
    assert sorted(path.name for path in whole.iterdir()) == ["README.md", "build.json", "data", "drops.jsonl"]
    assert sorted(path.name for path in whole.parent.iterdir()) == ["out"]


@pytest.mark.slow
def test_datasets_reads_it_with_images(whole, tmp_path):
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    loaded = datasets.load_dataset(str(whole), split="train", cache_dir=str(tmp_path))
    assert loaded.column_names == list(COLUMNS)
    for found, example in zip(loaded, BuiltDataset(whole), strict=True):
        assert found["target"] == example.target
        assert [image.width for image in found["images"]] == [320] * len(example.images)


@pytest.mark.parametrize("memory", ["text", "hybrid", "single", "summary"])
def test_every_memory_is_read_back_as_it_was_built(source, tmp_path, memory):
    built(source, tmp_path / "out", memory=memory)
    data = BuiltDataset(tmp_path / "out")
    builder, opened = RowBuilder(data.config), open_source(str(source))
    rows = enumerate(opened.rows(0))
    assert list(data) == [each for number, record in rows for each in builder.build(number, record).examples]
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    loaded = datasets.load_dataset(str(tmp_path / "out"), split="train", cache_dir=str(tmp_path / "cache"))
    for found, example in zip(loaded, data, strict=True):
        items = [item["text"] if item["page"] is None else item["page"] for item in found["memory"]]
        assert items == [*example.memory]


def test_data_of_an_older_format_is_refused(source, tmp_path):
    built(source, tmp_path / "out")
    manifest = tmp_path / "out" / "build.json"
    found = json.loads(manifest.read_text("utf-8"))
    found["config"]["format"] = 1
    del found["config"]["memory"]
    manifest.write_text(json.dumps(found), "utf-8")
    with pytest.raises(DataError, match=r"another version of vtc-r1 \(format 1, this one reads 3\)"):
        BuiltDataset(tmp_path / "out")


def test_a_page_is_stored_once_a_row_group(tmp_path):
    examples = RowBuilder(config({})).build(0, row(0, steps=12)).examples
    write_shard(tmp_path / "train.parquet", examples)
    pages = examples[-1].images
    group = pq.ParquetFile(tmp_path / "train.parquet").metadata.row_group(0)
    columns = [group.column(at) for at in range(group.num_columns)]
    stored = next(column for column in columns if column.path_in_schema.endswith("bytes"))
    assert sum(len(each.images) for each in examples) > len(pages)
    assert stored.total_compressed_size < sum(map(len, pages)) + 500 + 4 * len(pages)


@pytest.mark.parametrize("shard_rows", [1, 3, 100])
def test_the_size_of_shards_changes_no_example(source, whole, tmp_path, shard_rows):
    built(source, tmp_path / "out", shard_rows=shard_rows)
    assert list(BuiltDataset(tmp_path / "out")) == list(BuiltDataset(whole))


def test_parquet_and_json_lines_give_the_same(whole, tmp_path):
    rows = [each for each in ROWS if isinstance(each, dict)]
    built(write_parquet(tmp_path / "rows.parquet", rows), tmp_path / "a")
    built(write_jsonl(tmp_path / "rows.jsonl", rows), tmp_path / "b")
    assert list(BuiltDataset(tmp_path / "a")) == list(BuiltDataset(tmp_path / "b"))


def test_a_limit(source, tmp_path):
    progress = built(source, tmp_path / "out", limit=6)
    assert (progress.rows, progress.total) == (6, 6)


class Killed(Exception):
    pass


@pytest.mark.parametrize("moment", range(35))
def test_a_build_that_died_goes_on_to_the_same_files(source, whole, tmp_path, moment, monkeypatch):
    """Die at the n-th step that touches the disk, then run again."""
    steps = iter(range(1000))

    def dying(name, function):
        def step(*words, **options):
            if next(steps) == moment:
                raise Killed(name)
            return function(*words, **options)

        return step

    from vtc_r1.sft.building import work

    with monkeypatch.context() as patch:
        patch.setattr(work, "write_shard", dying("shard", work.write_shard))
        patch.setattr(work, "write_atomic", dying("drops", work.write_atomic))
        patch.setattr(os, "fsync", dying("journal", os.fsync))
        patch.setattr(Workspace, "_rename", dying("rename", Workspace._rename))
        with pytest.raises(Killed):
            built(source, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    built(source, tmp_path / "out")
    assert contents(tmp_path / "out") == {**contents(whole)}


def test_a_torn_journal_and_a_lost_file_are_owed_again(source, whole, tmp_path, monkeypatch):
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(Workspace, "publish", lambda *words: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            built(source, out)
    partial = tmp_path / "out.partial"
    (partial / "data" / "train-00001.parquet").unlink()
    (partial / "data" / "train-00002.parquet").write_bytes(b"half")
    (partial / "data" / ".train-00000.parquet.1.2.tmp").write_bytes(b"torn")
    journal = partial / "work" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-20])
    assert not (out / "data").exists()
    built(source, out)
    assert contents(out) == contents(whole)


def test_a_finished_build_is_left_as_it_is(source, whole, tmp_path):
    opened = open_source(str(source))
    with Workspace(whole, config(opened.identity)) as workspace:
        assert workspace.is_finished


@pytest.mark.parametrize("finished", [True, False])
def test_another_configuration_is_refused_by_name(source, tmp_path, finished, monkeypatch):
    out = tmp_path / "out"
    if finished:
        built(source, out)
    else:
        with monkeypatch.context() as patch:
            patch.setattr(Workspace, "publish", lambda *words: (_ for _ in ()).throw(Killed()))
            with pytest.raises(Killed):
                built(source, out)
    with pytest.raises(UsageError, match="another segment_tokens"):
        built(source, out, segment_tokens=200)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"profile": PAGE.replace(font_size=PAGE.font_size - 1)}, "another profile.font_size;"),
        ({"profile": PAGE.replace(width=352, margin_x=3)}, "another profile.width, profile.margin_x;"),
        ({"profile": load_profile("paper")}, "another profile;"),
        ({"fonts": ("Other.ttf#0 0123",)}, "another fonts;"),
        ({"max_missing": 0.5, "seed": 3}, "another seed, max_missing;"),
    ],
)
def test_a_refusal_names_the_key_that_differs(source, whole, fields, said):
    opened = open_source(str(source))
    with pytest.raises(UsageError, match="is a build with") as error:
        Workspace(whole, config(opened.identity, **fields))
    assert said in str(error.value)


def test_the_card_does_not_depend_on_the_order_of_shards(source, whole, tmp_path):
    """Workers finish in any order; reasons that are as frequent are listed by name."""
    records = [
        ShardRecord(shard=shard, rows=1, used=0, examples=0, bytes=0, dropped={reason: 1}, seconds={},
                    generations_dropped={reason: 1}, characters=9, missing_glyphs=1, scripts=[script])
        for shard, (reason, script) in enumerate(
            [("no_think", "Hangul"), ("none_correct", "Bengali"), ("malformed", "Thai"), ("no_answer", "Lao")]
        )
    ]  # fmt: skip
    found = set()
    for order in itertools.permutations(records):
        progress = BuildProgress(4)
        for record in order:
            progress.add(record)
        found.add(card(whole, BuiltDataset(whole).config, progress))
    (text,) = found
    assert (
        "| characters on the pages without a legible glyph | 4 of 36 (Bengali, Hangul, Lao, Thai) |" in text
    )


def test_a_folder_that_holds_something_else_is_refused(source, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("words", "utf-8")
    with pytest.raises(UsageError, match="exists and is not a data set"):
        built(source, tmp_path / "out")
    (tmp_path / "new.partial").mkdir()
    (tmp_path / "new.partial" / "thesis.tex").write_text("words", "utf-8")
    with pytest.raises(UsageError, match="holds something else"):
        built(source, tmp_path / "new")


def test_two_processes_do_not_build_in_one_folder(source, tmp_path):
    opened = open_source(str(source))
    with (
        Workspace(tmp_path / "out", config(opened.identity)),
        pytest.raises(UsageError, match="another process"),
    ):
        built(source, tmp_path / "out")


def test_an_unfinished_build_is_no_data_set(source, tmp_path, monkeypatch):
    monkeypatch.setattr(Workspace, "publish", lambda *words: (_ for _ in ()).throw(Killed()))
    with pytest.raises(Killed):
        built(source, tmp_path / "out")
    with pytest.raises(DataError, match=r"unfinished in out\.partial: run it again"):
        BuiltDataset(tmp_path / "out")
    with pytest.raises(DataError, match="not a finished data set"):
        BuiltDataset(tmp_path / "out.partial")


def test_a_data_set_that_lost_a_file_is_damaged(source, tmp_path):
    built(source, tmp_path / "out")
    (tmp_path / "out" / "data" / "train-00001.parquet").unlink()
    with pytest.raises(DataError, match="files are missing"):
        BuiltDataset(tmp_path / "out")


def test_no_example_at_all_is_no_data_set(tmp_path):
    rows = [row(number, answer="") for number in range(3)]
    with pytest.raises(DataError, match="none of 3 rows gave an example \\(no_answer 3\\)"):
        built(write_jsonl(tmp_path / "rows.jsonl", rows), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def _build_in_little_room(source, out, pipe):
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    try:
        built(source, out)
    except VtcError as error:
        pipe.send(error)
    else:
        pipe.send(None)


@pytest.mark.process
def test_a_full_disk_is_one_line_and_leaves_nothing_half(source, whole, tmp_path):
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_build_in_little_room, args=(source, tmp_path / "out", there)
    )
    process.start()
    assert here.poll(60)
    error = here.recv()
    process.join()
    assert isinstance(error, StorageError)
    assert "cannot be written (File too large)" in str(error) and "\n" not in str(error)
    assert not (tmp_path / "out").exists()
    assert not [*tmp_path.rglob(".*")]
    assert all(pq.ParquetFile(path).metadata.num_rows for path in tmp_path.rglob("*.parquet"))
    built(source, tmp_path / "out")
    assert contents(tmp_path / "out") == contents(whole)


def test_a_row_that_breaks_the_builder_stops_the_build_by_number(source, tmp_path, monkeypatch):
    monkeypatch.setattr(RowBuilder, "segments", lambda *words: 1 / 0)
    with pytest.raises(DataError, match="row 0: ZeroDivisionError"):
        built(source, tmp_path / "out")


def test_a_damaged_tokenizer_is_told_before_any_worker_starts(source, tmp_path):
    pytest.importorskip("tokenizers")
    (tmp_path / "tokenizer.json").write_text("{}", "utf-8")
    opened = open_source(str(source))
    with Workspace(tmp_path / "out", config(opened.identity)) as workspace:
        with pytest.raises(CheckpointError, match=r"tokenizer\.json: cannot be read"):
            build(workspace, opened, tokenizer=tmp_path / "tokenizer.json", workers=2)
        assert not workspace.done


def test_the_card_says_what_was_built(whole):
    card = (whole / "README.md").read_text("utf-8")
    assert "license" not in card
    for part in (
        "path: data/train-*.parquet",
        "list: image",
        "`malformed` | 1",
        "estimate by kind of text",
        "`sound`, 134",
    ):
        assert part in card
    assert BuiltDataset(whole).config.profile.sha256 in card


@pytest.mark.process
def test_ray_gives_the_same_files(source, whole, tmp_path):
    pytest.importorskip("ray")
    import subprocess
    import sys

    code = (
        "import sys; from pathlib import Path\n"
        "from tests.sft.openr1 import config\n"
        "from vtc_r1.sft.building.build import build\n"
        "from vtc_r1.sft.building.workspace import Workspace\n"
        "from vtc_r1.sft.sources import open_source\n"
        "opened = open_source(sys.argv[1])\n"
        "with Workspace(Path(sys.argv[2]), config(opened.identity)) as workspace:\n"
        "    build(workspace, opened, workers=2, engine='ray')\n"
    )
    out = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-c", code, str(source), str(out)], check=False, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()
    assert contents(out) == contents(whole)
