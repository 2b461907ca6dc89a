"""Reading tasks as examples beside those of a trace."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from vtc_r1.prompts.promptset import plain
from vtc_r1.prompts.reading import ReadingPrompts
from vtc_r1.sft.building.config import BuildConfig
from vtc_r1.sft.building.example import BuiltExample
from vtc_r1.sft.reading import Reading, draw_reading
from vtc_r1.sft.stopwatch import Stopwatch
from vtc_r1.sft.styling import Drawing, Wardrobe
from vtc_r1.tokens import TokenCounter


class ReadingExamples:
    """Makes as many reading examples beside each trace as give the share that was asked for.

    Args:
        config: says how large the share is.
        wardrobe: gives the style of a page of strings.
        counter: counts tokens.
        watch: processor time by stage: read.
    """

    def __init__(
        self, config: BuildConfig, wardrobe: Wardrobe, counter: TokenCounter, watch: Stopwatch
    ) -> None:
        self._config, self._wardrobe, self._counter, self._watch = config, wardrobe, counter, watch
        self._prompts = ReadingPrompts(config.prompts)

    def beside(
        self, identity: str, reasoned: list[BuiltExample], texts: list[str], drawing: Drawing
    ) -> Iterator[BuiltExample]:
        """Yield the reading examples of one trace; those over the limit of tokens are left out.

        Args:
            identity: of the trace, on which they depend.
            reasoned: its own examples.
            texts: its segments.
            drawing: its pages.
        """
        rng = Random(f"{self._config.seed}:reading:{identity}")
        share = self._config.reading
        owed = len(reasoned) * share / (1 - share)
        carried = texts[:-1] or texts
        for number in range(int(owed) + (rng.random() < owed % 1)):
            other = Drawing(self._wardrobe.choose(f"{identity}:page:{number}"), self._watch)
            with self._watch.stage("read"):
                reading = draw_reading(rng, carried, drawing, other)
                example = self._example(reasoned[0], reading)
            if reading.target.strip() and example.tokens <= self._config.max_tokens:
                yield example

    def _example(self, like: BuiltExample, reading: Reading) -> BuiltExample:
        """Make the example of one task, from the row and generation of `like`."""
        question = self._prompts.ask(reading.task, **reading.told)
        target, count = plain(reading.target), self._counter.count
        return replace(
            like,
            task=reading.task,
            profile=reading.style.name,
            segment=0,
            segments=1,
            question=question,
            images=(reading.page.png,),
            memory=(0,),
            target=target,
            answer="",
            question_tokens=count(question),
            memory_tokens=count(reading.page.text),
            text_tokens=0,
            vision_tokens=reading.page.vision_tokens,
            target_tokens=count(target),
        )
