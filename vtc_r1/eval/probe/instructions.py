"""Instructions: how a model is asked to read a page, by model family."""

import hashlib
import re
from dataclasses import dataclass

from vtc_r1.configuration import Named
from vtc_r1.errors import UnknownName
from vtc_r1.prompts import Prompt, PromptSet
from vtc_r1.renderers import Page

_QUESTION = (
    "{question} Read it from the image. Answer with the value alone, or with the word illegible if you "
    "cannot read it there."
)
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


@dataclass(frozen=True)
class Instructions:
    """The text that accompanies a page in the prompt."""

    name: str  #: the value of `--prompt`; `custom` for a text of the user's
    pattern: str  #: matches the names of its models, ignoring case
    transcribe: str  #: asks for the text of the page
    #: asks a `{question}` about the page; None for a model that only transcribes
    question_template: str | None = None
    prompts: str | None = None  #: prompt set that arranges text and page; None puts the page before the text
    #: a variant of a profile that counts vision tokens as this model family does; None for that of the
    #: model's preset
    profile: str | None = None

    def prompt(self, page: Page, question: str | None) -> Prompt:
        """Return the prompt for a question, or for a transcription if it is None."""
        text = (
            self.transcribe
            if question is None
            else (self.question_template or "{question}").format(question=question)
        )
        if self.prompts is not None:
            return PromptSet(self.prompts).render(text, [page], iteration=0)
        return Prompt(None, (page, text))

    @property
    def named(self) -> Named:
        """The name, and a hash of the texts."""
        texts = "\0".join((self.transcribe, self.question_template or "", self.prompts or ""))
        return Named(name=self.name, sha256=hashlib.sha256(texts.encode("utf-8", "replace")).hexdigest())


INSTRUCTIONS = {
    each.name: each
    for each in (
        # The embedded model was trained on reading examples in this form.
        Instructions("nano", r"(^|[-/])nano$", "read", prompts="nano"),
        # Source: its model card's prompt for text without layout; Gundam is the mode in which it is served.
        Instructions("deepseek-ocr", r"deepseek[-_.]?ocr", "Free OCR.", profile="deepseek-gundam"),
        # Source: `prompt_ocr` among its published prompts; a vision token covers 28×28 px.
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
            "line, whether or not it makes sense. Write [illegible] where you cannot read it. Write the "
            "transcription and nothing else.",
            _QUESTION,
        ),
    )
}
"""In order of precedence; the last one matches every model."""


def instructions(prompt: str | None, model: str) -> Instructions:
    """Return the instructions with that name, those with that text, or, for None, those of the model.

    Raises UnknownName for an unknown name.
    """
    if prompt is None:
        return next(one for one in INSTRUCTIONS.values() if re.search(one.pattern, model, re.IGNORECASE))
    if prompt in INSTRUCTIONS:
        return INSTRUCTIONS[prompt]
    if _NAME.fullmatch(prompt) or not prompt.strip():
        raise UnknownName("prompt for reading", prompt, [*INSTRUCTIONS, "a text of several words"])
    return Instructions("custom", "", prompt, _QUESTION)
