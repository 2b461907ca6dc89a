"""`vtc-r1 serve` in a process of its own."""

import json
import signal
import subprocess
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.cli.command import arguments, environment, on, vtc
from tests.conftest import Serve
from tests.loopback import MODEL, Reply
from vtc_r1.storage import parse_trace

pytestmark = pytest.mark.process


def test_it_serves_says_where_and_ends_when_told(serve: Serve, tmp_path: Path) -> None:
    server = serve(lambda _: Reply("So it is \\boxed{7}."))
    (tmp_path / "keys").write_text("# of the tests\nsesame\n", encoding="utf-8")
    flags = ["--port", "0", "--json", "--api-key-file", "keys", "--save", "traces", "--served-model", "loop"]
    words = arguments("serve", *on(server), *flags)
    running = subprocess.Popen(
        words, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    told = json.loads(running.stdout.readline())
    assert told["model"] == "loop" and told["base_url"] == f"{told['url']}v1"
    body = {"model": "loop", "messages": [{"role": "user", "content": "3 + 4?"}]}
    headers = {"Content-Type": "application/json", "Authorization": "Bearer sesame"}
    request = Request(f"{told['base_url']}/chat/completions", json.dumps(body).encode(), headers)
    with urlopen(request, timeout=60) as answer:
        assert json.load(answer)["choices"][0]["message"]["content"] == "7"
    running.send_signal(signal.SIGTERM)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out, err) == (0, "", "")
    (trace,) = (tmp_path / "traces").glob("*/trace.json")
    assert json.loads(trace.read_text(encoding="utf-8"))["answer"] == "7"


def test_flags_of_the_loop_reach_it(serve: Serve, tmp_path: Path) -> None:
    step = "A step of the work is done here, and another one follows.\n\n"
    server = serve([Reply(step * 200, piece=30, pause=0.002), Reply("\\boxed{7}")])
    flags = ["--segment-end", "streamed:after=0.5", "--segment-tokens", "200", "--memory-tokens", "700"]
    flags += ["--density", "fit:tokens=150,least=0.5", "--port", "0", "--json", "--save", "traces"]
    running = subprocess.Popen(
        arguments("serve", *on(server), *flags), cwd=tmp_path, env=environment(), stdout=subprocess.PIPE
    )
    try:
        assert running.stdout is not None
        told = json.loads(running.stdout.readline())
        body = {"model": told["model"], "messages": [{"role": "user", "content": "3 + 4?"}]}
        headers = {"Content-Type": "application/json"}
        request = Request(f"{told['base_url']}/chat/completions", json.dumps(body).encode(), headers)
        with urlopen(request, timeout=60) as answer:
            assert json.load(answer)["choices"][0]["message"]["content"] == "7"
    finally:
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=60)
    (path,) = (tmp_path / "traces").glob("*/trace.json")
    trace = parse_trace(path.read_text(encoding="utf-8"))
    assert (trace.segment_end, trace.density) == ("streamed:after=0.5", "fit:least=0.5,tokens=150")
    assert trace.budget.memory_tokens == 700
    assert (trace.iterations[0].finish_reason, trace.iterations[0].text.endswith("follows.\n\n")) == (
        "cut",
        True,
    )
    assert 0 < trace.iterations[0].pages[0].vision_tokens <= 150 and len(server.requests[1].images) == 1


def test_what_is_not_usable_is_said_in_a_line(serve: Serve, tmp_path: Path) -> None:
    server = serve(["unused"])
    taken = vtc(
        "serve", *on(server), "--port", server.base_url.rpartition(":")[2].removesuffix("/v1"), cwd=tmp_path
    )
    assert taken.code == 2 and "choose another --host or --port" in taken.error
    keys = vtc("serve", *on(server), "--port", "0", "--api-key-file", "none", cwd=tmp_path)
    assert keys.code == 2 and "--api-key-file none" in keys.error
    measured = vtc("serve", *on(server), "--port", "0", "--legibility", "none", cwd=tmp_path)
    assert measured.code == 2 and "legibility none: cannot be read" in measured.error
    form = vtc("serve", *on(server), "--port", "0", "--answer-as", "nothing", cwd=tmp_path)
    assert form.code == 2 and "has no ANSWER" in form.error
    other = vtc("serve", "--base-url", server.base_url, "--model", f"{MODEL}-x", "--port", "0", cwd=tmp_path)
    assert other.code == 2 and MODEL in other.error
