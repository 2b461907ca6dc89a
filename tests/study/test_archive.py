"""`vtc-r1 study export` and `verify`: a round trip, and archives that somebody has changed."""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.command import vtc
from tests.loopback import Loopback, Reply
from tests.study.declared import EVAL, declare
from vtc_r1.errors import Unreadable
from vtc_r1.study.archive import MANIFEST
from vtc_r1.study.unpacking import is_safe, unpack

Change = Callable[[dict[str, bytes]], None]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The archive of a study with one evaluation under one policy."""
    folder = tmp_path_factory.mktemp("study")
    with closing(Loopback(lambda _: Reply("So <answer>7</answer> \\boxed{7}."))) as server:
        text = EVAL.split("[steps.report]")[0].replace("optical,forget", "optical")
        file = declare(folder, text, server)
        early = vtc("study", "export", file, "early.zip", cwd=folder)
        assert early.code == 2 and "eval · optical; run it first" in early.error
        done = vtc("study", file, "-q", cwd=folder)
        assert done.code == 0, done.err
        packed = vtc("study", "export", file, "small.zip", cwd=folder)
        assert (packed.code, packed.out) == (0, "small.zip\n"), packed.err
        again = vtc("study", "export", file, "small.zip", cwd=folder)
        assert again.code == 2 and "small.zip: exists" in again.error
    yield folder / "small.zip"


def changed(archive: Path, out: Path, change: Change, *, hashes: bool = True) -> Path:
    """Write an archive with other files; its manifest has their hashes if that is asked for."""
    with zipfile.ZipFile(archive) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    change(files)
    if hashes:
        manifest = json.loads(files[MANIFEST])
        for name, known in manifest["files"].items():
            if name in files:
                known["sha256"] = hashlib.sha256(files[name]).hexdigest()
        files[MANIFEST] = json.dumps(manifest).encode()
    with zipfile.ZipFile(out, "w") as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return out


def grades(files: dict[str, bytes]) -> str:
    return next(name for name in files if name.endswith("grades.jsonl"))


def better(files: dict[str, bytes]) -> None:
    """Call every answer right, in the grades and in the table."""
    files[grades(files)] = files[grades(files)].replace(b'"correct":false', b'"correct":true')
    result = json.loads(files["result.json"])
    for row in result["table"]:
        row["accuracy"]["mean"] = 1.0
    files["result.json"] = json.dumps(result).encode()


@pytest.mark.process
def test_a_round_trip_finds_nothing(archive: Path, tmp_path: Path) -> None:
    done = vtc("study", "verify", archive, "--out", "there", cwd=tmp_path)
    assert (done.code, done.out) == (0, f"{archive}: 3 solves of 1 run graded again, 0 differences\n")
    names = {path.name for path in (tmp_path / "there").rglob("*")}
    assert {"result.md", "index.jsonl", "samples.jsonl", "run.json", "done.json"} <= names
    kept = vtc("study", "verify", archive, "--out", "there", cwd=tmp_path)
    assert kept.code == 2 and "there: is not an empty folder" in kept.error


@pytest.mark.process
def test_what_was_changed_is_named(archive: Path, tmp_path: Path) -> None:
    found = vtc("study", "verify", changed(archive, tmp_path / "a.zip", better), cwd=tmp_path)
    assert found.code == 1
    assert "problem 0, sample 0: right ('7') there, wrong ('7') now" in found.out
    assert (
        "accuracy is {'mean': 1.0" in found.out and "result.md: is not what result.json comes to" in found.out
    )

    silent = changed(archive, tmp_path / "b.zip", better, hashes=False)
    found = vtc("study", "verify", silent, "--json", cwd=tmp_path)
    assert found.code == 1
    told = json.loads(found.out)["differences"]
    assert any("grades.jsonl: is not the file of the manifest" in line for line in told)


def outside(files: dict[str, bytes]) -> None:
    files["../escaped.txt"] = b"x"


@pytest.mark.parametrize(
    "name", ["../x", "/x", "a/../x", "a\\..\\x", "C:x", "a//x", "", "a/", "x\0", ".ssh/x", "~/x"]
)
def test_a_name_that_could_lead_out_is_not_safe(name: str) -> None:
    assert not is_safe(name)
    assert is_safe("jobs/eval-0a/out/math500/decay:after=2".replace(":", "-"))


@pytest.mark.process
def test_archives_that_are_not_safe_are_refused(archive: Path, tmp_path: Path) -> None:
    where = tmp_path / "below" / "folder"
    where.mkdir(parents=True)
    escaping = changed(archive, tmp_path / "escaping.zip", outside)
    done = vtc("study", "verify", escaping, "--out", where, cwd=tmp_path)
    assert done.code == 2 and "could lead out of the folder; nothing is unpacked" in done.error
    assert not [*where.iterdir()] and not (where.parent / "escaped.txt").exists()

    folder = tmp_path / "large"
    folder.mkdir()
    with pytest.raises(Unreadable, match=r"unpacks to more than 0\.0 GB; raise --most-bytes"):
        unpack(archive, folder, most=100)
    (tmp_path / "text.zip").write_bytes(b"no archive")
    with pytest.raises(Unreadable, match="is not an archive of a study, or is damaged"):
        unpack(tmp_path / "text.zip", folder)
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("x", "y")
    with pytest.raises(Unreadable, match=r"manifest\.json is missing"):
        unpack(tmp_path / "other.zip", folder)
    assert not [*folder.iterdir()]


def foreign(files: dict[str, bytes]) -> None:
    """Let another grader judge, of a module that is there."""
    name = next(name for name in files if name.endswith("/run.json"))
    run = json.loads(files[name])
    run["benchmark"]["grader"] = "trap:Trap"
    files[name] = json.dumps(run).encode()


@pytest.mark.process
def test_nothing_that_an_archive_names_is_run(archive: Path, tmp_path: Path) -> None:
    trap = "from pathlib import Path\nPath('sprung').touch()\n"
    (tmp_path / "trap.py").write_text(trap, encoding="utf-8")
    named = changed(archive, tmp_path / "foreign.zip", foreign)
    found = vtc("study", "verify", named, cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert found.code == 1 and "cannot be graded" in found.out, found.err
    assert not (tmp_path / "sprung").exists()
