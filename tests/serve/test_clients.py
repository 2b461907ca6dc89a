"""The clients that people have, unmodified, over a socket: whole answers, streams and pictures.

They live outside of the clone: VTC_CLIENTS names a folder that `python -m tests.serve.clients FOLDER` fills.
A client that is not installed is skipped.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serve.running import Running, running
from tests.serve.test_json_answers import Constrained
from tests.serve.test_refusals import png
from vtc_r1 import Solver

pytestmark = pytest.mark.harness

FOLDER = os.environ.get("VTC_CLIENTS")
HERE = Path(__file__).parent / "clients"
#: a client, and the packages that it is
PYTHON = {
    "openai_chat": "openai",
    "openai_responses": "openai",
    "httpx": "httpx",
    "litellm": "litellm",
    "langchain": "langchain_openai",
    "llama_index": "llama_index",
    "instructor": "instructor",
    "pydantic_ai": "pydantic_ai",
    "haystack": "haystack",
    "dspy": "dspy",
    "aisuite": "aisuite",
    "llm": "llm",
    "smolagents": "smolagents",
    "openai_agents": "agents",
    "autogen": "autogen_ext",
}
NODE = {
    "openai": "openai",
    "openai_responses": "openai",
    "ai_sdk_compatible": "@ai-sdk/openai-compatible",
    "ai_sdk_openai": "@ai-sdk/openai",
    "langchain": "@langchain/openai",
    "llamaindex": "@llamaindex/openai",
}


class Seeing(Constrained):
    """Says 8, and of a picture that it is red; in the form that is asked for."""

    def _segment(self, request: Any) -> Any:
        answer = "red" if any(page.width == 40 for page in request.prompt.pages) else "8"
        if request.response_format is not None:
            return json.dumps({"value": answer})
        if "[[ ## value ## ]]" in str(request.prompt.content):  # the form in which dspy asks
            answer = f"[[ ## value ## ]]\n{answer}\n\n[[ ## completed ## ]]"
        return f"<think>It is plain to see.</think><answer>{answer}</answer>"


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with running(Solver(backend=Seeing(()), preset="vtc-r1"), keys=("sesame",)) as made:
        yield made


def answers(words: list[str], server: Running, folder: Path, **env: str) -> None:
    """Run a client, and check its three answers."""
    given = [f"{server.url}/v1", "scripted", "sesame", png(40, 30)]
    quiet = {"DO_NOT_TRACK": "1", "OTEL_SDK_DISABLED": "true", "HAYSTACK_TELEMETRY_ENABLED": "False"}
    quiet |= {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "HOME": str(folder), **env}
    environment = {"PATH": os.environ["PATH"], **quiet}
    done = subprocess.run(
        [*words, *given],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.splitlines()[-1]) == {"chat": "8", "stream": "8", "image": "red"}


@pytest.mark.parametrize("name", PYTHON)
def test_a_client_in_python(server: Running, tmp_path: Path, name: str) -> None:
    python = Path(FOLDER or "") / "py" / "bin" / "python"
    if FOLDER is None or not list(python.parent.parent.glob(f"lib/*/site-packages/{PYTHON[name]}")):
        pytest.skip(f"VTC_CLIENTS names no folder with {PYTHON[name]}")
    answers([str(python), str(HERE / "python_clients.py"), name], server, tmp_path)


@pytest.mark.parametrize("name", NODE)
def test_a_client_in_node(server: Running, tmp_path: Path, name: str) -> None:
    folder, node = Path(FOLDER or "") / "node", shutil.which("node")
    if FOLDER is None or node is None or not (folder / "node_modules" / NODE[name]).is_dir():
        pytest.skip(f"VTC_CLIENTS names no folder with {NODE[name]}, or there is no Node")
    answers([node, str(HERE / "node_clients.mjs"), name], server, tmp_path, VTC_CLIENTS_NODE=str(folder))


def test_curl(server: Running, tmp_path: Path) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("there is no curl")

    def asked(content: Any, **fields: Any) -> str:
        body = {"model": "scripted", "messages": [{"role": "user", "content": content}], **fields}
        (tmp_path / "body").write_text(json.dumps(body))
        heads = ["-H", "Content-Type: application/json", "-H", "Authorization: Bearer sesame"]
        words = [curl, "-sSfN", *heads, "-d", "@body", f"{server.url}/v1/chat/completions"]
        return subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    assert json.loads(asked("1+2*3-4+5"))["choices"][0]["message"]["content"] == "8"
    lines = asked("1+2*3-4+5", stream=True).splitlines()
    deltas = [json.loads(line[6:])["choices"][0]["delta"] for line in lines if line.startswith("data: {")]
    assert "".join(delta.get("content", "") for delta in deltas) == "8"
    picture = [{"type": "text", "text": "?"}, {"type": "image_url", "image_url": {"url": png(40, 30)}}]
    assert json.loads(asked(picture))["choices"][0]["message"]["content"] == "red"
