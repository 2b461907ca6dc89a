"""The per-problem function: a problem with its solves → examples, or why there are none."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from vtc_r1.answers import Rule, final_answer
from vtc_r1.iteration import Iteration
from vtc_r1.memory import Memory, MemoryFactory
from vtc_r1.prompts.promptset import plain
from vtc_r1.renderers import Page, Renderer
from vtc_r1.segments import SegmentEnd
from vtc_r1.sft.building.config import BuildConfig
from vtc_r1.sft.building.example import REASON, BuiltExample, Drop, RowResult, memory_content
from vtc_r1.sft.building.glyphs import GlyphCount
from vtc_r1.sft.sampling.stored import Solve, SolvedProblem, in_order
from vtc_r1.sft.stopwatch import Stopwatch
from vtc_r1.tokens import TokenCounter
from vtc_r1.trace import Trace

_DETAIL = 100  #: characters of an answer or an error that a list of drops shows


class SolveBuilder:
    """Builds the examples of problems from their solves.

    Args:
        config: the configuration.
        memory: makes the memory of a solve.
        rule: when a segment is final.
        asked: puts a question into the form in which the loop asked it.
        read: reads the record of a solve.
        end: where the loop ended segments, and so what it kept of one.
        renderer: draws the pages as the loop did.
        tokenizer: the `tokenizer.json` that the configuration names.

    Attributes:
        watch: processor time by stage: read, replay.
        glyphs: characters on the pages of the solves that gave examples.
    """

    def __init__(
        self,
        config: BuildConfig,
        memory: MemoryFactory,
        rule: Rule,
        asked: Callable[[str], str],
        read: Callable[[Solve], Trace],
        end: SegmentEnd,
        renderer: Renderer,
        tokenizer: Path | None = None,
    ) -> None:
        assert config.loop is not None
        self.config, self.choose, self.rule = config, config.loop.choose, rule
        self.watch = Stopwatch()
        self._memory, self._asked, self._read = memory, asked, read
        self._end, self._renderer = end, renderer
        self._counter = TokenCounter(tokenizer)
        self.glyphs = GlyphCount()

    def build(self, number: int, row: SolvedProblem) -> RowResult:
        """Build problem `number` of those selected."""
        refusals = ((solve, solve.refusal) for solve in row.solves)
        drops = {solve.sample: _drop(number, row, solve, *why) for solve, why in refusals if why}
        examples: list[BuiltExample] = []
        seen: set[tuple[str, ...]] = set()
        for solve in in_order(row.solves, self.choose):
            if examples and self.choose != "all":
                drops[solve.sample] = _drop(number, row, solve, "not_chosen")
                continue
            with self.watch.stage("read"):
                trace = self._read(solve)
            texts = tuple(iteration.text for iteration in trace.iterations)
            if texts in seen:
                drops[solve.sample] = _drop(number, row, solve, "duplicate")
                continue
            seen.add(texts)
            with self.watch.stage("replay"):
                built = self._examples(number, row, solve, trace)
            if isinstance(built, Drop):
                drops[solve.sample] = built
            else:
                examples += built
        unsolved = [] if examples else [Drop(number, row.problem.id, None, "unsolved", "")]
        return RowResult(examples, [*unsolved, *(drops[sample] for sample in sorted(drops))])

    def _examples(
        self, number: int, row: SolvedProblem, solve: Solve, trace: Trace
    ) -> list[BuiltExample] | Drop:
        """Build one solve: an example for each of its segments."""
        *earlier, last = trace.iterations
        if not all(iteration.kept for iteration in earlier):
            return _drop(number, row, solve, "empty_trace")
        end = self._end
        targets = [*(target_of(each, end, final=False) for each in earlier), target_of(last, end, final=True)]
        if not are_read_back(targets, plain(trace.answer or ""), self.rule):
            return _drop(number, row, solve, "answer_unreadable", trace.answer or "")
        examples, pages = [], list[Page]()
        try:
            for example in self._segments(number, row, solve, trace, targets, pages):
                if example.tokens > self.config.max_tokens:
                    detail = f"segment {example.segment}: {example.tokens} tokens"
                    return _drop(number, row, solve, "too_many_tokens", detail)
                examples.append(example)
        except ChangedPages:
            return _drop(number, row, solve, "pages_changed")
        glyphs = GlyphCount.of(pages)
        if glyphs.share > self.config.max_missing:
            return _drop(number, row, solve, "missing_glyphs", str(glyphs))
        self.glyphs.add(glyphs.characters, glyphs.missing, glyphs.scripts)
        return examples

    def _segments(
        self,
        number: int,
        row: SolvedProblem,
        solve: Solve,
        trace: Trace,
        targets: list[str],
        pages: list[Page],
    ) -> Iterator[BuiltExample]:
        """Replay a solve; yield an example for each of its prompts; adds to `pages`."""
        question = plain(self._asked(trace.question))
        tokens = cache(self._counter.count)
        for iteration, content in replay(trace, self._memory(self._renderer)):
            pages += [part for part in content if isinstance(part, Page)]
            held = memory_content(content, tokens)
            yield BuiltExample(
                uuid=row.problem.id,
                row=number,
                generation=solve.sample,
                segment=iteration.index,
                segments=len(targets),
                task=REASON,
                profile=self.config.profile.name,
                question=question,
                images=held.images,
                memory=held.items,
                target=targets[iteration.index],
                answer=plain(trace.answer or ""),
                source=self.config.source["benchmark"],
                question_tokens=tokens(question),
                memory_tokens=held.memory_tokens,
                text_tokens=held.text_tokens,
                vision_tokens=held.vision_tokens,
                target_tokens=tokens(targets[iteration.index]),
            )


def _drop(number: int, row: SolvedProblem, solve: Solve, reason: str, detail: str = "") -> Drop:
    return Drop(number, row.problem.id, solve.sample, reason, detail[:_DETAIL])


_END = "</answer>"


class ChangedPages(Exception):
    """The pages drawn now are not those that the loop showed."""


def replay(trace: Trace, memory: Memory) -> Iterator[tuple[Iteration, tuple[str | Page, ...]]]:
    """Yield every iteration with the content that its prompt carried, in the loop's order.

    Args:
        trace: a solve.
        memory: a new one, of the policy and profile of the solve.

    Raises:
        ChangedPages: its pages, drawn again, are not to the pixel those on record.
    """
    for iteration in trace.iterations:
        for _ in range(iteration.shed):
            memory.shed()
        content = tuple(memory.content())
        if [part.sha256 for part in content if isinstance(part, Page)] != iteration.pages_sent:
            raise ChangedPages
        yield iteration, content
        if iteration.kept:
            memory.add(iteration.kept)


def target_of(iteration: Iteration, end: SegmentEnd, *, final: bool) -> str:
    """Return what the model should write in an iteration: what it wrote, as far as the loop used it.

    A segment that was cut by its token limit ends where the loop trimmed it, a last one after its answer.
    """
    text = iteration.text
    if iteration.finish_reason not in ("stop", "cut"):
        text = text[: text.rindex(_END) + len(_END)] if final and _END in text else end.trim(text)
    return plain(text)


def are_read_back(targets: list[str], answer: str, rule: Rule) -> bool:
    """Return whether the loop continues after every target but the last, and finds the answer in that one."""
    *earlier, last = (final_answer(target, rule, stopped=True) for target in targets)
    return last == answer and not any(earlier)
