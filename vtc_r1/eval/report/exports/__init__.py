"""Exports of a report's runs to the formats of other programs."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, get_args

from vtc_r1.eval.report.exports.harness import write_harness
from vtc_r1.eval.report.exports.inspect_log import write_inspect
from vtc_r1.eval.report.exports.tables import write_tables
from vtc_r1.eval.report.score import Score
from vtc_r1.eval.report.sources import Sources

Form = Literal["inspect", "lm-eval", "tables"]
FORMS: tuple[Form, ...] = get_args(Form)
Write = Callable[[Path, Sources, Sequence[str], Sequence[Score | None]], None]
WRITERS: dict[Form, Write] = {"inspect": write_inspect, "lm-eval": write_harness, "tables": write_tables}

__all__ = ["FORMS", "WRITERS", "Form"]
