"""Chat completions as a client sees them."""

import pytest

from tests.scripted import Scripted, cut
from tests.serve.conftest import Start
from tests.serve.running import running
from tests.solved import SEGMENTS
from vtc_r1 import Solver
from vtc_r1.errors import BackendError

REASONING = "\n2*3=6\n\n\n\n1+6=7\n7-4=3\n3+5=8\n\n"


def test_a_completion_holds_reasoning_answer_and_usage(start: Start) -> None:
    reply = start().chat()
    assert reply.status == 200
    whole = reply.json
    (choice,) = whole["choices"]
    assert whole["object"] == "chat.completion" and whole["model"] == "scripted"
    assert choice["message"]["content"] == "8" and choice["finish_reason"] == "stop"
    assert choice["message"]["reasoning_content"] == REASONING
    used = whole["usage"]
    vision = used["prompt_tokens_details"]["image_tokens"]
    assert used["prompt_tokens"] == 100 and vision > 0 and used["iterations"] == 2
    assert used["prompt_tokens_details"]["text_tokens"] == max(0, 100 - vision)
    reasoning = used["completion_tokens_details"]["reasoning_tokens"]
    assert 0 < reasoning <= used["completion_tokens"]
    assert used["total_tokens"] == used["prompt_tokens"] + used["completion_tokens"]
    assert choice["vtc"]["status"] == "answered" and choice["vtc"]["iterations"] == 2


def test_a_stream_says_the_same_piece_by_piece(start: Start) -> None:
    chunks = start().chat(stream=True, stream_options={"include_usage": True}).chunks()
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert "".join(delta.get("reasoning_content", "") for delta in deltas) == REASONING
    assert "".join(delta.get("content", "") for delta in deltas) == "8"
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks if chunk["choices"]][-1] == "stop"
    assert chunks[-1]["choices"] == [] and chunks[-1]["usage"]["iterations"] == 2
    assert len({chunk["id"] for chunk in chunks}) == 1


def test_choices_have_seeds_of_their_own(start: Start) -> None:
    server = start()
    whole = server.chat(n=3, seed=7, temperature=1).json
    assert [choice["index"] for choice in whole["choices"]] == [0, 1, 2]
    assert whole["usage"]["iterations"] == 6
    seeds = {solve.trace.sampling.seed for solve in server.service.store.all("")}
    assert seeds == {7, 8, 9}
    deltas = start().chat(n=2, stream=True).chunks()
    said = {chunk["choices"][0]["index"] for chunk in deltas if chunk["choices"][0]["delta"].get("content")}
    assert said == {0, 1}


def test_parameters_reach_the_model(start: Start) -> None:
    server = start()
    server.chat(temperature=0.25, top_p=0.5, top_k=7, presence_penalty=0.5, seed=3, max_tokens=900)
    (solve,) = server.service.store.all("")
    sampling, budget = solve.trace.sampling, solve.trace.budget
    assert (sampling.temperature, sampling.top_p, sampling.top_k) == (0.25, 0.5, 7)
    assert (sampling.presence_penalty, sampling.seed) == (0.5, 3)
    assert budget.tokens == 450 and budget.segment_tokens == 450


@pytest.mark.parametrize("budget", [1, 2, 3, 17, 100])
@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_no_more_tokens_are_generated_than_the_budget(start: Start, budget: int, name: str) -> None:
    def say(request):
        return cut(f"{len(request.prompt.pages)} more\n" * 5, request.max_tokens)

    whole = start(say).chat(**{name: budget}).json
    assert 0 < whole["usage"]["completion_tokens"] <= max(2, budget)
    assert whole["choices"][0]["finish_reason"] == "length"
    assert whole["choices"][0]["message"]["content"] == ""


def test_stop_ends_the_answer_and_not_the_reasoning(start: Start) -> None:
    said = "<think>one, two, three</think><answer>one, two, three</answer>"
    message = start((said,)).chat(stop=[", three", ", two"]).json["choices"][0]["message"]
    assert message["content"] == "one" and message["reasoning_content"] == "one, two, three"


def test_the_answer_may_be_put_into_a_form(start: Start) -> None:
    server = start(form="So it is \\boxed{ANSWER}.")
    assert server.chat().json["choices"][0]["message"]["content"] == "So it is \\boxed{8}."
    assert server.chat(stop="}").json["choices"][0]["message"]["content"] == "So it is \\boxed{8"


def test_earlier_turns_and_system_texts_are_remembered(start: Start) -> None:
    server = start()
    talk = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "How many are 2 and 2?"}]},
        {"role": "assistant", "content": "4", "reasoning_content": "thinking"},
        {"role": "user", "content": "And one more?"},
    ]
    assert server.chat(messages=talk).status == 200
    request = server.service.solver.backend.requests[0]
    (page,) = request.prompt.pages
    assert page.text == "Asked before: How many are 2 and 2?\nAnswered: 4"
    assert request.prompt.system.endswith("Be brief.") and request.prompt.content[0] == "And one more?"
    (solve,) = server.service.store.all("")
    assert [earlier.sha256 for earlier in solve.trace.earlier] == [page.sha256]


def test_a_failed_model_is_a_502_and_an_error_in_a_stream(start: Start) -> None:
    server = start((BackendError("the scheduler died"),))
    assert (server.chat().status, server.chat().error["code"]) == (502, "model_failed")
    *_, last = server.chat(stream=True).chunks()
    assert "the scheduler died" in last["error"]["message"]


def test_the_embedded_models_questions_are_checked_first(start: Start) -> None:
    server = start(preset="nano")
    refused = server.chat(messages=[{"role": "user", "content": "What is love?"}])
    assert (refused.status, refused.error["param"]) == (400, "messages")
    earlier = [*({"role": "user", "content": "1+2+3"},) * 2]
    assert "earlier turns" in server.chat(messages=earlier).error["message"]
    assert server.chat(messages=[{"role": "system", "content": "Be kind."}, earlier[0]]).status == 200


def test_models_health_and_metrics(start: Start) -> None:
    server = start()
    assert server.ask("GET", "/v1/models").json["data"][0]["id"] == "scripted"
    assert server.ask("GET", "/v1/models/scripted").json["object"] == "model"
    assert server.ask("GET", "/v1/models/another/one").error["code"] == "model_not_found"
    assert server.ask("GET", "/health").json == {"status": "ok", "running": 0, "waiting": 0}
    server.chat()
    figures = server.ask("GET", "/metrics").raw.decode()
    assert 'vtc_solves_total{status="answered"} 1.0' in figures
    assert 'vtc_requests_total{route="/v1/chat/completions",status="200"} 1.0' in figures
    assert "vtc_solves_running 0.0" in figures and 'vtc_tokens_total{kind="vision_tokens"}' in figures


def test_segments_are_as_long_as_asked(start: Start) -> None:
    server = start()
    server.chat()
    assert {request.max_tokens for request in server.service.solver.backend.requests} == {8192}
    assert len(SEGMENTS) == 2


def test_why_an_answer_may_be_wrong_stands_beside_it() -> None:
    for memory, expected in (("optical", 0), ("facts", 1)):
        with running(Solver(backend=Scripted(list(SEGMENTS)), preset="nano", memory=memory)) as server:
            told = server.chat().json["choices"][0]["vtc"]
        assert len(told["warnings"]) == expected and told["seconds_loading"] == 0.0
        assert all("not trained for memory facts" in sentence for sentence in told["warnings"])
    with running(Solver(backend=Scripted(list(SEGMENTS)), preset="nano", memory="facts")) as server:
        said = [
            chunk["choices"][0].get("vtc") for chunk in server.chat(stream=True).chunks() if chunk["choices"]
        ]
    assert len(said[-1]["warnings"]) == 1
