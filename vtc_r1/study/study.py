"""A study: its steps with their keys, read from TOML, by name or by file."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from vtc_r1.declarations import Declarations, Values
from vtc_r1.errors import UnknownName, UsageError
from vtc_r1.study.kinds import KINDS
from vtc_r1.study.refusals import Refusals

MARK = "@"  #: prefix of a value that names another step
_TOP = {"title", "secrets", "machine", "defaults", "steps"}
_MACHINE = {"gpu": str, "gpus": int, "time": str, "partition": str, "setup": str, "reasoning_tokens": int}
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class StudyError(UsageError):
    """A study that cannot be read."""


@dataclass(frozen=True)
class Step:
    """One declared step."""

    name: str  #: its name in the file
    kind: str  #: what it does
    keys: Mapping[str, Any]  #: its keys, those of the defaults included

    def references(self) -> Iterator[tuple[str, str]]:
        """Yield the key and the named step of every value that begins with `@`."""
        for key, value in self.keys.items():
            for one in strings(value):
                if one.startswith(MARK):
                    yield key, one.removeprefix(MARK)


@dataclass(frozen=True)
class Study:
    """A chain of steps."""

    name: str  #: the file's name without its ending
    title: str = ""  #: title for people
    secrets: tuple[str, ...] = ()  #: environment variables that must be set
    machine: Mapping[str, Any] = field(default_factory=dict)  #: the machine that is planned for
    steps: tuple[Step, ...] = ()  #: in an order in which they can be done


def strings(value: object) -> Iterator[str]:
    """Yield the texts in a value, also those in lists and tables."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from strings(one)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from strings(one)


_STUDIES = Declarations("study", resources.files("vtc_r1.study") / "shipped", StudyError)
study_names, study_file = _STUDIES.names, _STUDIES.path


def load_study(name: str, settings: Sequence[str], refusals: Refusals) -> Study:
    """Read a study; what is wrong with its steps goes to `refusals`, and they are left out.

    Args:
        name: a shipped study, or the path of a TOML file.
        settings: `STEP.KEY=VALUE` each, which override the file.
        refusals: takes what is wrong.

    Raises UsageError if there is no such study, or its file cannot be read.
    """
    path = study_file(name)
    values = _STUDIES.values(path)
    for setting in settings:
        _change(values, setting)
    for key in values:
        if key not in _TOP:
            refusals.add("", UnknownName("key of the study", key, _TOP))
    machine = _machine(values.get("machine", {}), refusals)
    defaults = _tables(values.get("defaults", {}), "defaults", refusals)
    for kind in defaults:
        if kind not in KINDS:
            refusals.add("defaults", UnknownName("kind of step", kind, KINDS))
    declared = _tables(values.get("steps", {}), "steps", refusals)
    if not declared:
        raise StudyError(f"study {name}: has no steps: give it a table [steps.NAME] for each")
    steps = [step for one in declared.items() if (step := _step(*one, defaults, refusals)) is not None]
    secrets = values.get("secrets", [])
    if not (isinstance(secrets, list) and all(isinstance(one, str) for one in secrets)):
        refusals.add("", "secrets is not a list of names of environment variables")
        secrets = []
    return Study(path.stem, str(values.get("title", "")), tuple(secrets), machine, _ordered(steps, refusals))


def _step(name: str, keys: Values, defaults: Mapping[str, Values], refusals: Refusals) -> Step | None:
    if not _NAME.fullmatch(name):
        refusals.add(name, "a step's name has small letters, digits and dashes, and at most 40 of them")
        return None
    kind = keys.get("kind", name)
    if kind not in KINDS:
        why = "" if "kind" in keys else "or say what it is by kind = …"
        refusals.add(name, UnknownName("kind of step", str(kind), KINDS, why))
        return None
    given = {key: value for key, value in keys.items() if key != "kind"}
    return Step(name, kind, {**defaults.get(kind, {}), **given})


def _ordered(steps: Sequence[Step], refusals: Refusals) -> tuple[Step, ...]:
    """Sort steps so that each follows those that it names; a name of no step and a cycle are recorded."""
    known = {step.name: step for step in steps}
    needs: dict[str, list[str]] = {}
    for step in steps:
        needs[step.name] = []
        for key, name in step.references():
            if name in known:
                needs[step.name].append(name)
            else:
                refusals.add(step.name, f"{key} = {MARK}{name}: {UnknownName('step', name, known)}")
    done: dict[str, Step] = {}
    for step in steps:
        if (cycle := _visit(step.name, needs, known, done, ())) is not None:
            circle = " → ".join(cycle)
            refusals.add("", f"the steps go in a circle, {circle}: let one of them take something else")
            return ()
    return tuple(done.values())


def _visit(
    name: str,
    needs: Mapping[str, Sequence[str]],
    known: Mapping[str, Step],
    done: dict[str, Step],
    above: tuple[str, ...],
) -> tuple[str, ...] | None:
    """Put a step behind those that it needs into `done`; return a cycle if there is one."""
    if name in above:
        return (*above[above.index(name) :], name)
    if name not in done:
        for other in needs[name]:
            if (cycle := _visit(other, needs, known, done, (*above, name))) is not None:
                return cycle
        done[name] = known[name]
    return None


def _machine(values: object, refusals: Refusals) -> Values:
    if not isinstance(values, dict):
        refusals.add("machine", "is not a table")
        return {}
    known: Values = {}
    for key, value in values.items():
        if key not in _MACHINE:
            refusals.add("machine", UnknownName("key", key, _MACHINE))
        elif not isinstance(value, _MACHINE[key]) or (isinstance(value, int) and value < 1):
            refusals.add(
                "machine",
                f"{key} = {value!r}: give {'a text' if _MACHINE[key] is str else 'a whole number above 0'}",
            )
        else:
            known[key] = value
    return known


def _tables(values: object, where: str, refusals: Refusals) -> dict[str, Values]:
    if not isinstance(values, dict):
        refusals.add(where, "is not a table")
        return {}
    for name in [name for name, value in values.items() if not isinstance(value, dict)]:
        refusals.add(where, f"{name} is not a table: write [{where}.{name}]")
    return {name: value for name, value in values.items() if isinstance(value, dict)}


def _change(values: Values, setting: str) -> None:
    """Apply one `STEP.KEY=VALUE`, with a value in TOML or a text without quotes."""
    path, equals, text = setting.partition("=")
    step, dot, key = path.strip().partition(".")
    if not (equals and dot and step and key):
        raise StudyError(f"{setting!r} is no setting of a study: write STEP.KEY=VALUE, such as eval.limit=10")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()
    table: object = values.get("machine") if step == "machine" else values.get("steps")
    if step != "machine" and isinstance(table, dict):
        if step not in table:
            raise UnknownName("step", step, table)
        table = table[step]
    elif step == "machine":
        table = values.setdefault("machine", {})
    for part in key.split(".")[:-1]:
        if isinstance(table, dict):
            table = table.setdefault(part, {})
    if not isinstance(table, dict):
        raise StudyError(f"{setting!r}: {step} is not a table of the study")
    table[key.split(".")[-1]] = value
