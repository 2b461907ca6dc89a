"""Settings of the command line: flags > environment (`VTC_*`) > `vtc.toml` > the model's preset.

API keys are not settings: the backend reads them from the environment, and nothing stores them.
"""

import os
import sys
import tomllib
from collections.abc import Callable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, ValidationError, create_model
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from vtc_r1.configuration import MODEL, PAGES, Sampling, Setting, settable
from vtc_r1.errors import UnknownName, UsageError
from vtc_r1.trained import suited

FILE = "vtc.toml"
FORMER = {"patience": "server_wait"}  #: former names of settings, accepted for one more release
_PREFIX, _SLIP = "VTC_", 0.85
"""Prefix of the variables; minimum similarity at which a name counts as a misspelt setting."""
_TRAINED = {"memory", "segment_end", "density"}  #: settings whose default a checkpoint's training overrides


class _Model(BaseSettings):
    """How to reach the model, and its preset."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, extra="forbid", env_ignore_empty=True)

    base_url: Annotated[str | None, Setting(MODEL)] = Field(
        None, description="/v1 address of a server, or several, comma-separated: a solve stays on one."
    )
    model: Annotated[str | None, Setting(MODEL)] = Field(
        None, description="Model on the server, or a checkpoint to load here."
    )
    backend: Annotated[str | None, Setting(MODEL, metavar="NAME", completes="backend")] = Field(
        None,
        description="Backend of a plug-in, with its options; not needed for servers and checkpoints.",
    )
    preset: Annotated[str | None, Setting(MODEL, completes="preset")] = Field(
        None,
        description="Sampling, prompt set, profile and token arithmetic of a model; chosen by its name "
        "by default.",
    )
    stream: Annotated[bool, Setting(MODEL)] = Field(
        True, description="Stream segments from the server, or receive them complete."
    )
    server_wait: Annotated[float | None, Setting(MODEL, metavar="SECONDS")] = Field(
        None, ge=0, description="How long to wait for a server that went away; 180 by default."
    )


_FIELDS: dict[str, Any] = {
    each.name: (
        Annotated[each.type if each.default is not None else each.type | None, each.setting],
        Field(each.default, description=each.description),
    )
    for _, each in settable()
}
_Fields: Any = create_model("_Fields", __base__=_Model, **_FIELDS)


class Settings(_Fields):
    """Every setting of a solve; None leaves it to the model's preset."""

    system_file: Annotated[str | None, Setting(PAGES)] = Field(
        None, description="System prompt to use unchanged."
    )

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    @classmethod
    def load(cls, **flags: Any) -> "Settings":
        """Read all sources; flags that are None were not given. Raises UsageError."""
        cls._refuse_slips()
        given = {name: value for name, value in flags.items() if value is not None}
        try:
            return cls(**_renamed(given, lambda name: f"--{name.replace('_', '-')}"))
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(map(str, first["loc"]))
            if first["type"] == "extra_forbidden":
                raise UsageError(f"{FILE}: {UnknownName('setting', name, cls.model_fields)}") from error
            raise UsageError(f"setting {name}: {first['msg']} (flag, {_variable(name)} or {FILE})") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise UsageError(f"{FILE}: cannot be read ({error})") from error

    @classmethod
    def _refuse_slips(cls) -> None:
        """Reject a variable that resembles a setting; any other `VTC_*` may belong to another program."""
        known = {_variable(name) for name in (*cls.model_fields, *FORMER)}
        for name in os.environ:
            if not name.startswith(_PREFIX) or name in known:
                continue
            if close := get_close_matches(name, known, n=1, cutoff=_SLIP):
                raise UsageError(f"environment variable {name} is not a setting: did you mean {close[0]}?")

    def solver_arguments(self) -> dict[str, Any]:
        """Return the keyword arguments of `Solver`; settings that are not set are left to the checkpoint."""
        from vtc_r1.identity import served_preset

        values = self.model_dump()
        values |= dict.fromkeys(_TRAINED - self.model_fields_set)
        values["preset"] = values["preset"] or served_preset(values["base_url"], values["model"])
        names = Sampling.model_fields.keys() - {"seed"}
        given = {name: value for name in names if (value := values.pop(name)) is not None}
        return {**values, "sampling": given}

    @property
    def memories(self) -> str:
        """The memory policies, separated by commas; if not set, the one that suits the checkpoint."""
        if "memory" in self.model_fields_set or self.model is None:
            return str(self.memory)
        from vtc_r1.backends.checkpoint import trained_for

        trained = trained_for(self.model)
        return str(self.memory) if trained is None else suited(self.memory, trained.memory)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources."""
        former = {name: os.environ.get(_variable(name)) for name in FORMER}
        former = _renamed({name: value for name, value in former.items() if value}, _variable)
        file = _renamed(TomlConfigSettingsSource(settings_cls, FILE).toml_data, str, f"{FILE}: ")
        return (
            init_settings,
            env_settings,
            InitSettingsSource(settings_cls, former),
            InitSettingsSource(settings_cls, file),
        )


def _variable(name: str) -> str:
    return _PREFIX + name.upper()


def _renamed(values: dict[str, Any], spelt: Callable[[str], str], where: str = "") -> dict[str, Any]:
    """Return values under the current names of settings, with a note on each former name."""
    renamed = {name: value for name, value in values.items() if name not in FORMER}
    for name, now in FORMER.items():
        if name in values:
            note = f"vtc-r1: {where}{spelt(name)} is now {spelt(now)}; the old name will be removed"
            print(note, file=sys.stderr)
            renamed.setdefault(now, values[name])
    return renamed
