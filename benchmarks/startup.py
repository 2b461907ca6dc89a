"""Seconds until something happens, median of five cold processes: python benchmarks/startup.py."""

import subprocess
import sys
import time
from statistics import median

COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import vtc_r1": [sys.executable, "-c", "import vtc_r1"],
    "from vtc_r1 import Solver": [sys.executable, "-c", "from vtc_r1 import Solver"],
    "vtc-r1 --help": [sys.executable, "-m", "vtc_r1", "--help"],
    "vtc-r1 solve (embedded)": [sys.executable, "-m", "vtc_r1", "solve", "37 + 85 - 19 * 2 + 46", "-q"],
}


def seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=False, capture_output=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    for name, command in COMMANDS.items():
        print(f"{median(seconds(command) for _ in range(5)):6.2f} s  {name}")
