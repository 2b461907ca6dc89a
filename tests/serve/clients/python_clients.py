"""Python clients, each asked once whole, once as a stream, once about a picture: NAME URL MODEL KEY URI.

Runs in the environment of the clients, where nothing of this package is. Prints the three answers as JSON.
"""

import asyncio
import base64
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

NAME, URL, MODEL, KEY, URI = sys.argv[1:]
QUESTION, SHOWN = "1+2*3-4+5", "Which colour is it?"
PARTS = [{"type": "text", "text": SHOWN}, {"type": "image_url", "image_url": {"url": URI}}]
ASKED: list[Any] = [{"role": "user", "content": QUESTION}]
LOOKED: list[Any] = [{"role": "user", "content": PARTS}]
DATA = base64.b64decode(URI.partition(",")[2])
Answers = tuple[str, str, str]


def openai_chat() -> Answers:
    from openai import OpenAI

    ask = OpenAI(base_url=URL, api_key=KEY).chat.completions.create
    pieces = [chunk for chunk in ask(model=MODEL, messages=ASKED, stream=True) if chunk.choices]
    return (
        ask(model=MODEL, messages=ASKED).choices[0].message.content,
        "".join(chunk.choices[0].delta.content or "" for chunk in pieces),
        ask(model=MODEL, messages=LOOKED).choices[0].message.content,
    )


def openai_responses() -> Answers:
    from openai import OpenAI

    ask = OpenAI(base_url=URL, api_key=KEY).responses
    content = [{"type": "input_text", "text": SHOWN}, {"type": "input_image", "image_url": URI}]
    with ask.stream(model=MODEL, input=QUESTION) as events:
        said = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    looked: Any = [{"role": "user", "content": content}]
    return (
        ask.create(model=MODEL, input=QUESTION).output_text,
        said,
        ask.create(model=MODEL, input=looked).output_text,
    )


def httpx() -> Answers:
    import httpx

    with httpx.Client(headers={"Authorization": f"Bearer {KEY}"}, timeout=60) as client:
        address, said = f"{URL}/chat/completions", ""

        def ask(messages: Any) -> str:
            answer = client.post(address, json={"model": MODEL, "messages": messages}).raise_for_status()
            return answer.json()["choices"][0]["message"]["content"]

        body = {"model": MODEL, "messages": ASKED, "stream": True}
        with client.stream("POST", address, json=body) as answer:
            for line in answer.iter_lines():
                if line.startswith("data: {"):
                    said += json.loads(line[6:])["choices"][0]["delta"].get("content") or ""
        return ask(ASKED), said, ask(LOOKED)


def litellm() -> Answers:
    from litellm import completion

    given = {"model": f"openai/{MODEL}", "api_base": URL, "api_key": KEY}
    pieces = completion(messages=ASKED, stream=True, **given)
    return (
        completion(messages=ASKED, **given).choices[0].message.content,
        "".join(piece.choices[0].delta.content or "" for piece in pieces),
        completion(messages=LOOKED, **given).choices[0].message.content,
    )


def langchain() -> Answers:
    from langchain_openai import ChatOpenAI

    model = ChatOpenAI(base_url=URL, api_key=KEY, model=MODEL)
    return (
        model.invoke(ASKED).content,
        "".join(piece.content for piece in model.stream(ASKED)),
        model.invoke(LOOKED).content,
    )


def llama_index() -> Answers:
    from llama_index.core.llms import ChatMessage, ImageBlock, TextBlock
    from llama_index.llms.openai_like import OpenAILike

    model = OpenAILike(model=MODEL, api_base=URL, api_key=KEY, is_chat_model=True)
    asked = [ChatMessage(role="user", content=QUESTION)]
    looked = [ChatMessage(role="user", blocks=[TextBlock(text=SHOWN), ImageBlock(image=DATA)])]
    return (
        model.chat(asked).message.content,
        "".join(piece.delta or "" for piece in model.stream_chat(asked)),
        model.chat(looked).message.content,
    )


def instructor() -> Answers:
    import instructor
    from openai import OpenAI
    from pydantic import BaseModel

    class Value(BaseModel):
        value: str

    client = instructor.from_openai(OpenAI(base_url=URL, api_key=KEY), mode=instructor.Mode.JSON)
    partial = client.chat.completions.create_partial(model=MODEL, messages=ASKED, response_model=Value)
    return (
        client.chat.completions.create(model=MODEL, messages=ASKED, response_model=Value).value,
        list(partial)[-1].value,
        client.chat.completions.create(model=MODEL, messages=LOOKED, response_model=Value).value,
    )


def pydantic_ai() -> Answers:
    from pydantic_ai import Agent, BinaryContent
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    agent = Agent(OpenAIChatModel(MODEL, provider=OpenAIProvider(base_url=URL, api_key=KEY)))

    async def streamed() -> str:
        async with agent.run_stream(QUESTION) as result:
            return "".join([piece async for piece in result.stream_text(delta=True)])

    looked = agent.run_sync([SHOWN, BinaryContent(data=DATA, media_type="image/png")])
    return agent.run_sync(QUESTION).output, asyncio.run(streamed()), looked.output


def haystack() -> Answers:
    from haystack.components.generators.chat import OpenAIChatGenerator
    from haystack.dataclasses import ChatMessage, ImageContent
    from haystack.utils import Secret

    said: list[str] = []
    model = OpenAIChatGenerator(api_key=Secret.from_token(KEY), model=MODEL, api_base_url=URL)
    asked = [ChatMessage.from_user(QUESTION)]
    image = ImageContent(base64_image=URI.partition(",")[2], mime_type="image/png")
    looked = [ChatMessage.from_user(content_parts=[SHOWN, image])]
    model.run(asked, streaming_callback=lambda piece: said.append(piece.content))
    return model.run(asked)["replies"][0].text, "".join(said), model.run(looked)["replies"][0].text


def dspy() -> Answers:
    import dspy

    model = dspy.LM(f"openai/{MODEL}", api_base=URL, api_key=KEY, cache=False)
    dspy.configure(lm=model)

    class Look(dspy.Signature):
        question: str = dspy.InputField()
        image: dspy.Image = dspy.InputField()
        value: str = dspy.OutputField()

    predict = dspy.Predict("question -> value")

    async def streamed() -> str:
        run = dspy.streamify(predict, stream_listeners=[dspy.streaming.StreamListener("value")])
        last = [piece async for piece in run(question=QUESTION)][-1]
        return last.value

    image = dspy.Image(URI)
    return (
        predict(question=QUESTION).value,
        asyncio.run(streamed()),
        dspy.Predict(Look)(question=SHOWN, image=image).value,
    )


def aisuite() -> Answers:
    import aisuite

    client = aisuite.Client({"openai": {"base_url": URL, "api_key": KEY}})
    ask = client.chat.completions.create
    pieces = [piece for piece in ask(model=f"openai:{MODEL}", messages=ASKED, stream=True) if piece.choices]
    return (
        ask(model=f"openai:{MODEL}", messages=ASKED).choices[0].message.content,
        "".join(piece.choices[0].delta.content or "" for piece in pieces),
        ask(model=f"openai:{MODEL}", messages=LOOKED).choices[0].message.content,
    )


def llm() -> Answers:
    folder = Path(tempfile.mkdtemp())
    os.environ["LLM_USER_PATH"] = str(folder)
    (folder / "extra-openai-models.yaml").write_text(
        f"- model_id: loop\n  model_name: {MODEL}\n  api_base: {URL}\n  api_key_name: loop\n  vision: true\n"
    )
    import llm

    model = llm.get_model("loop")
    model.key = KEY
    return (
        model.prompt(QUESTION, stream=False).text(),
        "".join(model.prompt(QUESTION)),
        model.prompt(SHOWN, stream=False, attachments=[llm.Attachment(content=DATA)]).text(),
    )


def smolagents() -> Answers:
    from smolagents import OpenAIServerModel

    model = OpenAIServerModel(MODEL, api_base=URL, api_key=KEY)
    return (
        model.generate(ASKED).content,
        "".join(piece.content or "" for piece in model.generate_stream(ASKED)),
        model.generate(LOOKED).content,
    )


def openai_agents() -> Answers:
    from agents import Agent, OpenAIResponsesModel, Runner, set_tracing_disabled
    from openai import AsyncOpenAI

    set_tracing_disabled(True)
    model = OpenAIResponsesModel(MODEL, AsyncOpenAI(base_url=URL, api_key=KEY))
    agent = Agent(name="loop", model=model)
    content = [
        {"type": "input_text", "text": SHOWN},
        {"type": "input_image", "image_url": URI, "detail": "auto"},
    ]

    async def all() -> Answers:
        run, said = Runner.run_streamed(agent, QUESTION), ""
        async for event in run.stream_events():
            if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
                said += event.data.delta
        looked: Any = [{"role": "user", "content": content}]
        whole = await Runner.run(agent, QUESTION)
        return whole.final_output, said, (await Runner.run(agent, looked)).final_output

    return asyncio.run(all())


def autogen() -> Answers:
    from autogen_core import Image
    from autogen_core.models import UserMessage
    from autogen_ext.models.openai import OpenAIChatCompletionClient

    info: Any = {"vision": True, "function_calling": False, "json_output": True, "family": "unknown"}
    info["structured_output"] = True
    client = OpenAIChatCompletionClient(model=MODEL, base_url=URL, api_key=KEY, model_info=info)

    async def all() -> Answers:
        asked = [UserMessage(content=QUESTION, source="user")]
        looked = [UserMessage(content=[SHOWN, Image.from_base64(URI.partition(",")[2])], source="user")]
        pieces = [piece async for piece in client.create_stream(asked)]
        whole, seen = await client.create(asked), await client.create(looked)
        said = "".join(piece for piece in pieces if isinstance(piece, str))
        # It writes the reasoning into the text itself, in tags.
        return whole.content, said.rpartition("</think>")[2], seen.content

    return asyncio.run(all())


if __name__ == "__main__":
    chat, stream, image = globals()[NAME]()
    print(json.dumps({"chat": chat, "stream": stream, "image": image}))
