"""Record the solve that the live page replays: python docs/record_solve.py --tokenizer FOLDER [--to FOLDER].

The real loop runs: prompts, memory and pages are real. In place of a model, docs/recorded_solution.py has
written the segments, which are generated at a fixed pace. A script reads no pages, so nothing is verified.
Tokens are counted by the tokenizer of the folder, which has Qwen3-VL's `tokenizer.json`. The page's own copy
has no pictures of pages: they are drawn from the text.
"""

import argparse
import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

from recorded_solution import QUESTION, answer, segments

from vtc_r1 import Solver
from vtc_r1.backends.base import Completion, Delta, Request
from vtc_r1.disk.atomic import write_atomic
from vtc_r1.iteration import Usage
from vtc_r1.storage import save_trace
from vtc_r1.tokens import TokenCounter, find_tokenizer

SHIPPED = Path(__file__).parents[1] / "vtc_r1" / "serve" / "recordings" / "n2026" / "trace.json"
PACE = 150  #: tokens per second
PIECE = 8  #: tokens of a piece


class Script:
    """A backend that generates the segments of a script, at the pace of a model.

    Args:
        segments: the segments.
        counter: counts tokens.
    """

    name, model, revision, context = "script", "script", None, None

    def __init__(self, segments: list[str], counter: TokenCounter) -> None:
        self.segments, self.counter = iter(segments), counter

    async def generate(self, request: Request) -> AsyncGenerator[Delta | Completion]:
        """Yield the next segment in pieces of a few tokens."""
        text, prompt = next(self.segments), request.prompt
        ruler, at = self.counter.ruler(text), 0
        while at < len(text):
            end = max(at + 1, ruler.reach(at, PIECE))
            await asyncio.sleep(ruler.count(at, end) / PACE)
            yield Delta(text[at:end])
            at = end
        written = [part for part in (prompt.system, *prompt.content) if isinstance(part, str)]
        vision = sum(page.vision_tokens for page in prompt.pages)
        read = sum(map(self.counter.count, written)) + vision
        made = Usage(prompt_tokens=read, vision_tokens=vision, completion_tokens=self.counter.count(text))
        yield Completion(text, "stop", made)

    async def check(self) -> None:
        """Nothing can be missing."""

    async def aclose(self) -> None:
        """Nothing is open."""


def main() -> None:
    """Solve, check the answer, and write the trace."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument(
        "--to", type=Path, help="folder for the trace with its pages; by default the page's copy"
    )
    asked = parser.parse_args()
    script = Script(segments(), TokenCounter(find_tokenizer(asked.tokenizer)))
    sampling = {"temperature": 0.0}
    with Solver(
        backend=script, preset="vtc-r1", memory="optical", verify="off", max_iterations=16, sampling=sampling
    ) as solver:
        trace = solver.solve(QUESTION)
    assert trace.answer == str(answer()), trace.error or trace.ending
    if asked.to:
        save_trace(trace, asked.to)
    else:
        SHIPPED.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(SHIPPED, (trace.model_dump_json(indent=1) + "\n").encode())
    pages = sum(len(each.pages) for each in trace.iterations)
    print(f"{trace.ending}: {trace.answer}; {pages} pages, {trace.compression}, {trace.seconds:.0f} s")


if __name__ == "__main__":
    main()
