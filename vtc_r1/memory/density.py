"""How dense a page is: the type size, chosen for each segment by its content."""

from typing import Annotated, ClassVar

from pydantic import Field

from vtc_r1.errors import ProfileError
from vtc_r1.memory.kinds import kind_of
from vtc_r1.memory.sizes import sized
from vtc_r1.renderers import Page, Profile, Renderer
from vtc_r1.spec import Options, canonical, chosen

Factor = Annotated[float, Field(ge=0.4, le=3)]


class Fixed(Renderer):
    """Every segment by the profile as it is.

    The base of the policies that choose.

    Attributes:
        name: name of the policy, with its options.
    """

    name = "fixed"
    takes: ClassVar[type[Options]] = Options

    def __init__(self, profile: Profile, options: Options | None = None) -> None:
        super().__init__(profile)
        self.options = options or self.takes()
        self.name = canonical(type(self).name, self.options)

    def factor(self, text: str) -> float:
        """Return how much larger than the profile's the type of a segment is."""
        return 1.0

    def render(self, text: str) -> list[Page]:
        """Draw a segment in the size that suits it; in the profile's own where that cannot be drawn."""
        factor = self.factor(text)
        if factor == 1:
            return super().render(text)
        try:
            return sized(self.profile, factor).render(text)
        except ProfileError:
            return super().render(text)


class Sizes(Options):
    """Type sizes by what most of a segment is, as factors of the profile's.

    Attributes:
        prose: words, whose sense helps reading.
        formulas: formulas.
        exact: numbers and strings, of which every character counts.
    """

    prose: Factor = 0.85
    formulas: Factor = 1.0
    exact: Factor = 1.25


class ByContent(Fixed):
    """Small type for words, large for numbers and strings."""

    name = "content"
    takes: ClassVar[type[Options]] = Sizes
    options: Sizes

    def factor(self, text: str) -> float:
        """Return the size for what most of the segment is."""
        kind = kind_of(text)
        sizes = {"prose": self.options.prose, "formulas": self.options.formulas}
        return sizes.get(kind, self.options.exact)


class Target(Options):
    """What a segment may cost.

    Attributes:
        tokens: vision tokens of a segment's pages; a full page's by default.
        least: smallest type, as a factor of the profile's.
        most: largest type.
    """

    tokens: int | None = Field(None, ge=1)
    least: Factor = 0.6
    most: Factor = 1.5


class Fit(Fixed):
    """The largest type with which a segment costs no more than so many tokens; else the smallest."""

    name = "fit"
    takes: ClassVar[type[Options]] = Target
    options: Target
    _STEPS = 12

    def factor(self, text: str) -> float:
        """Return the largest factor that fits, of a ladder between the smallest and the largest."""
        low, high = sorted((self.options.least, self.options.most))
        ladder = [round(low + (high - low) * step / self._STEPS, 3) for step in range(self._STEPS + 1)]
        target = self.options.tokens or self.profile.vision.tokens(self.profile.width, self.profile.height)
        first, last = 0, len(ladder) - 1
        while first < last:
            middle = (first + last + 1) // 2
            if self._cost(text, ladder[middle]) <= target:
                first = middle
            else:
                last = middle - 1
        return ladder[first]

    def _cost(self, text: str, factor: float) -> float:
        try:
            return sum(page.vision_tokens for page in sized(self.profile, factor).render(text))
        except ProfileError:
            return float("inf")


DENSITIES: dict[str, type[Fixed]] = {kind.name: kind for kind in (Fixed, ByContent, Fit)}


def density(spec: str, profile: Profile) -> Fixed:
    """Return the renderer that `name` or `name:key=value,…` names; raises UsageError."""
    kind, options = chosen("density", spec, DENSITIES)
    return kind(profile, options)


def factor_of(renderer: Renderer, text: str) -> float:
    """Return the factor at which a renderer draws a text."""
    return renderer.factor(text) if isinstance(renderer, Fixed) else 1.0
