"""A proposal: one value per axis, and the profile made from them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vtc_r1.configuration import Record
from vtc_r1.errors import ProfileError, UsageError
from vtc_r1.eval.tune.space import Space, Value, nearest, own
from vtc_r1.renderers import Profile
from vtc_r1.renderers.scaling import scaled_cell


class Proposal(Record):
    """Settings to try."""

    values: dict[str, Value]  #: one value per axis, by name

    @property
    def key(self) -> str:
        """Identifies the proposal."""
        return json.dumps(self.values, sort_keys=True)

    def profile(self, base: Profile) -> Profile:
        """Return the profile with these settings, named by its content.

        Other fields are the base's; a fixed cell and baseline scale with the font size.

        Raises ProfileError if no page can be drawn, or if the model family's processor would resample it.
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
class ParsedProposal:
    """A proposal parsed from untrusted values."""

    proposal: Proposal  #: the usable proposal
    repaired: bool  #: whether it had to be changed


class Unusable(ValueError):
    """A proposal that cannot be repaired; the message says why."""


def start(space: Space, base: Profile) -> Proposal:
    """Return the base profile's settings, or the nearest ones in the space."""
    return _settled({}, space, base)[0]


def parse_proposal(given: Any, space: Space, base: Profile) -> ParsedProposal:
    """Parse untrusted settings: a value outside the space is replaced by the nearest one, or the base's.

    Raises Unusable for values that are not an object, name no setting, or make no page.
    """
    if not isinstance(given, dict):
        raise Unusable("it is not an object")
    known = {name: value for name, value in given.items() if name in space.axes}
    if not known:
        raise Unusable("it names no setting that varies")
    proposal, repaired = _settled(known, space, base)
    for at, candidate in enumerate([proposal, *_roomier(proposal, space)]):
        if drawable(candidate, base):
            return ParsedProposal(candidate, repaired or bool(at) or len(known) < len(given))
    raise Unusable("no page can be drawn with it")


def drawable(proposal: Proposal, base: Profile) -> bool:
    """Tell whether a page has room for these settings; the space has already checked the fonts."""
    try:
        proposal.profile(base)
    except UsageError:
        return False
    return True


def _settled(known: dict[str, Any], space: Space, base: Profile) -> tuple[Proposal, bool]:
    """Choose a value on every axis, and tell whether any differs from the given one."""
    here, values, repaired = own(base), {}, False
    for name, axis in space.axes.items():
        value = nearest(axis, known.get(name))
        repaired = repaired or value is None or value != known[name]
        if value is None:
            value = nearest(axis, here[name])
        values[name] = axis[0] if value is None else value
    return Proposal(values=values), repaired


def _roomier(proposal: Proposal, space: Space) -> Iterator[Proposal]:
    """Yield variants with more room for a line: fewer columns, smaller margins, a larger page."""
    axes, values = space.axes, dict(proposal.values)
    least, most = ("columns", "margin_x", "margin_y"), ("width", "height")
    for name in (*least, *most):
        values[name] = axes[name][-1] if name in most else axes[name][0]
        yield Proposal(values=dict(values))
