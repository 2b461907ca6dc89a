"""Drawing the texts of one trace, each once."""

from collections.abc import Sequence

from vtc_r1.renderers import Page, Profile, Renderer
from vtc_r1.sft.stopwatch import Stopwatch
from vtc_r1.sft.styling.wardrobe import Style


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
        """Return the pages of `text`, none where it has not been drawn."""
        return self._drawn.get(text, ())
