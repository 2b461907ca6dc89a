"""Recipes from TOML, by name or by file, with settings changed."""

import json
import tomllib
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from vtc_r1.errors import RecipeError, UnknownName
from vtc_r1.sft.training.recipe import Recipe

_SHIPPED = resources.files("vtc_r1.sft") / "recipes"
EXTENDS = "extends"
"""Key that names another recipe, whose values are the defaults."""
_DEEPEST = 8


def recipe_names() -> list[str]:
    """Names of the recipes that ship with the package."""
    return sorted(Path(entry.name).stem for entry in _SHIPPED.iterdir() if entry.name.endswith(".toml"))


def accelerate_config(name: str) -> Path:
    """Return the shipped configuration of `accelerate launch`: `fsdp` or `zero3`."""
    return Path(str(_SHIPPED / "accelerate" / f"{name}.yaml"))


def load_recipe(name: str, settings: Sequence[str] = ()) -> Recipe:
    """Read a recipe.

    Args:
        name: a shipped recipe, or the path of a TOML file.
        settings: `key=value` each, which override the file; `lora.rank=8` reaches into a table.

    Raises:
        UnknownName: neither a recipe nor a file, or an unknown key; suggests the closest match.
        RecipeError: the file cannot be read, or a value is invalid.
    """
    path = _path(name)
    values = _values(path)
    for setting in settings:
        _change(values, setting)
    try:
        return Recipe.model_validate({"name": path.stem, **values})
    except ValidationError as error:
        raise _named(error, name) from error


def _path(name: str) -> Path:
    if name in recipe_names():
        return Path(str(_SHIPPED / f"{name}.toml"))
    path = Path(name)
    if path.suffix != ".toml":
        raise UnknownName("recipe", name, recipe_names())
    if not path.is_file():
        raise RecipeError(f"recipe {name}: there is no such file; shipped are {', '.join(recipe_names())}")
    return path


def _values(path: Path, depth: int = 0) -> dict[str, Any]:
    """The values of a file on top of those that it extends."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise RecipeError(f"recipe {path}: cannot be read ({error})") from error
    base = values.pop(EXTENDS, None)
    if base is None:
        return values
    if not isinstance(base, str) or depth == _DEEPEST:
        raise RecipeError(f"recipe {path}: {EXTENDS} = {base!r} is not a recipe, or is circular")
    return _merged(_values(_path(base), depth + 1), values)


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        both = isinstance(below, dict) and isinstance(value, dict)
        merged[key] = _merged(below, value) if both else value  # type: ignore[arg-type]  # both are tables
    return merged


def _change(values: dict[str, Any], setting: str) -> None:
    """Apply one `key=value`."""
    key, equals, text = setting.partition("=")
    if not equals:
        raise RecipeError(f"{setting!r} is not a setting of a recipe: write key=value, such as batch=2")
    *tables, last = (part.strip() for part in key.split("."))
    for table in tables:
        inner = values.setdefault(table, {})
        if not isinstance(inner, dict):
            raise RecipeError(f"{setting!r}: {table} is not a table of the recipe")
        values = inner
    values[last] = _value(text.strip(), is_list=last in _LISTS)


def _value(text: str, *, is_list: bool) -> object:
    """A value in JSON; any other text unchanged, or for a list split at commas."""
    try:
        return json.loads(text)
    except ValueError:
        return [part.strip() for part in text.split(",") if part.strip()] if is_list else text


def _tables(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel] | None]]:
    """Keys of a table, with the models of nested tables."""
    for key, field in model.model_fields.items():
        kinds = [kind for kind in (field.annotation, *get_args(field.annotation)) if isinstance(kind, type)]
        yield key, next((kind for kind in kinds if issubclass(kind, BaseModel)), None)


_LISTS = {"data", "report_to", "targets"}


def _known() -> list[str]:
    """All keys; those of tables are prefixed with the table's name and a dot."""
    keys = []
    for key, table in _tables(Recipe):
        keys += [key] if table is None else [f"{key}.{inner}" for inner in table.model_fields]
    return keys


def _named(error: ValidationError, name: str) -> RecipeError | UnknownName:
    """Describe the first error."""
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        return UnknownName(f"key of recipe {name}", where, _known())
    if first["type"] == "missing":
        return RecipeError(f"recipe {name}: {where} is missing; --set {where}=VALUE gives it")
    what = first["msg"].removeprefix("Value error, ")
    return RecipeError(f"recipe {name}: {f'{where} ' if where else ''}{what}")
