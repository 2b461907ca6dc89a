import json
import struct
import zlib

import numpy as np
import pytest

from tests.solved import solved
from vtc_r1.disk.atomic import write_atomic
from vtc_r1.errors import StorageError, UsageError
from vtc_r1.renderers import png
from vtc_r1.storage import load_trace, parse_trace, save_trace
from vtc_r1.trace import Trace

TRACE = solved()
PAGE = next(iter(TRACE.pages.values()))


@pytest.fixture
def stored(tmp_path):
    folder = tmp_path / "runs" / "one"
    save_trace(TRACE, folder)
    return folder


def page_file(folder):
    return folder / "pages" / f"{PAGE.sha256}.png"


def changed(folder, change):
    path = folder / "trace.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    change(values)
    path.write_text(json.dumps(values), encoding="utf-8")


def refused(folder, said):
    with pytest.raises(StorageError) as caught:
        load_trace(folder)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_stored_trace_comes_back(stored):
    again = load_trace(stored)
    assert again.model_dump() == TRACE.model_dump()
    assert list(again.pages) == [PAGE.sha256]


def test_pages_come_back_pixel_by_pixel(stored):
    page = load_trace(stored).pages[PAGE.sha256]
    assert np.array_equal(page.pixels, PAGE.pixels)
    assert (page.text, page.vision_tokens) == (PAGE.text, PAGE.vision_tokens)


def test_the_file_itself_may_be_named(stored):
    assert load_trace(stored / "trace.json").model_dump() == TRACE.model_dump()


def test_nothing_but_trace_and_pages_is_written(stored):
    files = sorted(str(path.relative_to(stored)) for path in stored.rglob("*") if path.is_file())
    assert files == [f"pages/{PAGE.sha256}.png", "trace.json"]


def test_paths_may_be_text(tmp_path):
    save_trace(TRACE, str(tmp_path / "one"))
    for path in (tmp_path / "one", tmp_path / "one" / "trace.json"):
        again = load_trace(str(path))
        assert again == TRACE and dict(again.pages) == dict(TRACE.pages)


def test_a_trace_without_the_images_of_its_pages_is_not_stored(tmp_path):
    record = Trace.model_validate_json(TRACE.model_dump_json())
    with pytest.raises(UsageError, match="have no image"):
        save_trace(record, tmp_path / "one")
    assert not (tmp_path / "one").exists()


def test_where_the_images_lie_already_they_stay(stored):
    before = {path: path.read_bytes() for path in stored.rglob("*") if path.is_file()}
    save_trace(Trace.model_validate_json(TRACE.model_dump_json()), stored)
    assert {path: path.read_bytes() for path in stored.rglob("*") if path.is_file()} == before
    assert load_trace(stored).pages.keys() == TRACE.pages.keys()


def test_saving_again_gives_the_same_files(stored):
    before = {path: path.read_bytes() for path in stored.rglob("*") if path.is_file()}
    save_trace(load_trace(stored), stored)
    assert {path: path.read_bytes() for path in stored.rglob("*") if path.is_file()} == before


def test_a_folder_that_is_a_file_cannot_be_written(tmp_path):
    (tmp_path / "taken").write_text("mine", encoding="utf-8")
    with pytest.raises(StorageError, match="cannot be written"):
        save_trace(TRACE, tmp_path / "taken")
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "mine"


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "file"
    write_atomic(path, b"old")
    with pytest.raises(TypeError):
        write_atomic(path, "no bytes")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_absent_trace_is_named(tmp_path):
    refused(tmp_path / "absent", "absent: cannot be read")


def test_an_empty_folder_is_no_trace(tmp_path):
    refused(tmp_path, "trace.json: cannot be read")


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_a_foreign_version_is_refused(stored, version):
    changed(stored, lambda values: values.update(version=version))
    refused(stored, f"it has version {version}, this program reads 1")


def test_a_trace_without_version_is_refused(stored):
    changed(stored, lambda values: values.pop("version"))
    refused(stored, "it has no version")


def test_every_torn_file_is_refused(stored):
    path = stored / "trace.json"
    whole = path.read_bytes().rstrip()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        refused(stored, "is not a trace")


@pytest.mark.parametrize(
    "data",
    [b"", b"null", b"[]", b"1", b'"version"', b"\xff\xfe{}", b"[" * 200_000, b'{"version": 1}', b"NaN"],
)
def test_other_files_are_refused(stored, data):
    (stored / "trace.json").write_bytes(data)
    refused(stored, "is not a trace")


@pytest.mark.parametrize(
    "change",
    [
        lambda values: values.update(status="done"),
        lambda values: values.update(extra=1),
        lambda values: values.update(iterations=3),
        lambda values: values["budget"].update(iterations=0),
        lambda values: values.pop("question"),
    ],
    ids=["status", "extra", "iterations", "budget", "question"],
)
def test_values_off_the_schema_are_refused(stored, change):
    changed(stored, change)
    refused(stored, "is not a trace")


def test_derived_values_are_derived_anew(stored):
    changed(stored, lambda values: values.update(compression_ratio=99.0, usage={}))
    again = load_trace(stored)
    assert (again.compression_ratio, again.usage) == (TRACE.compression_ratio, TRACE.usage)


def test_parse_trace_raises_value_errors():
    for text in ("", "[" * 200_000, '{"version": 2}', '{"version": 1}'):
        with pytest.raises(ValueError):
            parse_trace(text)


def test_a_missing_page_is_named(stored):
    page_file(stored).unlink()
    refused(stored, f"{PAGE.sha256}.png: page cannot be read")


def test_changed_pixels_are_noticed(stored):
    pixels = PAGE.pixels.copy()
    pixels[0, 0] -= 1
    page_file(stored).write_bytes(png.encode(pixels))
    refused(stored, "its pixels have changed")


def test_changed_geometry_is_noticed(stored):
    page_file(stored).write_bytes(png.encode(PAGE.pixels.reshape(PAGE.width, PAGE.height)))
    refused(stored, "its pixels have changed")


def test_no_damage_of_a_page_goes_unseen(stored):
    whole = page_file(stored).read_bytes()
    for at in range(len(whole)):
        page_file(stored).write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            page = load_trace(stored).pages[PAGE.sha256]
        except StorageError as error:
            assert PAGE.sha256 in str(error)
        else:
            assert np.array_equal(page.pixels, PAGE.pixels)


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"GIF89a"])
def test_a_page_that_is_no_picture_is_refused(stored, data):
    page_file(stored).write_bytes(data)
    refused(stored, "page cannot be read")


def test_a_page_of_monstrous_size_is_refused(stored):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    parts = [b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", header), chunk(b"IDAT", b""), chunk(b"IEND", b"")]
    page_file(stored).write_bytes(b"".join(parts))
    refused(stored, "page cannot be read")


@pytest.mark.parametrize(
    "name", ["../../secret", "/etc/hostname", "..", "", "A" * 64, "a" * 63, "a" * 64 + "\n"]
)
def test_a_page_name_that_is_no_hash_is_never_opened(stored, name):
    (stored.parent / "secret.png").write_bytes(PAGE.png)
    changed(stored, lambda values: values["iterations"][0]["pages"][0].update(sha256=name))
    refused(stored, "is not a hash")
