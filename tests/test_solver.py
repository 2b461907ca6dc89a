"""The faces of the loop."""

import asyncio
import copy
import gc
import itertools
import pickle
import re
import threading
from collections.abc import AsyncIterable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Serve
from tests.loopback import MODEL, Reply
from tests.scripted import Scripted, cut
from vtc_r1 import Solver
from vtc_r1.attachments import Attachments
from vtc_r1.documents import Document
from vtc_r1.errors import DocumentError, UnknownName, UsageError
from vtc_r1.events import Finished, IterationFinished, SegmentFinished, Started, TextDelta
from vtc_r1.memory import Optical
from vtc_r1.renderers import Renderer

WORK = ["First, 6 times 7 is 42.\n", "So it is \\boxed{42}."]


def echo(request: Any) -> str:
    """Answer with the first word of the question."""
    return f"\\boxed{{{str(request.prompt.content[0]).split()[0]}}}"


@pytest.fixture
def echoing() -> Iterator[Solver]:
    with Solver(backend=Scripted(echo, delay=0.01)) as solver:
        yield solver


def test_solve(echoing: Solver) -> None:
    trace = echoing.solve("seven of nine")
    assert (trace.status, trace.answer, trace.question) == ("answered", "seven", "seven of nine")


async def test_asolve() -> None:
    async with Solver(backend=Scripted(echo)) as solver:
        assert (await solver.asolve("seven of nine")).answer == "seven"


async def test_solve_works_in_a_running_event_loop(echoing: Solver) -> None:
    assert asyncio.get_running_loop().is_running()
    assert echoing.solve("seven").answer == "seven"
    assert [trace.answer for trace in echoing.map(["eight"])] == ["eight"]


async def test_stream() -> None:
    solver = Solver(backend=Scripted(WORK))
    events = [event async for event in solver.astream("6 times 7?")]
    assert isinstance(events[0], Started) and isinstance(events[-1], Finished)
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "".join(WORK)
    assert events[-1].trace.answer == "42"


def test_events(echoing: Solver) -> None:
    events = list(echoing.stream("seven"))
    assert isinstance(events[0], Started) and isinstance(events[-1], Finished)
    assert events[-1].trace.answer == "seven"


def test_events_come_as_they_happen() -> None:
    with Solver(backend=Scripted(echo, delay=3600)) as solver:  # its first text is never waited for
        assert isinstance(next(iter(solver.stream("seven"))), Started)


def test_map_tells_which_question_it_was() -> None:
    questions = [f"question-{number}" for number in range(20)]
    with Solver(backend=Scripted(echo, delay=0.005)) as solver:
        traces = list(solver.map(questions, concurrency=6))
    assert sorted(trace.index for trace in traces if trace.index is not None) == list(range(20))
    assert all(trace.answer == trace.question == questions[trace.index or 0] for trace in traces)


async def test_amap() -> None:
    async with Solver(backend=Scripted(echo)) as solver:
        traces = [trace async for trace in solver.amap(iter(["a", "b", "c"]), concurrency=2)]
    assert sorted((trace.index, trace.answer) for trace in traces) == [(0, "a"), (1, "b"), (2, "c")]


async def test_amap_yields_as_they_finish() -> None:
    async with Solver(backend=Scripted(lambda request: slow_first(request))) as solver:
        traces = [trace async for trace in solver.amap(["slow", "fast"], concurrency=2)]
    assert [trace.question for trace in traces] == ["fast", "slow"]


def slow_first(request: Any) -> str:
    """A few iterations for `slow`, one for everything else."""
    content = request.prompt.content
    return f"Line {len(content)}.\n" if "slow" in str(content[0]) and len(content) < 5 else "\\boxed{1}"


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_amap_respects_the_bound(concurrency: int) -> None:
    backend = Scripted(echo, delay=0.005)
    async with Solver(backend=backend) as solver:
        traces = [trace async for trace in solver.amap(map(str, range(9)), concurrency=concurrency)]
    assert (len(traces), backend.most_running, backend.running) == (9, concurrency, 0)


async def test_amap_takes_questions_only_as_places_become_free() -> None:
    taken: list[int] = []

    def endless() -> Iterator[str]:
        number = 0
        while True:
            taken.append(number)
            yield f"question-{number}"
            number += 1

    async with Solver(backend=Scripted(echo)) as solver:
        traces = solver.amap(endless(), concurrency=2)
        assert (await anext(traces)).answer is not None
        assert len(taken) <= 3
        await traces.aclose()
    assert len(taken) <= 3


async def test_a_question_that_cannot_be_asked_gives_a_failed_trace() -> None:
    async with Solver(backend=Scripted(echo)) as solver:
        traces = [trace async for trace in solver.amap(["one", " \n", "two"])]
    by_index = {trace.index: trace for trace in traces}
    assert [by_index[at].answer for at in range(3)] == ["one", None, "two"]
    assert by_index[1].status == "failed" and "empty" in (by_index[1].error or "")


def test_map_of_nothing_is_nothing(echoing: Solver) -> None:
    assert list(echoing.map([])) == []


def test_leaving_a_map_cancels_what_runs(serve: Serve) -> None:
    def reply(body: dict[str, Any]) -> Reply:
        quick = "quick" in str(body["messages"])
        return Reply("\\boxed{1}") if quick else Reply("A long thought.", hang_after=1)

    server = serve(reply)
    with Solver(base_url=server.base_url, model=MODEL) as solver:
        traces = solver.map(["slow", "slow", "quick", "slow"], concurrency=3)
        assert next(iter(traces)).question == "quick"
        assert server.wait_for(lambda now: now.active == 3)
        del traces
        gc.collect()
        assert server.wait_for(lambda now: now.active == 0)


def test_leaving_events_cancels_the_request(serve: Serve) -> None:
    server = serve([Reply("A long thought.", hang_after=1)])
    with Solver(base_url=server.base_url, model=MODEL) as solver:
        for event in solver.stream("slow"):
            if isinstance(event, TextDelta):
                break
        assert server.wait_for(lambda now: now.active == 0)


async def test_cancelling_asolve_cancels_the_request(serve: Serve) -> None:
    server = serve([Reply(hang=True)])
    async with Solver(base_url=server.base_url, model=MODEL) as solver:
        task = asyncio.create_task(solver.asolve("slow"))
        assert await asyncio.to_thread(server.wait_for, lambda now: now.active == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(server.wait_for, lambda now: now.active == 0)


def test_closing_closes_the_backend_once() -> None:
    backend = Scripted(echo)
    with Solver(backend=backend) as solver:
        solver.solve("seven")
    assert backend.closed == 1


async def test_closing_after_both_kinds_of_call(serve: Serve) -> None:
    server = serve(lambda _: "\\boxed{1}")
    async with Solver(base_url=server.base_url, model=MODEL) as solver:
        assert (await solver.asolve("one")).answer == "1"
        assert (await asyncio.to_thread(solver.solve, "one")).answer == "1"


async def drained(items: AsyncIterable[Any]) -> list[Any]:
    return [item async for item in items]


FACES: dict[str, Callable[[Solver], Any]] = {
    "solve": lambda solver: solver.solve("one"),
    "asolve": lambda solver: asyncio.run(solver.asolve("one")),
    "stream": lambda solver: list(solver.stream("one")),
    "astream": lambda solver: asyncio.run(drained(solver.astream("one"))),
    "map": lambda solver: list(solver.map(["one"])),
    "amap": lambda solver: asyncio.run(drained(solver.amap(["one"]))),
    "changed": lambda solver: solver.changed({}, {}).solve("one"),
    "begin": lambda solver: solver.begin("one"),
    "check": lambda solver: solver.check(),
}


@pytest.mark.parametrize("face", FACES)
def test_a_closed_solver_refuses(face: str) -> None:
    solver = Solver(backend=Scripted(echo))
    with solver:
        FACES[face](solver)
    with pytest.raises(UsageError, match="is closed: create another one"):
        FACES[face](solver)


def test_closing_twice_closes_once() -> None:
    backend = Scripted(echo)
    with Solver(backend=backend) as solver:
        solver.close()
        asyncio.run(solver.aclose())
    assert backend.closed == 1 and not [one for one in threading.enumerate() if one.name.startswith("vtc-r1")]


@pytest.mark.parametrize("face", ["solve", "map", "stream"])
def test_closing_ends_what_runs(serve: Serve, face: str) -> None:
    server = serve(lambda _: Reply("Never.", hang=True))
    solver = Solver(base_url=server.base_url, model=MODEL)
    raised: list[Exception] = []

    def run() -> None:
        try:
            FACES[face](solver)
        except Exception as error:
            raised.append(error)

    running = threading.Thread(target=run)
    running.start()
    assert server.wait_for(lambda server: server.active == 1)
    solver.close()
    running.join(20)
    assert [type(error) for error in raised] == [UsageError] and "closed in the meantime" in str(raised[0])


def test_an_unclosed_solver_warns_and_lets_go_of_its_thread() -> None:
    solver = Solver(backend=Scripted(echo))
    solver.solve("one")
    (thread,) = [one for one in threading.enumerate() if one.name == "vtc-r1"]
    with pytest.warns(ResourceWarning, match="not closed"):
        del solver
        gc.collect()
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.parametrize("question", [None, 123, b"1+2", ["1+2"], {"q": "1+2"}, "", " \n"])
@pytest.mark.parametrize("face", ["solve", "asolve", "stream", "astream"])
def test_what_is_no_question_is_refused(echoing: Solver, face: str, question: Any) -> None:
    asked: dict[str, Callable[[], Any]] = {
        "solve": lambda: echoing.solve(question),
        "asolve": lambda: asyncio.run(echoing.asolve(question)),
        "stream": lambda: echoing.stream(question),
        "astream": lambda: echoing.astream(question),
    }
    with pytest.raises(UsageError, match=r"^the question is "):
        asked[face]()


@pytest.mark.parametrize(
    ("questions", "named"),
    [
        ("1+2", "the questions are '1+2' (str); give a list of str, or call solve"),
        (b"1+2", "the questions are b'1+2' (bytes)"),
        (None, "the questions are None"),
        (7, "the questions are 7"),
        (["1+2", None], "question 1 is None"),
        (("1+2", 3), "question 1 is 3 (int)"),
        ([["1+2"]], "question 0 is ['1+2'] (list)"),
        (range(3), "question 0 is 0 (int)"),
        (iter(["one", None]), "question 1 is None"),
    ],
)
def test_what_are_no_questions_are_refused(echoing: Solver, questions: Any, named: str) -> None:
    with pytest.raises(UsageError, match=re.escape(named)):
        list(echoing.map(questions))


def test_what_lies_at_hand_is_refused_before_anything_is_asked() -> None:
    backend = Scripted(echo)
    with Solver(backend=backend) as solver, pytest.raises(UsageError):
        solver.map(["one", "two", 3])  # type: ignore[list-item]
    assert backend.requests == []


def test_an_asynchronous_source_of_questions_is_refused(echoing: Solver) -> None:
    with pytest.raises(UsageError, match="collect them into a list"):
        echoing.map(echoing.amap(["one"]))  # type: ignore[arg-type]


def test_where_the_questions_raise_what_runs_is_finished_first() -> None:
    def questions() -> Iterator[str]:
        yield from ("one", "two")
        raise OSError("the disk is gone")

    found = []
    with (
        Solver(backend=Scripted(echo, delay=0.01)) as solver,
        pytest.raises(OSError, match="the disk is gone"),
    ):
        for trace in solver.map(questions(), concurrency=8):
            found.append(trace.answer)
    assert sorted(map(str, found)) == ["one", "two"]


def test_a_solver_that_would_wait_for_itself_is_told(echoing: Solver) -> None:
    with pytest.raises(UsageError, match="waits for itself"):
        list(echoing.map(str(trace.answer) for trace in echoing.map(["one"])))
    with pytest.raises(UsageError, match="waits for itself"):
        list(echoing.map(["one"], seeds=lambda _: len(str(echoing.solve("one").answer))))
    assert [trace.answer for trace in echoing.map([str(echoing.solve("one").answer)])] == ["one"]


@pytest.mark.parametrize("concurrency", [0, -1, 2.5, "8", None, float("inf")])
def test_what_is_no_number_of_places_is_refused(echoing: Solver, concurrency: Any) -> None:
    with pytest.raises(UsageError, match="concurrency is"):
        echoing.map(["one"], concurrency=concurrency)


def test_there_may_be_more_places_than_questions(echoing: Solver) -> None:
    assert len(list(echoing.map(["one"] * 300, concurrency=10**12))) == 300


@pytest.mark.slow
def test_questions_and_places_without_end_can_be_left() -> None:
    with Solver(backend=Scripted(echo)) as solver:
        traces = solver.map(map(str, itertools.count(1)), concurrency=10**12)
        assert next(traces).answer
        traces.close()
        assert solver.solve("one").answer == "one"


@pytest.mark.parametrize("name", ["seeds", "contexts"])
def test_what_is_no_function_of_a_position_is_refused(echoing: Solver, name: str) -> None:
    arguments: dict[str, Any] = {name: [1]}
    with pytest.raises(UsageError, match=f"{name} is \\[1\\] \\(list\\); give a function"):
        echoing.map(["one"], **arguments)
    assert len(list(echoing.map(["one"], contexts=lambda _: ()))) == 1


def test_a_seed_that_is_none_is_refused(echoing: Solver) -> None:
    with pytest.raises(UsageError, match="seed = 'x'"):
        list(echoing.map(["one"], seeds=lambda _: "x"))  # type: ignore[arg-type, return-value]


CONTEXT = Document.of_text("seven", "seven.txt")


@pytest.mark.parametrize("context", [(), None, [CONTEXT], CONTEXT, Attachments(documents=(CONTEXT,))])
async def test_stream_takes_a_context_as_the_other_faces_do(context: Any) -> None:
    solver = Solver(backend=Scripted(echo), preset="qwen3-vl-instruct")
    *_, finished = [event async for event in solver.astream("seven", context=context)]
    assert isinstance(finished, Finished)
    shown = [document.name for document in finished.trace.documents]
    assert shown == (["seven.txt"] if context else [])
    if isinstance(context, Attachments):
        return
    assert (await solver.asolve("seven", context)).documents == finished.trace.documents


async def test_stream_takes_a_context_and_what_is_attached() -> None:
    solver = Solver(backend=Scripted(echo), preset="qwen3-vl-instruct")
    attached = Attachments(earlier=("Before.",))
    *_, finished = [event async for event in solver.astream("seven", [CONTEXT], attached=attached)]
    assert isinstance(finished, Finished)
    assert len(finished.trace.documents) == len(finished.trace.earlier) == 1


@pytest.mark.parametrize("context", [123, b"x", [None], [b"x"], [[]], "none.txt", ["none.txt"]])
def test_what_is_no_context_is_refused(echoing: Solver, tmp_path: Path, context: Any) -> None:
    for ask in (lambda: echoing.solve("one", context), lambda: list(echoing.stream("one", context))):
        with pytest.raises(DocumentError, match=r"the context holds|none.txt: cannot be read"):
            ask()
    with pytest.raises(DocumentError):
        asyncio.run(drained(echoing.astream("one", context)))


def test_a_solver_is_neither_pickled_nor_copied_in_depth(echoing: Solver) -> None:
    for refused in (pickle.dumps, copy.deepcopy):
        with pytest.raises(UsageError, match="make one in each process"):
            refused(echoing)
    assert copy.copy(echoing).solve("one").answer == "one"


def test_one_solver_serves_threads_and_event_loops(serve: Serve) -> None:
    server = serve(lambda _: "\\boxed{1}")

    async def both(solver: Solver) -> list[str | None]:
        asked = [solver.asolve(str(number)) for number in range(4)]
        asked += [asyncio.to_thread(solver.solve, str(number)) for number in range(4)]
        return [trace.answer for trace in await asyncio.gather(*asked)]

    with Solver(base_url=server.base_url, model=MODEL) as solver:
        for _ in range(2):
            assert asyncio.run(both(solver)) == ["1"] * 8


SERVER = {"base_url": "http://127.0.0.1:9/v1", "model": MODEL}


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"base_url": "http://127.0.0.1:9/v1"}, "model"),
        ({**SERVER, "model": ""}, "model"),
        ({**SERVER, "base_url": "127.0.0.1:9/v1"}, "http://"),
        ({**SERVER, "base_url": "ftp://host/v1"}, "ftp://host/v1"),
        ({**SERVER, "base_url": "http://"}, "base URL"),
        ({**SERVER, "base_url": "http://["}, "base URL"),
        ({**SERVER, "base_url": "http://host:99999/v1"}, "99999"),
        ({**SERVER, "base_url": ""}, "base URL"),
        ({**SERVER, "memory": "optcal"}, "did you mean 'optical'"),
        ({**SERVER, "profile": "defualt"}, "did you mean 'default'"),
        ({**SERVER, "prompts": "boxd"}, "did you mean 'boxed'"),
        ({**SERVER, "preset": "qwen3-vl-instruc"}, "did you mean 'qwen3-vl-instruct'"),
        ({**SERVER, "sampling": {"temperature": -1}}, "temperature"),
        ({**SERVER, "sampling": {"temperature": "hot"}}, "temperature"),
        ({**SERVER, "sampling": {"temperature": float("nan")}}, "temperature"),
        ({**SERVER, "sampling": {"top_p": 0}}, "top_p"),
        ({**SERVER, "sampling": {"top_k": -2}}, "top_k"),
        ({**SERVER, "sampling": {"presence_penalty": 3}}, "presence_penalty"),
        ({**SERVER, "sampling": {"temprature": 1}}, "temprature"),
        ({**SERVER, "seed": "x"}, "seed"),
        ({**SERVER, "max_iterations": 0}, "iterations"),
        ({**SERVER, "segment_tokens": 0}, "segment_tokens"),
        ({**SERVER, "max_tokens": 0}, "tokens"),
        ({**SERVER, "max_seconds": 0}, "seconds"),
        ({**SERVER, "system_file": "no-such-file.txt"}, "no-such-file.txt"),
    ],
)
def test_bad_arguments_are_one_line(arguments: dict[str, Any], names: str) -> None:
    with pytest.raises(UsageError) as raised:
        Solver(**arguments)
    assert names in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("question", ["", " \n\t", "\N{NO-BREAK SPACE}"])
def test_an_empty_question_is_refused_by_every_face(echoing: Solver, question: str) -> None:
    for ask in (echoing.solve, echoing.stream, echoing.astream):
        with pytest.raises(UsageError, match="empty"):
            ask(question)


def test_an_unknown_name_is_a_usage_error() -> None:
    assert issubclass(UnknownName, UsageError)


def test_a_seed_is_drawn_and_recorded_where_sampling_is_random() -> None:
    backend = Scripted(echo)
    with Solver(backend=backend, sampling={"temperature": 0.7}) as solver:
        seeds = [solver.solve("seven").sampling.seed for _ in range(3)]
    assert None not in seeds and len(set(seeds)) == 3
    assert [request.sampling.seed for request in backend.requests] == seeds


def test_a_given_seed_is_used_and_recorded() -> None:
    with Solver(backend=Scripted(echo), sampling={"temperature": 0.7}, seed=5) as solver:
        assert [trace.sampling.seed for trace in solver.map(["a", "b"])] == [5, 5]


def test_greedy_sampling_draws_no_seed() -> None:
    with Solver(backend=Scripted(echo), sampling={"temperature": 0}) as solver:
        assert solver.solve("seven").sampling.seed is None


def test_the_preset_is_told_by_the_models_name() -> None:
    thinking = Solver(**{**SERVER, "model": "Qwen/Qwen3-VL-8B-Thinking"})
    assert (thinking.preset.name, thinking.sampling.top_p) == ("qwen3-vl-thinking", 0.95)
    assert Solver(**SERVER).preset.name == "qwen3-vl-instruct"
    trained = Solver(**{**SERVER, "model": "someone/VTC-R1-8B"})
    assert (trained.preset.name, trained.prompts.name) == ("vtc-r1", "vtc")


def test_arguments_override_the_preset() -> None:
    solver = Solver(**SERVER, preset="vtc-r1", sampling={"top_p": 0.5}, prompts="boxed", max_iterations=3)
    assert (solver.sampling.temperature, solver.sampling.top_p) == (0.6, 0.5)
    assert (solver.prompts.name, solver.budget.iterations) == ("boxed", 3)


def test_the_record_names_what_was_chosen(echoing: Solver) -> None:
    trace = echoing.solve("seven")
    assert (trace.model.name, trace.model.backend) == ("scripted", "scripted")
    assert (trace.memory, trace.prompts.name, trace.profile.name) == ("optical", "boxed", "default")
    assert len(trace.prompts.sha256) == len(trace.profile.sha256) == 64
    assert trace.versions["vtc-r1"]


def test_a_memory_of_your_own() -> None:
    class Newest(Optical):
        name = "newest"

        def content(self) -> list[Any]:
            return self.pages[-1:]

    backend = Scripted(["One.\n", "Two.\n", "\\boxed{3}"])
    with Solver(backend=backend, memory=Newest) as solver:
        trace = solver.solve("Count.")
    assert trace.memory == "newest"
    assert [len(request.prompt.pages) for request in backend.requests] == [0, 1, 1]


def test_prompts_from_a_folder_of_your_own(tmp_path: Path) -> None:
    for name, text in {
        "question.jinja": "Q: {{ question }}",
        "earlier.jinja": "{{ text }}",
        "last.jinja": "",
        "promptset.toml": 'final = "boxed"',
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    backend = Scripted(["\\boxed{1}"])
    with Solver(backend=backend, prompts=tmp_path) as solver:
        assert solver.solve("One?").prompts.name == tmp_path.name
    assert backend.requests[0].prompt.content == ("Q: One?",)


def test_made_tells_its_own_traces_from_those_of_other_settings(echoing: Solver) -> None:
    trace = echoing.solve("seven")
    assert echoing.matches(trace)
    others = [
        Solver(backend=Scripted(echo), memory="blank"),
        Solver(backend=Scripted(echo), max_iterations=3),
        Solver(backend=Scripted(echo), seed=(trace.sampling.seed or 0) + 1),
        Solver(backend=Scripted(echo), sampling={"temperature": 0.1}),
        Solver(backend=Scripted(echo), prompts="vtc"),
        Solver(backend=Scripted(echo, model="another")),
    ]
    assert not any(other.matches(trace) for other in others)


def test_made_tells_weights_apart_where_both_are_known() -> None:
    backend = Scripted(echo)
    with Solver(backend=backend) as solver:
        trace = solver.solve("seven")
        assert trace.model.revision == "loaded"
        for revision, ours in (("loaded", True), (None, True), ("retrained", False)):
            backend.revision = revision
            assert solver.matches(trace) is ours
        backend.revision = "loaded"
        unknown = trace.model.model_copy(update={"revision": None})
        assert solver.matches(trace.model_copy(update={"model": unknown}))


def test_pages_are_those_of_the_profile(echoing: Solver) -> None:
    with Solver(backend=Scripted(WORK), profile="nano") as solver:
        trace = solver.solve("6 times 7?")
    expected = Renderer("nano").render(WORK[0].strip())
    assert [page.sha256 for page in trace.pages.values()] == [page.sha256 for page in expected]


async def test_pictures_and_earlier_turns_come_with_a_question() -> None:
    picture = Renderer("default").render("a picture")[0]
    backend = Scripted([cut("2*3=6\n"), "So it is \\boxed{6}."])
    attached = Attachments(images=(picture,), earlier=("Asked before: 1?\nAnswered: 1",), system="Be brief.")
    async with Solver(backend=backend) as solver:
        *_, finished = [event async for event in solver.astream("2*3", attached)]
    assert isinstance(finished, Finished)
    trace = finished.trace
    assert (trace.answer, trace.status) == ("6", "answered")
    first, second = (request.prompt for request in backend.requests)
    assert first.pages[0] is picture and second.pages[0] is picture
    assert [page.text for page in first.pages[1:]] == ["Asked before: 1?\nAnswered: 1"]
    assert len(second.pages) == 3 and str(first.system).endswith("Be brief.")
    assert [image.sha256 for image in trace.images] == [picture.sha256]
    assert [page.sha256 for page in trace.earlier] == trace.iterations[0].pages_sent
    assert set(trace.pages) == {page.sha256 for page in second.pages}


async def test_pictures_do_not_count_as_compressed_text() -> None:
    attached = Attachments(images=tuple(Renderer("default").render("a picture")))
    backend = Scripted([cut("2*3=6\n" * 40), "So it is \\boxed{6}."])
    async with Solver(backend=backend) as solver:
        events = [event async for event in solver.astream("2*3", attached)]
    finished = events[-1]
    assert isinstance(finished, Finished)
    reasons = [event.finish_reason for event in events if isinstance(event, SegmentFinished)]
    assert reasons == ["length", "stop"]
    ratios = [event.compression.ratio for event in events if isinstance(event, IterationFinished)]
    assert ratios == [None, finished.trace.compression.ratio] and ratios[1] is not None


async def test_a_prompt_that_does_not_fit_is_measured_with_all_that_comes_with_it() -> None:
    backend = Scripted(echo)
    backend.context = 2_000
    async with Solver(backend=backend, preset="qwen3-vl-instruct") as solver:
        for more in ("", "Be brief. " * 10_000):
            attached = Attachments(system=more, documents=(CONTEXT,))
            *_, finished = [event async for event in solver.astream("seven", attached)]
            assert isinstance(finished, Finished)
            trace = finished.trace
            assert (trace.cause == "context") is bool(more), trace.error
    assert trace.error is not None and "seven" not in trace.error


async def test_every_earlier_turn_and_document_is_recorded_with_its_pages() -> None:
    attached = Attachments(earlier=("Asked before: 1?", "Asked before: 2?"), documents=(CONTEXT,))
    async with Solver(backend=Scripted(echo), preset="qwen3-vl-instruct") as solver:
        *_, finished = [event async for event in solver.astream("seven", attached)]
    assert isinstance(finished, Finished)
    trace = finished.trace
    earlier = [trace.pages[record.sha256].text for record in trace.earlier]
    assert earlier == ["Asked before: 1?", "Asked before: 2?"]
    assert [trace.pages[record.sha256].text for record in trace.documents[0].pages] == ["seven"]


def test_a_changed_solver_shares_the_backend() -> None:
    with Solver(backend=Scripted([])) as solver:
        other = solver.changed({"temperature": 0.1}, {"tokens": 50}, "text")
        assert other.backend is solver.backend and other.renderer is solver.renderer
        assert (other.sampling.temperature, other.budget.tokens) == (0.1, 50)
        assert other.skeleton("").memory == "text" and solver.skeleton("").memory == "optical"
        with pytest.raises(UsageError, match="temperature"):
            solver.changed({"temperature": 9}, {})
