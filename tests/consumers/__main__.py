"""Build the environments of the trainers that exports are for, where they are not there yet.

python -m tests.consumers [NAME …]
"""

import subprocess
import sys

from tests.consumers.environment import PINS, build, python

for name in sys.argv[1:] or PINS:
    try:
        build(name)
    except subprocess.CalledProcessError as error:
        sys.exit(f"tests.consumers: {name}: {error}")
    print(python(name))
