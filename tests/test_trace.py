import copy
import json
import pickle
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.conftest import Serve
from tests.loopback import MODEL, refusal
from tests.many_examples import many_examples
from tests.scripted import Scripted
from tests.solved import QUESTION, SEGMENTS, solved
from vtc_r1 import Document, Solver
from vtc_r1.attachments import Attachments
from vtc_r1.errors import BackendError, UsageError
from vtc_r1.events import Finished, IterationFinished, PagesRendered, Started
from vtc_r1.iteration import Iteration, PageRecord, Sampled, Usage
from vtc_r1.renderers import Renderer
from vtc_r1.storage import parse_trace
from vtc_r1.trace import VERSION, Trace

anything = st.lists(st.characters() | st.sampled_from("\ud800\udfff\0\u2028")).map("".join)


def test_a_solve_is_on_record():
    trace = solved()
    assert (trace.version, trace.question, trace.status, trace.answer) == (VERSION, QUESTION, "answered", "8")
    assert [iteration.kept for iteration in trace.iterations] == ["2*3=6", None]
    assert [len(iteration.pages) for iteration in trace.iterations] == [1, 0]
    assert trace.iterations[1].pages_sent == [trace.iterations[0].pages[0].sha256]


def test_json_round_trip():
    trace = solved()
    again = parse_trace(trace.model_dump_json())
    assert again.model_dump() == trace.model_dump()
    assert again.pages == {}


AGAIN = {
    "JSON": lambda record: type(record).model_validate_json(record.model_dump_json()),
    "indented JSON": lambda record: type(record).model_validate_json(record.model_dump_json(indent=2)),
    "values": lambda record: type(record).model_validate(record.model_dump()),
    "JSON values": lambda record: type(record).model_validate(record.model_dump(mode="json")),
    "arguments": lambda record: type(record)(**record.model_dump()),
    "pickle": lambda record: pickle.loads(pickle.dumps(record)),  # noqa: S301
    "oldest pickle": lambda record: pickle.loads(pickle.dumps(record, 0)),  # noqa: S301
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "model_copy": lambda record: record.model_copy(),
    "deep model_copy": lambda record: record.model_copy(deep=True),
}


@pytest.mark.parametrize("way", AGAIN)
def test_a_trace_comes_back_equal(way):
    again = AGAIN[way](TRACE)
    assert again == TRACE and hash(again) == hash(TRACE) and {again} == {TRACE}
    assert (again.usage, again.compression_ratio) == (TRACE.usage, TRACE.compression_ratio)
    assert again.model_dump_json() == TRACE.model_dump_json()
    has_images = way in ("pickle", "oldest pickle", "copy", "deepcopy", "model_copy", "deep model_copy")
    assert dict(again.pages) == (dict(TRACE.pages) if has_images else {})


@pytest.mark.parametrize("way", AGAIN)
def test_every_record_of_a_solve_comes_back_equal(way):
    for trace in recorded():
        again = AGAIN[way](trace)
        assert again == trace
        for iteration in trace.iterations:
            assert AGAIN[way](iteration) == iteration
        parts = (trace.model, trace.profile, trace.budget, trace.sampling, trace.usage)
        for part in (*parts, *trace.documents, *trace.earlier, *trace.images):
            assert AGAIN[way](part) == part and type(AGAIN[way](part)) is type(part)


@cache
def recorded():
    """Traces of several kinds: with documents, pictures, earlier turns, facts; failed ones and unfinished."""
    document = Document.of_text("alpha\nbeta\n", "a.md", "markdown")
    attached = Attachments((Renderer("nano").render("x")[0],), ("Before that.",), None, (document,))
    long = "The value of x is 17.\n" * 30
    found = []
    for memory in ("optical", "blank", "text", "hybrid", "decay", "facts", "auto", "reread"):
        backend = Scripted([long, long + "y", "\\boxed{2}"])
        with Solver(backend=backend, preset="qwen3-vl-instruct", memory=memory) as solver:
            *_, finished = solver._portal.iterate(solver.astream("q", attached=attached))
            found.append(finished.trace)
    with Solver(backend=Scripted([BackendError("gone \ud800")])) as solver:
        found += [solver.solve("q"), solver.skeleton("q"), *solver.map([" "])]
    assert {trace.status for trace in found} == {"answered", "failed", "cancelled"}
    return found


def test_traces_differ_where_their_records_do():
    assert TRACE.model_copy(update={"answer": "9"}) != TRACE
    assert TRACE.question != TRACE and TRACE is not None
    assert TRACE.with_pages({}) == TRACE


def test_what_is_derived_is_worked_out_anew_and_anything_else_is_refused():
    values = TRACE.model_dump()
    assert Trace.model_validate({**values, "compression_ratio": 99.0, "usage": None}) == TRACE
    with pytest.raises(ValidationError, match="compresion_ratio"):
        Trace.model_validate({**values, "compresion_ratio": 99.0})


def test_events_come_back_equal():
    events = [*_events("optical"), *_events("blank")]
    for event in events:
        for again in (pickle.loads(pickle.dumps(event)), copy.copy(event), copy.deepcopy(event)):  # noqa: S301
            assert again == event and type(again) is type(event)
    assert {type(event) for event in events} >= {Started, PagesRendered, IterationFinished, Finished}
    assert _pages(events)[0] != _pages(events)[1]


def _events(memory):
    with Solver(backend=Scripted(SEGMENTS), preset="nano", memory=memory) as solver:
        return list(solver.stream(QUESTION))


def _pages(events):
    return [event.pages[0] for event in events if isinstance(event, PagesRendered) and event.pages]


def test_a_page_is_equal_by_what_it_shows_and_carries():
    one, same, other = (Renderer("nano").render(text)[0] for text in ("1+2", "1+2", "1+3"))
    assert one == same and {one, same} == {one} and one != other and one != one.blank()
    assert one != replace(one, vision_tokens=9) and one != "page"
    again = pickle.loads(pickle.dumps(one.ready()))  # noqa: S301
    assert again == one and again.sha256 == one.sha256 and again.png == one.png
    assert (again.drawn, again.missing_glyphs) == (one.drawn, one.missing_glyphs)
    assert len(pickle.dumps(one.ready())) == len(pickle.dumps(same))


@pytest.mark.parametrize("name", ["max_seconds", "segment_seconds"])
@pytest.mark.parametrize("value", [float("inf"), float("nan"), 0, -1])
def test_a_budget_that_json_cannot_say_is_refused(name, value):
    with pytest.raises(UsageError, match=name):
        Solver(backend=Scripted([]), **{name: value})


def test_json_is_plain_and_complete():
    values = json.loads(solved().model_dump_json())
    assert {"version", "question", "status", "answer", "model", "memory", "iterations"} <= values.keys()
    assert {"usage", "compression_ratio", "error"} <= values.keys()
    first = values["iterations"][0]
    assert {"index", "text", "finish_reason", "pages", "usage", "seconds"} <= first.keys()
    assert first["pages"][0].keys() == {"sha256", "width", "height", "vision_tokens", "text"}
    assert first["usage"].keys() == {"prompt_tokens", "vision_tokens", "completion_tokens", "cached_tokens"}
    assert first["seconds"].keys() == {"render", "first_token", "generate"}


def test_json_holds_no_pixels():
    trace = solved()
    page = next(iter(trace.pages.values()))
    assert page.data_uri not in trace.model_dump_json()


@many_examples(60)
@given(anything)
def test_any_text_survives_json(text):
    iteration = Iteration(index=0, text=text, kept=text, finish_reason="stop")
    trace = TRACE.model_copy(update={"iterations": [iteration]})
    again = parse_trace(trace.model_dump_json()).iterations[0]
    assert again == iteration
    assert again.text == "".join("?" if 0xD800 <= ord(c) < 0xE000 else c for c in text)


def test_lone_surrogates_do_not_break_the_record():
    page = Renderer("nano").render("a\ud800")[0]
    assert PageRecord.of(page).text == "a?"
    assert PageRecord.of(page).sha256 == page.sha256
    values = TRACE.model_dump(exclude={"usage", "compression_ratio"})
    trace = Trace(**{**values, "question": "\udfff", "answer": "\ud800", "error": "\ud800"})
    assert (trace.question, trace.answer, trace.error) == ("?", "?", "?")
    trace.model_dump_json()


def test_usage_is_the_sum_over_iterations():
    first, second = (iteration.usage for iteration in TRACE.iterations)
    assert TRACE.usage == first + second
    assert TRACE.usage.vision_tokens == 4
    assert TRACE.usage.completion_tokens == first.completion_tokens + second.completion_tokens


def test_usage_adds_field_by_field():
    one = Usage(prompt_tokens=1, vision_tokens=2, completion_tokens=3, cached_tokens=4)
    assert one + one == Usage(prompt_tokens=2, vision_tokens=4, completion_tokens=6, cached_tokens=8)


@pytest.mark.parametrize(("carried", "vision", "ratio"), [([30], [10], 3.0), ([30, 5], [10, 5], 2.33)])
def test_compression_ratio_is_text_over_vision_tokens(carried, vision, ratio):
    iterations = [
        Iteration(
            index=at,
            text="",
            finish_reason="stop",
            memory_text_tokens=carried[at],
            usage=Usage(vision_tokens=vision[at]),
        )
        for at in range(len(carried))
    ]
    assert TRACE.model_copy(update={"iterations": iterations}).compression_ratio == ratio


def test_compression_ratio_is_none_without_pages():
    assert TRACE.model_copy(update={"iterations": []}).compression_ratio is None


def test_records_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        TRACE.answer = "9"


def test_records_refuse_unknown_fields():
    with pytest.raises(ValueError, match="cost"):
        Usage(cost=1)


def test_with_pages_leaves_the_first_trace_alone():
    assert TRACE.with_pages({}).pages == {}
    assert len(TRACE.pages) == 1


@pytest.mark.parametrize("name", ["VTC_API_KEY", "OPENAI_API_KEY"])
def test_api_keys_are_not_on_record(name, monkeypatch, serve: Serve):
    monkeypatch.setenv(name, "sk-very-secret")
    server = serve(["a step", refusal("no")])
    with Solver(base_url=server.base_url, model=MODEL) as solver:
        trace = solver.solve("What is 1 + 1?")
    assert "sk-very-secret" in server.requests[0].headers["authorization"]
    assert trace.status == "failed"
    assert "sk-very-secret" not in trace.model_dump_json() + trace._repr_html_() + repr(trace)


TRACE = solved()


def test_tokens_are_written_only_where_they_were_recorded():
    plain = Iteration(index=0, text="a", finish_reason="stop")
    assert "sampled" not in plain.model_dump() and '"sampled"' not in plain.model_dump_json()
    recorded = plain.model_copy(update={"sampled": Sampled(ids=(3, 258), logprobs=(-0.5, -1e-07))})
    written = recorded.model_dump_json()
    assert written == plain.model_dump_json()[:-1] + ',"sampled":{"ids":[3,258],"logprobs":[-0.5,-1e-7]}}'
    assert Iteration.model_validate_json(written) == recorded
    assert Iteration.model_validate_json(plain.model_dump_json()) == plain
