"""Training samples: a trace as one packed sequence, made of exactly the sampled tokens."""

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

    packed: Packed  #: its iterations; the question and the pages that they share are in it once
    logprobs: NDArray[np.float32]
    """Log-probabilities of the labels at sampling, shape (length,); 0 where a label is ignored."""
    tokens: int  #: number of sampled tokens
    retokenization_drift: int  #: segments whose text, tokenised again, gives other tokens than were sampled


def sample_of(trace: Trace, solver: Solver, packer: Packer) -> Sample:
    """Make the sample of a trace from its recorded tokens; no sampled text is tokenised again.

    Args:
        trace: a solve with recorded tokens.
        solver: a solver with the settings of the trace.
        packer: of the model's encoder.

    Raises:
        UsageError: the trace has no recorded tokens.
        DataError: its prompts, built again, differ from those of the solve.
    """
    memory = solver.new_memory(solver.renderer)
    question, _ = solver.preset.ask(trace.question)
    examples, retokenization_drift = [], 0
    try:
        for iteration, content in replay(trace, memory):
            if iteration.sampled is None:
                raise UsageError(
                    f"iteration {iteration.index} of the trace has no recorded tokens: solve with "
                    "record_tokens=True, and nothing that ends a segment early"
                )
            prompt = solver.prompts.render(
                question,
                content,
                iteration=iteration.index,
                final=iteration.forced,
                whole=memory.max_iterations == 1,
                carries=carries(memory),
            )
            ids = iteration.sampled.ids
            examples.append(Example(prompt, iteration.text, ids=ids))
            # Without the token that ends the segment, which is not in its text.
            text_ids = ids[:-1] if iteration.finish_reason == "stop" else ids
            retokenization_drift += packer.encoder.written(iteration.text) != list(text_ids)
    except ChangedPages as error:
        raise DataError("the pages of the trace, drawn again, are other ones") from error
    return _sample(trace, packer.pack(examples), retokenization_drift)


def _sample(trace: Trace, packed: Packed, retokenization_drift: int) -> Sample:
    """Check that a packed trace has the tokens of the solve, and add their log-probabilities."""
    logprobs, tokens = np.zeros(len(packed.ids), np.float32), 0
    for iteration, positions in zip(trace.iterations, packed.targets, strict=True):
        assert iteration.sampled is not None
        ids = iteration.sampled.ids
        prompt_tokens = int(packed.visible[positions[0]].sum())
        if tuple(packed.labels[positions]) != ids or prompt_tokens != iteration.usage.prompt_tokens:
            raise DataError(
                f"iteration {iteration.index}: the prompt takes {prompt_tokens} tokens now, and took "
                f"{iteration.usage.prompt_tokens} in the solve"
            )
        logprobs[positions] = iteration.sampled.logprobs
        tokens += len(ids)
    assert tokens == int((packed.labels != IGNORED).sum())
    return Sample(packed, logprobs, tokens, retokenization_drift)
