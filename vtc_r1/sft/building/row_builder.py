"""The per-row function: one row of the source → its examples, or why there are none."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vtc_r1.answers import final_answer
from vtc_r1.errors import first_line
from vtc_r1.memory import memory_policy
from vtc_r1.prompts.promptset import plain
from vtc_r1.segments import keep
from vtc_r1.sft.building.auxiliary import ReadingExamples
from vtc_r1.sft.building.carried import Counted, carried
from vtc_r1.sft.building.config import BuildConfig
from vtc_r1.sft.building.example import REASON, BuiltExample, Drop, RowResult
from vtc_r1.sft.choice import verified
from vtc_r1.sft.rows import Row, thinking
from vtc_r1.sft.segmentation import segment_inftythink, segment_lines, segment_soundly
from vtc_r1.sft.stopwatch import Stopwatch
from vtc_r1.sft.styling import Drawing, Wardrobe
from vtc_r1.sft.targets import write_targets
from vtc_r1.tokens import Ruler, TokenCounter


class RowBuilder:
    """Builds rows by one configuration.

    Args:
        config: the configuration.
        tokenizer: the `tokenizer.json` that it names.
        drawing: draws the pages of a trace; another one is for comparisons.

    Attributes:
        watch: processor time by stage: choose, segment, render, encode, read.
    """

    def __init__(
        self, config: BuildConfig, tokenizer: Path | None = None, drawing: type[Drawing] = Drawing
    ) -> None:
        self.config, self._remember = config, memory_policy(config.memory, trusted=True)
        self.watch = Stopwatch()
        self._counter = TokenCounter(tokenizer)
        self._drawing = drawing
        self._wardrobe = Wardrobe(config.profile, config.styles, config.seed)
        self._reading = (
            ReadingExamples(config, self._wardrobe, self._counter, self.watch) if config.reading else None
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
            trace = plain(trace)
            ruler = self._counter.ruler(trace)
            spans = self.segments(trace, ruler)
            kept = [keep(trace[start:end], cut=False) for start, end in spans]
        if not all(kept):
            return drop("empty_trace")
        if len(spans) > config.max_segments:
            return drop("too_many_segments", f"{len(spans)} segments")
        answer = plain((row.answer or "").strip())
        targets = write_targets(kept, answer)
        if not _is_read_back(targets, answer):
            return drop("answer_unreadable", answer[:100])
        counts = [ruler.count(*span) for span in spans]
        identity = f"{row.uuid or number}:{generation}"
        drawing = self._drawing(self._wardrobe.choose(identity), self.watch)
        examples = self._examples(number, row, generation, kept, targets, counts, drawing)
        if isinstance(examples, Drop) or self._reading is None:
            return examples
        return [*examples, *self._reading.beside(identity, examples, kept, drawing)]

    def segments(self, trace: str, ruler: Ruler) -> list[tuple[int, int]]:
        """Cut a trace as the configuration says; return start and end of each segment."""
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
        """Let a memory of the loop take in the segments; each example has what it held before its own."""
        question = plain(row.problem)
        question_tokens = self._counter.count(question)
        ending = self._counter.count(targets[-1]) - self._counter.count(kept[-1])
        memory = self._remember(drawing)
        examples = []
        for at, target in enumerate(targets):
            before = [
                Counted(text, tokens, drawing.drawn(text))
                for text, tokens in zip(kept[:at], counts[:at], strict=True)
            ]
            with self.watch.stage("encode"):
                held = carried(memory.content(), self._counter.count, before)
            target_tokens = counts[at] + ending
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
                    memory.add(kept[at])
        return examples


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
    """Whether the loop goes on after every target but the last, and finds an answer in that one."""
    *earlier, last = (final_answer(target, "vtc", stopped=True) for target in targets)
    return last is not None and not any(earlier) and (last == answer or answer.startswith("\\boxed"))
