"""Closed models, as servers on a socket that speak the dialects of their providers."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.backends.asked import ask, backend
from tests.conftest import Serve
from tests.loopback import MODEL, Reply, refusal
from vtc_r1 import Solver
from vtc_r1.backends.base import Request
from vtc_r1.backends.openai import OpenAIBackend
from vtc_r1.backends.wire.http import api_key
from vtc_r1.closed import closed, provider_at
from vtc_r1.configuration import Sampling
from vtc_r1.errors import BackendError, UnknownModel
from vtc_r1.identity import served_preset
from vtc_r1.prompts.prompt import Prompt
from vtc_r1.renderers import Page
from vtc_r1.settings import Settings

QUESTION = "What is 6 times 7?"
WORK = ["First, 6 times 7 is 42.\n", "So it is \\boxed{42}."]
SAMPLING = ("temperature", "top_p", "top_k", "presence_penalty", "seed")


def openai(body: dict[str, Any]) -> Reply:
    """What a reasoning model of OpenAI answers: it refuses what it does not take, and its thoughts count."""
    if "max_tokens" in body:
        return refusal(
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead."
        )
    for name in SAMPLING:
        if name in body:
            return refusal(f"Unsupported value: '{name}' does not support this value with this model.")
    pages = sum(part["type"] == "image_url" for part in body["messages"][-1]["content"])
    usage = {
        "prompt_tokens": 2_000 + 765 * pages,
        "completion_tokens": 900,
        "prompt_tokens_details": {"cached_tokens": 1_920 if pages else 0},
        "completion_tokens_details": {"reasoning_tokens": 832},
    }
    return Reply(WORK[min(pages, 1)], usage=usage)


def anthropic(body: dict[str, Any]) -> Reply:
    """What Claude answers at its compatible address: no details of usage, and no sampling."""
    for name in ("temperature", "top_p", "top_k"):
        if name in body:
            return refusal(f"`{name}` is deprecated for this model.")
    usage = {"prompt_tokens": 1_500, "completion_tokens": 300, "total_tokens": 1_800}
    return Reply(WORK[-1], usage=usage)


def gemini(body: dict[str, Any]) -> Reply:
    """What Gemini answers: a list with an error in it for a field that it does not know."""
    for name in ("top_k", "seed", "presence_penalty"):
        if name in body:
            text = f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.'
            return Reply(status=400, body=[{"error": {"code": 400, "message": text}}])
    return Reply(WORK[-1])


DIALECTS = {
    "gpt-5": openai,
    "gpt-6.1-sol": openai,
    "o4-mini": openai,
    "claude-opus-5-5": anthropic,
    "claude-opus-4-8": anthropic,
    "gemini-3.1-pro-preview": gemini,
    "gemini-2.5-flash": gemini,
}


@pytest.mark.parametrize("model", DIALECTS)
def test_a_closed_model_gets_what_it_takes_at_the_first_attempt(serve: Serve, model: str) -> None:
    server = serve(DIALECTS[model], models=(model,))
    with Solver(base_url=server.base_url, model=model) as ours:
        trace = ours.solve(QUESTION)
    assert (trace.status, trace.answer, trace.warnings) == ("answered", "42", [])
    assert [iteration.attempts for iteration in trace.iterations] == [1] * len(trace.iterations)
    entry = closed().named(model)
    assert entry is not None and trace.model.preset == entry.name
    for request in server.requests:
        assert not request.body.keys() & set(SAMPLING)
        newer = closed().provider[entry.provider].newer
        assert ("max_completion_tokens" in request.body, "max_tokens" in request.body) == (newer, not newer)


def test_cached_tokens_are_those_of_the_provider(serve: Serve) -> None:
    with Solver(base_url=serve(openai, models=("gpt-5",)).base_url, model="gpt-5") as ours:
        trace = ours.solve(QUESTION)
    first, second = trace.iterations
    assert (first.usage.cached_tokens, second.usage.cached_tokens) == (0, 1_920)
    assert second.usage.vision_tokens == sum(page.vision_tokens for page in first.pages)
    assert ours.renderer.profile.family == "openai-tiles-70"


def test_what_a_user_asks_for_and_the_model_does_not_take_is_said(serve: Serve) -> None:
    server = serve(openai, models=("gpt-5",))
    with Solver(base_url=server.base_url, model="gpt-5", sampling={"temperature": 0.5}) as ours:
        trace = ours.solve(QUESTION)
    assert trace.status == "answered" and "temperature" not in server.requests[0].body
    (warning,) = trace.warnings
    assert warning.startswith("the server refuses temperature 0.5, ")
    assert [iteration.attempts for iteration in trace.iterations] == [1, 1]


def test_a_preset_brings_the_terms_to_any_name(serve: Serve) -> None:
    server = serve(openai, models=("my-deployment",))
    with Solver(base_url=server.base_url, model="my-deployment", preset="gpt-5") as ours:
        assert ours.solve(QUESTION).status == "answered"
    assert "max_completion_tokens" in server.requests[0].body
    with Solver(base_url=server.base_url, model="gpt-5", preset="qwen3-vl-instruct") as ours:
        fields = ours.backend.fields(Request(Prompt(None, ("a",)), ours.sampling, 5))  # type: ignore[attr-defined]
    assert fields["temperature"] == 0.7 and "max_tokens" in fields


@pytest.mark.parametrize(
    "message", ["`temperature` is deprecated for this model.", "temperature: unsupported"]
)
async def test_a_field_that_a_newer_model_gives_up_is_left_out(serve: Serve, message: str) -> None:
    def script(body: dict[str, Any]) -> Reply:
        return refusal(message) if "temperature" in body else Reply("fine")

    server = serve(script)
    assert (await ask(backend(server.base_url), sampling=Sampling(temperature=0.3))).text == "fine"
    assert ["temperature" in request.body for request in server.requests] == [True, False]


def _page(height: int, width: int, *, noise: bool = False) -> Page:
    drawn = np.random.default_rng(1).integers(0, 256, (height, width)) if noise else np.zeros((height, width))
    return Page(drawn.astype(np.uint8), "text", 1)


@pytest.mark.parametrize(
    ("model", "pages", "said"),
    [
        (
            "claude-haiku-4-5",
            [_page(8, 8)] * 101,
            "101 images is over the limit of anthropic (100): keep fewer",
        ),
        ("claude-opus-5-5", [_page(8, 8)] * 601, "601 images is over the limit of anthropic (600)"),
        ("gpt-4o", [_page(8, 8)] * 501, "501 images is over the limit of openai (500)"),
        ("gemini-2.5-flash", [_page(8, 8)] * 3_601, "3,601 images is over the limit of gemini (3,600)"),
        ("claude-opus-5-5", [_page(8, 8_001)], "8,001 pixels on a side of an image is over"),
        (
            "claude-opus-5-5",
            [_page(8, 2_001)] * 21,
            "2,001 pixels on a side of an image, beside more than 20 images, is over the limit of anthropic "
            "(2,000): draw smaller pages",
        ),
        ("claude-opus-5-5", [_page(2_100, 2_100, noise=True)], "bytes of one image is over"),
        ("gpt-4o", [_page(1_000, 1_000, noise=True)] * 40, "bytes is over the limit of openai (52,428,800)"),
    ],
)
async def test_a_limit_is_told_before_anything_is_sent(
    serve: Serve, model: str, pages: list[Page], said: str
) -> None:
    server = serve(["never asked"], models=(model,))
    asked = OpenAIBackend(server.base_url, model)
    request = Request(Prompt(None, (*pages, "What is this?")), Sampling.servers_own(), 8)
    with pytest.raises(BackendError) as caught:
        async for _ in asked.generate(request):
            pass
    await asked.aclose()
    assert said in str(caught.value) and "\n" not in str(caught.value)
    assert caught.value.cause == "refused" and not server.requests


async def test_what_is_within_the_limits_is_sent(serve: Serve) -> None:
    server = serve(["fine"], models=("claude-haiku-4-5",), sees=None)
    asked = OpenAIBackend(server.base_url, "claude-haiku-4-5")
    prompt = Prompt(None, (*[_page(8, 8)] * 100, "What is this?"))
    pieces = [piece async for piece in asked.generate(Request(prompt, Sampling.servers_own(), 8))]
    await asked.aclose()
    assert pieces and len(server.requests[0].images) == 100


@pytest.mark.parametrize("provider", closed().provider.values(), ids=str)
def test_a_key_goes_to_its_own_provider_alone(monkeypatch: pytest.MonkeyPatch, provider: Any) -> None:
    monkeypatch.delenv("VTC_API_KEY", raising=False)
    for each in closed().provider.values():
        monkeypatch.setenv(each.key, f"key of {each.host}")
    url = f"https://{provider.host}/v1"
    assert provider_at(url) == provider and api_key(url) == f"key of {provider.host}"
    monkeypatch.delenv(provider.key)
    assert api_key(url) is None
    monkeypatch.setenv("VTC_API_KEY", "mine")
    assert api_key(url) == "mine"


def test_any_other_server_gets_the_usual_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VTC_API_KEY", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "usual")
    monkeypatch.setenv("GEMINI_API_KEY", "other")
    assert api_key("http://127.0.0.1:30000/v1") == api_key("https://[broken") == "usual"


def test_an_unknown_model_gets_only_what_was_asked_for(serve: Serve) -> None:
    server = serve(WORK * 3, models=("strange",))
    with Solver(base_url=server.base_url, model="strange", sampling={"temperature": 0.25}) as ours:
        trace = ours.solve(QUESTION)
    sent = {name: value for name, value in server.requests[0].body.items() if name in SAMPLING}
    assert sent == {"temperature": 0.25}
    assert (trace.model.preset, trace.sampling.top_p, trace.compression_ratio) == ("unknown", None, None)
    (warning,) = trace.warnings
    assert warning.startswith("strange belongs to no family that is known: its vision tokens are unknown")
    with Solver(base_url=server.base_url, model="strange") as ours:
        trace = ours.solve(QUESTION)
    assert not server.requests[-1].body.keys() & set(SAMPLING)
    assert trace.sampling == Sampling.servers_own()


@pytest.mark.parametrize(
    ("entry", "preset"),
    [
        ({"root": "Qwen/Qwen3.5-9B"}, "qwen3.5"),
        ({"root": "/models/GLM-4.6V"}, "glm-4.6v"),
        ({"model_type": "gemma4"}, "gemma-4"),
        ({"architectures": ["InternVLForConditionalGeneration"]}, "internvl"),
        ({"root": "also-strange", "model_type": "qwen2_5_vl"}, "qwen2.5-vl"),
        ({"root": "also-strange"}, None),
        ({"root": 3, "model_type": ["a"]}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize("name", ["default", "/models/foo", "gpt-4o"])
def test_an_alias_is_looked_up_in_the_list(serve: Serve, entry: Any, preset: str | None, name: str) -> None:
    server = serve([], models={"data": [{"id": "other", "root": "Qwen/Qwen3-VL-8B"}, {"id": name, **entry}]})
    assert served_preset(server.base_url, name) == preset


def test_a_root_that_is_a_folder_here_is_read(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "glm46v"}))
    server = serve([], models={"data": [{"id": "default", "root": str(tmp_path)}]})
    settings = Settings.load(base_url=server.base_url, model="default")
    assert settings.solver_arguments()["preset"] == "glm-4.6v"
    given = Settings.load(base_url=server.base_url, model="default", preset="internvl")
    assert given.solver_arguments()["preset"] == "internvl"


@pytest.mark.parametrize("models", [None, "nothing", {"data": "none"}, {"data": [3, None]}, [], {}])
def test_a_list_that_tells_nothing_leaves_a_model_unknown(serve: Serve, models: Any) -> None:
    assert served_preset(serve([], models=models).base_url, "default") is None


def test_a_known_name_asks_nobody() -> None:
    assert served_preset("http://127.0.0.1:9/v1", MODEL) is None
    assert served_preset("http://127.0.0.1:9/v1", "default") is None
    assert served_preset(None, "default") is None


async def test_a_provider_whose_list_cannot_be_compared_is_not_asked_for_it() -> None:
    asked = OpenAIBackend("https://generativelanguage.googleapis.com/v1beta/openai", "gemini-2.5-flash")
    await asked.check()
    assert asked.context is None
    await asked.aclose()


async def test_any_other_address_is(serve: Serve) -> None:
    asked = OpenAIBackend(serve([]).base_url, "gemini-2.5-flash")
    with pytest.raises(UnknownModel):
        await asked.check()
    await asked.aclose()
