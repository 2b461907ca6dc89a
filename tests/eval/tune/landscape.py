"""An objective that costs nothing: what a page holds by its geometry, misread the smaller its type."""

import math
from collections.abc import Sequence

from vtc_r1.eval.tune import Evaluation, Search, Space, TuneFolder, TuneSetup
from vtc_r1.eval.tune.strategies import Evolution, RandomSearch, SearchTerms, Strategy
from vtc_r1.renderers import Profile, load_profile

BASE = load_profile("default")
TARGET = 0.02


class Landscape:
    """Error rises steeply below 8 px, where lines are tight, and where glyphs are narrow."""

    units = ("misread", "tokens")

    def __init__(self, stop_after: int | None = None) -> None:
        self.measured: list[tuple[str, int]] = []
        self.stop_after = stop_after
        self.identity = {"objective": "landscape"}

    def measure(self, profiles: Sequence[Profile], size: int, watch: object) -> list[Evaluation]:
        found = []
        for profile in profiles:
            if self.stop_after is not None and len(self.measured) >= self.stop_after:
                raise KeyboardInterrupt
            self.measured.append((profile.sha256, size))
            found.append(
                Evaluation(profile=profile.sha256, size=size, error=error(profile), cost=cost(profile))
            )
        return found


def error(profile: Profile) -> float:
    leading = profile.line_height - profile.font_size
    legible = profile.font_size * profile.horizontal_scale**0.7 + 0.5 * min(leading, 2)
    dark = 0.4 * (profile.background == "#000000")
    return 1 / (1 + math.exp(2.2 * (legible - 7.6 - dark)))


def cost(profile: Profile) -> float:
    advance = profile.font_size * profile.horizontal_scale * (0.6 if "Mono" in profile.font else 0.55)
    characters = profile.lines_per_page * int(profile.line_width / advance)
    return 1_000 * profile.vision.tokens(profile.width, profile.height) / max(1, characters)


def terms(**vary: object) -> SearchTerms:
    return SearchTerms(Space.of(BASE, vary), BASE, TARGET)


def setup(terms: SearchTerms, strategy: Strategy, seed: int = 0, sizes: tuple[int, ...] = (1,)) -> TuneSetup:
    return TuneSetup(
        strategy=f"{strategy.name} {strategy.identity}",
        seed=seed,
        round=5,
        sizes=sizes,
        target=terms.target,
        base=terms.base,
        space=terms.space,
        objective={"objective": "landscape"},
    )


def searched(path, strategy=Evolution, *, seed=0, evaluations=40, sizes=(1,), objective=None, **vary):
    """Search the landscape in a folder; returns the search."""
    known = terms(**vary)
    by = strategy(known)
    made = setup(known, by, seed, sizes)
    with TuneFolder(path, made) as folder:
        search = Search(known, by, objective or Landscape(), folder, made, evaluations)
        search.run()
    return search


__all__ = ["BASE", "Landscape", "RandomSearch", "searched", "setup", "terms"]
