"""A proposal: one value of every axis, and the profile that it makes."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vtc_r1.configuration import Record
from vtc_r1.errors import ProfileError, UsageError
from vtc_r1.eval.tune.axis import Value, nearest
from vtc_r1.eval.tune.space import Space, own
from vtc_r1.renderers import Profile
from vtc_r1.renderers.scaling import scaled_cell


class Proposal(Record):
    """Settings that are to be tried.

    Attributes:
        values: of every axis, by its name.
    """

    values: dict[str, Value]

    @property
    def key(self) -> str:
        """What tells proposals apart."""
        return json.dumps(self.values, sort_keys=True)

    def profile(self, base: Profile) -> Profile:
        """Return the profile with these settings, named by its content.

        What does not vary is the base's; a fixed cell and baseline grow and shrink with the type.

        Raises ProfileError where no page can be drawn so, or the family's processor would resample it.
        """
        given = dict(self.values)
        size, leading, dark = float(given["font_size"]), float(given.pop("leading")), given.pop("dark")
        colours = {"ink": base.background, "background": base.ink} if dark else {}
        cell = scaled_cell(base, size / base.font_size)
        fields = {**given, **cell, **colours, "fit_sizes": (), "on_grid": True}
        profile = base.replace(**fields, line_height=size + leading)
        seen = profile.vision.resized(profile.width, profile.height)
        if seen != (profile.width, profile.height) and base.vision.resized(base.width, base.height) != seen:
            raise ProfileError(
                f"page {profile.width}×{profile.height} would be resampled to {seen[0]}×{seen[1]}"
            )
        return profile.replace(name=f"tuned-{profile.sha256[:8]}")


@dataclass(frozen=True)
class Read:
    """A proposal from outside, made usable.

    Attributes:
        proposal: what is tried.
        repaired: whether it was proposed otherwise.
    """

    proposal: Proposal
    repaired: bool


class Unusable(ValueError):
    """A proposal that cannot be made usable; says why."""


def start(space: Space, base: Profile) -> Proposal:
    """Return the base profile's own place, or the nearest one that the space has."""
    return _settled({}, space, base)[0]


def read_proposal(given: Any, space: Space, base: Profile) -> Read:
    """Take settings from outside: values not in the space become the nearest, or the base's own.

    Raises Unusable for what is no object, names no setting, or makes no page.
    """
    if not isinstance(given, dict):
        raise Unusable("it is no object")
    known = {name: value for name, value in given.items() if name in space.axes}
    if not known:
        raise Unusable("it names no setting that varies")
    proposal, repaired = _settled(known, space, base)
    for at, candidate in enumerate([proposal, *_roomier(proposal, space)]):
        if drawable(candidate, base):
            return Read(candidate, repaired or bool(at) or len(known) < len(given))
    raise Unusable("no page can be drawn so")


def drawable(proposal: Proposal, base: Profile) -> bool:
    """Tell whether a page has room for these settings; that the fonts can be drawn is known of the space."""
    try:
        proposal.profile(base)
    except UsageError:
        return False
    return True


def _settled(known: dict[str, Any], space: Space, base: Profile) -> tuple[Proposal, bool]:
    """Choose a value of every axis, and tell whether any is not as it was given."""
    here, values, repaired = own(base), {}, False
    for name, axis in space.axes.items():
        value = nearest(axis, known.get(name))
        repaired = repaired or value is None or value != known[name]
        if value is None:
            value = nearest(axis, here[name])
        values[name] = axis[0] if value is None else value
    return Proposal(values=values), repaired


def _roomier(proposal: Proposal, space: Space) -> Iterator[Proposal]:
    """Yield the same settings with more room for a line: fewer columns, less margin, a larger page."""
    axes, values = space.axes, dict(proposal.values)
    least, most = ("columns", "margin_x", "margin_y"), ("width", "height")
    for name in (*least, *most):
        values[name] = axes[name][-1] if name in most else axes[name][0]
        yield Proposal(values=dict(values))
