"""Reports of runs: a page that opens from disk, Markdown, CSV and figures."""

from vtc_r1.eval.report.report import Written, write_report

__all__ = ["Written", "write_report"]
