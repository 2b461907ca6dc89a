"""Build the environments of the trainers that exports are for, where they are not there yet.

python -m tests.consumers [NAME …]
"""

import argparse
import subprocess
import sys

from tests.consumers.environment import PINS, build, python

parser = argparse.ArgumentParser("python -m tests.consumers", description="Build environments of trainers.")
parser.add_argument("names", nargs="*", choices=tuple(PINS), metavar="NAME", help=", ".join(PINS))
for name in parser.parse_args().names or PINS:
    try:
        build(name)
    except subprocess.CalledProcessError as error:
        sys.exit(f"tests.consumers: {name}: {error}")
    print(python(name))
