"""A solve gone through again: what its memory carried in every iteration, and what it wrote there."""

from collections.abc import Iterator

from vtc_r1.answers import Rule, final_answer
from vtc_r1.memory import Memory
from vtc_r1.prompts.promptset import plain
from vtc_r1.renderers import Page
from vtc_r1.segments import SegmentEnd
from vtc_r1.trace import Iteration, Trace

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
