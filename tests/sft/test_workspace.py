"""What a build that did not end leaves, and what of it stands in the way of the next one."""

import json

import pytest

pytest.importorskip("pyarrow")

from tests.cli.command import vtc
from tests.sft.openr1 import built, config, row, write_jsonl
from vtc_r1.errors import CheckpointError, DataError, SourceError, StorageError, UsageError
from vtc_r1.sft.building.build import build
from vtc_r1.sft.building.workspace import Workspace
from vtc_r1.sft.sources import open_source


@pytest.fixture
def rows(tmp_path):
    return write_jsonl(tmp_path / "rows.jsonl", [row(number) for number in range(12)])


def ends(rows, out, error, after=1, **fields):
    """Build until so many shards are done, then end by an error."""
    opened = open_source(str(rows))

    def report(progress):
        if progress.rows_here >= after * 4:
            raise error

    with pytest.raises(type(error)), Workspace(out, config(opened.identity, **fields)) as workspace:
        build(workspace, opened, report=report)


def test_what_failed_before_its_first_shard_leaves_nothing(rows, tmp_path):
    opened = open_source(str(rows))
    with pytest.raises(CheckpointError), Workspace(tmp_path / "out", config(opened.identity)) as workspace:
        build(workspace, opened, tokenizer=tmp_path / "rows.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["rows.jsonl"]


def test_what_gave_no_example_does_not_block_the_next(rows, tmp_path):
    with pytest.raises(DataError, match="none of 12 rows gave an example"):
        built(rows, tmp_path / "out", max_segments=1)
    assert (tmp_path / "out.partial" / "work" / "drops").is_dir()  # the message names it
    assert built(rows, tmp_path / "out").used == 12
    assert not (tmp_path / "out.partial").exists()


@pytest.mark.parametrize("error", [SourceError("row 5 is broken"), DataError("row 5: TypeError")])
def test_what_failed_gives_way_to_another_configuration(rows, tmp_path, error):
    ends(rows, tmp_path / "out", error)
    opened = open_source(str(rows))
    with Workspace(tmp_path / "out", config(opened.identity, segment_tokens=110)) as workspace:
        assert workspace.replaced == 1 and not workspace.done
        build(workspace, opened)
    ours, theirs = tmp_path / "out", tmp_path / "fresh"
    built(rows, theirs, segment_tokens=110)
    for name in ("train-00000.parquet", "train-00001.parquet", "train-00002.parquet"):
        assert (ours / "data" / name).read_bytes() == (theirs / "data" / name).read_bytes()


def test_what_failed_is_gone_on_with_by_the_same_configuration(rows, tmp_path):
    ends(rows, tmp_path / "out", SourceError("the hub is away"))
    opened = open_source(str(rows))
    with Workspace(tmp_path / "out", config(opened.identity)) as workspace:
        assert (workspace.replaced, [*workspace.done]) == (0, [0])
        assert build(workspace, opened).rows_here == 8


@pytest.mark.parametrize("error", [KeyboardInterrupt(), StorageError("the disk is full")])
def test_what_was_interrupted_does_not_give_way(rows, tmp_path, error):
    ends(rows, tmp_path / "out", error)
    with pytest.raises(UsageError, match="another segment_tokens"):
        built(rows, tmp_path / "out", segment_tokens=110)
    assert built(rows, tmp_path / "out").rows_here == 8


def test_a_build_that_went_on_after_it_failed_does_not_give_way(rows, tmp_path):
    ends(rows, tmp_path / "out", SourceError("the hub is away"))
    ends(rows, tmp_path / "out", KeyboardInterrupt())
    with pytest.raises(UsageError, match="another segment_tokens"):
        built(rows, tmp_path / "out", segment_tokens=110)


def test_a_stranger_in_the_place_is_left_alone(rows, tmp_path):
    (tmp_path / "out.partial").mkdir()
    (tmp_path / "out.partial" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds something else"):
        built(rows, tmp_path / "out")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(StorageError, match=r"loop\.partial: cannot be written"):
        built(rows, tmp_path / "loop")
    assert (tmp_path / "out.partial" / "notes.txt").read_text() == "mine"


@pytest.mark.process
def test_the_command_says_what_gave_way(rows, tmp_path):
    def words(tokens):
        flags = ["--set", "width=320", "--set", "height=320", "--segment-tokens", tokens, "--workers", "1"]
        return ["data", "build", "--source", "rows.jsonl", "--out", "out", "--shard-rows", "4", *flags]

    ends(rows, tmp_path / "out", DataError("row 5: TypeError"))
    done = vtc(*words("110"), "--json", cwd=tmp_path)
    assert done.code == 0 and "1 shard of a failed build" in done.err
    assert json.loads(done.out)["build"]["rows_used"] == 12
