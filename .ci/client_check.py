"""A client-only install: light, and it says what is missing."""

import importlib.util
import subprocess
import sys
from pathlib import Path

for heavy in ("torch", "transformers"):
    assert importlib.util.find_spec(heavy) is None, f"a client-only install brought {heavy}"

from vtc_r1 import Solver
from vtc_r1.renderers import Renderer

assert len(Renderer("default").render("one page")) == 1
Solver(base_url="http://127.0.0.1:9/v1", model="Qwen/Qwen3-VL-8B-Instruct").close()

command = Path(sys.executable).with_name("vtc-r1")
told = subprocess.run([command, "solve", "1+2*3"], capture_output=True, text=True, check=False)
assert told.returncode == 2, told
assert 'pip install "vtc-r1[local]"' in told.stderr, told.stderr
assert "Traceback" not in told.stderr, told.stderr
print("client-only install: ok")
