r"""The gold answer, taken out of the column that holds it.

`column`: the column is the answer. `hashes`: what follows the last `####`, as GSM8K has it. `solution`:
the last `\boxed{}` of a worked solution, or its last line where it has none, as AIME24 has it.
"""

from math import isfinite
from typing import Any, Literal

from vtc_r1.answers import boxed

Gold = Literal["column", "hashes", "solution"]


def gold_answer(value: Any, rule: Gold) -> str:
    """Return the gold answer that `value` holds, an empty string where it holds none.

    A float without a fraction is written as the integer that it is.
    """
    if value is None or isinstance(value, bool) or (isinstance(value, float) and not isfinite(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    if rule == "hashes":
        _, mark, after = text.rpartition("####")
        return after.strip() if mark else ""
    if rule == "solution":
        return boxed(text) or text.rpartition("\n")[2].strip()
    return text
