"""What an error is taken for."""

import email.utils
import errno
import time
from typing import Any

import pytest

from vtc_r1.backends.wire.connecting import chain, why_unreachable
from vtc_r1.backends.wire.failure import LONGEST_PAUSE, failure, from_connection, from_status, from_stream
from vtc_r1.backends.wire.images import of_images
from vtc_r1.errors import BackendError, ContextOverflow

OVERFLOWS = [
    # SGLang: tokenizer manager (prompt, prompt and answer), scheduler, pages expanded, chat endpoint.
    ("The input (1205 tokens) is longer than the model's context length (1000 tokens).", 1000, 1205),
    (
        "Requested token count exceeds the model's maximum context length of 1000 tokens. You requested a "
        "total of 1206 tokens: 6 tokens from the input messages and 1200 tokens for the completion.",
        1000,
        6,
    ),
    (
        "Input length (5000 tokens) exceeds the maximum allowed length (4090 tokens). Use a shorter input.",
        4090,
        5000,
    ),
    (
        "Multimodal prompt is too long after expanding multimodal tokens. After expanding "
        "len(req.origin_input_ids_unpadded)=120 => 9050 >= 8186.",
        8186,
        9050,
    ),
    (
        "max_completion_tokens is too large: 9000.This model supports at most 8192 completion tokens.",
        None,
        None,
    ),
    # vLLM, newest first.
    (
        "You passed 2049 input tokens and requested 4 output tokens. However, the model's context length is "
        "only 2048 tokens, resulting in a maximum input length of 2044 tokens.",
        2048,
        2049,
    ),
    (
        "'max_tokens' or 'max_completion_tokens' is too large: 5000. This model's maximum context length is "
        "4096 tokens and your request has 20 input tokens (5000 > 4096 - 20).",
        4096,
        20,
    ),
    ("The decoder prompt (length 5000) is longer than the maximum model length of 4096.", 4096, 5000),
    # OpenAI.
    (
        "This model's maximum context length is 4097 tokens. However, your messages resulted in 5000 tokens.",
        4097,
        5000,
    ),
    (
        "This model's maximum context length is 4097 tokens. However, you requested 4098 tokens (98 in the "
        "messages, 4000 in the completion).",
        4097,
        98,
    ),
    # llama.cpp.
    ("the request exceeds the available context size, try increasing it", None, None),
]


@pytest.mark.parametrize(("said", "context", "prompt"), OVERFLOWS)
@pytest.mark.parametrize("streamed", [False, True])
def test_an_overflow_is_told_with_its_numbers(said: str, context: Any, prompt: Any, streamed: bool) -> None:
    error = {"object": "error", "message": said, "type": "BadRequestError", "code": 400}
    failure = from_stream("server", error) if streamed else from_status("server", 400, {"error": error}, {})
    assert isinstance(failure.error, ContextOverflow) and not failure.passing
    assert (failure.error.context, failure.error.prompt) == (context, prompt)
    assert said[:40] in str(failure.error)


def test_openais_code_alone_is_an_overflow() -> None:
    failure = from_status("server", 400, {"error": {"message": "no", "code": "context_length_exceeded"}}, {})
    assert isinstance(failure.error, ContextOverflow)
    assert isinstance(from_stream("server", {"code": "context_length_exceeded"}).error, ContextOverflow)


@pytest.mark.parametrize("said", ["the image is broken", "aspect ratio must be under 200", "top_p is 7"])
def test_other_refusals_are_no_overflow(said: str) -> None:
    failure = from_status("server", 400, {"message": said}, {})
    assert type(failure.error) is BackendError and not failure.passing
    assert str(failure.error) == f"server answered 400: {said}"


@pytest.mark.parametrize(
    ("status", "passing", "away", "busy"),
    [
        (400, False, False, False),
        (401, False, False, False),
        (403, False, False, False),
        (404, False, False, False),
        (408, True, False, False),
        (422, False, False, False),
        (429, True, False, True),
        (500, True, False, False),
        (502, True, True, False),
        (503, True, True, True),
        (504, True, True, False),
    ],
)
def test_what_a_status_tells(status: int, passing: bool, away: bool, busy: bool) -> None:
    failure = from_status("server", status, "<html>no</html>", {})
    assert (failure.passing, failure.away, failure.busy) == (passing, away, busy)
    assert "\n" not in str(failure)


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        ({"message": "x", "code": 500}, True),
        ({"message": "x", "code": "503"}, True),
        ({"message": "x", "code": None, "type": "server_error"}, True),
        ({"message": "x", "type": "BadRequestError"}, False),
        ({"message": "x", "code": 401}, False),
        ({"message": "x"}, True),
        ("the scheduler died", True),
        (["odd"], True),
    ],
)
def test_an_error_in_a_stream_is_classed_by_its_code(error: Any, passing: bool) -> None:
    assert from_stream("server", error).passing is passing


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("3", 3),
        ("0.5", 0.5),
        ("-4", 0),
        ("9999", LONGEST_PAUSE),
        ("soon", None),
        ("nan", None),
        ("inf", LONGEST_PAUSE),
    ],
)
def test_retry_after_in_seconds(given: str, expected: float | None) -> None:
    assert from_status("server", 503, None, {"retry-after": given}).pause == expected


@pytest.mark.parametrize(
    ("ahead", "least", "most"), [(30, 25, 31), (-30, 0, 0), (9999, LONGEST_PAUSE, LONGEST_PAUSE)]
)
def test_retry_after_as_a_date(ahead: int, least: float, most: float) -> None:
    given = email.utils.formatdate(time.time() + ahead, usegmt=True)
    pause = from_status("server", 503, None, {"retry-after": given}).pause
    assert pause is not None and least <= pause <= most


class SocketTimeoutError(OSError):
    """Recognised by its name, as those of every HTTP library."""


class APIError(Exception):
    """The SDK's, for an error in a stream."""

    body: dict[str, Any] | None = None


def test_a_silent_server_is_named_with_the_seconds() -> None:
    found = from_connection("server one", SocketTimeoutError(), 3)
    assert found is not None and str(found) == "server one did not answer within 3 s"


def test_the_reason_of_a_failed_connection_may_be_inside_the_error() -> None:
    error = SocketTimeoutError("cannot connect")
    error.os_error = ConnectionRefusedError(errno.ECONNREFUSED, "refused")  # type: ignore[attr-defined]
    assert why_unreachable(chain(error)) == "Connection refused"


def test_an_error_in_a_stream_is_read_from_its_body() -> None:
    error = APIError("it broke")
    assert "it broke" in str(failure("server", error, 3))
    error.body = {"message": "too many", "code": 429}
    found = failure("server", error, 3)
    assert "too many" in str(found) and "it broke" not in str(found) and found.busy


@pytest.mark.parametrize("status", [400, 401, 404, 413, 422, 429, 500, 503])
@pytest.mark.parametrize("message", ["no", OVERFLOWS[0][0], "unknown field top_k"])
def test_a_server_that_refuses_has_answered(status: int, message: str) -> None:
    assert from_status("server", status, {"error": {"message": message}}, {}).answered


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("At most 8 image(s) may be provided in one prompt. Set `--limit-mm-per-prompt`", "keep fewer pages"),
        ("Request contains 52 images, exceeding the maximum of 50 allowed per request", "keep fewer pages"),
        ("Too many images in request: 11 images provided, the model supports a maximum of 10", "keep fewer"),
        ("Too many images provided. This model supports up to 5 images", "keep fewer pages"),
        ("messages.0.content: more than 100 images in one request", "keep fewer pages"),
        ("image exceeds 5 MB maximum: 6291456 bytes > 5242880 bytes", "smaller pages"),
        ("One of the image dimensions exceeds max allowed size: 8000 pixels", "smaller pages"),
        ("The image is too large", "smaller pages"),
        ("image input is not supported - hint: if this is unexpected, provide the mmproj", "vision model"),
        ("This model does not support image inputs", "vision model"),
        ("No endpoints found that support image input; vision is not enabled", "vision model"),
        ("data URIs are not allowed", "the server behind it"),
        ("Only https URLs are accepted for image_url", "the server behind it"),
        ("Invalid data URL: incorrect padding", None),
        ("the prompt is empty", None),
        ("temperature is not supported", None),
        ("max_tokens must be at most 4096", None),
        ("You imagined too many things", None),
    ],
)
def test_what_a_server_says_of_images_has_a_remedy(message: str, says: str | None) -> None:
    found = of_images(message)
    assert (found is None) == (says is None) and (says or "") in (found or "")


@pytest.mark.parametrize("key", ["code", "status_code"])
def test_an_error_says_its_code_under_either_name(key: str) -> None:
    found = from_stream("server", {"message": "later", key: 429})
    assert found.busy and str(found) == "server broke off: later"


def test_an_error_under_a_status_that_is_not_one_names_the_server() -> None:
    assert (
        str(from_status("server", 200, {"error": {"message": "no"}}, {}))
        == "server answered with an error: no"
    )
