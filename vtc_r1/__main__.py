"""`python -m vtc_r1`: the command line."""

from vtc_r1.cli.main import main

main()
