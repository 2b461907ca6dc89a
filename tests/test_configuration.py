"""One record decides a solve: settings, flags, traces, runs and data sets are made from it."""

import asyncio
import json
from typing import Any, get_args, get_type_hints

import pytest

from tests.scripted import Scripted
from vtc_r1 import Solver, Trace
from vtc_r1.configuration import Budget, Configuration, Limits, Sampling, settable
from vtc_r1.errors import UsageError
from vtc_r1.eval.runs import Run
from vtc_r1.events import Finished, Started
from vtc_r1.settings import Settings
from vtc_r1.sft.building.config import BuildConfig, LoopConfig
from vtc_r1.storage import parse_trace

NAMES = {"name": "nano", "sha256": "0" * 64}
DECIDED: dict[str, Any] = {
    "model": {"name": "m", "revision": "r", "backend": "openai", "preset": "vtc-r1"},
    "memory": "decay:after=2",
    "segment_end": "own",
    "density": "fit",
    "legibility": {"name": "read", "sha256": "1" * 64},
    "prompts": {"name": "vtc", "sha256": "2" * 64},
    "profile": {"name": "paper", "sha256": "3" * 64},
    "sampling": {"temperature": 0.6, "top_p": 0.95, "top_k": 20, "presence_penalty": 1.0, "seed": 5},
    "budget": {"iterations": 3, "segment_tokens": 100, "tokens": 9, "seconds": 2.5, "memory_tokens": 700},
}
CONFIGURATION = Configuration.model_validate(DECIDED)
STORED = {
    "version": 1,
    "question": "q",
    "status": "answered",
    "answer": "4",
    "iterations": [],
    "versions": {},
}


def test_a_stored_trace_of_0_1_says_its_configuration_beside_the_rest() -> None:
    trace = parse_trace(json.dumps(STORED | DECIDED))
    assert trace.configuration == CONFIGURATION
    assert (trace.memory, trace.budget.tokens, trace.model.preset) == ("decay:after=2", 9, "vtc-r1")
    written = json.loads(trace.model_dump_json())
    assert {name: written[name] for name in Configuration.model_fields} == json.loads(
        CONFIGURATION.model_dump_json()
    )
    assert (trace.canary, trace.verify) == (False, "mark")  # options that came later


@pytest.mark.parametrize("record", [Trace, Run, LoopConfig])
def test_whatever_says_how_a_solve_was_made_holds_the_configuration(record: type[Configuration]) -> None:
    assert issubclass(record, Configuration)
    assert record.model_fields.keys() > Configuration.model_fields.keys()


@pytest.mark.parametrize("name", DECIDED)
def test_another_value_of_any_field_is_another_configuration(name: str) -> None:
    changed = {
        "model": DECIDED["model"] | {"preset": "nano"},
        "legibility": None,
        "sampling": DECIDED["sampling"] | {"seed": 6},
        "budget": DECIDED["budget"] | {"seconds": None},
    }.get(name, NAMES if isinstance(DECIDED[name], dict) else "other")
    other = Configuration.model_validate({**DECIDED, name: changed})
    assert other != CONFIGURATION and other.agreeing_with(CONFIGURATION) != CONFIGURATION


def test_what_is_not_known_of_one_of_two_does_not_set_them_apart() -> None:
    model, sampling = DECIDED["model"] | {"revision": None}, DECIDED["sampling"] | {"seed": None}
    open_ended = Configuration.model_validate({**DECIDED, "model": model, "sampling": sampling})
    assert open_ended != CONFIGURATION
    assert open_ended.agreeing_with(CONFIGURATION) == CONFIGURATION


def test_a_data_set_of_0_1_says_how_the_loop_was_configured() -> None:
    loop = {"samples": 2, "seed": 7, "choose": "shortest", "segment_end": "own", "density": "fixed"}
    loop |= {"legibility": None, "sampling": DECIDED["sampling"], "budget": DECIDED["budget"]}
    loop |= {"model": "m", "backend": "openai", "preset": "vtc-r1"}
    config = {"source": {}, "tokens": "estimate", "profile": {"name": "nano", "family": "nano"}}
    config |= {"memory": "text", "prompts": "folder/own", "prompts_sha256": "4" * 64, "loop": loop}
    found = BuildConfig.model_validate(config)
    assert found.loop is not None and found.loop.model.name == "m" and found.loop.memory == "text"
    assert (found.loop.prompts.name, found.loop.prompts.sha256) == ("own", "4" * 64)
    assert found.loop.profile.sha256 == found.profile.sha256
    assert BuildConfig.model_validate_json(found.model_dump_json()) == found
    other = found.model_copy(update={"loop": found.loop.model_copy(update={"density": "fit"})})
    assert found.differences(other) == ["density"]
    model = found.loop.model.model_copy(update={"preset": "nano"})
    other = found.model_copy(update={"loop": found.loop.model_copy(update={"model": model})})
    assert found.differences(other) == ["preset"]


def test_every_field_of_sampling_and_budget_is_a_setting_that_says_what_it_does() -> None:
    for record in (Sampling, Budget):
        assert [name for name, _ in settable(record)] == list(record.model_fields)
    for _, one in settable():
        assert one.name in Settings.model_fields and one.description.endswith(".")


def test_the_limits_of_a_solver_are_the_settings_of_the_budget() -> None:
    hints = get_type_hints(Limits)
    assert list(hints) == [one.name for _, one in settable(Budget)]
    assert [get_args(hints[one.name])[0] for _, one in settable(Budget)] == [
        one.type for _, one in settable(Budget)
    ]


def test_a_keyword_that_a_solver_does_not_have_is_refused() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'max_iteration'"):
        Solver(backend=Scripted([]), max_iteration=3)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("name", "value"), [("max_iterations", 0), ("max_seconds", -1), ("memory_tokens", 0)]
)
def test_a_limit_that_is_off_is_named_as_it_was_given(name: str, value: float) -> None:
    with pytest.raises(UsageError, match=f"^{name} = {value}: "):
        Solver(backend=Scripted([]), **{name: value})  # type: ignore[arg-type]


def test_former_names_work_and_say_what_they_are_called_now() -> None:
    with Solver(backend=Scripted(["\\boxed{42}"] * 9)) as solver:
        with pytest.warns(DeprecationWarning, match=r"now Solver\.stream"):
            *_, finished = solver.events("six times seven")
        assert isinstance(finished, Finished) and finished.trace.answer == "42"
        with pytest.warns(DeprecationWarning, match=r"now Solver\.matches"):
            assert solver.made(finished.trace)

        async def awaited() -> list[Any]:
            return [event async for event in solver.stream("six times seven")]

        with pytest.warns(DeprecationWarning, match=r"use Solver\.astream"):
            first, *_ = asyncio.run(awaited())
        assert isinstance(first, Started)


def test_leaving_a_stream_ends_the_solve() -> None:
    with Solver(backend=Scripted(["on", "and on", "\\boxed{42}"])) as solver:
        events = solver.stream("six times seven")
        assert isinstance(next(events), Started)
        events.close()
        assert list(events) == []
