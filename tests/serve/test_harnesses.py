"""What people have already, unmodified, on the embedded model: the openai client and two harnesses."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import environment, vtc
from tests.serve.running import Running, running
from vtc_r1 import Solver
from vtc_r1.eval.drawn import problems

pytestmark = [pytest.mark.harness, pytest.mark.filterwarnings("ignore")]  # the harnesses' own are not ours

MODEL, QUESTION = "vtc-r1-nano", "37 + 85 - 19 * 2 + 46"
LM_EVAL = os.environ.get("VTC_LM_EVAL")
PROBLEMS = 50
TASK = """
task: vtc_arithmetic
dataset_path: json
dataset_kwargs:
  data_files:
    test: {file}
test_split: test
output_type: generate_until
doc_to_text: "{{{{question}}}}"
doc_to_target: "{{{{answer}}}}"
generation_kwargs:
  until: []
  do_sample: false
  temperature: 0.0
  max_gen_toks: 2048
metric_list:
  - metric: exact_match
    aggregation: mean
    higher_is_better: true
metadata:
  version: 1.0
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    pytest.importorskip("torch")
    with running(Solver(), concurrency=16, queue=100, keys=("sesame",)) as made:
        yield made


def test_the_openai_client_streams_and_does_not(server: Running) -> None:
    openai = pytest.importorskip("openai")
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="sesame", max_retries=0) as client:
        assert [model.id for model in client.models.list()] == [MODEL]
        asked = [{"role": "user", "content": QUESTION}]
        whole = client.chat.completions.create(model=MODEL, messages=asked, seed=1, n=2)
        assert [choice.message.content for choice in whole.choices] == ["130", "130"]
        assert whole.usage.prompt_tokens_details.image_tokens > 0
        assert whole.usage.model_extra["iterations"] >= 4
        events = client.chat.completions.create(
            model=MODEL, messages=asked, stream=True, stream_options={"include_usage": True}
        )
        chunks = list(events)
        deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
        reasoning = "".join((delta.model_extra or {}).get("reasoning_content", "") for delta in deltas)
        assert reasoning == whole.choices[0].message.model_extra["reasoning_content"]
        assert "".join(delta.content or "" for delta in deltas) == "130"
        assert chunks[-1].usage.total_tokens * 2 == whole.usage.total_tokens
        with pytest.raises(openai.BadRequestError) as refused:
            client.chat.completions.create(model=MODEL, messages=asked, temperature=9)
        assert (refused.value.param, refused.value.code) == ("temperature", "invalid_value")
    stranger = openai.OpenAI(base_url=f"{server.url}/v1", api_key="wrong", max_retries=0)
    with stranger, pytest.raises(openai.AuthenticationError):
        stranger.models.list()


def test_inspect_evaluates_it(server: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("inspect_ai")
    from inspect_ai import Task, eval
    from inspect_ai.dataset import Sample
    from inspect_ai.scorer import exact

    monkeypatch.setenv("LOOP_BASE_URL", f"{server.url}/v1")
    monkeypatch.setenv("LOOP_API_KEY", "sesame")
    samples = [Sample(input=problem.question, target=problem.answer) for problem in problems(6, seed=3)]
    task = Task(dataset=samples, scorer=exact())
    (log,) = eval(task, model=f"openai-api/loop/{MODEL}", log_dir=str(tmp_path), display="none")
    assert log.status == "success", log.error
    with Solver() as solver:
        traces = list(solver.map([problem.question for problem in problems(6, seed=3)]))
    right = sum(trace.answer == samples[trace.index or 0].target for trace in traces)
    assert log.results is not None
    assert log.results.scores[0].metrics["mean"].value == pytest.approx(right / 6)
    (first, *_) = log.samples or []
    assert "=" in str(first.output.choices[0].message.content)


@pytest.mark.skipif(LM_EVAL is None, reason="VTC_LM_EVAL names no Python that has lm-evaluation-harness")
def test_lm_evaluation_harness_finds_the_score_of_our_own_evaluation(server: Running, tmp_path: Path) -> None:
    assert LM_EVAL is not None
    drawn = problems(500, seed=0)[:PROBLEMS]
    rows = [json.dumps({"question": one.question, "answer": one.answer}) for one in drawn]
    (tmp_path / "rows.jsonl").write_text("\n".join(rows), encoding="utf-8")
    (tmp_path / "task.yaml").write_text(TASK.format(file=tmp_path / "rows.jsonl"), encoding="utf-8")
    arguments = f"model={MODEL},base_url={server.url}/v1/chat/completions,num_concurrent=8,max_retries=3"
    words = [
        LM_EVAL, "-m", "lm_eval", "--model", "local-chat-completions", "--model_args", arguments,
        "--tasks", "vtc_arithmetic", "--include_path", str(tmp_path), "--apply_chat_template",
        "--output_path", str(tmp_path / "out"),
    ]  # fmt: skip
    env = {**environment(), "OPENAI_API_KEY": "sesame", "HF_HOME": str(tmp_path / "hub")}
    done = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    (found,) = (tmp_path / "out").rglob("results_*.json")
    theirs = json.loads(found.read_text(encoding="utf-8"))["results"]["vtc_arithmetic"]["exact_match,none"]
    ours = vtc(
        "eval", "arithmetic", "--limit", str(PROBLEMS), "--out", "runs", "--json", "--quiet", cwd=tmp_path
    )
    figures = json.loads(ours.out)["runs"][0]
    assert figures["samples"] * figures["problems"] == figures["solved"] == PROBLEMS
    assert theirs == pytest.approx(figures["accuracy"]["mean"])
