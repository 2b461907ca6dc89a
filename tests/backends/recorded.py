"""What servers of today say, each in its own words, with a solve's answer or its refusal.

Written down from the servers' documentation and sources, and from the issues in which their messages are
quoted. A dialect is solved from; or it fails at the first attempt, by its cause, in a line that says `says`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.loopback import Reply, refusal
from vtc_r1.errors import Cause

TEXT, THOUGHT = "So it is \\boxed{42}.", "Six times seven."
USAGE = {"prompt_tokens": 50, "completion_tokens": 5, "total_tokens": 55}
Script = Callable[[dict[str, Any]], Reply]


@dataclass(frozen=True)
class Dialect:
    """How a server answers; `cause` and `says` where it refuses."""

    script: Script
    cause: Cause | None = None
    says: str = ""
    requests: int = 1


def chunk(delta: Any, reason: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {
        "id": "1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [choice],
    } | more


def events(*given: Any, done: bool = True) -> Dialect:
    return Dialect(lambda _: Reply(events=[*given, *(["[DONE]"] if done else [])]))


def fails(cause: Cause, says: str, *given: Any) -> Dialect:
    """A stream that breaks off with an error."""
    return Dialect(lambda _: Reply(events=given), cause, says)


def refuses(
    status: int, body: Any, cause: Cause, says: str, headers: dict[str, str] | None = None
) -> Dialect:
    return Dialect(lambda _: Reply(status=status, body=body, headers=headers or {}), cause, says)


def error(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


def without(names: Sequence[str], says: Any, status: int = 400, requests: int = 2) -> Dialect:
    """A server that refuses fields, and serves without them."""

    def script(body: dict[str, Any]) -> Reply:
        if set(names) & set(body):
            return says if isinstance(says, Reply) else refusal(says, status)
        return Reply(TEXT)

    return Dialect(script, requests=requests)


def shorter(says: Any, most: int, status: int = 400) -> Dialect:
    """A server whose context holds fewer tokens than were asked for."""
    body = says if not isinstance(says, str) else error(says)

    def script(asked: dict[str, Any]) -> Reply:
        return Reply(TEXT) if asked["max_tokens"] <= most else Reply(status=status, body=body)

    return Dialect(script, requests=0)


SOLVED: dict[str, Dialect] = {
    "SGLang 0.5": events(
        chunk({"role": "assistant", "content": "", "reasoning_content": None, "tool_calls": None}),
        chunk({"content": TEXT, "reasoning_content": None}),
        {**chunk({"content": None}, "stop"), "matched_stop": 151645},
        {**chunk({}), "choices": [], "usage": {**USAGE, "prompt_tokens_details": {"cached_tokens": 40}}},
    ),
    "vLLM 0.12": events(
        chunk({"role": "assistant", "content": ""}, logprobs=None, prompt_token_ids=None),
        chunk({"reasoning": THOUGHT, "reasoning_content": THOUGHT}),
        chunk({"content": TEXT}, "stop", stop_reason=None, token_ids=None),
        {"choices": [], "usage": {**USAGE, "prompt_tokens_details": None}},
    ),
    "Ollama": events(
        chunk({"role": "assistant", "content": TEXT}, system_fingerprint="fp_ollama"),
        chunk({"role": "assistant", "content": ""}, "stop", system_fingerprint="fp_ollama"),
        {"choices": [], "usage": USAGE, "system_fingerprint": "fp_ollama"},
    ),
    "LM Studio": events(
        chunk({"role": "assistant", "content": TEXT}, logprobs=None), chunk({}, "stop", logprobs=None)
    ),
    "llama.cpp": events(
        {**chunk({"role": "assistant", "content": None}), "system_fingerprint": "b7000"},
        chunk({"content": TEXT}),
        {**chunk({}, "stop"), "timings": {"prompt_n": 50, "predicted_per_second": 90.1}},
        {"choices": [], "usage": USAGE, "timings": {}},
    ),
    "llama.cpp with progress": events({"prompt_progress": {"total": 50}}, chunk({"content": TEXT}, "stop")),
    "TGI": events(
        chunk({"role": "assistant", "content": TEXT}, system_fingerprint="3.3.4-sha"),
        chunk({"role": "assistant", "content": ""}, "eos_token"),
        done=False,
    ),
    "LiteLLM proxy": events(
        chunk({"provider_specific_fields": None, "content": TEXT, "role": "assistant", "audio": None}),
        chunk({"provider_specific_fields": None, "content": None}, "stop", provider="x"),
    ),
    "OpenRouter": events(
        b": OPENROUTER PROCESSING\n\n",
        chunk({"role": "assistant", "content": "", "reasoning": THOUGHT, "reasoning_details": []}),
        chunk({"content": TEXT, "reasoning": None}, "stop", native_finish_reason="end_turn"),
        chunk({"content": ""}, None, usage={**USAGE, "cost": 0.1}),
    ),
    "DeepSeek": events(
        b": keep-alive\n\n",
        chunk({"content": None, "reasoning_content": THOUGHT}),
        chunk(
            {"content": TEXT, "reasoning_content": None},
            "stop",
            usage={**USAGE, "prompt_cache_hit_tokens": 1},
        ),
    ),
    "Azure OpenAI": events(
        {"choices": [], "created": 0, "id": "", "object": "", "prompt_filter_results": [{"prompt_index": 0}]},
        chunk({"content": TEXT, "refusal": None}, None, content_filter_results={}),
        chunk({}, "stop"),
    ),
    "Azure without usage and padded": events(
        chunk({"content": TEXT}, "stop", obfuscation="AAAAA"), {"choices": [], "content_filter_offsets": {}}
    ),
    "OpenAI, padded": events(
        chunk(
            {"role": "assistant", "content": TEXT, "refusal": None}, obfuscation="xyz", service_tier="default"
        ),
        chunk({}, "stop", usage=None),
    ),
    "Groq": events(
        chunk({"role": "assistant", "content": ""}, x_groq={"id": "req_1"}),
        chunk({"content": TEXT}, "stop", x_groq={"usage": USAGE}),
    ),
    "Together": events(
        chunk({"content": TEXT, "token_id": 1}, "eos", text=TEXT), {"choices": [], "usage": USAGE}
    ),
    "Fireworks": events(chunk({"content": TEXT}), chunk({}, "stop", usage=USAGE)),
    "Mistral": events(
        chunk(
            {
                "role": "assistant",
                "content": [{"type": "thinking", "thinking": [{"type": "text", "text": "a"}]}],
            }
        ),
        chunk({"content": TEXT}, "stop", usage=USAGE),
    ),
    "Gemini": events(chunk({"role": "assistant", "content": TEXT}, "stop", usage=USAGE)),
    "Anthropic": events(chunk({"content": TEXT}, "stop", usage=None), {"type": "ping"}),
    "Perplexity": events(
        chunk({"role": "assistant", "content": TEXT}, "stop", citations=[], search_results=[], usage=USAGE)
    ),
    "MLX": events(b": keepalive 1/2\n\n", chunk({"role": "assistant", "content": TEXT}), chunk({}, "stop")),
    "KoboldCpp": events(b"event: message\n", chunk({"content": TEXT}), chunk({}, "stop")),
    "text-generation-webui": events(
        chunk({"role": "assistant", "content": TEXT}), chunk({"content": ""}, "stop")
    ),
    "LocalAI": events(chunk({"content": ""}), chunk({"content": TEXT}), chunk({"content": None}, "stop")),
    "Xinference": events(
        chunk({"role": "assistant", "content": TEXT}, "stop", usage=USAGE), b"data: [DONE]\r\n\r\n"
    ),
    "LMDeploy": events(chunk({"role": "assistant", "content": TEXT}, None, usage=None), chunk({}, "stop")),
    "TensorRT-LLM": events(chunk({"role": "assistant"}), chunk({"content": TEXT}, None), chunk({}, "stop")),
    "DashScope": events(
        chunk({"content": None, "reasoning_content": THOUGHT}), chunk({"content": TEXT}, "stop"), done=False
    ),
    "a stream labelled as text": Dialect(
        lambda _: Reply(
            events=[chunk({"content": TEXT}, "stop"), "[DONE]"], headers={"Content-Type": "text/plain"}
        )
    ),
    "a whole answer labelled as a stream": Dialect(
        lambda _: Reply(
            events=[b'{"choices": [{"message": {"content": "\\\\boxed{42}"}, "finish_reason": "stop"}]}']
        )
    ),
    "no stream_options": without(
        ["stream_options"], "Unrecognized request argument supplied: stream_options"
    ),
    "FastAPI: no top_k": without(
        ["top_k"],
        Reply(
            status=422, body={"detail": [{"loc": ["body", "top_k"], "msg": "Extra inputs are not permitted"}]}
        ),
    ),
    "LiteLLM: no presence_penalty": without(
        ["presence_penalty"],
        Reply(
            status=400,
            body=error(
                "litellm.UnsupportedParamsError: m does not support parameters: ['presence_penalty']",
                type="None",
                param="None",
                code="400",
            ),
        ),
    ),
    "Gemini: no top_k": without(
        ["top_k"],
        Reply(
            status=400,
            body=[error('Invalid JSON payload received. Unknown name "top_k": Cannot find field.', code=400)],
        ),
    ),
    "vLLM: context": shorter(
        "This model's maximum context length is 4096 tokens. However, you requested 8400 tokens (208 in the "
        "messages, 8192 in the completion).",
        3_888,
    ),
    "llama.cpp: context": shorter(
        error("the request exceeds the available context size (4096 tokens), try increasing it", code=400),
        4_096,
    ),
    "TGI: context": shorter(
        {
            "error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 208 "
            "`inputs` tokens and 8192 `max_new_tokens`",
            "error_type": "validation",
        },
        3_888,
        422,
    ),
    "LM Studio: context": shorter(
        "The model is loaded with context length of only 4096 tokens, which is not enough.", 4_096
    ),
    "Anthropic: context": shorter(
        "input length and `max_tokens` exceed context limit: 208 + 8192 > 4096", 3_888
    ),
    "OpenRouter: context": shorter(
        "This endpoint's maximum context length is 4096 tokens. However, you requested about 8400 tokens "
        "(208 of text input, 8192 in the output).",
        3_888,
    ),
}

PAGE = "<html><head><title>{}</title></head><body>…</body></html>"

FAILED: dict[str, Dialect] = {
    "Ollama: no such model": refuses(
        404, error("model 'm' not found", type="not_found_error"), "address", "model 'm' not found"
    ),
    "Ollama, its own protocol": fails(
        "answer", "it has no choices", b'{"message": {"content": "a"}, "done": false}\n'
    ),
    "LM Studio: no such model": refuses(
        404, error("No models loaded. Please load a model."), "address", "No models loaded"
    ),
    "LM Studio: an error in the stream": fails(
        "refused",
        "broke off: it has crashed",
        b'event: error\ndata: {"error": {"message": "it has crashed", "code": 400}}\n\n',
    ),
    "llama.cpp: no images": refuses(
        500,
        error("image input is not supported - hint: provide the mmproj", code=500),
        "refused",
        "--memory text",
    ),
    "TGI: an error in the stream": fails(
        "refused",
        "broke off: Input validation error",
        {"error": "Input validation error", "error_type": "validation"},
    ),
    "vLLM: one image": refuses(
        400, error("At most 1 image(s) may be provided in one prompt."), "refused", "--limit-mm-per-prompt"
    ),
    "vLLM: two images": refuses(
        400,
        error("You set image=2 (or defaulted to 1) in `--limit-mm-per-prompt`, but passed 3 image items."),
        "refused",
        "keep fewer pages",
    ),
    "SGLang: too many images": refuses(
        400,
        {"object": "error", "message": "Image count 9 exceeds limit 4 per request."},
        "refused",
        "keep fewer pages",
    ),
    "Mistral: too many images": refuses(
        400,
        {"object": "error", "message": "Too many images in request. Max is 8."},
        "refused",
        "keep fewer pages",
    ),
    "New API: too many images": refuses(
        500, error("too many images in the message, max allowed is 16"), "refused", "keep fewer pages"
    ),
    "a gateway: images by address": refuses(
        400,
        error("image_url must be an https URL; data URIs are not accepted"),
        "refused",
        "the server behind it",
    ),
    "a text model": refuses(400, error("m is not a multimodal model"), "refused", "serve a vision model"),
    "nginx: too large": refuses(
        413, PAGE.format("413 Request Entity Too Large"), "refused", "client_max_body_size"
    ),
    "Express: too large": refuses(
        413, {"message": "request entity too large"}, "refused", "client_max_body_size"
    ),
    "DeepSeek: no money": refuses(402, error("Insufficient Balance"), "key", "the account has no credit"),
    "OpenAI: no quota": refuses(
        429,
        error("You exceeded your current quota.", type="insufficient_quota", code="insufficient_quota"),
        "key",
        "the account has no credit",
    ),
    "OpenAI: a wrong key": refuses(401, error("Incorrect API key provided"), "key", "set VTC_API_KEY"),
    "OpenRouter: not allowed": refuses(
        403, error("Key limit exceeded", code=403), "key", "Key limit exceeded"
    ),
    "Cloudflare: not allowed": refuses(
        403, PAGE.format("Just a moment..."), "key", "a web page ('Just a moment...')"
    ),
    "Azure: filtered": refuses(
        400,
        error("The prompt triggered the content management policy", code="content_filter"),
        "refused",
        "policy",
    ),
    "Azure: no such deployment": refuses(
        404, error("The API deployment for this resource does not exist."), "address", "deployment"
    ),
    "Gemini: an error in a list": refuses(
        400,
        [error("Invalid argument: max_tokens", code=400, status="INVALID_ARGUMENT")],
        "refused",
        "400: Invalid arg",
    ),
    "DashScope: an error in the stream": fails(
        "refused",
        "broke off: the model is gone",
        {"code": "400", "message": "the model is gone", "request_id": "1"},
    ),
    "Anthropic, its own protocol": fails(
        "answer",
        "it has no choices",
        b'event: message_start\ndata: {"type": "message_start"}\n\n',
        b'event: content_block_delta\ndata: {"type": "content_block_delta", "delta": {"text": "a"}}\n\n',
    ),
    "no finish reason": fails("answer", "it has no finish reason", chunk({"content": TEXT}), "[DONE]"),
    "a page labelled as a stream": fails(
        "address", "('Sign in')", b"<!doctype html><html><head><title>Sign in</title></head></html>"
    ),
    "no such route": refuses(405, {"detail": "Method Not Allowed"}, "address", "405: Method Not Allowed"),
    "not implemented": refuses(
        501, error("streaming is not implemented"), "address", "is --base-url its /v1"
    ),
}
