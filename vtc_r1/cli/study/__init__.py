"""`vtc-r1 study`: a chain of steps from data to a table, planned, run, packed and verified."""
