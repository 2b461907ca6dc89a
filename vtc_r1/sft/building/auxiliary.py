"""Reading tasks as examples, in addition to those of a trace."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from vtc_r1.prompts.promptset import plain
from vtc_r1.prompts.reading import ReadingPrompts
from vtc_r1.sft.building.config import BuildConfig
from vtc_r1.sft.building.example import BuiltExample
from vtc_r1.sft.building.glyphs import GlyphCount
from vtc_r1.sft.reading import Reading, draw_reading
from vtc_r1.sft.stopwatch import Stopwatch
from vtc_r1.sft.styling import Drawing, StyleSet
from vtc_r1.tokens import TokenCounter


@dataclass(eq=False)
class ReadingExamples:
    """Adds reading examples to each trace, so that their share is the requested one."""

    config: BuildConfig  #: has the share
    style_set: StyleSet  #: gives the style of a page of strings
    counter: TokenCounter  #: counts tokens
    watch: Stopwatch  #: processor time by stage: read

    def __post_init__(self) -> None:
        self._prompts = ReadingPrompts(self.config.prompts)

    def beside(
        self, identity: str, reasoned: list[BuiltExample], texts: list[str], drawing: Drawing
    ) -> Iterator[BuiltExample]:
        """Yield the reading examples of one trace; those over a token limit, or illegible, are left out.

        Args:
            identity: identity of the trace, which decides them.
            reasoned: its own examples.
            texts: its segments.
            drawing: its pages.
        """
        rng = Random(f"{self.config.seed}:reading:{identity}")
        share = self.config.reading
        owed = len(reasoned) * share / (1 - share)
        carried = texts[:-1] or texts
        for number in range(int(owed) + (rng.random() < owed % 1)):
            other = Drawing(self.style_set.choose(f"{identity}:page:{number}"), self.watch)
            with self.watch.stage("read"):
                reading = draw_reading(rng, carried, drawing, other, self.config.segment_tokens)
                example = self._example(reasoned[0], reading)
            fits = example.tokens <= self.config.max_tokens and (
                example.target_tokens <= self.config.segment_tokens
            )
            legible = GlyphCount.of([reading.page]).share <= self.config.max_missing
            if fits and legible and reading.target.strip():
                yield example

    def _example(self, like: BuiltExample, reading: Reading) -> BuiltExample:
        """Make the example of one task, from the row and generation of `like`."""
        question = self._prompts.ask(reading.task, **reading.prompt_fields)
        target, count = plain(reading.target), self.counter.count
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
