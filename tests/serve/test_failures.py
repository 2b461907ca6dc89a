"""What clients are told of solves that fail, and that OpenAI's SDK does not solve a question again."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
import pytest

from tests.serve.conftest import Start
from tests.serve.running import QUESTION, Running, running
from tests.serve.test_limits import Held, until
from vtc_r1.errors import BackendError
from vtc_r1.serve.failure import public

WHERE = "http://10.0.0.7:30000/v1 (model scripted)"


def sdk(server: Running, **options: Any) -> Any:
    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", **options)
    return client.chat.completions.create(model="scripted", messages=QUESTION, seed=1)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cause", "status", "solves"),
    [
        ("refused", 400, 1),
        ("context", 400, 1),
        ("key", 424, 1),
        ("address", 424, 1),
        ("tls", 424, 1),
        ("answer", 424, 1),
        ("stopped", 502, 1),
        ("error", 502, 3),
        ("late", 502, 3),
    ],
)
def test_only_what_may_pass_is_tried_again(start: Start, cause: Any, status: int, solves: int) -> None:
    server = start(
        (BackendError(f"{WHERE} answered 401; set VTC_API_KEY, see /etc/vtc-r1/vtc-r1.env", cause),)
    )
    with pytest.raises(openai.APIStatusError) as caught:
        sdk(server)
    assert caught.value.status_code == status and len(server.service.store.all("")) == solves
    said = str(caught.value)
    (newest, *_) = server.service.store.all("")
    for path in (f"/api/solves/{newest.name}", f"/api/solves/{newest.name}/events"):
        said += server.ask("GET", path).raw.decode()
    said += server.chat(stream=True).raw.decode()
    for private in ("10.0.0.7", "30000", "VTC_API_KEY", "/etc"):
        assert private not in said
    assert newest.name in str(caught.value)


def test_a_cancelled_solve_is_not_solved_again() -> None:
    held = Held()
    with running(held.solver()) as server, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(sdk, server)
        until(lambda: server.service.gate.running == 1)
        (name,) = server.service.store.running
        server.ask("DELETE", f"/api/solves/{name}")
        caught = asked.exception(30)
        assert isinstance(caught, openai.APIStatusError) and caught.status_code == 499
        assert len(server.service.store.all("")) == 1


def test_more_choices_than_can_ever_run_are_an_error_of_the_request() -> None:
    held = Held()
    with running(held.solver(), concurrency=2, queue=1) as server:
        for count in (4, 16):
            refused = server.chat(n=count)
            assert (refused.status, refused.error["param"]) == (400, "n")
        held.let_go.set()
        assert server.chat(n=3).status == 200


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{WHERE} answered 400: too long", "the model server answered 400: too long"),
        ("https://u:p@gpu.internal/v1 broke off", "the model server broke off"),
        (f"server {WHERE} broke off before any text", "the model server broke off before any text"),
        (f"Server {WHERE}: it ended.", "the model server: it ended."),
        ("the server http://gpu-1/v1 is late", "the model server is late"),
        ("server behind the given client (model m) is late", "the model server is late"),
        ("waiting for http://a:1/v1, http://b:2/v1 to list", "waiting for the model server to list"),
        ("see https://gpu.internal/v1.", "see the model server."),
        ("all 3 servers have been away for 4 s", "all 3 servers have been away for 4 s"),
        ("see gpu-3.cluster.local:8000 for it", "see … for it"),
        ("at 192.168.0.1 and [fe80::1]:80", "at … and …"),
        ("set VTC_API_KEY or OPENAI_API_KEY", "set … or …"),
        ("read /home/me/keys.txt", "read …"),
        ("read C:\\Users\\me\\keys.txt now", "read … now"),
        (
            "the prompt has 40,000 tokens; the model takes 32,768",
            "the prompt has 40,000 tokens; the model takes 32,768",
        ),
    ],
)
def test_messages_without_what_is_private(text: str, told: str) -> None:
    assert public(text) == told
