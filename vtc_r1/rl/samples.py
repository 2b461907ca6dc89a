"""Training samples: a trace as one packed sequence of exactly the tokens that were sampled."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vtc_r1.errors import DataError, UsageError
from vtc_r1.memory import carries
from vtc_r1.sft.examples import Example
from vtc_r1.sft.packing import IGNORED, Packed, Packer
from vtc_r1.sft.sampling.solve_builder import ChangedPages, replay
from vtc_r1.solver import Solver
from vtc_r1.trace import Trace


@dataclass(frozen=True)
class Sample:
    """A trace to be trained on."""

    packed: Packed  #: its iterations, with the question and the pages that they share once
    logprobs: NDArray[np.float32]  #: of the tokens that the labels name when sampled, else 0; shape (length,)
    tokens: int  #: number of sampled tokens
    drift: int  #: segments whose text, encoded again, is other tokens than those that were sampled


def sample_of(trace: Trace, solver: Solver, packer: Packer) -> Sample:
    """Make the sample of a trace, without encoding again what was sampled.

    Args:
        trace: a solve with recorded tokens.
        solver: one with the settings of the trace.
        packer: of the model's encoder.

    Raises:
        UsageError: the trace has no recorded tokens.
        DataError: its prompts, made again, are not those of the solve.
    """
    memory = solver.new_memory(solver.renderer)
    asked, _ = solver.preset.ask(trace.question)
    examples, drift = [], 0
    try:
        for iteration, content in replay(trace, memory):
            if iteration.sampled is None:
                raise UsageError(
                    f"iteration {iteration.index} of the trace has no recorded tokens: solve with "
                    "record_tokens=True, and nothing that ends a segment early"
                )
            prompt = solver.prompts.render(
                asked,
                content,
                iteration=iteration.index,
                final=iteration.forced,
                whole=memory.max_iterations == 1,
                carries=carries(memory),
            )
            ids = iteration.sampled.ids
            examples.append(Example(prompt, iteration.text, ids=ids))
            again = packer.encoder.written(iteration.text)
            drift += again != list(ids[: -1 if iteration.finish_reason == "stop" else None])
    except ChangedPages as error:
        raise DataError("the pages of the trace, drawn again, are other ones") from error
    return _packed(trace, packer.pack(examples), drift)


def _packed(trace: Trace, packed: Packed, drift: int) -> Sample:
    logprobs, tokens = np.zeros(len(packed.ids), np.float32), 0
    for iteration, places in zip(trace.iterations, packed.targets, strict=True):
        assert iteration.sampled is not None
        ids = iteration.sampled.ids
        seen = int(packed.visible[places[0]].sum())
        if tuple(packed.labels[places]) != ids or seen != iteration.usage.prompt_tokens:
            raise DataError(
                f"iteration {iteration.index}: the prompt takes {seen} tokens now, and took "
                f"{iteration.usage.prompt_tokens} in the solve"
            )
        logprobs[places] = iteration.sampled.logprobs
        tokens += len(ids)
    assert tokens == int((packed.labels != IGNORED).sum())
    return Sample(packed, logprobs, tokens, drift)
