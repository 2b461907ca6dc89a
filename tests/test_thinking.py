"""Models whose chat template opens the thinking: they write `</think>` alone, or with a parser no tags."""

import pytest

from tests.scripted import Scripted, cut
from vtc_r1 import Solver
from vtc_r1.backends.wire.segment import Merged
from vtc_r1.trace import Trace

TAGS = ("<think>", "</think>", "<answer>", "</answer>")
FIRST = "First I add 17 and 25, which gives 42."
WRITTEN = {
    "raw": FIRST,
    "its newline": f"\n{FIRST}\n",
    "closed": f"{FIRST}\n</think>\n\n",
    "closed, and goes on": f"{FIRST}\n</think>\n\nThat is all for now.",
    "with its own tag": f"<think>\n{FIRST}\n",
    "doubled": f"<think>\n<think>\n{FIRST}\n</think>",
    "doubled and closed twice": f"<think><think>{FIRST}</think></think>",
    "opened in the middle": f"{FIRST} <think>Now 42 again.",
    "closed first": f"</think>{FIRST}",
    "closed, opened again": f"{FIRST}</think>\n<think>\nMore.",
    "an empty answer": f"{FIRST}</think><answer></answer>",
    "an answer within": f"{FIRST} <answer>41</answer> is wrong.",
    "an answer that is open": f"{FIRST} <answer>41",
}
ENDS = {
    "boxed": "Then I subtract.\n</think>\n\nThe answer is \\boxed{42}.",
    "vtc": "So.</think><answer>42</answer>",
}


def solved(first: str, rule: str, *, is_cut: bool, memory: str = "optical") -> tuple[Trace, Scripted]:
    backend = Scripted([cut(first) if is_cut else first, ENDS[rule]])
    with Solver(backend=backend, prompts=rule, memory=memory, max_iterations=4) as solver:
        return solver.solve("What is 17 + 25?"), backend


@pytest.mark.parametrize("is_cut", [False, True])
@pytest.mark.parametrize("rule", ENDS)
@pytest.mark.parametrize("written", WRITTEN)
def test_no_tag_reaches_a_page_or_the_next_prompt(written: str, rule: str, is_cut: bool) -> None:
    trace, backend = solved(WRITTEN[written], rule, is_cut=is_cut)
    assert (trace.status, trace.answer, len(trace.iterations)) == ("answered", "42", 2)
    kept = trace.iterations[0].kept or ""
    pages = [page.text for page in backend.requests[1].prompt.pages]
    assert kept.startswith("First I add 17") and "".join(pages).startswith(kept[:20])
    assert not any(tag in text for tag in TAGS for text in (kept, *pages))
    trace, backend = solved(WRITTEN[written], rule, is_cut=is_cut, memory="text")
    _, *shown = (part for part in backend.requests[1].prompt.content if isinstance(part, str))
    assert shown and not any(tag in text for tag in TAGS for text in shown), shown


@pytest.mark.parametrize("rule", ENDS)
def test_a_parsers_thoughts_are_kept_as_the_same_text_is(rule: str) -> None:
    """A server with a reasoning parser takes the tags out; merged again they change nothing."""
    merged = Merged()
    for piece in (FIRST[:10], FIRST[10:]):
        merged.add(piece, "")
    merged.add("", "\n\nMore.")
    raw = f"{FIRST}</think>\n\nMore."
    assert merged.text == f"<think>{raw}"
    kept = [solved(text, rule, is_cut=False)[0].iterations[0].kept for text in (raw, merged.text)]
    assert kept[0] == kept[1]


@pytest.mark.parametrize(
    ("text", "rule", "answer"),
    [
        ("It is \\boxed{41}.\n</think>\n\nIt is \\boxed{42}.", "boxed", "42"),
        ("<think>It is \\boxed{41}.</think>It is \\boxed{42}.", "boxed", "42"),
        ("It is <answer>41</answer>\n</think>\n<answer>42</answer>", "vtc", "42"),
        ("Nothing more to do, \\boxed{42}.", "boxed", "42"),
    ],
)
def test_the_answer_is_what_follows_the_thinking(text: str, rule: str, answer: str) -> None:
    with Solver(backend=Scripted([text]), prompts=rule) as solver:
        trace = solver.solve("What is 17 + 25?")
    assert (trace.status, trace.answer, len(trace.iterations)) == ("answered", answer, 1)
