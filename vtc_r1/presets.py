"""Presets: what belongs to which model. Flags override every part of one."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from vtc_r1.closed import closed
from vtc_r1.configuration import Budget, Sampling
from vtc_r1.documents import Document
from vtc_r1.errors import PluginError, ProfileError
from vtc_r1.kind import config_of, kind_of, thinks
from vtc_r1.plugins import Registry, warn
from vtc_r1.renderers.profile import Profile, load_profile
from vtc_r1.renderers.vision import UNKNOWN as UNKNOWN_FAMILY
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
    """What a model was trained or published with."""

    name: str  #: name of the preset
    pattern: str  #: matches the names of the models that it belongs to, whatever their case
    sampling: Sampling  #: sampling parameters
    prompts: str  #: prompt set
    description: str  #: which models these are, and how they sample
    profile: str = "default"  #: render profile
    #: the model's vision family, under every profile; None: that of the profile
    family: str | None = None
    #: `model_type` values in the `config.json` of its checkpoints; empty if these do not identify it
    types: tuple[str, ...] = ()
    #: where a prefix in a server's cache can end: at any token, or only at a checkpoint, as with hybrid
    #: models, whose recurrent layers do not keep a state for every token
    prefixes: Literal["token", "checkpoint"] = "token"
    budget: Budget = field(default_factory=Budget)  #: what a solve may spend
    bare: bool = False  #: whether it takes no pictures, no earlier turns and no system text
    #: if the same for all text, as for the embedded model's bytes; None: tokens are counted or estimated
    characters_per_token: float | None = None
    #: puts a question alone into the form that the model takes; raises UnsupportedQuestion
    question: Callable[[str], str] = _as_written
    #: puts a question and its documents into that form; raises UnsupportedQuestion
    about: Callable[[str, Documents], tuple[str, Documents]] = _as_given
    #: returns what the model was trained for, if no checkpoint states it
    trained_for: Callable[[], TrainedFor | None] = _unknown
    #: returns why the model often gets such a question wrong, a sentence each
    doubts: Callable[[str, Documents], list[str]] = _none

    def matches(self, model: str) -> bool:
        """Tell whether it belongs to the model of that name."""
        return re.search(self.pattern, model, re.IGNORECASE) is not None

    @property
    def is_known(self) -> bool:
        """Whether it belongs to a known model; otherwise vision tokens are estimates."""
        return self.name != UNKNOWN.name

    def drawn(self, profile: Profile | str | Path | None) -> Profile:
        """Return a profile, the preset's by default, with the model's vision family.

        Pages that this family resamples are then allowed, since the profile was made for another family.

        Raises UnknownName for a profile that is not shipped, ProfileError for one that is unusable.
        """
        wanted = self.profile if profile is None else profile
        found = wanted if isinstance(wanted, Profile) else load_profile(wanted)
        return found if self.family is None else under(found, self.family)

    def ask(self, question: str, documents: Documents = ()) -> tuple[str, Documents]:
        """Put a question and its documents into the model's form; raises UnsupportedQuestion."""
        return self.about(question, documents) if documents else (self.question(question), ())


def under(profile: Profile, family: str) -> Profile:
    """Return a profile with another vision family, off that family's grid if it does not fit."""
    if family == profile.family:
        return profile
    with suppress(ProfileError):
        return profile.replace(family=family)
    return profile.replace(family=family, on_grid=False)


_QWEN3_VL = ("qwen3_vl", "qwen3_vl_moe")
_GLM = ("glm4v", "glm4v_moe")


def _open(name: str, pattern: str, what: str, profile: str, *types: str) -> Preset:
    """Return the preset of an open model whose sampling is left to its server."""
    return Preset(
        name,
        pattern,
        Sampling.servers_own(),
        prompts="boxed",
        description=f"{what}; the server's own sampling",
        profile=profile,
        types=types,
        prefixes="checkpoint" if name == "qwen3.5" else "token",
    )


_PAGES = {"tiles": "openai-tiles", "crops": "gemini-2", "budget": "gemini-3"}
"""By kind of image rule, the profile whose pages are not resampled; `default` suits the other kinds."""


def _closed_presets() -> Iterator[Preset]:
    """Yield the presets of the models in `closed.toml`."""
    for model in closed().model:
        yield Preset(
            model.name,
            model.pattern,
            Sampling.servers_own(),
            prompts="boxed",
            description=f"{model.provider}'s {model.name} and its like; the server's own sampling",
            profile=_PAGES.get(closed().rule[model.rule].kind, "default"),
            family=model.rule,
        )


_BUILT_IN = {
    preset.name: preset
    for preset in (
        Preset(
            "nano",
            r"(^|/)(vtc[-_]?r1[-_])?nano$",
            Sampling(),
            prompts="nano",
            description="the embedded model; greedy",
            profile="nano",
            types=_QWEN3_VL,
            budget=Budget(segment_tokens=96, iterations=12),
            bare=True,
            characters_per_token=1,
            question=_exercise,
            about=_lookup,
            trained_for=_embedded,
            doubts=_embedded_doubts,
        ),
        # The same model, trained further: it takes any question, as what it learned is not known here.
        Preset(
            "nano-open",
            r"(^|/)(vtc[-_]?r1[-_])?nano[-_]open$",
            Sampling(),
            prompts="nano",
            description="the embedded model, trained further on other problems; greedy",
            profile="nano",
            budget=Budget(segment_tokens=96, iterations=14),
            bare=True,
            characters_per_token=1,
        ),
        # Source: the settings of `vtc-r1`, below; Glyph's own page: that of `paper`, counted for its family.
        Preset(
            "vtc-r1-glyph",
            r"vtc[-_]?r1[-_]?glyph",
            Sampling(temperature=0.6, top_p=0.95),
            prompts="vtc",
            description="VTC-R1 trained from Glyph; temperature 0.6",
            profile="glyph-en",
            types=_GLM,
        ),
        # Source: the paper's inference settings (arXiv 2601.22069).
        Preset(
            "vtc-r1",
            r"vtc[-_]?r1",
            Sampling(temperature=0.6, top_p=0.95),
            prompts="vtc",
            description="VTC-R1 as its paper trains it from Qwen3-VL; temperature 0.6",
            profile="paper",
            types=_QWEN3_VL,
        ),
        # Glyph (arXiv 2510.17800) publishes none: these are from VTC-R1, which trains the same model.
        Preset(
            "glyph",
            r"glyph",
            Sampling(temperature=0.6, top_p=0.95),
            prompts="boxed",
            description="Glyph, not trained for this loop; temperature 0.6",
            profile="glyph-en",
            types=_GLM,
        ),
        # Source: the model cards of Qwen3-VL Thinking and Instruct.
        Preset(
            "qwen3-vl-thinking",
            r"qwen[-_]?3[-_]?vl.*thinking",
            Sampling(temperature=0.6, top_p=0.95, top_k=20),
            prompts="boxed",
            description="Qwen3-VL Thinking; temperature 0.6",
            types=_QWEN3_VL,
        ),
        Preset(
            "qwen3-vl-instruct",
            r"qwen[-_]?3[-_]?vl",
            Sampling(temperature=0.7, top_p=0.8, top_k=20, presence_penalty=1.5),
            prompts="boxed",
            description="Qwen3-VL Instruct; temperature 0.7",
            types=_QWEN3_VL,
        ),
        # The sampling parameters of the following are in the checkpoint's generation_config.json, which
        # servers apply to what a request leaves out.
        _open("qwen3.5", r"qwen[-_]?3[._][568]", "Qwen3.5, 3.6 and 3.8", "default", "qwen3_5", "qwen3_5_moe"),
        _open(
            "qwen2.5-vl", r"qwen[-_]?2([._]5)?[-_]?vl", "Qwen2.5-VL", "qwen2.5-vl", "qwen2_5_vl", "qwen2_vl"
        ),
        _open("glm-4.6v", r"glm[-_]?4[._]6v", "GLM-4.6V", "glm-4.6v", "glm46v"),
        _open("glm-4.1v", r"glm[-_]?4[._][15]v", "GLM-4.1V and 4.5V", "glm-4.1v", *_GLM),
        _open("gemma-4", r"gemma[-_]?4(?!b)", "Gemma 4, with 280 tokens an image", "gemma-4", "gemma4"),
        _open("internvl", r"internvl[-_]?(3|2[._]5)", "InternVL 2.5 to 3.5", "internvl", "internvl"),
        _open(
            "deepseek-ocr-2", r"deepseek[-_]?ocr[-_]?2", "DeepSeek-OCR 2", "deepseek-ocr-2", "deepseek_ocr2"
        ),
        _open("deepseek-ocr", r"deepseek[-_]?ocr", "DeepSeek-OCR in Gundam mode", "deepseek-gundam"),
        *_closed_presets(),
    )
}
"""In order of precedence."""

UNKNOWN = Preset(
    "unknown",
    r"(?!)",
    Sampling.servers_own(),
    prompts="boxed",
    description="any model that no other is for; the server's own sampling, its vision tokens unknown",
    family=UNKNOWN_FAMILY,
)
NOT_KNOWN = (
    "{model} belongs to no family that is known: its vision tokens are unknown, and only the sampling that "
    "was asked for is sent; name its family with --preset"
)
"""Warning about a model whose preset is `UNKNOWN`."""


def _wrong(found: object) -> str | None:
    return None if isinstance(found, Preset) else "is not a vtc_r1.presets.Preset"


PRESETS: Registry[Preset] = Registry("vtc_r1.presets", "preset", _BUILT_IN, _wrong)


def preset(name: str, *, trusted: bool = False) -> Preset:
    """Look up a preset.

    Args:
        name: its name, or `module:OBJECT`.
        trusted: it comes from the person who runs the program, so `module:OBJECT` may be imported.

    Raises UnknownName for an unknown name, PluginError for a broken plug-in.
    """
    return PRESETS.named(name, trusted=trusted)


def preset_for(model: str, config: Mapping[str, Any] | None = None) -> Preset:
    """Return the preset of `model`: a built-in one, else one of a plug-in, else `UNKNOWN`.

    The name decides, unless the `model_type` in the checkpoint's `config.json` contradicts it; then the type
    decides. Plug-ins are imported only for a model that no built-in preset matches by name.

    Args:
        model: name on a server, hub id, or folder of a checkpoint.
        config: the object in its `config.json`; read from the folder by default.
    """
    read = config_of(model) if config is None else config
    kind = kind_of(read, [kind for one in _BUILT_IN.values() for kind in one.types])
    named = next((one for one in _BUILT_IN.values() if one.matches(model)), None)
    if kind and named is not None and named.types and kind not in named.types:
        named = None
    named = named or _brought(model)
    if kind and named is None:
        named = next((one for one in reversed(_BUILT_IN.values()) if kind in one.types), None)
        if named is not None and named.name == "qwen3-vl-instruct" and thinks(model):
            named = _BUILT_IN["qwen3-vl-thinking"]
    return named or UNKNOWN


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
