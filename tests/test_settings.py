"""Flags, environment, vtc.toml, preset: which one counts."""

from pathlib import Path
from typing import Any

import pytest

from vtc_r1 import Solver
from vtc_r1.errors import UsageError
from vtc_r1.settings import Settings

SERVER = 'base_url = "http://127.0.0.1:9/v1"\nmodel = "Qwen/Qwen3-VL-8B-Instruct"\n'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(text: str) -> None:
    Path("vtc.toml").write_text(text, encoding="utf-8")


def solver(**flags: Any) -> Solver:
    return Solver(**Settings.load(**flags).solver_arguments())


def test_without_any_source_the_preset_decides() -> None:
    settings = Settings.load()
    assert (settings.memory, settings.stream) == ("optical", True)
    arguments = settings.solver_arguments()
    assert arguments["sampling"] == {}
    assert {arguments[name] for name in ("model", "profile", "max_iterations", "seed")} == {None}


def test_the_file_comes_before_the_preset() -> None:
    write(SERVER + "temperature = 0.3\nmax_iterations = 5\n")
    ours = solver()
    assert (ours.backend.model, ours.preset.name) == ("Qwen/Qwen3-VL-8B-Instruct", "qwen3-vl-instruct")
    assert (ours.sampling.temperature, ours.sampling.top_p) == (0.3, 0.8)
    assert ours.budget.iterations == 5


def test_the_environment_comes_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    write(SERVER + 'temperature = 0.3\nmemory = "text"\n')
    monkeypatch.setenv("VTC_TEMPERATURE", "0.4")
    monkeypatch.setenv("VTC_MODEL", "another/model")
    ours = solver()
    assert (ours.sampling.temperature, ours.backend.model) == (0.4, "another/model")
    assert Settings.load().memory == "text"


def test_flags_come_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    write(SERVER + "temperature = 0.3\n")
    monkeypatch.setenv("VTC_TEMPERATURE", "0.4")
    monkeypatch.setenv("VTC_STREAM", "true")
    ours = Settings.load(temperature=0.0, stream=False, top_p=None)
    assert (ours.temperature, ours.stream, ours.top_p) == (0.0, False, None)
    assert ours.base_url == "http://127.0.0.1:9/v1"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("BASE_URL", "http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1"),
        ("MODEL", "some/model", "some/model"),
        ("PRESET", "vtc-r1", "vtc-r1"),
        ("STREAM", "no", False),
        ("MEMORY", "text", "text"),
        ("PROFILE", "nano", "nano"),
        ("PROMPTS", "vtc", "vtc"),
        ("SYSTEM_FILE", "system.txt", "system.txt"),
        ("MAX_ITERATIONS", "3", 3),
        ("SEGMENT_TOKENS", "4", 4),
        ("MAX_TOKENS", "5", 5),
        ("MAX_SECONDS", "1.5", 1.5),
        ("TEMPERATURE", "0.5", 0.5),
        ("TOP_P", "0.9", 0.9),
        ("TOP_K", "7", 7),
        ("PRESENCE_PENALTY", "1", 1.0),
        ("SEED", "8", 8),
    ],
)
def test_every_setting_has_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: Any
) -> None:
    monkeypatch.setenv(f"VTC_{name}", value)
    assert getattr(Settings.load(), name.lower()) == expected


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    write("seed = 3\n")
    monkeypatch.setenv("VTC_SEED", "")
    assert Settings.load().seed == 3


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("VTC_MEMROY", "VTC_MEMORY"),
        ("VTC_SEGMENT_TOKEN", "VTC_SEGMENT_TOKENS"),
        ("VTC_TEMPRATURE", "VTC_TEMPERATURE"),
    ],
)
def test_a_variable_that_is_nearly_a_setting_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, meant: str
) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(UsageError, match=f"{name} is not a setting: did you mean {meant}"):
        Settings.load()


def test_a_variable_that_is_no_setting_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VTC_API_KEY", "sk-secret")
    assert "sk-secret" not in Settings.load().model_dump_json()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("temprature = 1\n", "temprature"),
        ('temperature = "hot"\n', "temperature"),
        ("max_iterations = 1.5\n", "max_iterations"),
        ('api_key = "sk-secret"\n', "api_key"),
        ("[solver]\nseed = 1\n", "solver"),
        ("seed = \n", "vtc.toml"),
        ("seed = 1\nseed = 2\n", "vtc.toml"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(text: str, names: str) -> None:
    write(text)
    with pytest.raises(UsageError) as raised:
        Settings.load()
    assert names in str(raised.value) and "vtc.toml" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "sk-secret" not in str(raised.value)


def test_a_file_that_is_no_text_is_refused() -> None:
    Path("vtc.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"vtc\.toml"):
        Settings.load()


@pytest.mark.parametrize(("name", "value"), [("SEED", "x"), ("STREAM", "perhaps"), ("TOP_P", "much")])
def test_a_bad_variable_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"VTC_{name}", value)
    with pytest.raises(UsageError, match=f"VTC_{name}"):
        Settings.load()


def test_a_value_out_of_bounds_is_refused_by_the_solver() -> None:
    write(SERVER + "temperature = 9\n")
    with pytest.raises(UsageError, match="temperature"):
        solver()


@pytest.mark.parametrize("source", ["file", "environment"])
def test_names_from_every_source_are_looked_up(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if source == "file":
        write(SERVER + 'memory = "optcal"\n')
    else:
        write(SERVER)
        monkeypatch.setenv("VTC_MEMORY", "optcal")
    with pytest.raises(UsageError, match="did you mean 'optical'"):
        solver()
