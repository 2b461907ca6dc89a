"""The style set: the profiles drawn for a data set, the choice for each trace, and drawing with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

from vtc_r1.errors import ProfileError
from vtc_r1.renderers import Page, Profile, Renderer
from vtc_r1.renderers.typeface import find_typeface
from vtc_r1.sft.stopwatch import Stopwatch
from vtc_r1.sft.styling.choice import Value
from vtc_r1.sft.styling.styles import Styles

MOST_FACES = 16
"""Maximum combinations of font, size and width: each is an atlas of some 10 MB in every process."""
_FACE = ("font", "font_size", "cell", "horizontal_scale")
_ATTEMPTS = 100
"""Number of invalid draws after which a distribution is rejected."""


@dataclass(frozen=True)
class Style:
    """One profile of a data set.

    Attributes:
        name: its name in examples: the base profile's, or that and a number.
        profile: how its pages look.
    """

    name: str
    profile: Profile


class StyleSet:
    """The profiles of a data set: the base, and those drawn from a distribution.

    The same base, distribution and seed give the same profiles, and the same identity the same one of them,
    on every machine and in any order. The values of every key get their shares of the profiles as closely as
    whole numbers allow, whatever the seed.

    Args:
        base: the base profile.
        styles: the distribution; None for the base alone.
        seed: of all draws.

    Raises:
        ProfileError: the distribution gives hardly any valid profile, or a font cannot be read.
    """

    def __init__(self, base: Profile, styles: Styles | None = None, seed: int = 0) -> None:
        self.base, self.styles, self.seed = Style(base.name, base), styles, seed
        self._drawn = [] if styles is None else self._draw_all(styles)
        for font in sorted({profile.font for profile in self._drawn}):
            find_typeface(font)

    @cached_property
    def all(self) -> tuple[Style, ...]:
        """Every style once, the base first."""
        return tuple({style.name: style for style in (self.base, *self._slots)}.values())

    def choose(self, identity: str) -> Style:
        """Return the style of the trace with that identity."""
        if self.styles is None:
            return self.base
        # From the identity alone, so that neither the order of rows, the workers nor a resumption changes it.
        rng = Random(f"{self.seed}:style:{identity}")
        return self.base if rng.random() < self.styles.base else rng.choice(self._slots)

    def described(self) -> dict[str, dict[str, Any]]:
        """Describe each style by name: its hash, and the keys that differ from the base."""
        base = self.base.profile.model_dump(mode="json")
        return {
            style.name: {
                "sha256": style.profile.sha256,
                "changes": {
                    key: value
                    for key, value in style.profile.model_dump(mode="json").items()
                    if value != base[key] and key != "name"
                },
            }
            for style in self.all
        }

    @cached_property
    def _slots(self) -> list[Style]:
        """A style for every draw; equal profiles are one style, which is more likely accordingly."""
        names = {self.base.profile.sha256: self.base.name}
        slots = []
        for profile in self._drawn:
            name = names.setdefault(profile.sha256, f"{self.base.name}~{len(names):02d}")
            slots.append(Style(name, profile.model_copy(update={"name": name})))
        return slots

    def _draw_all(self, styles: Styles) -> list[Profile]:
        places = {key: self._places(key, styles.profiles) for key in styles.draw}
        drawn: list[Profile] = []
        faces: dict[tuple[Any, ...], None] = {_face(self.base.profile): None}
        for slot in range(styles.profiles):
            first = {key: choice.at(places[key][slot]) for key, choice in styles.draw.items()}
            profile = self._draw(styles, slot, first, list(faces))
            faces[_face(profile)] = None
            drawn.append(profile)
        return drawn

    def _places(self, key: str, count: int) -> list[float]:
        """A position between 0 and 1 for each slot: one per interval of equal length, in random order."""
        # Stratified: with a few dozen profiles, independent draws would miss the shares by far.
        rng = Random(f"{self.seed}:styles:{key}")
        places = [(at + rng.random()) / count for at in range(count)]
        rng.shuffle(places)
        return places

    def _draw(
        self, styles: Styles, slot: int, first: dict[str, Value], faces: list[tuple[Any, ...]]
    ) -> Profile:
        """Return the profile of a slot: of `first` if that is one, else of another draw.

        At the maximum number of faces, an existing one replaces a new one.
        """
        rng, drawn = Random(f"{self.seed}:styles:again:{slot}"), first
        for _ in range(_ATTEMPTS):
            try:
                profile = styles.apply(self.base.profile, drawn)
                if _face(profile) in faces or len(faces) < MOST_FACES:
                    return profile
                leading = profile.line_height - profile.font_size
                chosen = dict(zip(_FACE, rng.choice(faces), strict=True))
                return profile.replace(**chosen, line_height=chosen["font_size"] + leading)
            except ProfileError as error:
                reason = error
                drawn = {key: choice.at(rng.random()) for key, choice in styles.draw.items()}
        raise ProfileError(
            f"styles {styles.name}: {_ATTEMPTS} draws over profile {self.base.name} gave none that can be "
            f"drawn, the last one because: {reason}"
        )


def _face(profile: Profile) -> tuple[Any, ...]:
    """The keys that determine the atlas of a profile."""
    return tuple(getattr(profile, key) for key in _FACE)


class Drawing:
    """Draws texts in one style and keeps their pages.

    Args:
        style: how pages look.
        watch: counts processor time by stage: render.
    """

    def __init__(self, style: Style, watch: Stopwatch) -> None:
        self.style, self._watch = style, watch
        self._renderer = Renderer(style.profile, cache=None)
        self._drawn: dict[str, list[Page]] = {}

    @property
    def profile(self) -> Profile:
        """The style's profile."""
        return self.style.profile

    def render(self, text: str) -> list[Page]:
        """Return the pages of `text`."""
        if text not in self._drawn:
            with self._watch.stage("render"):
                self._drawn[text] = self.draw(text)
        return self._drawn[text]

    def draw(self, text: str) -> list[Page]:
        """Draw `text`."""
        return self._renderer.render(text)

    def drawn(self, text: str) -> Sequence[Page]:
        """Return the pages of `text`, none if it has not been drawn."""
        return self._drawn.get(text, ())
