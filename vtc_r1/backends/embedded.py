"""The embedded model: the small Qwen3-VL checkpoint that ships with the package."""

from importlib import resources
from pathlib import Path

from vtc_r1 import arithmetic
from vtc_r1.backends.transformers import TransformersBackend
from vtc_r1.errors import CheckpointError, UnsupportedQuestion

MODEL = "vtc-r1-nano"


class EmbeddedBackend(TransformersBackend):
    """The embedded model on the CPU, through `transformers`."""

    name = "embedded"

    def __init__(self) -> None:
        folder = checkpoint()
        if not (folder / "model.safetensors").is_file():
            raise CheckpointError(f"the embedded checkpoint {folder} is incomplete; install vtc-r1 again")
        super().__init__(folder, device="cpu", threads=1)  # more of them only wait for each other
        self.model = MODEL


def checkpoint() -> Path:
    """Return the folder of the embedded checkpoint."""
    return Path(str(resources.files("vtc_r1.backends") / "nano"))


def question(text: str) -> str:
    """Return `text` as the embedded model was trained to see it; raises UnsupportedQuestion."""
    expression = arithmetic.parse(text)
    problem = "it is no such expression" if expression is None else arithmetic.outside(expression)
    if problem is None:
        return str(expression)
    raise UnsupportedQuestion(
        f"the embedded model only evaluates integer expressions such as 37 + 85 - 19 * 2 + 46 "
        f"(+ - *, 2 to 6 operations, operands to 99) and {_short(text)} is not one of them: {problem}; "
        "for anything else name a served Qwen3-VL: --base-url http://HOST:30000/v1 --model NAME"
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return repr(line if len(line) <= 60 else line[:57] + "…")
