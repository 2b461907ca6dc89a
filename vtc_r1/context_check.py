"""Check that the model's context holds a question with its documents, before anything is sent."""

from collections.abc import Sequence

from vtc_r1.documents import Shown
from vtc_r1.errors import ContextOverflow
from vtc_r1.generation import FEWEST_TOKENS
from vtc_r1.prompts import Prompt


def check_context(
    prompt: Prompt, documents: Sequence[Shown], context: int, *, segment_tokens: int, model: str
) -> None:
    """Raise ContextOverflow if the context certainly cannot hold the prompt and a short segment.

    Args:
        prompt: of the first iteration.
        documents: what it shows.
        context: context length in tokens.
        segment_tokens: token limit per segment.
        model: whose context it is.
    """
    least = prompt.least_tokens
    needed = least + min(FEWEST_TOKENS, segment_tokens)
    if needed <= context:
        return
    pages, vision = sum(len(each.pages) for each in documents), sum(each.vision_tokens for each in documents)
    shown = f"{pages} pages, {vision:,} vision tokens" if pages else "as text"
    raise ContextOverflow(
        f"the question and its documents ({shown}) need at least {least:,} tokens, and the context "
        f"of {model} holds {context:,}: give fewer or shorter documents, a denser profile, or a server with "
        f"--context-length {-(-needed // 1024) * 1024}",
        context,
        least,
    )
