"""Checks of what a model reads, from outside: a real server, the solver, stored traces and what is shown."""

import io
import json
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.conftest import Serve
from tests.loopback import MODEL, Reply
from vtc_r1 import Solver, Trace
from vtc_r1.cli.show import show_trace
from vtc_r1.configuration import Configuration
from vtc_r1.errors import PromptError, UsageError
from vtc_r1.eval.report.detail import detail
from vtc_r1.iteration import Iteration
from vtc_r1.memory import Costs, memory_policy
from vtc_r1.notebook import trace_html
from vtc_r1.serve.sse import encode, replay
from vtc_r1.storage import load_trace, save_trace
from vtc_r1.verification.canary import code_of
from vtc_r1.verification.guard import Guard

ROOT = Path(__file__).parents[2]
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(ROOT / "benchmarks")
    misreading = import_module("misreading_server")
    canary_benchmark = import_module("canary")
    quotes_benchmark = import_module("quotes")

WORK = "The order of shipment 4711 was packed on day 118 with a total weight of 2374 kg. "


def content(body: dict[str, Any]) -> tuple[int, str]:
    parts = body["messages"][-1]["content"]
    return sum(part["type"] == "image_url" for part in parts), " ".join(
        part.get("text", "") for part in parts
    )


def codes(solver: Solver, trace: Trace, at: int) -> list[str]:
    """The codes of an iteration's pages, drawn anew from what the trace records."""
    segments = [each.kept for each in trace.iterations[:at] if each.kept]
    pages = [page for kept in segments for page in solver.renderer.render(kept)]
    return [code_of(page, trace.sampling.seed) for page in pages]


class Model:
    """Works once, then answers what it is told about the codes, a line of the script for each request."""

    def __init__(self, *answers: str) -> None:
        self.answers, self.asked = list(answers), list[tuple[int, str]]()

    def __call__(self, body: dict[str, Any]) -> Reply:
        images, text = content(body)
        self.asked.append((images, text))
        if len(self.asked) == 1:
            return Reply(WORK * 24)
        answer = self.answers.pop(0) if self.answers else ""
        return Reply(f"{answer}\nso it is \\boxed{{7}} " + "and so on " * 40)


def solve(serve: Serve, model: Any, **options: Any) -> tuple[Solver, Trace]:
    solver = Solver(base_url=serve(model).base_url, model=MODEL, seed=5, **options)
    with solver:
        return solver, solver.solve("What is it?")


def test_a_misread_page_is_shown_larger_then_as_text_and_its_segments_are_void(serve: Serve) -> None:
    model = Model("<canary>zzzz</canary>", "<canary>yyyy</canary>", "")
    _, trace = solve(serve, model, canary=True)
    assert (trace.answer, trace.status) == ("7", "answered")
    first, small, large, text = trace.iterations
    assert first.canaries is None and "<canary>" not in model.asked[0][1]
    assert [each.is_void for each in trace.iterations] == [False, True, True, False]
    assert (small.kept, large.kept, small.finish_reason) == (None, None, "cut")
    assert "and so on" not in small.text, "the segment is ended where its canary is wrong"
    assert small.canaries is not None and small.canaries.redrawn == [page.sha256 for page in small.pages]
    assert large.pages_sent == small.canaries.redrawn != small.pages_sent
    assert trace.pages[small.canaries.redrawn[0]].height > trace.pages[small.pages_sent[0]].height
    assert large.canaries is not None and large.canaries.as_text == 1
    assert (text.pages_sent, text.canaries) == ([], None) and WORK.strip() in model.asked[3][1]
    totals = trace.canaries
    assert totals is not None and (totals.right, totals.wrong, totals.missing) == (0, 2, 0)
    assert totals.tokens >= small.usage.prompt_tokens + large.usage.prompt_tokens


def test_right_and_missing_canaries_go_on(serve: Serve) -> None:
    solver, trace = solve(serve, Model("I forgot the codes."), canary=True)
    assert trace.canaries is not None and (trace.canaries.missing, len(trace.iterations)) == (1, 2)
    (code,) = codes(solver, trace, 1)
    model = Model(f"<canary>{code}</canary>")
    _, trace = solve(serve, model, canary=True)
    assert trace.canaries is not None and (trace.canaries.right, len(trace.iterations)) == (1, 2)
    assert "Begin with the code" in model.asked[1][1] and code not in model.asked[1][1]


def test_what_is_repeated_is_not_remembered(serve: Serve) -> None:
    replies = [WORK * 3, "<canary>none</canary>" + WORK * 2, "done \\boxed{1}"]
    _, trace = solve(serve, [Reply(text) for text in (replies[0], replies[1] * 9, *replies[1:])], canary=True)
    assert all("<canary>" not in (each.kept or "") for each in trace.iterations)


def test_without_the_setting_nothing_changes(serve: Serve) -> None:
    model = Model()
    solver, trace = solve(serve, model)
    assert trace.canaries is None and not trace.configuration.canary
    assert "check:" not in model.asked[1][1]
    (plain,) = solver.renderer.render(trace.iterations[0].kept or "")
    assert trace.iterations[1].pages_sent == [plain.sha256]


def test_void_segments_are_bounded_and_do_not_spend_iterations(serve: Serve) -> None:
    asked = list[int]()

    def model(body: dict[str, Any]) -> Reply:
        asked.append(content(body)[0])
        return Reply(
            f"<canary>{' '.join(['zzzz'] * asked[-1])}</canary> {WORK * 6} no answer yet {len(asked)}"
        )

    _, trace = solve(serve, model, canary=True, max_iterations=3)
    assert trace.status == "exhausted"
    assert sum(not each.is_void and not each.forced for each in trace.iterations) == 3
    assert 0 < sum(each.is_void for each in trace.iterations) <= 8


def test_a_model_that_takes_no_instructions_gets_no_canary() -> None:
    with pytest.raises(PromptError, match=r"nano.*--canary"):
        Solver(canary=True)
    with pytest.raises(UsageError, match="mend"):
        Solver(verify="mnd")


MISREAD = "From my pages: the order of shipment 4711 was packed on day 113 with a total weight of 2374 kg."


def test_a_misread_value_is_marked_in_the_trace_and_wherever_it_is_shown(
    serve: Serve, tmp_path: Path
) -> None:
    _, trace = solve(serve, [Reply(WORK * 3), Reply(f"{MISREAD} Thus \\boxed{{113}}.")])
    quotes = trace.iterations[1].quotes
    assert quotes is not None and trace.iterations[0].quotes is None
    (doubt,) = quotes.doubts
    assert trace.iterations[1].text[doubt.start : doubt.end] == "113"
    assert (doubt.finding, doubt.value, doubt.page) == ("misread", "118", trace.iterations[1].pages_sent[0])
    assert quotes.exact == 2 and quotes.misread == 1

    save_trace(trace, tmp_path / "stored")
    again = load_trace(tmp_path / "stored")
    assert again == trace and again.quotes == trace.quotes

    shown = io.StringIO()
    show_trace(again, Console(file=shown, width=200))
    assert "113 is probably misread: the page has 118" in shown.getvalue()
    assert "1 value probably misread" in shown.getvalue()
    assert re.search(r'<mark title="probably misread: the page has 118">113</mark>', trace_html(again))
    part = detail(json.loads(again.model_dump_json()), None, lambda _: True)["iterations"][1]
    assert [list(one) for one in part["doubts"]] == [
        [doubt.start, doubt.end, "probably misread: the page has 118"]
    ]
    log = encode(replay(again)).decode()
    assert '"doubts":[[' in log and "113 is probably misread" in log


def test_mend_carries_what_the_page_has_beside_the_next_prompt(serve: Serve) -> None:
    for verify, is_told in (("mend", True), ("mark", False), ("off", False)):
        server = serve([Reply(WORK * 3), Reply(MISREAD), Reply("So \\boxed{118}.")])
        with Solver(base_url=server.base_url, model=MODEL, verify=verify) as solver:
            trace = solver.solve("What?")
        last = " ".join(part.get("text", "") for part in server.requests[-1].content)
        assert ("packed on day 118" in last and "not 113" in last) is is_told
        assert (trace.quotes is None) is (verify == "off")
        assert bool(trace.quotes and trace.quotes.mended) is is_told


def test_a_trace_written_before_the_checks_is_read(serve: Serve) -> None:
    _, trace = solve(serve, Model())
    values = json.loads(trace.model_dump_json())
    del values["canary"], values["verify"]
    for each in values["iterations"]:
        del each["canaries"], each["quotes"]
    old = Trace.model_validate(values)
    assert (old.canaries, old.quotes, old.iterations[0].is_void) == (None, None, False)
    assert Iteration.model_validate(values["iterations"][0]).quotes is None


@pytest.mark.parametrize("policy", ["optical", "decay:after=1,block=1", "facts", "hybrid", "reread", "auto"])
def test_what_the_guard_adds_stays_within_the_limit(policy: str) -> None:
    with Solver(model=None) as solver:
        made: Configuration = solver.configuration.model_copy(update={"canary": True, "verify": "mend"})
        from vtc_r1.renderers import Renderer

        renderer, costs = Renderer("default"), Costs(4.0)
        name = f"{policy},budget=900" if ":" in policy else f"{policy}:budget=900"
        guard = Guard(memory_policy(name)(renderer), made, renderer.profile, costs)
    for at in range(6):
        guard.add(f"Step {at}: " + WORK * 30)
        before = guard.content()
        assert costs.of(before) <= 900
        wrong = " ".join("zzzz" for _ in guard.codes(before))
        guard.check(f"<canary>{wrong}</canary>", before, (), "")
        guard.check(MISREAD, guard.content(), (), "")
        assert costs.of(guard.content()) <= 900


def test_the_benchmark_of_canaries_finds_fewer_wrong_answers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--problems", "12", "--steps", "3", "--tokens", "300", "--rate", "0.3", "--json"]
    monkeypatch.setattr(sys, "argv", ["canary.py", *words])
    canary_benchmark.main()
    off, on, *_ = json.loads(capsys.readouterr().out)
    assert off["wrong"] > 0 and 2 * on["wrong"] <= off["wrong"]
    assert (off["canary"], on["canary"], off["codes"]["right"]) == (False, True, 0)
    assert on["codes"]["wrong"] > 0 and on["void"] > 0 and on["tokens"] > off["tokens"]


def test_the_benchmark_of_quotes_counts_what_is_flagged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = tmp_path / "rows.jsonl"
    texts = [
        f"{WORK}Each of the {at} boxes holds 36 bottles, in all {36 * at}. Then we stop."
        for at in range(20, 32)
    ]
    rows.write_text("".join(f"{json.dumps({'problem': 'p', 'solution': text})}\n" for text in texts), "utf-8")
    monkeypatch.setattr(sys, "argv", ["quotes.py", "--data", str(rows), "--rate", "0.1", "--json"])
    quotes_benchmark.main()
    found = json.loads(capsys.readouterr().out)["flagged"]
    misread, flagged, total = found["quoted in a sentence, corrupted"]
    assert total > 10 and flagged >= misread >= 0.6 * total, (flagged, total)
    assert found["quoted in a sentence"][:2] == [0, 0]
