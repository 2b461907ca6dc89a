"""A policy and its options in one word: `decay:after=2,budget=2000`."""

import re
from collections.abc import Mapping
from typing import ClassVar, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from vtc_r1.errors import UnknownName, UsageError

_NEXT = re.compile(r",(?![^,:]*=)")


class Options(BaseModel):
    """Base of what can be said of a policy; every value has a default."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Configurable(Protocol):
    """A class that goes by a name and has options.

    Attributes:
        name: its name.
        takes: its options.
    """

    name: str
    takes: ClassVar[type[Options]]


C = TypeVar("C", bound=Configurable)


def listed(words: str) -> list[str]:
    """Split `optical,decay:after=2,budget=90,text` into its policies, each once; `key=value` goes on."""
    specs = [spec.strip() for spec in _NEXT.split(words)]
    return list(dict.fromkeys(spec for spec in specs if spec))


def chosen(kind: str, spec: str, known: Mapping[str, type[C]]) -> tuple[type[C], Options]:
    """Look up what `spec` names, and read its options.

    Args:
        kind: what is chosen, for messages: `memory policy`.
        spec: `name` or `name:key=value,…`.
        known: classes by name.

    Raises:
        UnknownName: the name or a key is not known.
        UsageError: a value is not usable.
    """
    name, _, words = spec.partition(":")
    name = name.strip()
    if name not in known:
        raise UnknownName(kind, name, known)
    fields = known[name].takes.model_fields
    values: dict[str, str] = {}
    for word in filter(None, map(str.strip, words.split(","))):
        key, equals, value = (part.strip() for part in word.partition("="))
        if key not in fields:
            raise UnknownName(f"option of {kind} {name}", key, fields)
        if not equals or not value:
            raise UsageError(f"{kind} {name}: {word!r} is not an option: write {key}=VALUE")
        values[key] = value
    try:
        return known[name], known[name].takes.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = f"{'.'.join(map(str, first['loc'])) or 'options'} = {first['input']!r}"
        raise UsageError(f"{kind} {name}: {where}: {first['msg']}") from error


def canonical(name: str, options: Options) -> str:
    """Write a policy with the options that are not the default, in one way: `decay:after=2,budget=90`."""
    values = options.model_dump(exclude_defaults=True)
    words = ",".join(f"{key}={_word(value)}" for key, value in sorted(values.items()))
    return f"{name}:{words}" if words else name


def without(spec: str, option: str) -> str:
    """Return a policy as `canonical` writes it, without one of its options."""
    name, _, words = spec.partition(":")
    kept = [word for word in words.split(",") if word and word.partition("=")[0] != option]
    return f"{name}:{','.join(kept)}" if kept else name


def _word(value: object) -> str:
    if isinstance(value, tuple | list):
        return "+".join(map(_word, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
