"""Build the environment of the real servers where it is not there yet, and print its Python.

python -m tests.servers
"""

import argparse
import sys

from tests.servers.environment import BuildError, build, interpreter, place

argparse.ArgumentParser(
    "python -m tests.servers", description="Build the real servers' environment."
).parse_args()
folder = place()
try:
    build(folder)
except BuildError as error:
    sys.exit(f"tests.servers: {error}")
print(interpreter(folder))
