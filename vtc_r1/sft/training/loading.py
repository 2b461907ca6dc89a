"""Recipes from TOML, by name or by file, with settings changed."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Generic, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from vtc_r1.declarations import Declarations
from vtc_r1.errors import RecipeError, UnknownName
from vtc_r1.sft.training.recipe import Recipe, RunRecipe

_SHIPPED = resources.files("vtc_r1.sft") / "recipes"
R = TypeVar("R", bound=RunRecipe)


@dataclass(frozen=True)
class Recipes(Generic[R]):
    """The recipes of one kind of training."""

    kind: type[R]  #: the class of its recipes
    shipped: Traversable  #: folder of those that ship with the package

    @property
    def _files(self) -> Declarations:
        return Declarations("recipe", self.shipped, RecipeError)

    def names(self) -> list[str]:
        """Names of the recipes that ship with the package."""
        return self._files.names()

    def load(self, name: str, settings: Sequence[str] = ()) -> R:
        """Read a recipe.

        Args:
            name: a shipped recipe, or the path of a TOML file.
            settings: `key=value` each, which override the file; `lora.rank=8` reaches into a table.

        Raises:
            UnknownName: neither a recipe nor a file, or an unknown key; suggests the closest match.
            RecipeError: the file cannot be read, or a value is invalid.
        """
        path = self._files.path(name)
        values = self._files.values(path)
        for setting in settings:
            _change(values, setting, {key.split(".")[-1] for key, is_list in _keys(self.kind) if is_list})
        try:
            return self.kind.model_validate({"name": path.stem, **values})
        except ValidationError as error:
            raise self._named(error, name) from error

    def _named(self, error: ValidationError, name: str) -> RecipeError | UnknownName:
        """Describe the first error."""
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            return UnknownName(f"key of recipe {name}", where, [key for key, _ in _keys(self.kind)])
        if first["type"] == "missing":
            return RecipeError(f"recipe {name}: {where} is missing; --set {where}=VALUE gives it")
        what = first["msg"].removeprefix("Value error, ")
        return RecipeError(f"recipe {name}: {f'{where} ' if where else ''}{what}")


_RECIPES = Recipes(Recipe, _SHIPPED)
recipe_names, load_recipe = _RECIPES.names, _RECIPES.load


def accelerate_config(name: str) -> Path:
    """Return the shipped configuration of `accelerate launch`: `fsdp` or `zero3`."""
    return Path(str(_SHIPPED / "accelerate" / f"{name}.yaml"))


def _change(values: dict[str, Any], setting: str, lists: set[str]) -> None:
    """Apply one `key=value`; `lists` are the keys that hold several values."""
    key, equals, text = setting.partition("=")
    if not equals:
        raise RecipeError(f"{setting!r} is not a setting of a recipe: write key=value, such as batch=2")
    *tables, last = (part.strip() for part in key.split("."))
    for table in tables:
        inner = values.setdefault(table, {})
        if not isinstance(inner, dict):
            raise RecipeError(f"{setting!r}: {table} is not a table of the recipe")
        values = inner
    values[last] = _value(text.strip(), is_list=last in lists)


def _value(text: str, *, is_list: bool) -> object:
    """A value in JSON; any other text unchanged, or for a list split at commas."""
    try:
        return json.loads(text)
    except ValueError:
        return [part.strip() for part in text.split(",") if part.strip()] if is_list else text


def _keys(model: type[BaseModel], before: str = "") -> Iterator[tuple[str, bool]]:
    """Yield all keys, those of a table after its name and a dot, and whether each holds several values."""
    for key, field in model.model_fields.items():
        table = next((kind for kind in _parts(field.annotation) if issubclass(kind, BaseModel)), None)
        if table is None:
            yield before + key, get_origin(field.annotation) is tuple
        else:
            yield from _keys(table, f"{before}{key}.")


def _parts(annotation: Any) -> Iterator[type]:
    """Yield the classes that a field's annotation names."""
    for one in (annotation, *get_args(annotation)):
        if isinstance(one, type) and get_origin(one) is None:
            yield one
