"""`vtc-r1 eval`: benchmarks, solved and graded."""
