import json

import pytest

pytest.importorskip("pyarrow")

from tests.sft.openr1 import row, write_jsonl, write_parquet
from vtc_r1.errors import SourceError
from vtc_r1.sft.sources import open_source
from vtc_r1.sft.sources.base import COLUMNS
from vtc_r1.sft.sources.hub import HubSource

ROWS = [row(number, steps=2) for number in range(10)]


def uuids(records):
    return [record["uuid"] for record in records]


@pytest.fixture(
    params=[
        "jsonl",
        "parquet",
        "jsonl folder",
        "parquet folder",
        pytest.param("hub", marks=pytest.mark.model),
    ]
)
def source(request, tmp_path):
    match request.param:
        case "jsonl":
            return open_source(str(write_jsonl(tmp_path / "rows.jsonl", ROWS)))
        case "parquet":
            return open_source(str(write_parquet(tmp_path / "rows.parquet", ROWS)))
        case "jsonl folder":
            write_jsonl(tmp_path / "b.jsonl", ROWS[4:])
            write_jsonl(tmp_path / "a.jsonl", ROWS[:4])
            return open_source(str(tmp_path))
        case "parquet folder":
            write_parquet(tmp_path / "data" / "b.parquet", ROWS[4:])
            write_parquet(tmp_path / "data" / "a.parquet", ROWS[:4])
            return open_source(str(tmp_path))
        case _:
            pytest.importorskip("datasets")
            write_parquet(tmp_path / "data" / "train-00000.parquet", ROWS[:4])
            write_parquet(tmp_path / "data" / "train-00001.parquet", ROWS[4:])
            return HubSource(str(tmp_path), None, "train")


@pytest.mark.parametrize(
    ("start", "stop"), [(0, None), (0, 3), (2, 8), (4, None), (7, 50), (10, None), (30, 40)]
)
def test_any_stretch_of_rows(source, start, stop):
    assert uuids(source.rows(start, stop)) == uuids(ROWS[start:stop])


def test_rows_have_the_columns_that_building_reads(source):
    for found, expected in zip(source.rows(0), ROWS, strict=True):
        assert found == {name: expected[name] for name in COLUMNS}


def test_a_file_knows_how_many_rows_it_has(source):
    assert source.count == (None if isinstance(source, HubSource) else len(ROWS))


def test_a_source_knows_itself_again(source):
    assert json.loads(json.dumps(source.identity)) == source.identity


def test_another_state_is_another_identity(tmp_path):
    path = write_jsonl(tmp_path / "rows.jsonl", ROWS)
    before = open_source(str(path)).identity
    write_jsonl(path, [*ROWS[:-1], row(99, steps=2)])
    assert open_source(str(path)).identity != before


def test_lines_that_are_no_object_are_rows_that_could_not_be_read(tmp_path):
    path = write_jsonl(tmp_path / "rows.jsonl", [ROWS[0], "{torn", "[1]", "", "[" * 5000, ROWS[1]])
    found = list(open_source(str(path)).rows(0))
    assert [record is None for record in found] == [False, True, True, True, False]


def test_null_lists(tmp_path):
    rows = [row(0, correctness_math_verify=None), row(1, correctness_llama=[None, True])]
    found = list(open_source(str(write_parquet(tmp_path / "rows.parquet", rows))).rows(0))
    assert found[0]["correctness_math_verify"] is None
    assert found[1]["correctness_llama"] == [None, True]


def without(*names):
    return [{name: value for name, value in row(0).items() if name not in names}]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["problem", "generations"], "has no column problem, generations"),
        (["correctness_math_verify", "correctness_llama"], "neither correctness_math_verify nor"),
    ],
)
@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_missing_columns_are_named(tmp_path, kind, names, message):
    write = write_jsonl if kind == "jsonl" else write_parquet
    path = write(tmp_path / f"rows.{kind}", without(*names))
    with pytest.raises(SourceError, match=message):
        open_source(str(path))


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.parquet", b"PAR1 no"), ("b.jsonl", b""), ("c.jsonl", b"not json\n"), ("d.csv", b"a,b")],
)
def test_files_that_are_no_source(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=name):
        open_source(str(tmp_path / name))


@pytest.mark.parametrize("name", ["absent.parquet", "no such thing", "a/b/c"])
def test_what_is_neither_here_nor_a_hub_id(name):
    with pytest.raises(SourceError, match="no such file"):
        open_source(name)


def test_an_empty_folder_is_no_source(tmp_path):
    with pytest.raises(SourceError, match="neither"):
        open_source(str(tmp_path))


def test_the_shipped_rows_are_problems_in_words_with_right_verdicts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    records = list(open_source("example").rows(0))
    assert len(records) == 11
    for record in records:
        verdicts = record["correctness_math_verify"] or record["correctness_llama"]
        assert len(record["generations"]) == len(record["is_reasoning_complete"]) == len(verdicts)
        for generation, right, whole in zip(
            record["generations"], verdicts, record["is_reasoning_complete"], strict=True
        ):
            assert whole == ("</think>" in generation)
            assert not whole or right == (f"\\boxed{{{record['answer']}}}" in generation)


def test_a_file_of_yours_comes_before_the_shipped_rows(tmp_path, monkeypatch):
    (tmp_path / "example").mkdir()
    write_jsonl(tmp_path / "example" / "rows.jsonl", ROWS)
    monkeypatch.chdir(tmp_path)
    assert uuids(open_source("example").rows(0)) == uuids(ROWS)
