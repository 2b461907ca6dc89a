"""The environment of real servers is built whole or not at all, and once. (Without installing anything.)"""

from pathlib import Path

import pytest

from tests.servers import environment, versions
from tests.servers.environment import BuildError, build, is_built, place


@pytest.fixture
def installs(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Let nothing be installed; note where it would have been."""
    asked: list[Path] = []

    def install(folder: Path) -> None:
        asked.append(folder)
        folder.mkdir()

    monkeypatch.setattr(environment, "_install", install)
    monkeypatch.setattr(environment, "_fill_in", lambda folder: (folder / "filled").touch())
    return asked


def test_it_is_built_beside_its_place_and_only_once(tmp_path: Path, installs: list[Path]) -> None:
    folder = tmp_path / "kept" / "servers"
    assert not is_built(folder)
    build(folder)
    build(folder)
    assert is_built(folder) and (folder / "filled").is_file()
    assert len(installs) == 1 and installs[0] != folder and installs[0].parent == folder.parent


def test_one_that_fails_half_way_leaves_nothing(
    tmp_path: Path, installs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill_in(folder: Path) -> None:
        raise BuildError("importing torchvision failed")

    monkeypatch.setattr(environment, "_fill_in", fill_in)
    with pytest.raises(BuildError, match="torchvision"):
        build(tmp_path / "servers")
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]


def test_other_pins_make_it_anew(
    tmp_path: Path, installs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, pins = tmp_path / "servers", tmp_path / "pins.txt"
    build(folder)
    pins.write_text("torch==0\n", encoding="utf-8")
    monkeypatch.setattr(environment, "PINS", pins)
    (folder / "old").touch()
    assert not is_built(folder)
    build(folder)
    assert is_built(folder) and not (folder / "old").exists() and len(installs) == 2


def test_a_folder_that_is_something_else_is_left_alone(tmp_path: Path, installs: list[Path]) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").touch()
    with pytest.raises(BuildError, match="VTC_SGLANG_ENV"):
        build(tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.tex").is_file() and installs == []


def test_its_place_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VTC_SGLANG_ENV", str(tmp_path / "here"))
    assert place() == tmp_path / "here"
    monkeypatch.delenv("VTC_SGLANG_ENV")
    assert place().name == "servers" and "vtc-r1" in place().parts


def test_the_documentation_says_what_is_pinned() -> None:
    pins = dict(line.split("==") for line in environment.PINS.read_text().splitlines() if "==" in line)
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in versions.stands().splitlines()}
    written = (versions.SERVERS.keys() & rows.keys()) - {versions.LLAMA}
    if not written:
        pytest.skip("no run of real servers has written the table yet")
    for server in written:
        package, others = versions.SERVERS[server]
        assert f"| {pins[package]} |" in rows[server]
        assert all(f"{name} {pins[name]}" in rows[server] for name in others)


def test_a_table_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{versions.BEGIN}old\n{versions.END}after\n", encoding="utf-8")
    found = {name: "1.2" for package, others in versions.SERVERS.values() for name in (package, *others)}
    versions.write(versions.table(found, ["tests/servers/test_sglang_router.py::a", "b", "c"]), page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n") and text.endswith("after\n") and "old" not in text
    assert "| SGLang | 1.2 | transformers 1.2, torch 1.2, openai 1.2 | 2 |" in text
    assert "| SGLang's router | 1.2 | sglang 1.2 | 1 |" in text
