"""Choosing: which generations of a row are worth learning from."""

from vtc_r1.sft.rows import Row


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
