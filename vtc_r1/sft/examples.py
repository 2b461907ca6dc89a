"""Examples: one row of reasoning → one example per segment, conditioned on a memory."""

from collections.abc import Sequence
from dataclasses import dataclass

from vtc_r1.exercises import SEGMENT_LINES
from vtc_r1.exercises.lookups import Lookup
from vtc_r1.memory import Draws, memory_policy
from vtc_r1.prompts import Prompt, PromptSet
from vtc_r1.renderers import Page
from vtc_r1.segments import keep
from vtc_r1.sft.rows import Row, thinking

READ = "read"  #: the question of a reading example: transcribe the page
SUM = "sum"  #: the question of an example with a line up to its result


@dataclass(frozen=True)
class Example:
    """What the model sees and what it learns to write after it."""

    prompt: Prompt  #: the prompt
    target: str  #: what it learns to write
    given: str = ""  #: the beginning of its answer, without loss
    #: the target's token ids as they were sampled, with the one that ends it; empty to encode its text
    ids: tuple[int, ...] = ()


def segment_targets(row: Row, lines: int = SEGMENT_LINES) -> list[tuple[str, str]]:
    """Return (kept text, target) of every segment of a worked row; the last target ends with the answer.

    Args:
        row: the row.
        lines: steps of a segment.
    """
    trace = thinking((row.generations or [None])[0] or "")
    if trace is None:
        raise ValueError(f"row {row.uuid}: no <think>…</think> in its generation")
    steps = trace.split("\n")
    segments = [keep("\n".join(steps[at : at + lines]), cut=False) for at in range(0, len(steps), lines)]
    return list(zip(segments, write_targets(segments, row.answer or ""), strict=True))


def carry(segments: Sequence[str], policy: str, renderer: Draws) -> Sequence[str | Page]:
    """Return the content of the memory policy of that name after it has taken in `segments`."""
    memory = memory_policy(policy)(renderer)
    for segment in segments:
        memory.add(segment)
    return memory.content()


def segment_example(row: Row, at: int, policy: str, prompts: PromptSet, renderer: Draws) -> Example:
    """Make the example of segment `at` of `row`."""
    pairs = segment_targets(row)
    memory = carry([segment for segment, _ in pairs[:at]], policy, renderer)
    return Example(prompts.render(row.problem, memory, iteration=at), pairs[at][1])


def trace_examples(row: Row, policy: str, prompts: PromptSet, renderer: Draws, lines: int) -> list[Example]:
    """Make the examples of all segments of `row`, of `lines` lines each, with one memory."""
    memory, examples = memory_policy(policy)(renderer), list[Example]()
    for at, (segment, target) in enumerate(segment_targets(row, lines)):
        examples.append(Example(prompts.render(row.problem, [*memory.content()], iteration=at), target))
        memory.add(segment)
    return examples


def whole_example(row: Row, prompts: PromptSet) -> Example:
    """Make the example that writes the whole trace of `row` at once."""
    segments = "\n".join(segment for segment, _ in segment_targets(row))
    (target,) = write_targets([segments], row.answer or "")
    return Example(prompts.render(row.problem, [], iteration=0, whole=True), target)


def lookup_example(lookup: Lookup, policy: str, prompts: PromptSet, renderer: Draws) -> Example:
    """Make the example that looks a value up in a document, which takes the place of a memory."""
    memory = carry(lookup.pairs, policy, renderer)
    (target,) = write_targets([lookup.line], lookup.answer)
    return Example(prompts.render(lookup.question, memory, iteration=0), target)


def reading_example(text: str, prompts: PromptSet, renderer: Draws) -> Example:
    """Make an example that transcribes the page of `text`."""
    return Example(prompts.render(READ, [*renderer.render(text)], iteration=0), text)


def find_example(
    segments: Sequence[str], lines: Sequence[str], prompts: PromptSet, renderer: Draws
) -> Example:
    """Make an example that writes some lines of a memory; the question is their first characters."""
    memory = carry(segments, "optical", renderer)
    asked = "".join(line[0] for line in lines) + "?"
    return Example(prompts.render(asked, memory, iteration=0), "\n".join(lines))


def result_example(line: str, prompts: PromptSet) -> Example:
    """Make an example that works out a line, `57-61=-4`, of which all but the result is given."""
    (written,) = write_targets([line, ""], "")[:1]
    given, sign, result = written.partition("=")
    return Example(prompts.render(SUM, [], iteration=0), result, given + sign)


def write_targets(segments: Sequence[str], answer: str, summaries: Sequence[str] = ()) -> list[str]:
    """Return the target of every segment of one trace; the last one ends with the answer.

    The loop's rule `vtc` finds `answer` in the last target and continues after every other one, and
    the segment is the part of a target that it keeps.

    Args:
        segments: the part of each segment that the loop keeps.
        answer: the bare answer.
        summaries: with which the segments before the last one end, if they do.
    """
    targets = [f"<think>\n{segment}\n" for segment in segments]
    for at, summary in enumerate(summaries):
        targets[at] += f"</think>\n<summary>\n{summary}\n</summary>"
    targets[-1] += f"</think>\n<answer>{answer}</answer>"
    return targets
