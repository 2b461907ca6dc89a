"""The Dockerfile, the compose file and the systemd units, as far as reading them goes."""

import ast
import configparser
import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer

from vtc_r1.cli.main import app
from vtc_r1.settings import Settings
from vtc_r1.sglang.command import Command

dockerfile_parse = pytest.importorskip("dockerfile_parse", reason="the Dockerfile is read with the extra dev")
yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).parents[1]
UNITS = sorted((ROOT / "docs" / "deploy").glob("*.service"))
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def instructions() -> list[tuple[str, str]]:
    with (ROOT / "Dockerfile").open("rb") as file:
        parser = dockerfile_parse.DockerfileParser(fileobj=file)
        return [(one["instruction"], one["value"]) for one in parser.structure]


def values(kind: str) -> list[str]:
    return [value for instruction, value in instructions() if instruction == kind]


def parsed(words: list[str]) -> Any:
    """Parse a command line of ours; fails where the command does not take it."""
    name, *rest = words
    return COMMANDS[name].make_context(name, rest)


def test_the_image_runs_as_nobody_special_and_is_checked() -> None:
    user, _ = values("USER")[-1].split(":")
    assert int(user) > 0 and instructions()[-1][0] == "CMD"
    assert all(":" in source.split(" AS ")[0] for source in values("FROM"))
    (check,) = values("HEALTHCHECK")
    python, flag, code = json.loads(check.split("CMD ", 1)[1])
    assert (python, flag) == ("python", "-c") and "'/health'" in ast.unparse(ast.parse(code))
    assert f"{values('EXPOSE')[0]}, timeout" in code


def test_the_image_installs_extras_that_exist() -> None:
    arguments = dict(value.split("=") for value in values("ARG"))
    for extra in arguments["EXTRAS"].split(","):
        assert extra in EXTRAS


def test_the_image_serves() -> None:
    command = json.loads(values("ENTRYPOINT")[-1]) + json.loads(values("CMD")[-1])
    assert command[0] == "vtc-r1"
    given = parsed(command[1:]).params
    assert (given["host"], str(given["port"])) == ("0.0.0.0", values("EXPOSE")[0])
    assert str(given["save"]).startswith(values("VOLUME")[0])


def test_sglang_in_compose_is_what_launch_starts() -> None:
    service = COMPOSE["sglang"]
    model = re.fullmatch(r"\$\{VTC_MODEL:-(.+)\}", service["command"][4])
    assert model is not None
    command = Command(model[1], host="0.0.0.0", context_length=32_768)
    words = [model[1] if word.startswith("${VTC_MODEL") else word for word in service["command"]]
    assert words == command.words("python3")
    assert service["image"] == command.container()[command.container().index("python3") - 1]
    assert service["ipc"] == "host" and "ports" not in service
    ast.parse(service["healthcheck"]["test"][3])


def test_the_facade_in_compose_reaches_it() -> None:
    service = COMPOSE["vtc-r1"]
    names = {name.removeprefix("VTC_").lower() for name in service["environment"]}
    assert names - {"serve_api_keys"} <= Settings.model_fields.keys()
    assert service["environment"]["VTC_BASE_URL"] == "http://sglang:30000/v1"
    assert service["environment"]["VTC_MODEL"] == COMPOSE["sglang"]["command"][4]
    assert service["depends_on"] == {"sglang": {"condition": "service_healthy"}}
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert service["read_only"] and service["cap_drop"] == ["ALL"]


def test_images_are_pinned_and_keys_demanded() -> None:
    tag = COMPOSE["sglang"]["image"].rpartition(":")[2]
    assert re.fullmatch(r"v\d+\.\d+\.\d+", tag)
    assert f"sglang=={tag[1:]}" in (ROOT / "tests" / "servers" / "requirements.txt").read_text()
    assert COMPOSE["vtc-r1"]["environment"]["VTC_SERVE_API_KEYS"].startswith("${VTC_SERVE_API_KEYS:?")


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_start_commands_that_exist(path: Path) -> None:
    unit = configparser.RawConfigParser(strict=False, delimiters=("=",))
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(path.read_text())
    command, *words = shlex.split(unit["Service"]["ExecStart"])
    assert command.endswith("/vtc-r1")
    assert unit["Install"]["WantedBy"] == "multi-user.target"
    assert unit["Service"].get("User", "root") != "root" or unit["Service"]["DynamicUser"] == "yes"
    parsed(words)


def test_the_build_sees_the_package_and_little_else() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert rules[0] == "*" and "!vtc_r1" in rules and "**/__pycache__" in rules
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {"pyproject.toml", project["readme"], *project["license-files"]}
    allowed = {rule.removeprefix("!") for rule in rules[1:]}
    assert all(name in allowed or name.split("/")[0] in allowed for name in needed)
