"""The loop as a solver of inspect_ai, under inspect's own evaluations."""

import base64
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import environment
from tests.conftest import Serve
from tests.loopback import MODEL

pytest.importorskip("inspect_ai")

from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog, read_eval_log
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import choice, match

from vtc_r1.eval.inspect import vtc

pytestmark = [pytest.mark.harness, pytest.mark.filterwarnings("ignore")]  # inspect's warnings are not ours
TASK = """
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import match

@task
def six():
    return Task(dataset=[Sample(input="6 times 7?", target="42")], scorer=match())
"""


class Mock:
    """Works first, then answers; keeps what it was asked."""

    def __init__(self, last: str = "So it is \\boxed{42}.") -> None:
        self.last = last
        self.asked: list[tuple[Any, Any]] = []

    def __call__(self, messages: Any, tools: Any, tool_choice: Any, config: Any) -> ModelOutput:
        self.asked.append((messages, config))
        seen = [part.type for part in messages[-1].content]
        text = self.last if "image" in seen else "First, 6 times 7 is 42.\n"
        output = ModelOutput.from_content("mock", text)
        output.usage = ModelUsage(input_tokens=50, input_tokens_cache_read=9, output_tokens=5)
        return output


def run(tmp_path: Path, mock: Mock, task: Task, **config: Any) -> EvalLog:
    model = get_model("mockllm/model", custom_outputs=mock)
    (log,) = eval(task, model=model, log_dir=str(tmp_path), display="none", **config)
    assert log.status == "success", log.error
    return log


def test_each_segment_is_logged_with_its_pages_and_the_trace_is_kept(tmp_path: Path) -> None:
    mock = Mock()
    task = Task(dataset=[Sample(input="6 times 7?", target="42")], solver=vtc(), scorer=match())
    log = run(tmp_path, mock, task)
    assert log.results is not None and log.results.scores[0].metrics["accuracy"].value == 1
    (sample,) = log.samples or []
    calls = [event for event in sample.events if event.event == "model"]
    images = [
        [part for part in call.input[-1].content if not isinstance(part, str) and part.type == "image"]
        for call in calls
    ]
    assert [len(found) for found in images] == [0, 1]
    sent = mock.asked[1][0][-1].content[1].image
    assert base64.b64decode(sent.removeprefix("data:image/png;base64,")).startswith(b"\x89PNG")
    assert [message.role for message in sample.messages].count("assistant") == 2
    trace = dict(sample.store["vtc_r1:trace"])
    assert (trace["answer"], trace["status"], trace["model"]["backend"]) == ("42", "answered", "inspect")
    assert trace["usage"]["prompt_tokens"] == 118 and trace["usage"]["cached_tokens"] == 18


def test_sampling_is_explicit_and_what_inspect_was_told_counts(tmp_path: Path) -> None:
    mock = Mock()
    task = Task(
        dataset=[Sample(input="6 times 7?", target="42")],
        solver=vtc(top_p=0.5, seed=7, preset="qwen3-vl-instruct"),
        scorer=match(),
    )
    run(tmp_path, mock, task, temperature=0.3, epochs=2)
    sent = {(config.temperature, config.top_p, config.top_k, config.seed) for _, config in mock.asked}
    assert sent == {(0.3, 0.5, 20, 7), (0.3, 0.5, 20, 8)}
    assert {config.max_tokens for _, config in mock.asked} == {8_192}


def test_choices_are_asked_and_marked(tmp_path: Path) -> None:
    mock = Mock("It is \\boxed{B}.")
    sample = Sample(input="6 times 7?", choices=["41", "42", "43"], target="B")
    log = run(tmp_path, mock, Task(dataset=[sample], solver=vtc(), scorer=choice()))
    assert log.results is not None and log.results.scores[0].metrics["accuracy"].value == 1
    assert "B) 42" in mock.asked[0][0][-1].content[0].text


def test_a_model_that_fails_is_an_error_of_the_sample(tmp_path: Path) -> None:
    def broken(*_: Any) -> ModelOutput:
        raise ValueError("the provider fell over")

    model = get_model("mockllm/model", custom_outputs=broken)
    task = Task(dataset=[Sample(input="6 times 7?", target="42")], solver=vtc(), scorer=match())
    (log,) = eval(task, model=model, log_dir=str(tmp_path), display="none")
    assert log.status == "error" and "the provider fell over" in str(log.error)


def test_the_entry_point_and_a_real_server(serve: Serve, tmp_path: Path) -> None:
    """`inspect eval` finds `vtc_r1/vtc`, and asks a server through inspect's own provider."""
    if not [entry for entry in entry_points(group="inspect_ai") if entry.name == "vtc_r1"]:
        pytest.skip("this installation of vtc-r1 is older than the entry point; install it again")
    server = serve(["First, 6 times 7 is 42.\n", "So it is \\boxed{42}."])
    (tmp_path / "six.py").write_text(TASK)
    words = ["six.py", "--model", f"openai-api/loop/{MODEL}", "--model-base-url", server.base_url]
    flags = ["--solver", "vtc_r1/vtc", "-S", "memory=optical", "--display", "none", "--log-dir", "logs"]
    command = [Path(sys.executable).with_name("inspect"), "eval", *words, *flags]
    keys = {"LOOP_API_KEY": "none", "NO_COLOR": "1"}
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment(**keys),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (log,) = [read_eval_log(str(path)) for path in (tmp_path / "logs").iterdir()]
    assert log.status == "success" and log.results is not None
    assert log.results.scores[0].metrics["accuracy"].value == 1
    assert [len(request.images) for request in server.requests] == [0, 1]
    assert all(request.body["temperature"] == 0.7 and "seed" in request.body for request in server.requests)
