"""A policy and its options in one string: `decay:after=2,budget=2000`, `my_module:Mine:budget=2000`."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, cast, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from typing_extensions import TypeVar

from vtc_r1.errors import PluginError, UnknownName, UsageError, VtcError, first_line
from vtc_r1.plugins import Registry

_NEXT = re.compile(r",(?![^,:]*=)")
_NAME = re.compile(r"\s*([^:]*(?::[^:=,]+(?=:|$))?)(?::(.*))?", re.DOTALL)
"""A name or `module:Class`, then the options."""


class Options(BaseModel):
    """Base of the options of a policy; every option has a default."""

    model_config = ConfigDict(frozen=True, extra="forbid")


O_co = TypeVar("O_co", bound=Options, covariant=True, default=Options)


class Configured(Generic[O_co]):
    """Base of named classes with options: `class Mine(Parts[MyOptions])` has those of `MyOptions`.

    Attributes:
        name: its name, with the options that differ from the default.
        takes: the class of its options.
        options: its options.
    """

    name: str = ""
    takes: ClassVar[type[Options]] = Options
    options: O_co

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for base in () if "takes" in vars(cls) else vars(cls).get("__orig_bases__", ()):
            origin, taken = get_origin(base), get_args(base)
            if isinstance(origin, type) and issubclass(origin, Configured) and isinstance(taken[0], type):
                cls.takes = taken[0]

    def __init__(self, options: O_co | None = None) -> None:
        self.options = cast(O_co, self.takes()) if options is None else options
        self.name = canonical(type(self).name or type(self).__name__, self.options)


C = TypeVar("C", bound=Configured)


@dataclass(frozen=True)
class Chosen(Generic[C]):
    """A policy with its options, parsed from one string."""

    name: str  #: the string in canonical form
    kind: type[C]  #: the class
    options: Options  #: its options

    def made(self, *given: object, **named: object) -> C:
        """Create an instance from the arguments and its options, under its canonical name.

        Raises:
            UsageError: raised by the class itself.
            PluginError: a plug-in cannot be created.
        """
        kind: Any = self.kind  # each kind has its own arguments
        try:
            made: C = kind(*given, options=self.options, **named)
        except Exception as error:
            if isinstance(error, VtcError) or self.kind.__module__.startswith("vtc_r1."):
                raise
            why = f"{type(error).__name__}: {first_line(error)}"
            raise PluginError(f"plug-in {self.name}: cannot be created ({why})") from error
        made.name = self.name
        return made


def listed(words: str) -> list[str]:
    """Split `optical,decay:after=2,budget=90,text` into distinct policies, each with its options."""
    specs = [spec.strip() for spec in _NEXT.split(words)]
    return list(dict.fromkeys(spec for spec in specs if spec))


def divided(spec: str) -> tuple[str, str]:
    """Divide `name:key=value,…` or `module:Class:key=value,…` into the name and the options."""
    found = _NAME.fullmatch(spec)
    assert found is not None
    return found[1].strip(), found[2] or ""


def chosen(known: Registry[type[C]], spec: str, *, trusted: bool = False) -> Chosen[C]:
    """Look up what `spec` names, and read its options.

    Args:
        known: the classes of its kind.
        spec: `name`, `module:Class`, or either with `:key=value,…`.
        trusted: the spec comes from the person who runs the program, so `module:Class` may be imported.

    Raises:
        UnknownName: the name or a key is unknown.
        PluginError: it names a broken plug-in.
        UsageError: a value is invalid.
    """
    name, words = divided(spec)
    first, _, rest = spec.partition(":")
    if first.strip() in known:
        name, words = first.strip(), rest
    kind, called = known.named(name, trusted=trusted), f"{known.what} {name}"
    if not (isinstance(kind.takes, type) and issubclass(kind.takes, Options)):
        raise PluginError(f"plug-in {name}: its takes is not a subclass of vtc_r1.spec.Options")
    fields = kind.takes.model_fields
    values: dict[str, str] = {}
    for word in filter(None, map(str.strip, words.split(","))):
        key, equals, value = (part.strip() for part in word.partition("="))
        if key not in fields:
            raise UnknownName(f"option of {called}", key, fields)
        if not equals or not value:
            raise UsageError(f"{called}: {word!r} is not an option: write {key}=VALUE")
        values[key] = value
    try:
        options = kind.takes.model_validate(values)
    except ValidationError as error:
        first_wrong = error.errors()[0]
        where = f"{'.'.join(map(str, first_wrong['loc'])) or 'options'} = {first_wrong['input']!r}"
        raise UsageError(f"{called}: {where}: {first_wrong['msg']}") from error
    return Chosen(canonical(name, options), kind, options)


def canonical(name: str, options: Options) -> str:
    """Return the canonical form: the options that differ from the default, `decay:after=2,budget=90`."""
    values = options.model_dump(exclude_defaults=True)
    words = ",".join(f"{key}={_word(value)}" for key, value in sorted(values.items()))
    return f"{name}:{words}" if words else name


def without(spec: str, option: str) -> str:
    """Return the canonical form of a policy without one of its options."""
    name, words = divided(spec)
    kept = [word for word in words.split(",") if word and word.partition("=")[0] != option]
    return f"{name}:{','.join(kept)}" if kept else name


def _word(value: object) -> str:
    if isinstance(value, tuple | list):
        return "+".join(map(_word, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
