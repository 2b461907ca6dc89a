"""Drawing the texts of one trace, each once."""

from vtc_r1.renderers import Page, Renderer
from vtc_r1.sft.stopwatch import Stopwatch
from vtc_r1.sft.styling.wardrobe import Style


class Drawing:
    """Draws texts in one style and keeps their pages.

    Args:
        style: how pages look.
        watch: counts processor time by stage: render, encode.
    """

    def __init__(self, style: Style, watch: Stopwatch) -> None:
        self.style, self._watch = style, watch
        self._renderer = Renderer(style.profile, cache=None)
        self._drawn: dict[str, list[Page]] = {}

    def pages(self, text: str) -> list[Page]:
        """Return the pages of `text`."""
        if text not in self._drawn:
            with self._watch.stage("render"):
                self._drawn[text] = self._renderer.render(text)
        return self._drawn[text]

    def files(self, text: str) -> list[tuple[bytes, int]]:
        """Return PNG file and vision tokens of each."""
        pages = self.pages(text)
        with self._watch.stage("encode"):
            return [(page.png, page.vision_tokens) for page in pages]
