"""Install the clients that the tests drive, outside of the clone: python -m tests.serve.clients FOLDER."""

import argparse
import subprocess
import sys
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

parser = argparse.ArgumentParser("python -m tests.serve.clients", description="Install clients to test.")
parser.add_argument("folder", type=Path)
folder = parser.parse_args().folder.resolve()
pip = [folder / "py" / "bin" / "python", "-m", "pip", "install", "-q", "-r"]
npm = ["npm", "install", "--no-audit", "--no-fund", "--prefix", folder / "node"]
try:
    subprocess.run([sys.executable, "-m", "venv", folder / "py"], check=True)
    subprocess.run([*pip, Path(__file__).with_name("requirements.txt")], check=True)
    (folder / "node").mkdir(exist_ok=True)
    subprocess.run([*npm, *NODE], check=True)
except (OSError, subprocess.CalledProcessError) as error:
    sys.exit(f"tests.serve.clients: {error}")
print(f"VTC_CLIENTS={folder} pytest tests/serve/test_clients.py")
