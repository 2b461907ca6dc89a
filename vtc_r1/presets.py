"""Presets: what belongs to which model. Flags override every part of one."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from vtc_r1.configuration import Budget, Sampling
from vtc_r1.documents import Document
from vtc_r1.errors import PluginError
from vtc_r1.plugins import Registry, warn
from vtc_r1.trained import TrainedFor

Documents = tuple[Document, ...]


def _as_written(question: str) -> str:
    return question


def _as_given(question: str, documents: Documents) -> tuple[str, Documents]:
    return question, documents


def _exercise(question: str) -> str:
    from vtc_r1.backends import embedded

    return embedded.question(question)


def _lookup(question: str, documents: Documents) -> tuple[str, Documents]:
    from vtc_r1.backends import embedded

    return embedded.lookup(question, documents)


def _embedded() -> TrainedFor | None:
    from vtc_r1.backends import embedded

    return embedded.trained_for()


def _embedded_doubts(question: str, documents: Documents) -> list[str]:
    from vtc_r1.backends.doubts import doubts

    return doubts(question, documents)


def _unknown() -> TrainedFor | None:
    return None


def _none(question: str, documents: Documents) -> list[str]:
    return []


@dataclass(frozen=True)
class Preset:
    """What a model was trained or published with.

    Attributes:
        name: name of the preset.
        pattern: matches the names of the models that it belongs to, whatever their case.
        sampling: sampling parameters.
        prompts: prompt set.
        description: which models these are, and how they sample.
        profile: render profile; its family decides the vision-token arithmetic.
        budget: what a solve may spend.
        bare: it takes no pictures, no earlier turns and no system text.
        characters_per_token: where it is the same for all text, as for the embedded model's bytes; None:
            tokens are counted or estimated.
        question: puts a question alone into the form that the model takes; raises UnsupportedQuestion.
        about: puts a question and its documents into that form; likewise.
        trained_for: what the model was trained for, where its checkpoint is not at hand to say it.
        doubts: says why it often gets a question in that form wrong, a sentence each.
    """

    name: str
    pattern: str
    sampling: Sampling
    prompts: str
    description: str
    profile: str = "default"
    budget: Budget = field(default_factory=Budget)
    bare: bool = False
    characters_per_token: float | None = None
    question: Callable[[str], str] = _as_written
    about: Callable[[str, Documents], tuple[str, Documents]] = _as_given
    trained_for: Callable[[], TrainedFor | None] = _unknown
    doubts: Callable[[str, Documents], list[str]] = _none

    def matches(self, model: str) -> bool:
        """Tell whether it belongs to the model of that name."""
        return re.search(self.pattern, model, re.IGNORECASE) is not None

    def ask(self, question: str, documents: Documents = ()) -> tuple[str, Documents]:
        """Put a question and what documents it has into the form of the model; raises UnsupportedQuestion."""
        return self.about(question, documents) if documents else (self.question(question), ())


_BUILT_IN = {
    preset.name: preset
    for preset in (
        Preset(
            "nano",
            r"(^|[-/])nano$",
            Sampling(),
            prompts="nano",
            description="the embedded model; greedy",
            profile="nano",
            budget=Budget(segment_tokens=96, iterations=12),
            bare=True,
            characters_per_token=1,
            question=_exercise,
            about=_lookup,
            trained_for=_embedded,
            doubts=_embedded_doubts,
        ),
        # Source: the same settings; Glyph's own page, which is that of `paper` counted for its family.
        Preset(
            "vtc-r1-glyph",
            r"vtc[-_]?r1[-_]?glyph",
            Sampling(temperature=0.6, top_p=0.95),
            prompts="vtc",
            description="VTC-R1 trained from Glyph; temperature 0.6",
            profile="glyph-en",
        ),
        # Source: the paper's inference settings (arXiv 2601.22069).
        Preset(
            "vtc-r1",
            r"vtc[-_]?r1",
            Sampling(temperature=0.6, top_p=0.95),
            prompts="vtc",
            description="VTC-R1 as its paper trains it from Qwen3-VL; temperature 0.6",
            profile="paper",
        ),
        # None is published with Glyph (arXiv 2510.17800): those of VTC-R1, whose paper trains the same model.
        Preset(
            "glyph",
            r"glyph",
            Sampling(temperature=0.6, top_p=0.95),
            prompts="boxed",
            description="Glyph, not trained for this loop; temperature 0.6",
            profile="glyph-en",
        ),
        # Source: the model cards of Qwen3-VL Thinking and Instruct.
        Preset(
            "qwen3-vl-thinking",
            r"thinking",
            Sampling(temperature=0.6, top_p=0.95, top_k=20),
            prompts="boxed",
            description="Qwen3-VL Thinking; temperature 0.6",
        ),
        Preset(
            "qwen3-vl-instruct",
            r"",
            Sampling(temperature=0.7, top_p=0.8, top_k=20, presence_penalty=1.5),
            prompts="boxed",
            description="Qwen3-VL Instruct, and any model that no other is for; temperature 0.7",
        ),
    )
}
"""In order of precedence; the last one matches every model."""


def _wrong(found: object) -> str | None:
    return None if isinstance(found, Preset) else "is no vtc_r1.presets.Preset"


PRESETS: Registry[Preset] = Registry("vtc_r1.presets", "preset", _BUILT_IN, _wrong)


def preset(name: str, *, trusted: bool = False) -> Preset:
    """Look a preset up.

    Args:
        name: its name, or `module:OBJECT`.
        trusted: it comes from whoever runs the program, so that `module:OBJECT` may be imported.

    Raises UsageError: UnknownName for what is not known, PluginError for what cannot be used.
    """
    return PRESETS.named(name, trusted=trusted)


def preset_for(model: str) -> Preset:
    """Return the preset that belongs to `model`: a built-in one, else one of a plug-in, else the last.

    Plug-ins are imported only for a model that no other preset is for.
    """
    *known, default = _BUILT_IN.values()
    found = next((one for one in known if one.matches(model)), None) or _brought(model)
    return found or default


def _brought(model: str) -> Preset | None:
    """Return the first preset of a plug-in that belongs to `model`."""
    for name in PRESETS:
        if name in PRESETS.built_in:
            continue
        try:
            if PRESETS[name].matches(model):
                return PRESETS[name]
        except PluginError as error:
            warn(str(error))
    return None
