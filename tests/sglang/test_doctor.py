"""Every way in which a set-up can be unfit is a line with its remedy; a fit one passes."""

import base64
import io
import json
import random
import re
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.cli.command import Result, on, vtc
from tests.conftest import Serve
from tests.loopback import MODEL, Loopback, Reply, refusal
from vtc_r1.backends.wire.server import Answer
from vtc_r1.extras import remedy
from vtc_r1.renderers import Renderer
from vtc_r1.renderers.vision import family
from vtc_r1.settings import Settings
from vtc_r1.sglang import installed
from vtc_r1.sglang.check import Check, Finding, examine
from vtc_r1.sglang.doctor import diagnose
from vtc_r1.sglang.pages import WORDS
from vtc_r1.sglang.room import Room
from vtc_r1.solver import Solver

ALL = [
    "reachable",
    "key",
    "model",
    "context",
    "images",
    "vision tokens",
    "cache report",
    "cached prefixes",
    "pages apart",
    "many pages",
    "repeatable",
    "reasoning",
    "streaming",
    "solve",
]
Change = Callable[[dict[str, Any], Reply], Reply]


def unheard(err: str) -> list[str]:
    """Lines on standard error, but for those that only say that it takes long."""
    return [line for line in err.splitlines() if not line.startswith("vtc-r1: checking the set-up, ")]


@pytest.fixture
def serve(serve: Serve) -> Serve:
    """Servers that answer by the script to everything."""
    return partial(serve, sees=None)


def image_tokens(body: dict[str, Any]) -> int:
    """What a Qwen3-VL counts for the images of a request."""
    total = 0
    for part in body["messages"][-1]["content"]:
        if part["type"] == "image_url":
            data = base64.b64decode(part["image_url"]["url"].split(",", 1)[1])
            with Image.open(io.BytesIO(data)) as picture:
                total += family("qwen3-vl").tokens(*picture.size)
    return total


def tokens_of(body: dict[str, Any]) -> list[str]:
    """The prompt of a request: its words, and for a page as many tokens as a Qwen3-VL has, all its own."""
    found = ["start", "user"]
    for part in parts(body):
        if part["type"] == "text":
            found += part["text"].split()
        else:
            message = {"messages": [{"content": [part]}]}
            name = str(hash(part["image_url"]["url"]))
            found += ["vision", *[name] * image_tokens(message), "end"]
    return [*found, "assistant"]


def parts(body: dict[str, Any]) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = body["messages"][-1]["content"]
    return content


def common(one: list[str], other: list[str]) -> int:
    """How many tokens two prompts begin with in common."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (left, right) in enumerate(pairs) if left != right), min(len(one), len(other)))


class Sound:
    """Answers as a well launched SGLang with a Qwen3-VL does; `change` spoils it."""

    def __init__(self, change: Change = lambda body, reply: reply, details: bool = True) -> None:
        self.seen: list[list[str]] = []
        self.change, self.details = change, details

    def __call__(self, body: dict[str, Any]) -> Reply:
        images, key = image_tokens(body), json.dumps(body["messages"])
        tokens = tokens_of(body)
        prompt = len(tokens)
        usage: dict[str, Any] = {"prompt_tokens": prompt, "completion_tokens": 5, "total_tokens": prompt + 5}
        if self.details:
            cached = min(prompt - 1, max((common(tokens, each) for each in self.seen), default=0))
            usage["prompt_tokens_details"] = {"cached_tokens": cached, "image_tokens": images}
        self.seen.append(tokens)
        asked = "37 + 85" in key
        final = asked and images
        read = next((words for page, words in words_on_pages().items() if page in key), None)
        text = "So it is \\boxed{130}." if final else "First, 19 * 2 = 38, so 37 + 85 = 122.\n"
        text = " ".join(read) if read else text
        return self.change(body, Reply(text, finish_reason="stop" if final else "length", usage=usage))


@cache
def words_on_pages() -> dict[str, tuple[str, ...]]:
    """The pages that are to be kept apart, as a request has them, and what they say."""
    return {Renderer("default").render(" ".join(words))[0].data_uri: words for words in WORDS}


def mixed_up() -> Change:
    """Answer about every page of a size as about the first one."""
    first: dict[int, str] = {}

    def change(body: dict[str, Any], reply: Reply) -> Reply:
        if (size := image_tokens(body)) and any(word in reply.text for word in sum(WORDS, ())):
            reply = Reply(**{**reply.__dict__, "text": first.setdefault(size, reply.text)})
        return reply

    return change


def findings(server: Loopback, **settings: Any) -> dict[str, Finding]:
    given = Settings.load(base_url=server.base_url, **settings)
    return {finding.check: finding for finding in diagnose(given, timeout=10)}


def worst(server: Loopback, **settings: Any) -> list[Finding]:
    return [
        found for found in findings(server, **settings).values() if found.outcome in ("warning", "failed")
    ]


@pytest.mark.parametrize("details", [True, False])
def test_a_sound_server_passes_everything(serve: Serve, details: bool) -> None:
    found = findings(serve(Sound(details=details)))
    assert list(found) == ALL
    expected = dict.fromkeys(ALL, "ok")
    if not details:
        expected |= {"cache report": "warning", "cached prefixes": "skipped"}
    assert {name: finding.outcome for name, finding in found.items()} == expected
    assert MODEL in found["model"].seen
    assert "588 for a full page of 672×896 px" in found["vision tokens"].seen
    assert found["solve"].seen.startswith("answered after 2 of at most 3 segments, pages sent: 1")


def spoilt(**changes: Any) -> Change:
    def change(body: dict[str, Any], reply: Reply) -> Reply:
        return Reply(**{**reply.__dict__, **changes})

    return change


def no_images(body: dict[str, Any], reply: Reply) -> Reply:
    return refusal("image input is not supported by this model") if image_tokens(body) else reply


def dropped(body: dict[str, Any], reply: Reply) -> Reply:
    usage = {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}
    return Reply(**{**reply.__dict__, "usage": usage})


def resampled(body: dict[str, Any], reply: Reply) -> Reply:
    details = reply.usage["prompt_tokens_details"]  # type: ignore[index]
    halved = {**details, "image_tokens": details["image_tokens"] // 2}
    return Reply(**{**reply.__dict__, "usage": {**(reply.usage or {}), "prompt_tokens_details": halved}})


def all_reasoning(body: dict[str, Any], reply: Reply) -> Reply:
    return Reply(**{**reply.__dict__, "text": "", "reasoning": reply.text})


def cached(change: Callable[[int, int], int]) -> Change:
    """Report other hits: by those of a sound cache, and the length of the prompt."""

    def changed(body: dict[str, Any], reply: Reply) -> Reply:
        usage = reply.usage or {}
        details = usage["prompt_tokens_details"]
        hits = change(details["cached_tokens"], usage["prompt_tokens"])
        usage = {**usage, "prompt_tokens_details": {**details, "cached_tokens": hits}}
        return replace(reply, usage=usage)

    return changed


def pages_in(body: dict[str, Any]) -> int:
    return sum(part["type"] == "image_url" for part in parts(body))


def few_images(body: dict[str, Any], reply: Reply) -> Reply:
    return refusal("At most 4 image(s) may be provided in one prompt.") if pages_in(body) > 4 else reply


def small_requests(body: dict[str, Any], reply: Reply) -> Reply:
    page = "<html><head><title>413 Request Entity Too Large</title></head></html>"
    return Reply(status=413, body=page) if len(json.dumps(body)) > 200_000 else reply


def drops_images(body: dict[str, Any], reply: Reply) -> Reply:
    usage = {"prompt_tokens": 2_400, "completion_tokens": 5, "total_tokens": 2_405}
    return replace(reply, usage=usage) if pages_in(body) > 4 else reply


def by_address(body: dict[str, Any], reply: Reply) -> Reply:
    says = "image_url must be an https URL; data URIs are not accepted"
    return refusal(says) if image_tokens(body) else reply


class Loaded:
    """Changes the answers of a server that works on more requests than `most`."""

    def __init__(self, change: Change, most: int = 1) -> None:
        self.change, self.most = change, most
        self.active, self.lock = 0, threading.Lock()

    def __call__(self, body: dict[str, Any], reply: Reply) -> Reply:
        with self.lock:
            self.active += 1
        time.sleep(0.02)  # so that they meet
        busy = self.active > self.most
        with self.lock:
            self.active -= 1
        return self.change(body, reply) if busy else reply


def otherwise(body: dict[str, Any], reply: Reply) -> Reply:
    return replace(reply, text=f"{reply.text} {random.random()}")


def breaks_in_a_stream(body: dict[str, Any], reply: Reply) -> Reply:
    return Reply(**{**reply.__dict__, "error_after": 1 if body.get("stream") else None})


def fails_with_pages(body: dict[str, Any], reply: Reply) -> Reply:
    return refusal("the scheduler died") if image_tokens(body) and "37 + 85" in json.dumps(body) else reply


UNFIT: dict[str, tuple[dict[str, Any], str, str, str, str]] = {
    "key refused": ({"key": "secret"}, "key", "failed", "rejects", "VTC_API_KEY"),
    "another model": ({"models": ("Qwen/Qwen3-8B",)}, "model", "failed", "not served", "Qwen/Qwen3-8B"),
    "no list of models": (
        {"models": {"hello": 1}},
        "reachable",
        "failed",
        "without a list of models",
        "/v1",
    ),
    "small context": ({"context": 9_000}, "context", "failed", "need 9,294", "--context-length"),
    "scant context": ({"context": 12_000}, "context", "warning", "may need", "--context-length"),
    "untold context": ({"context": None}, "context", "warning", "not report", "router"),
    "no images": ({"change": no_images}, "images", "failed", "not supported", "Qwen3-VL"),
    "text-only model": ({"change": dropped}, "images", "failed", "drops it", "Qwen3-VL"),
    "resampled": ({"change": resampled}, "vision tokens", "failed", "294 tokens, not 588", "--profile"),
    "parser trap": (
        {"change": all_reasoning},
        "reasoning",
        "failed",
        "content is empty",
        "--reasoning-parser",
    ),
    "pages mixed up": (
        {"change": mixed_up()},
        "pages apart",
        "failed",
        "some contain words of the other",
        "--disable-radix-cache",
    ),
    "only whole prompts": (
        {"change": cached(lambda hits, prompt: hits if hits == prompt - 1 else 0)},
        "cached prefixes",
        "warning",
        "nothing of a changed text is held; 0 of the 588 tokens",
        "checkpoints",
    ),
    "four images": (
        {"change": few_images},
        "many pages",
        "failed",
        "refuses more than 4 images",
        "--limit-mm",
    ),
    "small requests": (
        {"change": small_requests},
        "many pages",
        "failed",
        "MB a request (413",
        "client_max_body_size",
    ),
    "images dropped": (
        {"change": drops_images},
        "many pages",
        "failed",
        "drops some: they cost 2400 tokens",
        "number of images",
    ),
    "images by address": (
        {"change": by_address},
        "images",
        "failed",
        "data URIs",
        "the server behind it",
    ),
    "other answers under load": (
        {"change": Loaded(otherwise)},
        "repeatable",
        "warning",
        "greedy answers differ under load",
        "--enable-deterministic-inference",
    ),
    "fails under load": (
        {"change": Loaded(lambda body, reply: refusal("no room", 503), most=5)},
        "repeatable",
        "failed",
        "16 requests at once: the server answered 503: no room",
        "the server's log",
    ),
    "silence": ({"change": spoilt(text="")}, "reasoning", "warning", "generated no text", "chat template"),
    "broken stream": (
        {"change": breaks_in_a_stream},
        "streaming",
        "failed",
        "scheduler died",
        "the server's log",
    ),
    "failed solve": ({"change": fails_with_pages}, "solve", "failed", "scheduler died", "the server's log"),
}


@pytest.mark.parametrize("case", UNFIT)
@pytest.mark.slow
def test_what_is_unfit_is_said_with_its_remedy(serve: Serve, case: str) -> None:
    options, check, outcome, seen, remedy = UNFIT[case]
    server = serve(Sound(options.pop("change", lambda body, reply: reply)), **options)
    found = findings(server, model=MODEL)
    assert list(found) == ALL
    assert found[check].outcome == outcome
    assert seen in found[check].seen and remedy in (found[check].remedy or "")
    before = ALL[: ALL.index(check)]
    untold = {"pages apart"} if case == "silence" else set()
    assert {found[name].outcome for name in before if name not in untold} <= {"ok"}
    if outcome == "failed" and check in ALL[:5]:
        assert {found[name].outcome for name in ALL[len(before) + 1 :]} <= {"skipped"}
        assert check in found[ALL[-1]].seen or check == ALL[-1]


@pytest.mark.parametrize(("step", "says"), [(1, "to the token"), (16, "blocks of 16"), (32, "blocks of 32")])
def test_the_steps_of_a_cache_are_told(serve: Serve, step: int, says: str) -> None:
    found = findings(serve(Sound(cached(lambda hits, prompt: hits // step * step))))["cached prefixes"]
    assert found.outcome == "ok" and says in found.seen


def test_hits_that_share_a_divisor_by_chance_are_no_blocks(serve: Serve) -> None:
    """The texts are random: once in 64 times the first six hits are all even."""
    even = cached(lambda hits, prompt: hits // 2 * 2)
    seen: set[str] = set()

    def even_at_first(body: dict[str, Any], reply: Reply) -> Reply:
        text = " ".join(part.get("text", "") for part in parts(body))
        # A text is as long as this only where it is to differ from the first at some word.
        if len(text.split()) > 20:
            seen.add(text)
        return even(body, reply) if len(seen) <= 7 else reply

    found = findings(serve(Sound(even_at_first)))["cached prefixes"]
    assert "held to the token" in found.seen


def likely(told_apart: bool) -> Change:
    """A model that reads no page, and says how likely its first token is."""

    def change(body: dict[str, Any], reply: Reply) -> Reply:
        if not body.get("logprobs"):
            return replace(reply, text="a b c")
        value = hash(json.dumps(body["messages"])) % 1_000 if told_apart else image_tokens(body)
        content = [{"token": "a", "logprob": -value / 1_000, "top_logprobs": []}]
        choice = {"message": {"content": "a"}, "finish_reason": "length", "logprobs": {"content": content}}
        return Reply(body={"choices": [choice], "usage": reply.usage})

    return change


@pytest.mark.parametrize("told_apart", [True, False])
def test_pages_that_are_not_read_are_told_apart_by_likelihood(serve: Serve, told_apart: bool) -> None:
    found = findings(serve(Sound(likely(told_apart))))["pages apart"]
    assert found.outcome == ("ok" if told_apart else "failed")
    assert ("likelihood" in found.seen) and ("confuses pages" in found.seen) != told_apart


def test_every_address_is_checked(serve: Serve) -> None:
    sound, blind = serve(Sound()), serve(Sound(by_address))
    given = Settings.load(base_url=f"{sound.base_url},{blind.base_url}")
    outcomes = [(found.check, found.outcome) for found in diagnose(given, timeout=10)]
    assert outcomes[: len(ALL)] == [(name, "ok") for name in ALL]
    assert [name for name, outcome in outcomes[len(ALL) :] if outcome == "failed"] == ["images"]


def test_comments_and_names_of_events_are_no_fault(serve: Serve) -> None:
    def commented(body: dict[str, Any], reply: Reply) -> Reply:
        if not body.get("stream"):
            return reply
        delta = {"choices": [{"delta": {"reasoning": reply.text}, "finish_reason": None}]}
        end = {"choices": [{"delta": {}, "finish_reason": reply.finish_reason}], "usage": reply.usage}
        return Reply(events=[b": keep-alive\n\nevent: message\nid: 1\n", delta, end, "[DONE]"])

    found = findings(serve(Sound(commented)), model=MODEL)
    assert found["streaming"].outcome == "ok"


@pytest.mark.parametrize("message", [42, "text", [1], {"content": 42}, {"content": [1]}])
def test_a_message_that_is_none_says_nothing(message: Any) -> None:
    assert Answer(200, {"choices": [{"message": message}]}, "").generated() == ("", "")


def test_a_reasoning_parser_suits_a_thinking_model(serve: Serve) -> None:
    model = "Qwen/Qwen3-VL-8B-Thinking"
    server = serve(Sound(all_reasoning), models=(model,))
    assert findings(server, model=model)["reasoning"].outcome == "ok"


def test_the_one_model_needs_no_name_but_of_several_one_does(serve: Serve) -> None:
    assert findings(serve(Sound()))["model"].outcome == "ok"
    found = findings(serve(Sound(), models=("one", "two")))["model"]
    assert (found.outcome, found.remedy) == ("failed", "give --model NAME")
    assert "one, two" in found.seen


def test_a_server_that_lists_nothing_is_taken_at_its_word(serve: Serve) -> None:
    found = findings(serve(Sound(), models=None), model=MODEL)
    assert [found[name].outcome for name in ("reachable", "model", "images")] == ["warning", "warning", "ok"]


def test_a_page_off_the_grid_is_a_warning(serve: Serve) -> None:
    found = findings(serve(Sound()), profile="paper")["vision tokens"]
    assert found.outcome == "warning"
    assert re.fullmatch(r"5\d\d×842 px are resampled to \d+×832", found.seen)


def test_room_counts_question_pages_and_segment() -> None:
    with Solver(
        base_url="http://127.0.0.1:9/v1", model=MODEL, segment_tokens=1_000, max_iterations=3
    ) as solver:
        room = Room.of(solver)
    assert (room.segment, room.segments) == (1_000, 2)
    assert room.least == 512 + 1_000 + 590
    assert room.least - 590 < room.whole <= room.least + 590
    assert room.rounded % 1024 == 0 and 0 <= room.rounded - room.whole < 1024


def run(folder: Path, *words: str, **more: str) -> Result:
    return vtc("doctor", *words, cwd=folder, **more)


@pytest.mark.smoke
@pytest.mark.slow
def test_the_command_prints_a_line_a_check(serve: Serve, tmp_path: Path) -> None:
    done = run(tmp_path, *on(serve(Sound())))
    assert (done.code, unheard(done.err)) == (0, [])
    assert [line.split()[0] for line in done.out.splitlines()] == ["ok"] * len(ALL)


@pytest.mark.process
def test_warnings_alone_are_no_failure(serve: Serve, tmp_path: Path) -> None:
    done = run(tmp_path, *on(serve(Sound(), context=12_000)), "--json")
    outcomes = {row["check"]: row["outcome"] for row in json.loads(done.out)}
    assert (done.code, outcomes["context"], outcomes["solve"]) == (0, "warning", "ok")


FAILING = {
    "wrong address": (["--base-url", "http://127.0.0.1:9/v1"], "cannot be reached", "vtc-r1 launch"),
    "no /v1": (["--base-url", "{root}"], "answered 404", "/v1"),
    "wrong model": (["--base-url", "{root}/v1", "--model", "Qwen/Qwen3"], "not served", f"--model {MODEL}"),
}


@pytest.mark.process
@pytest.mark.parametrize("case", FAILING)
def test_a_failure_is_one_line_with_its_remedy(serve: Serve, tmp_path: Path, case: str) -> None:
    flags, seen, remedy = FAILING[case]
    root = serve(Sound()).base_url.removesuffix("/v1")
    done = run(tmp_path, *(flag.format(root=root) for flag in flags))
    failed = [line for line in done.out.splitlines() if line.startswith("failed")]
    assert (done.code, unheard(done.err), len(failed)) == (1, [], 1)
    assert seen in failed[0] and remedy in failed[0].partition(" → ")[2]
    assert len(done.out.splitlines()) == len(ALL)


@pytest.mark.process
def test_a_key_that_is_refused_is_one_line(serve: Serve, tmp_path: Path) -> None:
    server = serve(Sound(), key="secret")
    assert "VTC_API_KEY" in run(tmp_path, *on(server)).out
    assert run(tmp_path, *on(server), VTC_API_KEY="secret").code == 0


@pytest.mark.process
@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--base-url", "nonsense"], "http://"),
        (["--model", MODEL], "--base-url"),
        (["--base-url", "http://127.0.0.1:9/v1", "--max-iterations", "none"], "max-iterations"),
    ],
)
def test_bad_usage_is_refused(tmp_path: Path, flags: list[str], said: str) -> None:
    done = run(tmp_path, *flags)
    assert done.code == 2
    assert said in done.err and "Traceback" not in done.err


@pytest.mark.process
def test_a_server_cannot_steer_the_terminal(serve: Serve, tmp_path: Path) -> None:
    done = run(tmp_path, "--base-url", serve(Sound(), models=("a\x1b[31mb",)).base_url)
    assert "\x1b" not in done.out


@pytest.mark.model
def test_without_a_server_the_installation_is_checked() -> None:
    pytest.importorskip("transformers", reason="the embedded model needs the extra local")
    found = {finding.check: finding for finding in diagnose(Settings())}
    assert list(found) == ["Python", "package", "extras", "embedded model"]
    assert {finding.outcome for finding in found.values()} <= {"ok"}
    assert found["embedded model"].seen.startswith("37 + 85 - 19 * 2 + 46 = 130 in 4 iterations")


def test_missing_extras_are_a_warning_and_old_python_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "find_spec", lambda name: None)
    assert installed.extras().outcome == "warning"
    assert remedy("local") in str(installed.extras().remedy)
    monkeypatch.setattr(installed, "OLDEST", (4, 0))
    outcomes = [finding.outcome for finding in examine(installed.installed_checks())]
    assert outcomes == ["failed", "skipped", "skipped", "skipped"]


def test_only_an_essential_failure_skips_the_rest() -> None:
    failed = Finding("failed", "no")
    checks = [
        Check("a", lambda: failed),
        Check("b", lambda: failed, essential=True),
        Check("c", lambda: failed),
    ]
    assert [finding.outcome for finding in examine(checks)] == ["failed", "failed", "skipped"]


def test_a_model_of_no_known_family_is_a_warning(serve: Serve) -> None:
    found = findings(serve(Sound(), models=("strange",)), model="strange")
    assert (found["model"].outcome, found["vision tokens"].outcome) == ("warning", "warning")
    assert "unknown arithmetic" in found["model"].seen and "--preset" in found["model"].remedy
    assert found["vision tokens"].seen.startswith("unknown arithmetic: a full page of 672×896 px costs 588")


def test_a_hybrid_models_cache_is_not_said_to_reach_the_token(serve: Serve) -> None:
    name = "Qwen/Qwen3.5-9B"
    found = findings(serve(Sound(), models=(name,)), model=name)["cache report"]
    assert found.outcome == "ok" and found.seen.endswith("of a hybrid model only up to its last checkpoint")
    assert "checkpoint" not in findings(serve(Sound()))["cache report"].seen
