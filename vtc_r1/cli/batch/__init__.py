"""`vtc-r1 solve --batch`: a file of questions, its traces, and how it goes on."""
