"""Entry point: `vtc-r1`, or `python -m vtc_r1`."""

import sys


def main() -> None:
    """Run the command line; an interrupt during its import also ends quietly."""
    try:
        from vtc_r1.cli.streams import prepare

        prepare()
        from vtc_r1.cli.main import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
