"""The solver `vtc_r1/vtc`."""

from collections.abc import Sequence
from string import ascii_uppercase

from inspect_ai.model import ChatMessage, Model, ModelOutput, get_model
from inspect_ai.model._generate_config import active_generate_config  # no public module has it
from inspect_ai.solver import Generate, Solver, TaskState, solver

from vtc_r1.eval.columns import with_choices
from vtc_r1.eval.inspect.backend import InspectBackend
from vtc_r1.solver import Solver as Loop
from vtc_r1.trace import Trace

_SAMPLING = ("temperature", "top_p", "top_k", "presence_penalty")
TRACE = "vtc_r1:trace"  #: key of the trace in the sample's store


@solver
def vtc(
    memory: str = "optical",
    memory_tokens: int | None = None,
    segment_end: str = "limit",
    density: str = "fixed",
    preset: str | None = None,
    profile: str | None = None,
    prompts: str | None = None,
    max_iterations: int | None = None,
    segment_tokens: int | None = None,
    max_tokens: int | None = None,
    max_seconds: float | None = None,
    temperature: float | None = None,
    top_p: float | None = None,
    top_k: int | None = None,
    presence_penalty: float | None = None,
    seed: int | None = None,
) -> Solver:
    """Solve through optical memory, segment by segment.

    Sampling is always sent explicitly: arguments override inspect's configuration, which overrides the
    model's preset.

    Args:
        memory: memory policy, as `name` or `name:key=value,…`.
        memory_tokens: maximum tokens of the memory in a prompt.
        segment_end: where a segment ends, in the same form.
        density: page density, in the same form.
        preset: the model's preset; by default chosen by the model's name.
        profile: render profile.
        prompts: prompt set, or a folder.
        max_iterations: iteration limit.
        segment_tokens: token limit per segment.
        max_tokens: limit of generated tokens per solve.
        max_seconds: time limit per solve in seconds.
        temperature: sampling temperature.
        top_p: nucleus sampling.
        top_k: -1 for no limit.
        presence_penalty: presence penalty.
        seed: base seed; each epoch derives its own from it.
    """
    given = {"temperature": temperature, "top_p": top_p, "top_k": top_k, "presence_penalty": presence_penalty}

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        model = get_model()
        last: list[ModelOutput] = []

        def segment(asked: Sequence[ChatMessage], output: ModelOutput) -> None:
            state.messages += [*asked, output.message]
            last[:] = [output]

        sampling = {name: value for name, value in given.items() if value is not None}
        made = Loop(
            backend=InspectBackend(model, segment),
            preset=preset,
            memory=memory,
            memory_tokens=memory_tokens,
            segment_end=segment_end,
            density=density,
            profile=profile,
            prompts=prompts,
            sampling={**configured_sampling(model), **sampling},
            seed=None if seed is None else seed + state.epoch - 1,
            max_iterations=max_iterations,
            segment_tokens=segment_tokens,
            max_tokens=max_tokens,
            max_seconds=max_seconds,
        )
        async with made as loop:
            trace = await loop.asolve(question(state))
        return finished(state, trace, last)

    return solve


def configured_sampling(model: Model) -> dict[str, float | int]:
    """Return the sampling parameters configured in inspect, by flags such as `--temperature`."""
    config = model.config.merge(active_generate_config())
    values = {name: getattr(config, name) for name in _SAMPLING}
    return {name: value for name, value in values.items() if value is not None}


def question(state: TaskState) -> str:
    """Return the question, with its choices if it has any."""
    if not state.choices:
        return state.input_text
    return with_choices(state.input_text, [choice.value for choice in state.choices])


def finished(state: TaskState, trace: Trace, last: Sequence[ModelOutput]) -> TaskState:
    """Store the result where scorers look: the answer as completion, the trace in the store."""
    if trace.status == "failed":
        raise RuntimeError(trace.error)
    state.store.set(TRACE, trace.model_dump(mode="json"))
    state.output = last[-1].model_copy(deep=True) if last else ModelOutput(model=str(trace.model.name))
    state.output.completion = trace.answer or ""
    chosen = (trace.answer or "").strip(" ().").upper()
    for at, letter in enumerate(ascii_uppercase[: len(state.choices)]):
        state.choices.mark_choice(at, letter == chosen)
    return state
