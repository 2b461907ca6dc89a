"""Install the clients that the tests drive, outside of the clone: python -m tests.serve.clients FOLDER."""

import subprocess
import sys
import venv
from pathlib import Path

NODE = (
    "@ai-sdk/openai@3.0.141",
    "@ai-sdk/openai-compatible@2.0.92",
    "@langchain/openai@1.5.8",
    "@llamaindex/openai@0.4.22",
    "ai@6.0.326",
    "llamaindex@0.12.1",
    "openai@6.49.0",
)

folder = Path(sys.argv[1]).resolve()
venv.create(folder / "py", with_pip=True)
requirements = Path(__file__).with_name("requirements.txt")
subprocess.run([folder / "py" / "bin" / "python", "-m", "pip", "install", "-r", requirements], check=True)
(folder / "node").mkdir(exist_ok=True)
subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--prefix", folder / "node", *NODE], check=True)
print(f"VTC_CLIENTS={folder} pytest tests/serve/test_clients.py")
