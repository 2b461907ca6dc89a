"""How dense a page is: the type size, chosen for each segment by its content."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from vtc_r1.counted import count
from vtc_r1.errors import ProfileError, UsageError
from vtc_r1.memory.base import Draws
from vtc_r1.memory.kinds import kind_of
from vtc_r1.memory.legibility import LARGEST, RATE, SMALLEST, Legibility
from vtc_r1.memory.salience import key_parts
from vtc_r1.memory.sizes import sized
from vtc_r1.plugins import Registry, subclass_of
from vtc_r1.renderers import Page, Profile, Renderer
from vtc_r1.renderers.mixed import mixes, render_mixed
from vtc_r1.spec import Configured, O_co, Options, chosen

Factor = Annotated[float, Field(ge=SMALLEST, le=LARGEST)]


class Density(Renderer, Configured[O_co]):
    """Base of the densities: a renderer that chooses the type size of each segment.

    Attributes:
        legibility: how well the model reads each size, None if it was not measured.
    """

    legibility: Legibility | None = None

    def __init__(self, profile: Profile, options: O_co | None = None) -> None:
        Renderer.__init__(self, profile)
        Configured.__init__(self, options)

    def factor(self, text: str) -> float:
        """Return the type size of a segment as a factor of the profile's."""
        return 1.0

    def doubts(self, segments: Sequence[str]) -> list[str]:
        """Say how many segments have no safe type size, if the options give a rate."""
        rate = getattr(self.options, "rate", None)
        if self.legibility is None or rate is None:
            return []
        unsafe = sum(self.legibility.safe(segment, rate) is None for segment in segments)
        if not unsafe:
            return []
        return [
            f"{count(unsafe, 'segment')} drawn as large as was probed, as more than {100 * rate:g} % may be "
            "silently misread in every size"
        ]

    def render(self, text: str) -> list[Page]:
        """Draw a segment in the chosen size, or in the profile's own if that size cannot be drawn."""
        factor = self.factor(text)
        if factor == 1:
            return super().render(text)
        try:
            return sized(self.profile, factor).render(text)
        except ProfileError:
            return super().render(text)


class OneSize(Options):
    """The type size of every segment.

    Attributes:
        size: type size, as a factor of the profile's.
    """

    size: Factor = 1.0


class Fixed(Density[OneSize]):
    """Every segment in one type size, by default that of the profile."""

    name = "fixed"

    def factor(self, text: str) -> float:
        """Return the size."""
        return self.options.size


class Rate(Options):
    """The share of a segment that may be misread.

    Attributes:
        rate: share of the characters that may be silently misread, at 95 % confidence.
    """

    rate: float = Field(RATE, ge=0, le=1)


class Safe(Density[Rate]):
    """The smallest type size that the model reads safely, by the kinds of text in a segment.

    If no size is safe, the largest measured one.
    """

    name = "safe"

    def factor(self, text: str) -> float:
        """Return the safe size."""
        known = self.legibility or Legibility()
        return known.safe(text, self.options.rate) or max(known.limits)


class Sizes(Options):
    """Type sizes for the prevailing kind of text in a segment, as factors of the profile's.

    Attributes:
        prose: words, whose meaning helps reading.
        formulas: formulas.
        exact: numbers and strings, where every character matters.
    """

    prose: Factor = 0.85
    formulas: Factor = 1.0
    exact: Factor = 1.25


class ByContent(Density[Sizes]):
    """Small type for words, large for numbers and strings."""

    name = "content"

    def factor(self, text: str) -> float:
        """Return the factor for the prevailing kind of text."""
        kind = kind_of(text)
        sizes = {"prose": self.options.prose, "formulas": self.options.formulas}
        return sizes.get(kind, self.options.exact)


class Target(Rate):
    """The cost limit of a segment, and the share that may be misread, if legibility was measured.

    Attributes:
        tokens: maximum vision tokens of a segment's pages; by default those of a full page.
        least: smallest type size, as a factor of the profile's.
        most: largest type size, as a factor of the profile's.
    """

    tokens: int | None = Field(None, ge=1)
    least: Factor = 0.6
    most: Factor = 1.5


class Fit(Density[Target]):
    """The largest type size with which a segment stays within a token limit, else the smallest safe one."""

    name = "fit"
    _STEPS = 12

    def factor(self, text: str) -> float:
        """Return the largest factor that fits, in steps between the smallest and the largest."""
        low, high = sorted((self.options.least, self.options.most))
        if self.legibility is not None:
            low = min(high, max(low, self.legibility.safe(text, self.options.rate) or high))
        ladder = [round(low + (high - low) * step / self._STEPS, 3) for step in range(self._STEPS + 1)]
        target = self.options.tokens or self.profile.vision.tokens(self.profile.width, self.profile.height)
        # Every cost is found by drawing the segment: bisection needs four drawings instead of thirteen.
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


class Emphasis(Options):
    """Type sizes for key lines and for the others, as factors of the profile's.

    Attributes:
        key: size of key lines; reduced if that costs more than the profile's own size for all lines.
        least: smallest type size of the others.
        share: maximum share of a segment's characters in key lines.
        ends: number of lines at the beginning and at the end of a segment that are key lines.
    """

    key: Factor = 1.25
    least: Factor = 0.85
    share: float = Field(0.1, gt=0, lt=1)
    ends: int = Field(1, ge=0)


class Salience(Density[Emphasis]):
    """Large type for results and definitions, small type for the rest, at no more tokens than `fixed`."""

    name = "salience"
    _STEP = 0.05

    def __init__(self, profile: Profile, options: Emphasis | None = None) -> None:
        super().__init__(profile, options)
        if not mixes(profile):
            raise UsageError(
                f"density {self.name}: profile {profile.name} has several columns, styled paragraphs or "
                "fit_sizes, beside which type of two sizes is not drawn: choose another profile or density"
            )

    def render(self, text: str) -> list[Page]:
        """Draw a segment in the largest pair of sizes that costs no more, else in the profile's own size."""
        plain = super().render(text)
        share, most = self.options.share, sum(page.vision_tokens for page in plain)
        for fewer in (1, 2, 4):
            runs = key_parts(text, share / fewer, self.options.ends)
            if len(runs) > 1 and (pages := self._largest(runs, most)):
                return pages
        return plain

    def _largest(self, runs: list[tuple[str, bool]], most: int) -> list[Page]:
        """Return the pages in the largest pair of sizes that costs at most `most` tokens; else none."""
        ladder, best = self._sizes(), list[Page]()
        first, last = 0, len(ladder)
        while first < last:
            middle = (first + last) // 2
            pages = self._drawn(runs, *ladder[middle])
            if pages and sum(page.vision_tokens for page in pages) <= most:
                best, last = pages, middle
            else:
                first = middle + 1
        return best

    def _sizes(self) -> list[tuple[float, float]]:
        """The sizes of key lines and of the others, most costly first."""
        key, least, step = self.options.key, self.options.least, self._STEP
        others = [round(1 - step * at, 3) for at in range(round(max(0.0, 1 - least) / step) + 1)]
        larger = [round(key - step * at, 3) for at in range(1, round(max(0.0, key - 1) / step))]
        return [*((key, other) for other in others), *((larger_one, others[-1]) for larger_one in larger)]

    def _drawn(self, runs: list[tuple[str, bool]], key: float, other: float) -> list[Page]:
        try:
            return render_mixed([(text, key if is_key else other) for text, is_key in runs], self.profile)
        except ProfileError:
            return []


DENSITIES: Registry[type[Density]] = Registry(
    "vtc_r1.densities",
    "density",
    {kind.name: kind for kind in (Fixed, ByContent, Fit, Safe, Salience)},
    subclass_of(Density),
)


def density(
    spec: str, profile: Profile, *, trusted: bool = False, legibility: Legibility | None = None
) -> Density:
    """Return the renderer that `name`, `module:Class`, or either with `:key=value,…` names.

    Args:
        spec: the density.
        profile: the profile of the pages.
        trusted: the spec comes from the person who runs the program, so `module:Class` may be imported.
        legibility: how well the model reads each size, if it was measured.

    Raises UsageError: UnknownName for an unknown name, PluginError for a broken plug-in; also for
    `safe` without a measurement.
    """
    made = chosen(DENSITIES, spec, trusted=trusted).made(profile)
    made.legibility = legibility
    if isinstance(made, Safe) and legibility is None:
        raise UsageError(f"density {spec}: needs --legibility, the folder of a probe or a safe type size")
    return made


def factor_of(renderer: Draws, text: str) -> float:
    """Return the type size factor with which a renderer draws a text."""
    return renderer.factor(text) if isinstance(renderer, Density) else 1.0
