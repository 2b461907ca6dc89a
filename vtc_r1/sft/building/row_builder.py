"""The per-row function: one row of the source → its examples, or the reason for none."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vtc_r1.answers import final_answer
from vtc_r1.errors import DataError, first_line
from vtc_r1.memory import memory_policy, summarised
from vtc_r1.memory.summary import SummaryOptions
from vtc_r1.prompts.promptset import plain
from vtc_r1.renderers import Page
from vtc_r1.segments import keep
from vtc_r1.sft.building.auxiliary import ReadingExamples
from vtc_r1.sft.building.config import BuildConfig
from vtc_r1.sft.building.example import REASON, BuiltExample, CountedSegment, Drop, RowResult, memory_content
from vtc_r1.sft.building.glyphs import GlyphCount, fonts_of
from vtc_r1.sft.examples import write_targets
from vtc_r1.sft.rows import Row, thinking
from vtc_r1.sft.segmentation import segment_inftythink, segment_lines, segment_soundly
from vtc_r1.sft.stopwatch import Stopwatch
from vtc_r1.sft.styling import Drawing, StyleSet
from vtc_r1.tokens import TokenCounter, TokenOffsets


class RowBuilder:
    """Builds rows by one configuration.

    Args:
        config: the configuration.
        tokenizer: the `tokenizer.json` that it names.
        drawing: draws the pages of a trace; replaced in comparisons.

    Attributes:
        watch: processor time by stage: choose, segment, render, encode, read.
        glyphs: characters on the pages of the traces that gave examples.

    Raises:
        DataError: the fonts here are not those with which the build began.
    """

    def __init__(
        self, config: BuildConfig, tokenizer: Path | None = None, drawing: type[Drawing] = Drawing
    ) -> None:
        self.config, self._remember = config, memory_policy(config.memory, trusted=True)
        self.watch = Stopwatch()
        self._counter = TokenCounter(tokenizer)
        self._drawing = drawing
        self._style_set = StyleSet(config.profile, config.styles, config.seed)
        self.glyphs = GlyphCount()
        _check_fonts(config.fonts, self._style_set)
        self._reading = (
            ReadingExamples(config, self._style_set, self._counter, self.watch) if config.reading else None
        )

    def build(self, number: int, record: Mapping[str, Any] | None) -> RowResult:
        """Build row `number` of the source; a record of None is one that could not be parsed."""
        with self.watch.stage("choose"):
            row = _parsed(number, record)
            if isinstance(row, Drop):
                return RowResult([], [row])
            chosen = _unusable(row) or verified(row)
        if isinstance(chosen, str):
            return RowResult([], [Drop(number, row.uuid, None, chosen, "")])
        drops: list[Drop] = []
        examples: list[BuiltExample] = []
        for generation in chosen:
            built = self._generation(number, row, generation)
            if isinstance(built, Drop):
                drops.append(built)
                continue
            examples += built
            if self.config.generations == "one":
                return RowResult(examples, [])
        return RowResult(examples, drops)

    def _generation(self, number: int, row: Row, generation: int) -> list[BuiltExample] | Drop:
        """Build one generation."""
        config, text = self.config, (row.generations or [])[generation] or ""

        def drop(reason: str, detail: str = "") -> Drop:
            return Drop(number, row.uuid, generation, reason, detail)

        if len(text) > config.max_characters:
            return drop("too_long", f"{len(text)} characters")
        with self.watch.stage("segment"):
            trace = thinking(text)
            if trace is None:
                return drop("no_think")
            if text.count("</think>") > 1 or text.partition("<think>")[0].strip() not in ("", text.strip()):
                return drop(
                    "unclear_thoughts", f"{text.count('<think>')} <think>, {text.count('</think>')} </think>"
                )
            trace = plain(trace)
            ruler = self._counter.ruler(trace)
            spans = self.segments(trace, ruler)
            kept = [keep(trace[start:end], cut=False) for start, end in spans]
        if not all(kept):
            return drop("empty_trace")
        if len(spans) > config.max_segments:
            return drop("too_many_segments", f"{len(spans)} segments")
        answer = plain((row.answer or "").strip())
        targets = write_targets(kept, answer, self._summaries(kept[:-1]))
        if not _is_read_back(targets, answer):
            return drop("answer_unreadable", answer[:100])
        counts = [ruler.count(*span) for span in spans]
        identity = f"{row.uuid or number}:{generation}"
        drawing = self._drawing(self._style_set.choose(identity), self.watch)
        examples = self._examples(number, row, generation, kept, targets, counts, drawing)
        if isinstance(examples, Drop) or self._reading is None:
            return examples
        return [*examples, *self._reading.beside(identity, examples, kept, drawing)]

    def _summaries(self, segments: list[str]) -> list[str]:
        """Return the summaries that segments end with, found by rules; none under other policies."""
        options = self._remember.options
        if not isinstance(options, SummaryOptions):
            return []
        tokens = min(options.tokens, options.budget or options.tokens)
        return summarised(segments, int(tokens * self._counter.rate("\n".join(segments))))

    def segments(self, trace: str, ruler: TokenOffsets) -> list[tuple[int, int]]:
        """Cut a trace by the configured segmentation; return start and end of each segment."""
        if self._remember.kind.max_iterations == 1:
            return [(0, len(trace))] if trace else []
        match self.config.segmentation:
            case "sound":
                return segment_soundly(trace, ruler, self.config.segment_tokens)
            case "inftythink":
                return segment_inftythink(trace, ruler, self.config.segment_tokens)
            case "lines":
                return segment_lines(trace, self.config.segment_lines)
            case "loop":
                raise AssertionError("the loop's segments are not cut again")

    def _examples(
        self,
        number: int,
        row: Row,
        generation: int,
        kept: list[str],
        targets: list[str],
        counts: list[int],
        drawing: Drawing,
    ) -> list[BuiltExample] | Drop:
        """Have a memory of the loop take in the segments; each example has its content before the segment."""
        question = plain(row.problem)
        question_tokens = self._counter.count(question)
        ending = self._counter.count(targets[-1]) - self._counter.count(kept[-1])
        memory, summarises = self._remember(drawing), self._remember.kind.carries == "summary"
        examples, pages = [], list[Page]()
        for at, target in enumerate(targets):
            before = [
                CountedSegment(text, tokens, drawing.drawn(text))
                for text, tokens in zip(kept[:at], counts[:at], strict=True)
            ]
            content = memory.content()
            pages += [part for part in content if isinstance(part, Page)]
            with self.watch.stage("encode"):
                held = memory_content(content, self._counter.count, before)
            target_tokens = self._counter.count(target) if summarises else counts[at] + ending
            total = question_tokens + held.text_tokens + held.vision_tokens + target_tokens
            if total > self.config.max_tokens:
                return Drop(number, row.uuid, generation, "too_many_tokens", f"segment {at}: {total} tokens")
            examples.append(
                BuiltExample(
                    uuid=row.uuid or str(number),
                    row=number,
                    generation=generation,
                    segment=at,
                    segments=len(targets),
                    task=REASON,
                    profile=drawing.style.name,
                    question=question,
                    images=held.images,
                    memory=held.items,
                    target=target,
                    answer=plain((row.answer or "").strip()),
                    source=row.source,
                    question_tokens=question_tokens,
                    memory_tokens=held.memory_tokens,
                    text_tokens=held.text_tokens,
                    vision_tokens=held.vision_tokens,
                    target_tokens=target_tokens,
                )
            )
            if at + 1 < len(targets):
                with self.watch.stage("render"):
                    memory.add(keep(target, cut=False))
        glyphs = GlyphCount.of(pages)
        if glyphs.share > self.config.max_missing:
            return Drop(number, row.uuid, generation, "missing_glyphs", str(glyphs))
        self.glyphs.add(glyphs.characters, glyphs.missing, glyphs.scripts)
        return examples


def _check_fonts(known: tuple[str, ...], styles: StyleSet) -> None:
    """Raise DataError if pages would be drawn with other fonts than the build began with."""
    found = fonts_of(style.profile for style in styles.all) if known else known
    if other := sorted({*known} ^ {*found}):
        lacks, has = ([font for font in other if font in fonts] for fonts in (known, found))
        said = [f"lacks {', '.join(lacks)}"] * bool(lacks) + [f"also has {', '.join(has)}"] * bool(has)
        raise DataError(
            f"this machine draws with other fonts than the build began with: it {' and '.join(said)}; "
            "install the same fonts on every machine"
        )


def _parsed(number: int, record: Mapping[str, Any] | None) -> Row | Drop:
    if record is None:
        return Drop(number, None, None, "malformed", "no JSON object")
    try:
        return Row.model_validate(record)
    except ValidationError as error:
        first = error.errors()[0]
        uuid = record.get("uuid")
        field = ".".join(map(str, first["loc"]))
        detail = f"{field}: {first_line(ValueError(first['msg']))}"
        return Drop(number, uuid if isinstance(uuid, str) else None, None, "malformed", detail)


def _unusable(row: Row) -> str:
    if not row.problem.strip():
        return "no_problem"
    return "" if (row.answer or "").strip() else "no_answer"


def _is_read_back(targets: list[str], answer: str) -> bool:
    """Whether the loop continues after every target but the last, and finds an answer in that one."""
    *earlier, last = (final_answer(target, "vtc", stopped=True) for target in targets)
    return last is not None and not any(earlier) and (last == answer or answer.startswith("\\boxed"))


def verified(row: Row) -> list[int] | str:
    """Return the generations that are complete and verified, best first, or why there is none.

    A generation counts as verified if math-verify or the Llama judge found it correct; those that
    math-verify did come first, each kind in the order of the row. A list of verdicts may be null, or
    hold nulls; a row without any verdict is not used.
    """
    count = len(row.generations or ())
    if not any((text or "").strip() for text in row.generations or ()):
        return "no_generation"
    complete = _verdicts(row.is_reasoning_complete, count)
    by_rule = _verdicts(row.correctness_math_verify, count)
    by_judge = _verdicts(row.correctness_llama, count)
    if all(verdict is None for verdict in (*by_rule, *by_judge)):
        return "no_verdict"
    correct = [at for at in range(count) if by_rule[at] or by_judge[at]]
    if not correct:
        return "none_correct"
    whole = [at for at in correct if complete[at] is not False]
    return sorted(whole, key=lambda at: not by_rule[at]) or "none_complete"


def _verdicts(given: list[bool | None] | None, count: int) -> list[bool | None]:
    """The verdict on each generation, None if there is none."""
    return [*(given or ()), *[None] * count][:count]
