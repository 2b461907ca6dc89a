"""`vtc-r1 probe`: how well pages are read."""
