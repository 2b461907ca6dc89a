"""Build the environments of the trainers that exports are for, where they are not there yet.

python -m tests.consumers [NAME …]
"""

import argparse
import subprocess
import sys

from tests.consumers.environment import PINS, build, python

parser = argparse.ArgumentParser("python -m tests.consumers", description="Build environments of trainers.")
parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(PINS))
names = parser.parse_args().names
if unknown := [name for name in names if name not in PINS]:
    parser.error(f"unknown environment {unknown[0]!r}: known are {', '.join(PINS)}")
for name in names or PINS:
    try:
        build(name)
    except subprocess.CalledProcessError as error:
        sys.exit(f"tests.consumers: {name}: {error}")
    print(python(name))
