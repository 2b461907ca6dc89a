"""`vtc-r1 tune`: render settings, found by search."""
