"""An answer of a form: the last segment alone is constrained, to JSON."""

import json
from typing import Any

import pytest

from tests.conftest import Serve
from tests.loopback import MODEL, Reply
from tests.scripted import Scripted, cut
from tests.serve.running import running
from tests.solved import SEGMENTS
from vtc_r1 import Solver

SCHEMA = {
    "name": "result",
    "strict": True,
    "schema": {"type": "object", "properties": {"value": {"type": "integer"}}, "required": ["value"]},
}
FORMS = [{"type": "json_object"}, {"type": "json_schema", "json_schema": SCHEMA}]
JSON = '{"value": 8}'


class Constrained(Scripted):
    """A backend that keeps to a form."""

    constrains = True
    said = JSON

    def _segment(self, request: Any) -> Any:
        if request.response_format is not None:
            return self.said
        return SEGMENTS[min(len(request.prompt.pages), len(SEGMENTS) - 1)]


def solver(said: Any = JSON, **options: Any) -> Solver:
    backend = Constrained(())
    backend.said = said
    return Solver(backend=backend, preset="vtc-r1", **options)


@pytest.mark.parametrize("form", FORMS)
def test_only_the_last_segment_is_constrained(form: dict[str, Any]) -> None:
    with running(solver(), form="\\boxed{ANSWER}") as server:
        (choice,) = server.chat(response_format=form).json["choices"]
        assert choice["message"]["content"] == JSON and choice["finish_reason"] == "stop"
        assert JSON not in choice["message"]["reasoning_content"] and choice["vtc"]["iterations"] == 3
        requests = server.service.solver.backend.requests
        assert [request.response_format for request in requests] == [None, None, form]
        assert "<answer>8</answer>" in str(requests[-1].prompt.content[-1])
        assert ("integer" in str(requests[-1].prompt.content[-1])) == (form["type"] == "json_schema")
        deltas = [
            chunk["choices"][0]["delta"] for chunk in server.chat(stream=True, response_format=form).chunks()
        ]
        assert "".join(delta.get("content", "") for delta in deltas) == JSON
        assert JSON not in "".join(delta.get("reasoning_content", "") for delta in deltas)


def test_a_solve_that_runs_out_is_asked_for_its_form_at_once() -> None:
    with running(solver(max_iterations=1)) as server:
        (choice,) = server.chat(response_format=FORMS[0]).json["choices"]
        assert choice["message"]["content"] == JSON and choice["vtc"]["iterations"] == 2


@pytest.mark.parametrize("said", ["It is 8.", '{"value": 8', "[8]", "", '<answer>{"value": 8}</answer>'])
def test_a_server_that_ignores_the_form_is_told_of(said: str) -> None:
    with running(solver(said)) as server:
        reply = server.chat(response_format=FORMS[0])
        assert (reply.status, reply.error["code"]) == (424, "model_failed")


def test_a_form_that_is_cut_is_no_answer() -> None:
    with running(solver(cut('{"value":'))) as server:
        (choice,) = server.chat(response_format=FORMS[0]).json["choices"]
        assert (choice["message"]["content"], choice["finish_reason"]) == ("", "length")
        assert choice["vtc"]["status"] == "exhausted"


def test_thinking_before_the_form_is_reasoning() -> None:
    with running(solver(f"<think>As JSON.</think>\n{JSON}")) as server:
        message = server.chat(response_format=FORMS[0]).json["choices"][0]["message"]
        assert message["content"] == JSON and "As JSON." in message["reasoning_content"]


def test_a_title_in_a_form_is_constrained_too() -> None:
    with running(solver()) as server:
        (choice,) = server.chat(response_format=FORMS[1], reasoning_effort="none").json["choices"]
        assert choice["message"]["content"] == JSON


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ({"type": "json_schema"}, "response_format"),
        ({"type": "json_schema", "json_schema": {"name": "x"}}, "response_format.json_schema.schema"),
        ({"type": "json_schema", "json_schema": {"schema": []}}, "response_format.json_schema.schema"),
        ({"type": "json_object", "json_schema": SCHEMA}, "response_format"),
        ({"type": "grammar"}, "response_format.type"),
        ({"type": "json_object", "x": 1}, "response_format.x"),
        ([], "response_format"),
        ({"type": "json_schema", "json_schema": {**SCHEMA, "description": "x" * 100_000}}, "response_format"),
    ],
)  # fmt: skip
def test_forms_that_are_none(form: Any, param: str) -> None:
    with running(solver()) as server:
        reply = server.chat(response_format=form)
        assert (reply.status, reply.error["param"]) == (400, param)


def test_the_form_of_a_response_stands_in_its_text() -> None:
    form = {"type": "json_schema", **SCHEMA}
    with running(solver()) as server:
        body = {"model": "scripted", "input": "1+2*3-4+5", "text": {"format": form}}
        whole = server.ask("POST", "/v1/responses", body).json
        assert json.loads(whole["output"][-1]["content"][0]["text"]) == {"value": 8}
        body["text"] = {"format": {"type": "json_schema", "name": "x"}}
        assert server.ask("POST", "/v1/responses", body).error["param"] == "text.format"


@pytest.mark.slow
def test_the_constraint_reaches_the_model_server(serve: Serve) -> None:
    server = serve(lambda body: Reply(JSON if "response_format" in body else "So it is \\boxed{8}."))
    with running(Solver(base_url=server.base_url, model=MODEL)) as facade:
        (choice,) = facade.chat(model=MODEL, response_format=FORMS[1]).json["choices"]
        assert choice["message"]["content"] == JSON
    assert [request.body.get("response_format") for request in server.requests] == [None, FORMS[1]]


@pytest.mark.slow
def test_a_model_server_that_does_not_know_the_constraint_is_not_asked_without_it(serve: Serve) -> None:
    unknown = {"error": {"message": "Unrecognized request argument supplied: response_format"}}
    server = serve([Reply("So it is \\boxed{8}."), *[Reply(status=400, body=unknown)] * 5])
    with running(Solver(base_url=server.base_url, model=MODEL)) as facade:
        reply = facade.chat(model=MODEL, response_format=FORMS[0])
        assert (reply.status, reply.error["code"]) == (400, "model_refused")
