"""The folder of a run: one benchmark, one memory policy, every trace and every grade."""

from vtc_r1.eval.runs.folder import Graded, Key, Run, RunFolder, Sample, find_runs

__all__ = ["Graded", "Key", "Run", "RunFolder", "Sample", "find_runs"]
