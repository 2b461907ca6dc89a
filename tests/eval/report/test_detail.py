"""What the page shows of a trace."""

from typing import Any

import pytest

from vtc_r1.eval.report.detail import detail


def shown(text: str, kept: str | None, **more: Any) -> dict[str, Any]:
    iteration = {"index": 0, "text": text, "kept": kept, "finish_reason": "length", **more}
    trace = {"status": "exhausted", "sampling": {"seed": 3}, "iterations": [iteration]}
    return detail(trace, None, lambda sha256: sha256.startswith("a"))


@pytest.mark.parametrize(
    ("text", "kept", "mark"),
    [
        ("all of it", "all of it", 9),
        ("all of it \n", "all of it", 11),
        ("<think>\nall of it</think>", "all of it", 25),
        ("one. two. thr", "one. two.", 9),
        ("<think>one. two. thr", "one. two.", 16),
        ("<think>one.</think> two.", "one. two.", 24),
        ("one", "another", "another"),
        ("one", None, None),
        ("one", "", ""),
    ],
)
def test_where_the_memory_cut_a_segment(text: str, kept: str | None, mark: int | str | None) -> None:
    assert shown(text, kept)["iterations"][0]["kept"] == mark


def test_pages_are_named_by_their_place_and_what_is_no_hash_is_none() -> None:
    known, absent = "a" * 64, "b" * 64
    page = {"width": 8, "height": 9, "vision_tokens": 4, "text": "x"}
    pages = [{"sha256": name, **page} for name in (known, "../../etc/passwd")]
    found = shown("x", "x", pages=pages, pages_sent=[absent, known, "javascript:1"])
    assert found["pages"] == [[known, 8, 9, 4, 0], [absent, 0, 0, 0, 1]]
    assert (found["iterations"][0]["sent"], found["iterations"][0]["added"]) == ([1, 0], [0])
