"""Plug-ins: memory policies, segment ends, densities, graders, backends and presets from other packages.

An installed package names what it brings by an entry point in the group of its kind, and is imported when
that name is used. Whoever runs the program may also name a class directly, as `module:Class`. A name from
anybody else, such as a request or a stored run, finds what is installed, and never imports a module of its
choice.
"""

import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property
from importlib import import_module, metadata
from pathlib import Path
from typing import Any, TypeVar

from vtc_r1.errors import PluginError, UnknownName, first_line

T = TypeVar("T")
Wrong = Callable[[Any], str | None]
"""Says what keeps an object from being of a kind: `has no generate`; None where nothing does."""
_SENTENCE = re.compile(r"\.\s+(?=[A-Z])|\.$")
_NAME = re.compile(r"[\w.+-]+")
"""A name that can be written in a setting; `,`, `:` and `=` stand between names and options there."""
_NOT_HERE = (
    "module:Class is imported only where a command, its settings or Python name it; install it as a plug-in"
)
_ORIGINS: list[tuple[object, str, str]] = []
"""What was loaded by an entry point, with its package and version."""
_MODULES: dict[str, str] = {}  #: top-level modules of what was loaded, with what they belong to


class Registry(Mapping[str, T]):
    """What goes by a name, of one kind: what is built in, then what installed packages bring.

    Iterating reads names from the packages' metadata. A plug-in is imported when it is looked up.

    Args:
        group: the group of the entry points: `vtc_r1.memory`.
        what: what the kind is called in messages: `memory policy`.
        built_in: by name.
        wrong: says what keeps an object from being of this kind.
    """

    def __init__(self, group: str, what: str, built_in: Mapping[str, T], wrong: Wrong) -> None:
        self.group, self.what, self.built_in, self.wrong = group, what, built_in, wrong
        self._found: dict[str, T] = {}
        self._told: set[str] = set()

    def __getitem__(self, name: str) -> T:
        """Return what goes by `name`; raises KeyError, and PluginError where the plug-in cannot be used."""
        if name in self.built_in:
            return self.built_in[name]
        if name not in self._found:
            self._found[name] = self._loaded(self._points[name])
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        yield from self.built_in
        yield from (name for name in self._points if name not in self.built_in)

    def __len__(self) -> int:
        return len(self.built_in.keys() | self._points.keys())

    def __contains__(self, name: object) -> bool:
        return name in self.built_in or name in self._points

    def named(self, name: str, *, trusted: bool = False) -> T:
        """Return what goes by `name`.

        Args:
            name: a name, or `module:Class`.
            trusted: it comes from whoever runs the program, so that `module:Class` may be imported; else
                only one that has been imported by such a name before is known.

        Raises:
            UnknownName: nothing goes by it.
            PluginError: a plug-in goes by it that cannot be used.
        """
        if name in self:
            self._warn(name)
            return self[name]
        if ":" not in name:
            raise UnknownName(self.what, name, self)
        if name not in self._found:
            if not trusted:
                raise UnknownName(self.what, name, self, _NOT_HERE)
            _look_here()
            self._found[name] = self._checked(f"{self.what} {name}", name)
            _MODULES.setdefault(name.partition(":")[0].partition(".")[0], name)
        return self._found[name]

    def package(self, name: str) -> str | None:
        """Return package and version that a plug-in comes from: `vtc-memories 1.2`; None for all else."""
        known = name in self._points and name not in self.built_in
        return _package(self._points[name][0]) if known else None

    @property
    def unusable(self) -> Iterator[str]:
        """A line for every plug-in that cannot be used; all of them are imported for it."""
        for point in _entry_points().select(group=self.group):
            if not _NAME.fullmatch(point.name):
                yield f"{self._where(point)}: {point.name!r} cannot be used as a name"
        for name in self._points:
            if name in self.built_in:
                yield self._clash(name)
                continue
            try:
                self[name]
            except PluginError as error:
                yield str(error)

    @cached_property
    def _points(self) -> dict[str, list[metadata.EntryPoint]]:
        found: dict[str, list[metadata.EntryPoint]] = {}
        for point in _entry_points().select(group=self.group):
            if _NAME.fullmatch(point.name):
                found.setdefault(point.name, []).append(point)
        return {name: sorted(points, key=_package) for name, points in found.items()}

    def _loaded(self, points: list[metadata.EntryPoint]) -> T:
        where, value = self._where(points[0]), points[0].value.partition("[")[0].strip()
        if len(points) > 1:
            others = ", ".join(map(_package, points[1:]))
            raise PluginError(f"{where}: {others} has one of that name too; uninstall all but one")
        found = self._checked(where, value)
        _MODULES[value.partition(":")[0].partition(".")[0]] = _package(points[0])
        if points[0].dist is not None:
            _ORIGINS.append((found, points[0].dist.name, points[0].dist.version))
        return found

    def _checked(self, where: str, value: str) -> T:
        """Import `module:Class`; raises PluginError that begins with `where`."""
        module, _, attribute = value.partition(":")
        try:
            found = import_module(module.strip())
            for part in attribute.strip().split("."):
                found = getattr(found, part)
        except (Exception, SystemExit) as error:  # whatever somebody else's module raises
            why = f"{type(error).__name__}: {first_line(error)}"
            raise PluginError(f"{where}: {value} cannot be imported ({why})") from error
        if (wrong := self.wrong(found)) is not None:
            raise PluginError(f"{where}: {value} {wrong}")
        return found  # type: ignore[return-value]  # checked

    def _warn(self, name: str) -> None:
        """Say once that a plug-in stands behind a built-in of its name."""
        if name in self.built_in and name in self._points and name not in self._told:
            self._told.add(name)
            warn(self._clash(name))

    def _clash(self, name: str) -> str:
        where = self._where(self._points[name][0])
        return f"{where}: {name} is a built-in {self.what}, which is used; the plug-in needs another name"

    def _where(self, point: metadata.EntryPoint) -> str:
        return f"plug-in {point.name} ({self.group}) of {_package(point)}"


def warn(line: str) -> None:
    """Say what is wrong with a plug-in that nobody named."""
    import logging  # which the list of commands should not wait for

    logging.getLogger(__name__).warning("%s", line)


def brought(group: str) -> dict[str, str]:
    """Return the names that plug-ins bring to a group, each with its package and version."""
    points = _entry_points().select(group=group) if group else ()
    return {point.name: _package(point) for point in points if _NAME.fullmatch(point.name)}


def subclass_of(base: type) -> Wrong:
    """Return what tells whether an object is a class that has all that `base` asks for."""

    def wrong(found: Any) -> str | None:
        if not (isinstance(found, type) and issubclass(found, base)):
            return f"is not a subclass of {base.__module__}.{base.__qualname__}"
        lacking = sorted(getattr(found, "__abstractmethods__", ()))
        return f"has no {', '.join(lacking)}" if lacking else None

    return wrong


def described(kind: object) -> str:
    """Return the first sentence of what documents a class, without its full stop."""
    first = (inspect.getdoc(kind) or "").split("\n\n")[0]
    return _SENTENCE.split(" ".join(first.split()), maxsplit=1)[0]


def versions_of(*things: object) -> dict[str, str]:
    """Return the versions of the packages that brought some of these, by name."""
    known = {id(thing) for thing in things}
    return {package: version for thing, package, version in _ORIGINS if id(thing) in known}


def to_blame(error: BaseException) -> str | None:
    """Return the plug-in, by its package, whose code an error came through; None where there is none."""
    found, step = None, error.__traceback__
    while step is not None:
        top = str(step.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        found = _MODULES.get(top, found) if top != "vtc_r1" else found
        step = step.tb_next
    return found


def _package(point: metadata.EntryPoint) -> str:
    return "an unknown package" if point.dist is None else f"{point.dist.name} {point.dist.version}"


@cache
def _entry_points() -> Any:  # whose class differs by the version of Python
    return metadata.entry_points()


def _look_here() -> None:
    """Let a module in the current folder be found, behind all that is installed."""
    if not {"", str(Path.cwd())} & set(sys.path):
        sys.path.append(str(Path.cwd()))
