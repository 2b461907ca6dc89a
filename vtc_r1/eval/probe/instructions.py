"""Instructions: how a model is asked to read, which differs from one family of models to the next."""

import hashlib
import re
from dataclasses import dataclass

from vtc_r1.configuration import Named
from vtc_r1.errors import UnknownName
from vtc_r1.prompts import Prompt, PromptSet
from vtc_r1.renderers import Page

_ASKING = "{question} Read it from the image. Answer with the value alone."
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


@dataclass(frozen=True)
class Instructions:
    """What stands beside a page in the prompt.

    Attributes:
        name: as `--prompt` has it; `custom` for a text of the user's.
        pattern: matches the names of the models that it belongs to, whatever their case.
        transcribe: asks for the text of the page.
        asking: asks a `{question}` about it; None for a model that only transcribes.
        prompts: prompt set that puts text and page in its own order; None: the page, then the text.
        profile: pages, as a variant of a profile, whose cost is counted as that family of models counts;
            None for those of the model's preset.
    """

    name: str
    pattern: str
    transcribe: str
    asking: str | None = None
    prompts: str | None = None
    profile: str | None = None

    def prompt(self, page: Page, question: str | None) -> Prompt:
        """Return what the model is given: a question, or None for a transcription."""
        text = (
            self.transcribe if question is None else (self.asking or "{question}").format(question=question)
        )
        if self.prompts is not None:
            return PromptSet(self.prompts).render(text, [page], iteration=0)
        return Prompt(None, (page, text))

    @property
    def named(self) -> Named:
        """The record: the name, and a hash of all that is said."""
        said = "\0".join((self.transcribe, self.asking or "", self.prompts or ""))
        return Named(name=self.name, sha256=hashlib.sha256(said.encode("utf-8", "replace")).hexdigest())


INSTRUCTIONS = {
    each.name: each
    for each in (
        # What the embedded model was trained to take for a reading example.
        Instructions("nano", r"(^|[-/])nano$", "read", prompts="nano"),
        # Source: the prompt of its model card for text without a layout; Gundam is the mode it is served in.
        Instructions("deepseek-ocr", r"deepseek[-_.]?ocr", "Free OCR.", profile="deepseek-gundam"),
        # Source: `prompt_ocr` among the prompts published with it; its tokens are 28 px wide and high.
        Instructions(
            "dots-ocr",
            r"dots[-_.]?ocr",
            "Extract the text content from this image.",
            profile="default+family=qwen2.5-vl",
        ),
        Instructions(
            "plain",
            r"",
            "Transcribe the text in this image exactly as it stands there, character by character, line by "
            "line, whether or not it makes sense. Write the transcription and nothing else.",
            _ASKING,
        ),
    )
}
"""In order of precedence; the last one matches every model."""


def instructions(prompt: str | None, model: str) -> Instructions:
    """Return the instructions of that name, those of a text, or those that belong to the model.

    Raises UnknownName for what looks like a name and is none.
    """
    if prompt is None:
        return next(one for one in INSTRUCTIONS.values() if re.search(one.pattern, model, re.IGNORECASE))
    if prompt in INSTRUCTIONS:
        return INSTRUCTIONS[prompt]
    if _NAME.fullmatch(prompt) or not prompt.strip():
        raise UnknownName("prompt for reading", prompt, [*INSTRUCTIONS, "a text of several words"])
    return Instructions("custom", "", prompt, _ASKING)
