"""Plug-ins: memory policies, segment ends, densities, graders, backends and presets from other packages.

An installed package declares its plug-ins as entry points in the group of their kind, and is imported when
such a name is used. The person who runs the program may also name a class directly, as `module:Class`. A name
from any other source, such as a request or a stored run, is only looked up among installed plug-ins, and
never imports a module of its choice.
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
"""Returns why an object is not of a kind, such as `has no generate`; None if it is."""
_SENTENCE = re.compile(r"\.\s+(?=[A-Z])|\.$")
_NAME = re.compile(r"[\w.+-]+")
"""A name that can be used in a setting; `,`, `:` and `=` separate names and options there."""
_NOT_HERE = (
    "module:Class is imported only if a command, its settings or Python names it; install it as a plug-in"
)
_ORIGINS: list[tuple[object, str, str]] = []
"""What was loaded through entry points, with its package and version."""
_MODULES: dict[str, str] = {}  #: top-level modules of what was loaded, with the plug-in they belong to


class Registry(Mapping[str, T]):
    """Named objects of one kind: first the built-in ones, then those of installed packages.

    Iterating reads names from the packages' metadata. A plug-in is imported when it is looked up.

    Args:
        group: the group of the entry points: `vtc_r1.memory`.
        what: name of the kind in messages: `memory policy`.
        built_in: the built-in objects by name.
        wrong: returns why an object is not of this kind.
    """

    def __init__(self, group: str, what: str, built_in: Mapping[str, T], wrong: Wrong) -> None:
        self.group, self.what, self.built_in, self.wrong = group, what, built_in, wrong
        self._found: dict[str, T] = {}
        self._warned: set[str] = set()

    def __getitem__(self, name: str) -> T:
        """Return the object called `name`; raises KeyError, and PluginError for a broken plug-in."""
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
        """Return the object called `name`.

        Args:
            name: a name, or `module:Class`.
            trusted: the name comes from the person who runs the program, so `module:Class` may be imported;
                otherwise it is known only if it was imported by such a name before.

        Raises:
            UnknownName: there is no such name.
            PluginError: it names a broken plug-in.
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
        """Return package and version of a plug-in: `vtc-memories 1.2`; None for everything else."""
        known = name in self._points and name not in self.built_in
        return _package(self._points[name][0]) if known else None

    @property
    def unusable(self) -> Iterator[str]:
        """A line for every broken plug-in; this imports all of them."""
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
            raise PluginError(f"{where}: {others} has one of the same name; uninstall all but one")
        found = self._checked(where, value)
        _MODULES[value.partition(":")[0].partition(".")[0]] = _package(points[0])
        if points[0].dist is not None:
            _ORIGINS.append((found, points[0].dist.name, points[0].dist.version))
        return found

    def _checked(self, where: str, value: str) -> T:
        """Import `module:Class`; raises PluginError with a message that begins with `where`."""
        module, _, attribute = value.partition(":")
        try:
            found = import_module(module.strip())
            for part in attribute.strip().split("."):
                found = getattr(found, part)
        except (Exception, SystemExit) as error:  # somebody else's module can raise anything
            why = f"{type(error).__name__}: {first_line(error)}"
            raise PluginError(f"{where}: {value} cannot be imported ({why})") from error
        if (wrong := self.wrong(found)) is not None:
            raise PluginError(f"{where}: {value} {wrong}")
        return found  # type: ignore[return-value]  # checked

    def _warn(self, name: str) -> None:
        """Warn once that a plug-in is hidden by a built-in of the same name."""
        if name in self.built_in and name in self._points and name not in self._warned:
            self._warned.add(name)
            warn(self._clash(name))

    def _clash(self, name: str) -> str:
        where = self._where(self._points[name][0])
        return f"{where}: {name} is a built-in {self.what}, which is used; the plug-in needs another name"

    def _where(self, point: metadata.EntryPoint) -> str:
        return f"plug-in {point.name} ({self.group}) of {_package(point)}"


def warn(line: str) -> None:
    """Log what is wrong with a plug-in that was not requested."""
    import logging  # here, so that the list of commands does not wait for it

    logging.getLogger(__name__).warning("%s", line)


def brought(group: str) -> dict[str, str]:
    """Return the names that plug-ins add to a group, each with its package and version."""
    points = _entry_points().select(group=group) if group else ()
    return {point.name: _package(point) for point in points if _NAME.fullmatch(point.name)}


def subclass_of(base: type) -> Wrong:
    """Return a check that an object is a class with all members of `base`."""

    def wrong(found: Any) -> str | None:
        if not (isinstance(found, type) and issubclass(found, base)):
            return f"is not a subclass of {base.__module__}.{base.__qualname__}"
        lacking = sorted(getattr(found, "__abstractmethods__", ()))
        return f"has no {', '.join(lacking)}" if lacking else None

    return wrong


def described(kind: object) -> str:
    """Return the first sentence of a class's docstring, without its full stop."""
    first = (inspect.getdoc(kind) or "").split("\n\n")[0]
    return _SENTENCE.split(" ".join(first.split()), maxsplit=1)[0]


def versions_of(*things: object) -> dict[str, str]:
    """Return the versions of the packages that provide some of these, by name."""
    known = {id(thing) for thing in things}
    return {package: version for thing, package, version in _ORIGINS if id(thing) in known}


def to_blame(error: BaseException) -> str | None:
    """Return the plug-in, by its package, whose code raised an error; None if there is none."""
    found, step = None, error.__traceback__
    while step is not None:
        top = str(step.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        found = _MODULES.get(top, found) if top != "vtc_r1" else found
        step = step.tb_next
    return found


def _package(point: metadata.EntryPoint) -> str:
    return "an unknown package" if point.dist is None else f"{point.dist.name} {point.dist.version}"


@cache
def _entry_points() -> Any:  # the class differs between versions of Python
    return metadata.entry_points()


def _look_here() -> None:
    """Make modules in the current folder importable, after installed ones."""
    if not {"", str(Path.cwd())} & set(sys.path):
        sys.path.append(str(Path.cwd()))
