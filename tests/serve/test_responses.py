"""OpenAI's newer interface, through its own client, whose types are checked strictly."""

import json
from typing import Any

import openai
import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from tests.serve.conftest import Start
from tests.serve.running import Running
from tests.serve.test_refusals import png
from vtc_r1.errors import BackendError

QUESTION = "1+2*3-4+5"
REASONING = "\n2*3=6\n\n\n\n1+6=7\n7-4=3\n3+5=8\n\n"
EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)


def client(server: Running) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)


def ask(server: Running, **fields: Any) -> Any:
    return server.ask("POST", "/v1/responses", {"model": "scripted", "input": QUESTION, **fields})


def stream(server: Running, **fields: Any) -> list[dict[str, Any]]:
    """The events, each as the client's types accept it."""
    told = []
    for block in ask(server, stream=True, **fields).raw.decode().split("\n\n"):
        lines = [line for line in block.split("\n") if line and not line.startswith(":")]
        if not lines:
            continue
        kind, data = lines
        event = json.loads(data.removeprefix("data: "))
        assert kind == f"event: {event['type']}"
        EVENT.validate_python(event)
        told.append(event)
    assert [event["sequence_number"] for event in told] == list(range(len(told)))
    return told


def test_a_response_holds_reasoning_and_answer(start: Start) -> None:
    server = start()
    with client(server) as sdk:
        whole = sdk.responses.create(model="scripted", input=QUESTION)
    assert whole.output_text == "8" and whole.status == "completed"
    assert [item.type for item in whole.output] == ["reasoning", "message"]
    assert whole.output[0].content[0].text == REASONING  # type: ignore[union-attr, index]
    assert whole.usage is not None and whole.usage.output_tokens_details.reasoning_tokens > 0
    raw = ask(server).json
    Response.model_validate(raw)
    assert raw["vtc"]["iterations"] == 2 and raw["usage"]["input_tokens"] == 100


def test_the_events_have_the_official_order(start: Start) -> None:
    server = start()
    told = stream(server)
    kinds = [event["type"].removeprefix("response.") for event in told]
    reasoning = [kind for kind in kinds if kind != "reasoning_text.delta"]
    assert reasoning == [
        "created", "in_progress",
        "output_item.added", "content_part.added", "reasoning_text.done", "content_part.done",
        "output_item.done", "output_item.added", "content_part.added", "output_text.delta",
        "output_text.done", "content_part.done", "output_item.done", "completed",
    ]  # fmt: skip
    pieces = [event["delta"] for event in told if event["type"] == "response.reasoning_text.delta"]
    assert len(pieces) > 1 and "".join(pieces) == REASONING
    last = told[-1]["response"]
    Response.model_validate(last)
    assert [item["id"] for item in last["output"]] == [
        event["item"]["id"] for event in told if event["type"] == "response.output_item.done"
    ]


def test_the_client_puts_a_stream_together(start: Start) -> None:
    server = start()
    with client(server) as sdk, sdk.responses.stream(model="scripted", input=QUESTION) as events:
        said = "".join(event.delta for event in events if event.type == "response.output_text.delta")
        final = events.get_final_response()
    assert said == "8" and final.output_text == "8" and final.output[0].type == "reasoning"


def test_reasoning_comes_as_a_summary_where_one_is_asked_for(start: Start) -> None:
    server = start()
    whole = ask(server, reasoning={"effort": "high", "summary": "auto"}).json
    assert whole["output"][0]["summary"] == [{"type": "summary_text", "text": REASONING}]
    told = stream(server, reasoning={"summary": "detailed"})
    pieces = [event["delta"] for event in told if event["type"] == "response.reasoning_summary_text.delta"]
    assert "".join(pieces) == REASONING


def test_a_conversation_with_images_and_earlier_answers(start: Start) -> None:
    server = start(lambda request: "<think>So.</think><answer>8</answer>")
    picture = {"type": "input_image", "detail": "auto", "image_url": png(40, 30)}
    talk = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": "How many are 2 and 2?"},
        {"type": "reasoning", "id": "rs_1", "summary": [], "content": []},
        {
            "type": "message", "id": "msg_1", "status": "completed", "role": "assistant",
            "content": [{"type": "output_text", "text": "4", "annotations": [], "logprobs": []}],
        },
        {"role": "user", "content": [{"type": "input_text", "text": "And this?"}, picture]},
    ]  # fmt: skip
    with client(server) as sdk:
        sent: Any = talk
        whole = sdk.responses.create(model="scripted", input=sent, instructions="Be kind.")
    assert whole.output_text == "8" and whole.instructions == "Be kind."
    (request,) = server.service.solver.backend.requests
    drawn = [page.text for page in request.prompt.pages]
    assert "Asked before: How many are 2 and 2?\nAnswered: 4" in drawn and len(drawn) == 2
    assert str(request.prompt.system).endswith("Be kind.\n\nBe brief.")


def test_a_budget_that_is_too_small_is_incomplete(start: Start) -> None:
    from tests.scripted import cut

    server = start(lambda request: cut(f"{len(request.prompt.pages)} more\n" * 5, request.max_tokens))
    whole = ask(server, max_output_tokens=60).json
    assert (whole["status"], whole["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    assert stream(server, max_output_tokens=60)[-1]["type"] == "response.incomplete"


def test_a_failure_is_the_last_event(start: Start) -> None:
    server = start((BackendError("server http://10.0.0.7/v1 (model m) rejects the API key", "key"),))
    assert ask(server).status == 424
    told = stream(server)
    assert told[-1]["type"] == "response.failed" and "10.0.0.7" not in str(told[-1])
    with client(server) as sdk, pytest.raises(openai.APIStatusError):
        sdk.responses.create(model="scripted", input=QUESTION)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"input": []}, "input"),
        ({"input": ""}, "input"),
        ({"input": [{"role": "user", "content": " "}]}, "input[0].content"),
        ({"input": [{"role": "assistant", "content": "4"}]}, "input[0].role"),
        ({"input": [{"role": "user", "content": [{"type": "input_file"}]}]}, "input[0].content[0].type"),
        ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "input[0].content[0]"),
        ({"input": [{"type": "function_call_output", "output": "1"}]}, "input[0].type"),
        ({"input": 7}, "input"),
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"background": True}, "background"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"tools": [{}], "tool_choice": "required"}, "tool_choice"),
        ({"max_output_tokens": 0}, "max_output_tokens"),
        ({"messages": []}, "messages"),
        ({"text": {"format": {"type": "json_object"}}}, "text.format"),
    ],
)
def test_what_a_response_cannot_be(start: Start, fields: dict[str, Any], param: str) -> None:
    reply = ask(start(), **fields)
    assert (reply.status, reply.error["param"]) == (400, param), reply.error


def test_an_image_that_is_none_is_named_by_its_place(start: Start) -> None:
    content = [{"type": "input_text", "text": "?"}, {"type": "input_image", "image_url": "data:image/png,x"}]
    reply = ask(start(), input=[{"role": "user", "content": content}])
    assert reply.error["param"] == "input[0].content[1].image_url"


def test_tools_are_ignored_and_said_so(start: Start) -> None:
    reply = ask(start(), tools=[{"type": "web_search"}], tool_choice="auto", include=[], store=True)
    assert (reply.status, reply.headers["x-vtc-ignored"]) == (200, "tools")


def test_completions_of_a_prompt(start: Start) -> None:
    server = start()
    with client(server) as sdk:
        whole = sdk.completions.create(model="scripted", prompt=QUESTION, n=2, max_tokens=900)
        assert [choice.text for choice in whole.choices] == ["8", "8"] and whole.object == "text_completion"
        options: Any = {"include_usage": True}
        chunks = list(
            sdk.completions.create(model="scripted", prompt=[QUESTION], stream=True, stream_options=options)
        )
    assert "".join(chunk.choices[0].text for chunk in chunks if chunk.choices) == "8"
    assert chunks[-1].usage is not None and chunks[-1].usage.completion_tokens > 0
    body = {"model": "scripted", "prompt": QUESTION}
    for fields, param in (
        ({"prompt": [1, 2]}, "prompt[0]"),
        ({"prompt": ["1", "2"]}, "prompt"),
        ({"prompt": ""}, "prompt"),
        ({"echo": True}, "echo"),
        ({"suffix": "x"}, "suffix"),
        ({"logprobs": 5}, "logprobs"),
    ):
        assert server.ask("POST", "/v1/completions", {**body, **fields}).error["param"] == param
